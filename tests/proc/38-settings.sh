# Settings: by command and by API, before the configuration file.

# stored NAME: the document that clients are shown
stored() { sqlite3 "$D/data/headrace.db" "SELECT content FROM documents WHERE name = '$1'"; }

test_settings_by_command() {
	config "[node]" "expiry = 10d" "[dns]" "nameservers = 8.8.8.8"
	ok settings list
	has "from the file" "node.expiry" "$(echo "$out" | grep devicesKeyDurationDays)"
	has "of nobody" "default" "$(echo "$out" | grep devicesApprovalOn)"
	ok settings set devicesKeyDurationDays 30
	same "said" "devicesKeyDurationDays is 30 now" "$out"
	ok settings set devicesApprovalOn true
	ok settings set nameservers 9.9.9.9,1.1.1.1
	ok settings set splitDNS 'corp.example=10.0.0.1,10.0.0.2;lab.example=10.0.0.3'
	ok settings list
	has "set" " 30 " "$(echo "$out" | grep devicesKeyDurationDays)"
	has "set" "corp.example=10.0.0.1, 10.0.0.2;lab.example=10.0.0.3" "$out"
	has "clients" '{"Addr":"1.1.1.1"}' "$(stored dns)"
	has "clients" '"lab.example":[{"Addr":"10.0.0.3"}]' "$(stored dns)"
	ok settings reset nameservers
	has "the file's" '{"Addr":"8.8.8.8"}' "$(stored dns)"
	ok settings set searchPaths ''
	ok settings list -o json
	out_has '"name": "searchPaths"'

	hr settings set devicesApprovalOn perhaps
	exits 2
	err_has "body.value must be true or false"
	hr settings set nameservers nobody
	exits 2
	err_has 'has an item "nobody"'
	hr settings set devicesKeyDurationDays 999
	exits 2
	hr settings reset everything
	exits 4
	err_has 'there is no setting "everything"; there are: devicesApprovalOn, '
}

test_settings_by_api() {
	start_all
	ok apikeys create
	key=$out
	base=/api/v2/tailnet/-
	has "settings" '"devicesApprovalOn":false' "$(get $base/settings -u "$key:")"
	same "patched" 200 "$(get $base/settings -u "$key:" -X PATCH -H 'Content-Type: application/json' \
	    -d '{"devicesApprovalOn":true}' | tail -n 1)"
	ok settings list
	has "by command" " true " "$(echo "$out" | grep devicesApprovalOn)"
	same "resolvers" 200 "$(get $base/dns/nameservers -u "$key:" -d '{"dns":["9.9.9.9"]}' \
	    -H 'Content-Type: application/json' | tail -n 1)"
	has "clients" '{"Addr":"9.9.9.9"}' "$(stored dns)"
	sleep 1		# a tick keeps it
	has "clients" '{"Addr":"9.9.9.9"}' "$(stored dns)"
}

# What a pipeline does that keeps the policy in a repository.
test_policy_from_a_repository() {
	start_all
	ok apikeys create -s policy_file
	key=$out
	acl=/api/v2/tailnet/-/acl
	printf '// ours\n{"grants": []}\n' >"$D/policy.hujson"
	push() { get $acl -u "$key:" -H "If-Match: $1" -H 'Content-Type: application/hujson' \
	    --data-binary "@$D/policy.hujson" | tail -n 1; }
	etag() { get $acl -u "$key:" -D "$D/head" >/dev/null; sed -n 's/^[Ee][Tt]ag: //p' "$D/head" | tr -d '\r'; }
	first=$(etag)
	same "set" 200 "$(push "$first")"
	same "its hash" "\"$(sha256sum <"$D/policy.hujson" | cut -d ' ' -f 1)\"" "$(etag)"
	same "from a state that is no more" 412 "$(push "$first")"
	ok policy get
	same "the text" "$(cat "$D/policy.hujson")" "$out"
	ok policy set "$D/policy.hujson"
	printf '{"grants": [{}]}\n' >"$D/policy.hujson"
	same "bad" 400 "$(push "*")"
	has "validated" '"message":"line 1, ' "$(get $acl/validate -u "$key:" --data-binary "@$D/policy.hujson")"
}

# What docs/settings.md shows, as it stands there.
test_settings_doc() {
	start_all
	hr_in_path
	ok apikeys create
	blocks docs/settings.md >"$D/doc.sh"
	(cd "$D" && PATH=$D/bin:$PATH key=$out url=http://127.0.0.1:$PORT sh -ex ./doc.sh >"$D/doc.out" 2>"$D/doc.log") ||
	    fail "docs/settings.md: $(tail -n 4 "$D/doc.log")"
	has "validated" "{}" "$(cat "$D/doc.out")"
	ok settings list
	out_has "corp.example=10.0.0.53"
	ok policy get
	out_has "everybody may reach everything"
}
