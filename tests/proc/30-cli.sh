# The command line, on a data folder of its own and without a server.

INI=h.ini

# A new, empty tailnet.
fresh() {
	cat >"$D/h.ini" <<-END
	[server]
	url = https://head.example
	data = $D/data
	run = $D/run
	[dns]
	base_domain = tail.example
	END
}

out_lacks() {
	case $out in
	*"$1"*) fail "headrace $command: wanted no '$1', got '$out'" ;;
	esac
}

# A node as a client would have made it: NAME, and the last byte of its address.
add_node() {
	sqlite3 "$D/data/headrace.db" "INSERT INTO nodes (user_id, machine_key, node_key,
	    name, hostname, os, client_version, ipv4, created_ms, last_seen_ms)
	    VALUES (1, 'mkey:$1', 'nodekey:$1', '$1', '$1', 'linux', '1.102.5-tx-gy',
	    '100.64.0.$2', 1790000000000, 1790000000000)"
}

tailnet() {
	fresh
	ok users create alice
	ok users create bob
	add_node web1 1
	add_node web2 2
}

test_cli_first_command_makes_the_database() {
	fresh
	hr users create alice
	exits 0
	err_has "made a new database"
	out_has "alice"
	same "mode of the file" 600 "$(stat -c %a "$D/data/headrace.db")"
	same "mode of the folder" 700 "$(stat -c %a "$D/data")"
	hr users create bob
	same "error" "" "$err"
}

test_cli_json_forms() {
	fresh
	ok users create alice
	ok users list -o json-line
	out_has '[{"id":"1","name":"alice",'
	ok -o json users list
	out_has "	{"
	ok users -o yaml list
	out_has "  displayname: \"\""
	ok users list -o json --name nobody
	same "output" "[]" "$out"
	hr users list -o xml
	exits 2
	err_has "json, json-line, yaml"
}

test_cli_errors_have_a_form_and_a_status() {
	fresh
	ok users create alice
	hr users create alice
	exits 5
	same "error" 'Error: user already exists: "alice"' "$err"
	same "output" "" "$out"
	hr -o json users create alice
	same "error" '{"error":"user already exists: \"alice\""}' "$err"
	hr users rename nobody somebody
	exits 4
	same "error" 'Error: user "nobody" not found' "$err"
	hr users create 'two words'
	exits 2
	hr users create alice bob
	exits 2
	err_has 'unexpected argument "bob"'
	hr users create
	err_has "NAME is missing"
	hr users create alice --colour red
	err_has "unknown or ambiguous flag --colour"
	hr users create alice --email
	err_has "--email needs a value"
	hr nonsense
	err_has 'unknown command "nonsense"'
	hr users nonsense
	err_has 'unknown command "users nonsense"'
	hr -c "$D/none.ini" users list
	err_has "none.ini"
}

test_cli_users_by_name_or_id() {
	fresh
	ok users create alice -d "Alice A." -e alice@example.com
	ok user ls
	out_has "Alice A."
	ok users mv alice eve
	out_has "alice is now eve"
	ok users rename -i 1 -r alice
	ok users rename --name alice --new-name carol
	ok users rename 1 dave
	ok users list -n dave -o json-line
	out_has '"name":"dave"'
}

test_cli_deleting_asks_first() {
	fresh
	ok users create alice
	hr users destroy alice
	exits 2
	err_has "add --force"
	ok users list -o json-line
	out_has alice
	ok users delete --name alice --force
	ok users list -o json-line
	same "output" "[]" "$out"
	hr users destroy alice --force
	exits 4
}

# on_terminal ANSWER ARGS: the command with a terminal for all three streams.
on_terminal() {
	answer=$1
	shift
	status=0
	out=$(echo "$answer" | script -qec "$BIN/headrace -c $D/h.ini $*" /dev/null) || status=$?
}

test_cli_a_terminal_is_asked_and_gets_colour() {
	tailnet
	on_terminal n nodes delete web1
	exits 3
	out_has '"web1". [y/N]'
	on_terminal y nodes delete web1
	exits 0
	out_has "Node deleted: web1"
	on_terminal '' nodes list
	out_has "$(printf '\033[1mNAME')"
	ok nodes list
	out_lacks "$(printf '\033')"
}

test_cli_a_key_is_printed_alone_and_once() {
	fresh
	ok users create alice
	ok preauthkeys create -u alice --reusable
	key=$out
	same "length" 88 "${#key}"
	has "key" hskey-auth- "$key"
	ok authkey ls
	out_lacks "$key"
	out_has "${key%-*}-***"
	ok pre list -o json
	out_lacks "$key"
	same "files with the secret" "" "$(grep -l -a -- "${key##*-}" "$D"/data/headrace.db* || :)"
}

test_cli_a_key_lives_an_hour_unless_told_otherwise() {
	fresh
	ok users create alice
	ok preauthkeys create -u 1 -o json-line
	until=$(echo "$out" | sed 's/.*"expiration":"\([^"]*\)".*/\1/')
	left=$(($(date -d "$until" +%s) - $(date +%s)))
	[ $left -gt 3500 ] && [ $left -le 3600 ] || fail "wanted 3600 s, got $left s"
	ok preauthkeys create -u 1 -e 90d -o json-line
	until=$(echo "$out" | sed 's/.*"expiration":"\([^"]*\)".*/\1/')
	left=$((($(date -d "$until" +%s) - $(date +%s) + 60) / 3600))
	same "hours" 2160 "$left"
	ok preauthkeys create -u 1 -e never -o json-line
	out_has '"expiration":null'
	hr preauthkeys create -u 1 -e soon
	exits 2
	err_has "90d"
}

test_cli_keys_end() {
	fresh
	ok preauthkeys create --tags tag:b,tag:a --tags tag:c
	ok preauthkeys create --tags tag:x --ephemeral
	ok preauthkeys list
	out_has "tag:a, tag:b, tag:c"
	ok preauthkeys expire -i 1
	ok preauthkeys list --valid
	out_lacks "tag:a"
	out_has "tag:x"
	ok preauthkeys delete 2 --force
	hr preauthkeys delete -i 2 --force
	exits 4
	hr preauthkeys expire
	err_has "missing --id"
	hr preauthkeys create
	err_has "must be either tagged or owned by user"
	hr preauthkeys create -u nobody
	exits 4
}

test_cli_nodes_are_shown() {
	tailnet
	ok nodes list
	out_has "1.102.5"
	out_lacks "-tx-gy"
	out_has "2026-09-21 14:13:20"
	ok nodes ls -u bob -o json-line
	same "output" "[]" "$out"
	hr nodes list -u nobody
	exits 4
	ok nodes show web1
	out_has "mkey:web1"
	out_lacks "web2"
	ok nodes show WEB1.tail.example
	out_has "mkey:web1"
	ok nodes show 2
	out_has "mkey:web2"
	ok nodes show
	out_has web2
	ok node show -i web1 -o json-line
	out_has '"givenName":"web1"'
	hr nodes show web9
	exits 4
	same "error" 'Error: node "web9" not found' "$err"
}

test_cli_nodes_say_where_they_are() {
	tailnet
	sqlite3 "$D/data/headrace.db" "UPDATE nodes SET client_address = '2001:db8::7' WHERE id = 1"
	ok nodes show web1
	out_has "Last seen at       2001:db8::7"
	ok nodes show web1 -o json
	same "in JSON" 2001:db8::7 "$(echo "$out" | jq -r .clientAddress)"
	ok nodes list -o json
	same "in a list" "2001:db8::7," "$(echo "$out" | jq -r '[.[].clientAddress] | join(",")')"
}

test_cli_what_a_client_says_cannot_move_the_cursor() {
	tailnet
	sqlite3 "$D/data/headrace.db" \
	    "UPDATE nodes SET os = 'a' || char(27) || '[2J' || char(155, 10) || 'b' WHERE id = 1"
	ok nodes list
	out_has "a?[2J?? b"
	ok nodes show 1
	out_has "a?[2J?? b"
}

test_cli_nodes_are_changed() {
	tailnet
	ok nodes rename -i 1 db
	ok nodes rename web2 cache
	hr nodes rename cache db
	err_has "not unique"
	hr nodes rename cache Foo_Bar
	err_has "DNS label"
	hr nodes rename cache a/b
	exits 2
	ok nodes tag db -t tag:b,tag:a
	ok nodes list
	out_has "tag:a, tag:b"
	hr nodes tag -i db -t ""
	err_has "cannot remove all tags"
	ok nodes move db bob
	ok nodes move -i db -u alice
	ok nodes set-ip db 100.64.9.9
	hr nodes set-ip cache 100.64.9.9
	exits 5
	hr nodes set-ip -i cache 10.0.0.1
	err_has "outside the configured prefixes"
	ok nodes show db
	out_has "100.64.9.9"
	ok nodes delete db --force
	ok nodes list
	out_lacks 100.64.9.9
}

test_cli_keys_of_nodes_end() {
	tailnet
	ok nodes expire web1
	ok nodes list
	out_has expired
	ok nodes expire -i 1 --disable
	out_has disabled
	ok nodes list
	out_lacks expired
	ok nodes expire web1 -e 2040-01-01T00:00:00Z
	ok nodes show web1
	out_has "2040-01-01 00:00:00"
	ok nodes expire web1 -e 30d
	hr nodes expire web1 --disable -e 30d
	exits 2
}

test_cli_routes_are_approved() {
	tailnet
	ok nodes approve-routes web1 -r 10.0.0.0/8,::/0
	ok nodes list-routes
	out_has "0.0.0.0/0, 10.0.0.0/8, ::/0"
	out_lacks web2
	ok nodes approve-routes -i web1 --routes ""
	ok nodes list-routes -o json-line
	same "output" "[]" "$out"
	hr nodes approve-routes web1
	err_has "--routes"
	hr nodes approve-routes web1 -r 10.1.2.3/8
	err_has "10.0.0.0/8"
}

test_cli_logins_wait() {
	tailnet
	id=hskey-authreq-aaaaaaaaaaaaaaaaaaaaaaaa
	sqlite3 "$D/data/headrace.db" "INSERT INTO logins (id, machine_key, node_key,
	    hostinfo, created_ms, expiry_ms) VALUES ('$id', 'mkey:x', 'nodekey:x',
	    '{\"Hostname\":\"laptop\"}', 1790000000000, 9990000000000)"
	ok auth list
	out_has laptop
	hr auth approve --auth-id $id
	err_has "--user"
	hr auth register --auth-id $id --user nobody
	exits 4
	ok auth register --auth-id $id --user bob
	same "output" "Node laptop registered" "$out"
	hr auth reject --auth-id $id
	exits 5
	hr auth reject --auth-id hskey-authreq-bbbbbbbbbbbbbbbbbbbbbbbb
	exits 4
	hr auth register --user bob
	err_has "missing --auth-id"
}

test_cli_ssh_checks_wait() {
	tailnet
	id=hskey-authreq-cccccccccccccccccccccccc
	sqlite3 "$D/data/headrace.db" "INSERT INTO ssh_checks (id, src_node, dst_node, local_user,
	    created_ms, expiry_ms) SELECT '$id', a.id, b.id, 'root', 1790000000000, 9990000000000
	    FROM nodes a, nodes b WHERE a.name = 'web1' AND b.name = 'web2'"
	ok auth list
	out_has "ssh root@web2 from web1"
	hr auth register --auth-id $id --user bob
	err_has "auth approve --auth-id $id"
	ok auth approve --auth-id $id
	same "output" "Approved" "$out"
	hr auth reject --auth-id $id
	exits 5
	ok auth list
	out_lacks "$id"
}

test_cli_configuration_is_tested() {
	fresh
	ok configtest
	out_has "configuration is valid"
	ok configtest -o json-line
	same "output" '{"valid":true}' "$out"
	printf '[dns]\nbase_domian = x\n' >>"$D/h.ini"
	hr configtest
	exits 2
	err_has "h.ini:"
	err_has "base_domian"
	[ ! -e "$D/data" ] || fail "a data folder was made"
}

test_cli_health_names_what_is_wrong() {
	fresh
	hr health
	exits 1
	out_has "FAILED"
	[ ! -e "$D/data" ] || fail "a data folder was made"
	ok users create alice
	chmod 755 "$D/data"
	hr health
	out_has "chmod o-rwx $D/data"
	hr health -o json-line
	out_has '"databaseConnectivity":true'
	out_has "headrace serve"
}

test_cli_health_looks_over_the_database() {
	tailnet
	sqlite3 "$D/data/headrace.db" "PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
	page=$(sqlite3 "$D/data/headrace.db" \
	    "SELECT rootpage FROM sqlite_schema WHERE name = 'node_name'")
	head -c 4096 /dev/urandom |
	    dd of="$D/data/headrace.db" bs=4096 seek=$((page - 1)) conv=notrunc 2>/dev/null
	hr health
	exits 1
	database=$(grep '^database' "$D/out")
	has "headrace health" FAILED "$database"
}

test_cli_a_broken_database_is_named() {
	fresh
	ok users create alice
	echo "this is no database, only some text that is long enough" >"$D/data/headrace.db"
	rm -f "$D/data/headrace.db-"*
	hr users list
	exits 1
	err_has "$D/data/headrace.db"
}

test_cli_version_and_help_need_nothing() {
	hr version
	exits 0
	out_has headrace
	for words in "" help --help "help users" "users --help" "users" \
	    "help users create" "users create --help" "nodes expire -h" "version --help"; do
		# shellcheck disable=SC2086
		hr $words
		exits 0
		same "error" "" "$err"
		out_has headrace
	done
	hr help nonsense
	exits 2
}
