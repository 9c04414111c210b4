# `headrace policy preview` and `explain`: what a policy would do, and why.

# Two users with a device each, a tagged server.
tailnet_file() {
	cat >"$D/tailnet.json" <<-'END'
	{"users": [{"name": "ann", "email": "ann@example.com"}, {"name": "bob", "email": "bob@example.com"}],
	 "nodes": {
	  "ann1": {"user": "ann", "ipv4": "100.64.0.1"},
	  "bob1": {"user": "bob", "ipv4": "100.64.0.2"},
	  "web1": {"tags": ["tag:web"], "ipv4": "100.64.0.11"}},
	 "tailnet": {"owner": "ann@example.com", "domains": ["example.com"]}}
	END
}

policy() {	# LINES of members
	printf '{"tagOwners": {"tag:web": []},\n%s}\n' "$1" >"$D/policy.hujson"
}

ALLOW_ANN='"acls": [{"action": "accept", "src": ["ann@example.com"], "dst": ["tag:web:443"]}],'

# preview ARGS: $out, $err, $status.  No configuration is there to be read.
preview() {
	status=0
	"$BIN/headrace" policy preview --policy "$D/policy.hujson" --tailnet "$D/tailnet.json" "$@" \
	    >"$D/out" 2>"$D/err" </dev/null || status=$?
	out=$(cat "$D/out")
	err=$(cat "$D/err")
}

test_preview_of_a_file() {
	tailnet_file
	policy "$ALLOW_ANN"
	preview -o json
	same "status" 0 "$status"
	has "verdict" '"accepted":true' "$out"
	has "filter" '"SrcIPs":["100.64.0.1"]' "$out"
	has "peers" '"ann1":{"AllowedIPs":["100.64.0.1/32"]}' "$out"
	preview
	same "status" 0 "$status"
	has "table" "NODE" "$out"
	has "table" "web1" "$out"
}

test_preview_refuses() {
	tailnet_file
	policy '"acls": [{"action": "deny", "src": ["*"], "dst": ["*:*"]}]'
	preview -o json
	same "status" 1 "$status"
	has "verdict" '"accepted":false' "$out"
	has "place" 'line 2' "$out"
	policy "$ALLOW_ANN
	\"tests\": [{\"src\": \"bob@example.com\",
	  \"accept\": [\"tag:web:443\"]}]"
	preview -o json
	same "status" 1 "$status"
	has "test" 'test(s) failed' "$out"
	preview
	same "status" 1 "$status"
	has "test" 'line 4: bob@example.com -> tag:web:443: expected ALLOWED, got DENIED' "$err"
	has "reason" 'line 2 (acls[0]) is not for 100.64.0.2' "$err"
}

# What is wrong with the files is told apart from a policy that is refused.
test_preview_bad_files() {
	tailnet_file
	policy "$ALLOW_ANN"
	printf '{"users": [],\n "nodes": {"x": {"user": "nobody"}}}' >"$D/tailnet.json"
	preview -o json
	same "status" 2 "$status"
	same "output" "" "$out"
	has "error" 'there is no user' "$err"
	has "place" 'line 2' "$err"
	rm "$D/tailnet.json"
	preview
	same "status" 2 "$status"
	has "error" 'No such file' "$err"
	tailnet_file
	head -c 1100000 /dev/zero | tr '\0' ' ' >"$D/policy.hujson"
	preview
	same "status" 2 "$status"
	has "error" 'more than' "$err"
}
