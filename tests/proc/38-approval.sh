# Approval of devices and users, by command; docs/approval.md.

# A user's device, as one that has joined; authorized is 0 or 1.
device() {	# ID NAME USER_ID AUTHORIZED
	key=$(printf '%064x' "$1")
	sqlite3 "$D/data/headrace.db" "INSERT INTO nodes (id, user_id, machine_key, node_key, name, hostname, os,
	    ipv4, authorized, created_ms, last_seen_ms) VALUES ($1, $3, 'mkey:$key', 'nodekey:$key', '$2', '$2',
	    'linux', '100.64.0.$1', $4, 0, 0)"
}

prepare() {
	config
	ok users create alice
	ok users create bob
	device 1 laptop 1 0
	device 2 printer 1 0
	device 3 desk 2 1
}

state() {	# NAME: as the list shows it
	ok nodes list
	echo "$out" | awk -v name="$1" '$2 == name { print $5 }'
}

test_approval_by_command() {
	prepare
	same "a new device" waiting "$(state laptop)"
	same "another" offline "$(state desk)"
	ok nodes list --waiting
	same "how many wait" 3 "$(echo "$out" | wc -l)"	# with the heading
	ok auth list
	out_has "nodes approve 1"
	out_has "device laptop of alice (linux)"
	ok nodes show laptop
	out_has "waiting for approval"
	ok nodes approve laptop
	out_has "Node approved: laptop"
	same "once approved" offline "$(state laptop)"
	ok nodes approve -i 1 --revoke
	out_has "Node has to wait: laptop"
	same "once more" waiting "$(state laptop)"
	hr nodes approve nobody
	err_has "nobody"
	[ "$status" != 0 ] || fail "approving nobody succeeds"
	ok users suspend bob
	same "a suspended user's" suspended "$(state desk)"
	ok nodes show desk
	out_has "its user is not active"
	ok users restore bob
	same "and then" offline "$(state desk)"
	sqlite3 "$D/data/headrace.db" "UPDATE users SET status = 'needs-approval' WHERE name = 'bob'"
	ok auth list
	out_has "users approve 2"
	ok users approve bob
	ok auth list -o json
	case $out in
	*bob*) fail "bob still waits: $out" ;;
	esac
}

test_approval_page() {
	prepare
	hr_in_path
	blocks docs/approval.md >"$D/page.sh"
	grep -q 'nodes approve laptop' "$D/page.sh" || fail "no commands found in docs/approval.md"
	(cd "$D" && PATH="$D/bin:$PATH" sh -eu page.sh) >"$D/page.log" 2>&1 ||
		fail "a command of docs/approval.md failed: $(tail -n 3 "$D/page.log")"
	has "the page's output" "device laptop of alice" "$(cat "$D/page.log")"
	has "the page's output" "suspended" "$(cat "$D/page.log")"
	same "laptop" offline "$(state laptop)"
	same "what is left waiting" "" "$(sqlite3 "$D/data/headrace.db" 'SELECT name FROM nodes WHERE authorized = 0')"
}
