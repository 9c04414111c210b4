#!/bin/sh
# tests/proc/30-cli.sh -- the command line, on a data folder of its own and
# without a server.  One function per behaviour; each prints wanted and got.
set -u
cd "$(dirname "$0")/../.."
headrace=${BIN:-build/release}/headrace
dir=$(mktemp -d /tmp/headrace-cli-XXXXXX)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
failed=0
unset HEADRACE_CONFIG

# A new, empty tailnet for each behaviour.
fresh() {
	rm -rf "$dir"
	mkdir "$dir"
	cat >"$dir/h.ini" <<-END
	[server]
	url = https://head.example
	data = $dir/data
	run = $dir/run
	[dns]
	base_domain = tail.example
	END
}

# hr ARGS: $out, $err and $status are what the command gave.
hr() {
	"$headrace" -c "$dir/h.ini" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	out=$(cat "$dir/out")
	err=$(cat "$dir/err")
}

# hr that must succeed.
ok() {
	hr "$@"
	[ "$status" = 0 ] || bad "headrace $*: status 0" "$status: $err"
}

bad() {
	failed=1
	printf 'FAIL %s\n  wanted %s\n  got    %s\n' "$behaviour" "$1" "$2"
}

is() { [ "$2" = "$1" ] || bad "$1" "$2"; }
has() {
	case $2 in
	*"$1"*) ;;
	*) bad "…$1…" "$2" ;;
	esac
}
lacks() {
	case $2 in
	*"$1"*) bad "no $1" "$2" ;;
	esac
}

# A node as a client would have made it, for the commands that need one.
add_node() {
	sqlite3 "$dir/data/headrace.db" "INSERT INTO nodes (user_id, machine_key, node_key,
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

first_command_makes_the_database() {
	fresh
	hr users create alice
	is 0 "$status"
	has "made a new database" "$err"
	has "alice" "$out"
	is 600 "$(stat -c %a "$dir/data/headrace.db")"
	is 700 "$(stat -c %a "$dir/data")"
	hr users create bob
	is "" "$err"
}

json_forms() {
	fresh
	ok users create alice
	ok users list -o json-line
	has '[{"id":"1","name":"alice",' "$out"
	ok -o json users list
	has "	{" "$out"
	ok users -o yaml list
	has "  displayname: \"\"" "$out"
	ok users list -o json --name nobody
	is "[]" "$out"
	hr users list -o xml
	is 2 "$status"
	has "json, json-line, yaml" "$err"
}

errors_have_a_form_and_a_status() {
	fresh
	ok users create alice
	hr users create alice
	is 5 "$status"
	is 'Error: user already exists: "alice"' "$err"
	is "" "$out"
	hr -o json users create alice
	is '{"error":"user already exists: \"alice\""}' "$err"
	hr users rename nobody somebody
	is 4 "$status"
	is 'Error: user "nobody" not found' "$err"
	hr users create 'two words'
	is 2 "$status"
	hr users create alice bob
	is 2 "$status"
	has 'unexpected argument "bob"' "$err"
	hr users create
	has "NAME is missing" "$err"
	hr users create alice --colour red
	has "unknown or ambiguous flag --colour" "$err"
	hr users create alice --email
	has "--email needs a value" "$err"
	hr nonsense
	has 'unknown command "nonsense"' "$err"
	hr users nonsense
	has 'unknown command "users nonsense"' "$err"
	hr -c "$dir/none.ini" users list
	has "none.ini" "$err"
}

users_by_name_or_id() {
	fresh
	ok users create alice -d "Alice A." -e alice@example.com
	ok user ls
	has "Alice A." "$out"
	ok users mv alice eve
	has "alice is now eve" "$out"
	ok users rename -i 1 -r alice
	ok users rename --name alice --new-name carol
	ok users rename 1 dave
	ok users list -n dave -o json-line
	has '"name":"dave"' "$out"
}

deleting_asks_first() {
	fresh
	ok users create alice
	hr users destroy alice
	is 2 "$status"
	has "add --force" "$err"
	ok users list -o json-line
	has alice "$out"
	ok users delete --name alice --force
	ok users list -o json-line
	is "[]" "$out"
	hr users destroy alice --force
	is 4 "$status"
}

# on_terminal ANSWER ARGS: the command with a terminal for all three streams.
on_terminal() {
	answer=$1
	shift
	out=$(echo "$answer" | script -qec "$headrace -c $dir/h.ini $*" /dev/null)
	status=$?
}

a_terminal_is_asked_and_gets_colour() {
	tailnet
	on_terminal n nodes delete web1
	is 3 "$status"
	has '"web1". [y/N]' "$out"
	on_terminal y nodes delete web1
	is 0 "$status"
	has "Node deleted: web1" "$out"
	on_terminal '' nodes list
	has "$(printf '\033[1mNAME')" "$out"
	ok nodes list
	lacks "$(printf '\033')" "$out"
}

a_key_is_printed_alone_and_once() {
	fresh
	ok users create alice
	ok preauthkeys create -u alice --reusable
	key=$out
	is 88 "${#key}"
	has hskey-auth- "$key"
	ok authkey ls
	lacks "$key" "$out"
	has "${key%-*}-***" "$out"
	ok pre list -o json
	lacks "$key" "$out"
	is "" "$(grep -l -a -- "${key##*-}" "$dir"/data/headrace.db*)"
}

a_key_lives_an_hour_unless_told_otherwise() {
	fresh
	ok users create alice
	ok preauthkeys create -u 1 -o json-line
	until=$(echo "$out" | sed 's/.*"expiration":"\([^"]*\)".*/\1/')
	left=$(($(date -d "$until" +%s) - $(date +%s)))
	[ $left -gt 3500 ] && [ $left -le 3600 ] || bad "3600 s" "$left s"
	ok preauthkeys create -u 1 -e 90d -o json-line
	until=$(echo "$out" | sed 's/.*"expiration":"\([^"]*\)".*/\1/')
	left=$((($(date -d "$until" +%s) - $(date +%s) + 60) / 3600))
	is 2160 "$left"
	ok preauthkeys create -u 1 -e never -o json-line
	has '"expiration":null' "$out"
	hr preauthkeys create -u 1 -e soon
	is 2 "$status"
	has "90d" "$err"
}

keys_end() {
	fresh
	ok preauthkeys create --tags tag:b,tag:a --tags tag:c
	ok preauthkeys create --tags tag:x --ephemeral
	ok preauthkeys list
	has "tag:a, tag:b, tag:c" "$out"
	ok preauthkeys expire -i 1
	ok preauthkeys list --valid
	lacks "tag:a" "$out"
	has "tag:x" "$out"
	ok preauthkeys delete 2 --force
	hr preauthkeys delete -i 2 --force
	is 4 "$status"
	hr preauthkeys expire
	has "missing --id" "$err"
	hr preauthkeys create
	has "must be either tagged or owned by user" "$err"
	hr preauthkeys create -u nobody
	is 4 "$status"
}

nodes_are_shown() {
	tailnet
	ok nodes list
	has "1.102.5" "$out"
	lacks "-tx-gy" "$out"
	has "2026-09-21 14:13:20" "$out"
	ok nodes ls -u bob -o json-line
	is "[]" "$out"
	hr nodes list -u nobody
	is 4 "$status"
	ok nodes show web1
	has "mkey:web1" "$out"
	lacks "web2" "$out"
	ok nodes show 2
	has "mkey:web2" "$out"
	ok nodes show
	has web2 "$out"
	ok node show -i web1 -o json-line
	has '"givenName":"web1"' "$out"
	hr nodes show web9
	is 4 "$status"
	is 'Error: node "web9" not found' "$err"
}

what_a_client_says_cannot_move_the_cursor() {
	tailnet
	sqlite3 "$dir/data/headrace.db" \
	    "UPDATE nodes SET os = 'a' || char(27) || '[2J' || char(155) WHERE id = 1"
	ok nodes list
	has "a?[2J??" "$out"
}

nodes_are_changed() {
	tailnet
	ok nodes rename -i 1 db
	ok nodes rename web2 cache
	hr nodes rename cache db
	has "not unique" "$err"
	hr nodes rename cache Foo_Bar
	has "DNS label" "$err"
	hr nodes rename cache a/b
	is 2 "$status"
	ok nodes tag db -t tag:b,tag:a
	ok nodes list
	has "tag:a, tag:b" "$out"
	hr nodes tag -i db -t ""
	has "cannot remove all tags" "$err"
	ok nodes move db bob
	ok nodes move -i db -u alice
	ok nodes set-ip db 100.64.9.9
	hr nodes set-ip cache 100.64.9.9
	is 5 "$status"
	hr nodes set-ip -i cache 10.0.0.1
	has "outside the configured prefixes" "$err"
	ok nodes show db
	has "100.64.9.9" "$out"
	ok nodes delete db --force
	ok nodes list
	lacks 100.64.9.9 "$out"
}

keys_of_nodes_end() {
	tailnet
	ok nodes expire web1
	ok nodes list
	has expired "$out"
	ok nodes expire -i 1 --disable
	has disabled "$out"
	ok nodes list
	lacks expired "$out"
	ok nodes expire web1 -e 2040-01-01T00:00:00Z
	ok nodes show web1
	has "2040-01-01 00:00:00" "$out"
	ok nodes expire web1 -e 30d
	hr nodes expire web1 --disable -e 30d
	is 2 "$status"
}

routes_are_approved() {
	tailnet
	ok nodes approve-routes web1 -r 10.0.0.0/8,::/0
	ok nodes list-routes
	has "0.0.0.0/0, 10.0.0.0/8, ::/0" "$out"
	lacks web2 "$out"
	ok nodes approve-routes -i web1 --routes ""
	ok nodes list-routes -o json-line
	is "[]" "$out"
	hr nodes approve-routes web1
	has "--routes" "$err"
	hr nodes approve-routes web1 -r 10.1.2.3/8
	has "10.0.0.0/8" "$err"
}

logins_wait() {
	tailnet
	id=hskey-authreq-aaaaaaaaaaaaaaaaaaaaaaaa
	sqlite3 "$dir/data/headrace.db" "INSERT INTO logins (id, machine_key, node_key,
	    hostinfo, created_ms, expiry_ms) VALUES ('$id', 'mkey:x', 'nodekey:x',
	    '{\"Hostname\":\"laptop\"}', 1790000000000, 9990000000000)"
	ok auth list
	has laptop "$out"
	hr auth approve --auth-id $id
	has "--user" "$err"
	hr auth register --auth-id $id --user nobody
	is 4 "$status"
	ok auth register --auth-id $id --user bob
	is "Node laptop registered" "$out"
	hr auth reject --auth-id $id
	is 5 "$status"
	hr auth reject --auth-id hskey-authreq-bbbbbbbbbbbbbbbbbbbbbbbb
	is 4 "$status"
	hr auth register --user bob
	has "missing --auth-id" "$err"
}

configuration_is_tested() {
	fresh
	ok configtest
	has "configuration is valid" "$out"
	ok configtest -o json-line
	is '{"valid":true}' "$out"
	printf '[dns]\nbase_domian = x\n' >>"$dir/h.ini"
	hr configtest
	is 2 "$status"
	has "h.ini:" "$err"
	has "base_domian" "$err"
	[ ! -e "$dir/data" ] || bad "no data folder" "$(ls "$dir/data")"
}

health_names_what_is_wrong() {
	fresh
	hr health
	is 1 "$status"
	has "FAILED" "$out"
	[ ! -e "$dir/data" ] || bad "no data folder" "$(ls "$dir/data")"
	ok users create alice
	chmod 755 "$dir/data"
	hr health
	has "chmod o-rwx $dir/data" "$out"
	hr health -o json-line
	has '"databaseConnectivity":true' "$out"
	has "headrace serve" "$out"
}

a_broken_database_is_named() {
	fresh
	ok users create alice
	echo "this is no database, only some text that is long enough" >"$dir/data/headrace.db"
	rm -f "$dir/data/headrace.db-"*
	hr users list
	is 1 "$status"
	has "$dir/data/headrace.db" "$err"
}

version_and_help_need_nothing() {
	rm -rf "$dir"
	mkdir "$dir"
	hr version
	is 0 "$status"
	has headrace "$out"
	for words in "" help --help "help users" "users --help" "users" \
	    "help users create" "users create --help" "nodes expire -h" "version --help"; do
		# shellcheck disable=SC2086
		hr $words
		is 0 "$status"
		is "" "$err"
		has headrace "$out"
	done
	hr help nonsense
	is 2 "$status"
}

for behaviour in first_command_makes_the_database json_forms \
    errors_have_a_form_and_a_status users_by_name_or_id deleting_asks_first a_terminal_is_asked_and_gets_colour \
    a_key_is_printed_alone_and_once a_key_lives_an_hour_unless_told_otherwise \
    keys_end nodes_are_shown what_a_client_says_cannot_move_the_cursor \
    nodes_are_changed keys_of_nodes_end routes_are_approved logins_wait \
    configuration_is_tested health_names_what_is_wrong a_broken_database_is_named \
    version_and_help_need_nothing; do
	before=$failed
	failed=0
	$behaviour
	[ $failed = 1 ] || echo "ok $behaviour"
	[ $before = 0 ] || failed=1
done
exit $failed
