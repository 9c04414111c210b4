# The peer's commands: each word, other name and flag that scripts use is known here.

INI=h.ini

fresh() {
	printf '[server]\nurl = https://head.example\ndata = %s/data\nrun = %s/run\n' "$D" "$D" >"$D/h.ini"
}

# known WORDS...: flags are read before --help is looked at, so a strange one fails.
known() {
	hr "$@" --help
	[ "$status" = 0 ] || fail "headrace $*: $err"
	has "headrace $*" headrace "$out"
}

# Every form of one flag: "user,u=" is --user X, --user=X, -u X.
known_flag() {	# FLAG WORDS...
	flag=${1%=}
	value=
	[ "$flag" = "$1" ] || value=json
	shift
	known "$@" "--${flag%,*}" $value
	case $flag in
	*,*) known "$@" "-${flag#*,}" $value ;;
	esac
	[ -z "$value" ] || known "$@" "--${flag%,*}=$value"
}

# Without its last word.
but_last() { case $1 in *' '*) echo "${1% *}" ;; esac }

test_peer_commands_are_known() {
	fresh
	seen=0
	while IFS='|' read -r words names flags; do
		case $words in '#'* | '') continue ;; esac
		words=$(echo $words)
		[ "$words" != - ] || words=
		# shellcheck disable=SC2086  # words
		known $words
		for name in $names; do
			# shellcheck disable=SC2046
			[ "$name" = - ] || known $(but_last "$words") "$name"
		done
		for flag in $flags; do
			# shellcheck disable=SC2086
			[ "$flag" = - ] || known_flag "$flag" $words
		done
		seen=$((seen + 1))
	done <"$TOP/tests/proc/peer_cli.txt"
	[ $seen -ge 45 ] || fail "only $seen commands in tests/proc/peer_cli.txt"
	hr users list --nonsense --help
	exits 2
}

# The table against the peer's own list, where that lies beside the checkout.
test_peer_table_is_complete() {
	list=$TOP/../shared/peer/cli.txt
	[ -r "$list" ] || return 0
	sed -n 's/^headscale \(..*\)/\1/p' "$list" | grep -v mockoidc | while read -r words; do
		grep -q "^$words |" "$TOP/tests/proc/peer_cli.txt" || fail "$words is not in the table"
	done
}

# What a script of the peer's reads: bare lists, single objects, a key alone.
test_peer_shapes_of_json() {
	fresh
	login=hskey-authreq-aaaaaaaaaaaaaaaaaaaaaaaa
	ok users create alice --force -o json-line
	has "a user" '{"id":"1","name":"alice"' "$out"
	for list in users nodes preauthkeys apikeys oauth-clients; do
		ok $list list -o json-line
		has "$list list" '[' "$(printf %.1s "$out")"
	done
	ok preauthkeys create -u 1 -o json-line
	has "a key" '"key":"hskey-auth-' "$out"
	ok apikeys create -o json-line
	has "an API key" '"hskey-api-' "$out"
	ok debug create-node -u alice --name box -k $login -r 10.0.0.0/8,10.1.0.0/16 -o json-line
	has "a login" '"availableRoutes":["10.0.0.0/8","10.1.0.0/16"]' "$out"
	ok nodes register -u alice -k $login -o json-line
	has "a node" '{"id":"1"' "$out"
	ok nodes approve-routes -i 1 -r 10.0.0.0/8 -o yaml
	has "a node in YAML" 'approvedroutes:' "$out"
	ok nodes list-routes -o json-line
	has "nodes with routes" '[{"id":"1"' "$out"
	ok nodes delete -i 1 --force -o json-line
	same "a deletion" "{}" "$out"
}

test_peer_policy_text_is_printed_as_it_is() {
	fresh
	printf '{\n\t// nobody\n\t"acls": [],\n}\n' >"$D/p"
	ok policy set -f "$D/p" --bypass-server-and-access-database-directly
	for form in text json yaml; do
		ok policy get -o $form
		same "the policy with -o $form" "$(cat "$D/p")" "$out"
	done
	HEADRACE_ADDRESS=http://127.0.0.1:9 ok policy check -f "$D/p" --bypass-server-and-access-database-directly
	out_has "Policy is valid"
}

test_peer_addresses_are_backfilled() {
	fresh
	printf '[prefixes]\nv6 =\n' >>"$D/h.ini"
	ok users create alice
	login=hskey-authreq-aaaaaaaaaaaaaaaaaaaaaaaa
	ok debug create-node -u alice --name box -k $login
	ok auth register --auth-id $login -u alice
	hr nodes backfillips
	exits 2
	err_has "add --force"
	ok nodes backfillips --force
	out_has "Nothing to do"
	fresh
	ok nodes backfillips --force
	has "what was done" 'assigned IPv6 "fd7a:115c:a1e0::1" to Node(1) "box"' "$out"
	fresh
	printf '[prefixes]\nv4 =\n' >>"$D/h.ini"
	ok nodes backfillips --force -o json-line
	has "what was done" '{"changes":["removing IPv4 \"100.64.0.1\" from Node(1)' "$out"
}

test_peer_generates_keys() {
	hr generate private-key
	exits 0
	echo "$out" | grep -Eqx 'privkey:[0-9a-f]{64}' || fail "no key: $out"
	hr gen private-key -o json-line
	has "a key" '{"private_key":"privkey:' "$out"
}
