# `headrace policy`: versions in the database, and a policy in a file that is watched.

OPEN='{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:*"]}]}'

file() { printf '%s\n' "$2" >"$D/$1"; }

test_policy_set_get_history_rollback() {
	config
	hr policy get
	exits 4
	err_has "none has been set, so everything is allowed"
	file one "$OPEN"
	file two '{
	// nobody
	"acls": [],
}'
	LOGNAME=ann SUDO_USER='' ok policy set --file "$D/one" --comment "all may"
	out_has "version 1"
	ok policy set "$D/one"
	out_has "unchanged: version 1"
	ok policy put -f "$D/two" --expect 1 --bypass-server-and-access-database-directly
	out_has "version 2"
	hr policy set "$D/one" --expect 1
	exits 5
	err_has "at version 2"
	ok policy get
	same "policy get" "$(cat "$D/two")" "$out"
	ok policy get --version 1
	same "policy get --version 1" "$OPEN" "$out"
	ok policy history
	out_has "in force"
	out_has "all may"
	out_has "ann"
	ok policy diff 1
	out_has "+++ version 2"
	out_has "-$OPEN"
	out_has "+	// nobody"
	ok policy diff 1 1
	out_has "No line differs"
	ok policy rollback 1
	out_has "version 3"
	ok policy get
	same "policy get" "$OPEN" "$out"
	ok policy history -o json-line
	out_has '"version":3'
	out_has '"rollbackOf":1'
	hr policy rollback 9
	exits 4
}

test_policy_mistakes_have_their_lines() {
	config
	file bad '{
	"acls": [{"action": "deny", "src": ["*"], "dst": ["*:*"]}],
	"acsl": [],
}'
	hr policy check -f "$D/bad"
	exits 1
	err_has 'line 2, column 22: action="deny"'
	err_has 'line 3, column 2: unknown field: "acsl"'
	hr policy set "$D/bad"
	exits 1
	err_has "line 2"
	hr policy check "$D/none"
	exits 2
	err_has "$D/none: No such file or directory"
	hr policy check /
	exits 2
	hr policy set
	exits 2
	err_has "give --file FILE"
	printf '{"hosts": {"a": "\377"}}' >"$D/bad"
	hr policy check "$D/bad"
	exits 1
	err_has "line 1, column 18"
	head -c 1048577 /dev/zero | tr '\0' ' ' >"$D/bad"
	hr policy check "$D/bad"
	exits 2
	err_has "more than 1048576 bytes"
	: >"$D/bad"
	hr policy set "$D/bad"
	exits 1
	err_has "empty"
	ok policy history -o json-line
	same "history" "[]" "$out"
	file good "$OPEN"
	IN=$D/good ok policy check -
}

# A test of the policy that no longer holds: said, but it stays in force.
test_policy_that_would_be_refused_now_stays() {
	config
	ok users create ann --email ann@example.com
	file p '{"groups": {"group:all": ["user:*@example.com"]},
	"acls": [{"action": "accept", "src": ["group:all"], "dst": ["*:*"]}]}'
	ok policy set "$D/p"
	ok policy test
	out_has "version 1"
	ok users destroy ann --force
	hr policy test
	exits 1
	err_has "line 1, column 27: example.com"
	hr health
	out_has "version 1 in force since"
	out_has "would be refused if it were set now"
	ok policy get
	sqlite3 "$D/data/headrace.db" "INSERT INTO policies (text) VALUES ('{bad')"
	hr health
	out_has "version 2 cannot be read, so 1 stays in force: line 1, column 2"
	ok policy get
	has "policy" "group:all" "$out"
}

test_users_role() {
	config
	ok users create ann --email ann@example.com
	ok users role ann it-admin
	out_has "ann is it-admin"
	ok users role -n ann auditor
	ok users list
	out_has "auditor"
	hr users role ann boss
	exits 2
	err_has "network-admin"
	printf '[tailnet]\nowner = ann@example.com\n' >>"$D/headrace.ini"
	ok users list
	out_has "owner"
}

shows() {	# PART: in `headrace health`
	hr health
	case $out in *"$1"*) ;; *) return 1 ;; esac
}

test_policy_file_is_watched() {
	config '[policy]' 'mode = file' 'path = p.hujson'
	start_serve
	within 30 logged "p.hujson: No such file or directory" || fail "a missing file is not logged"
	within 20 shows "everything is denied" || fail "health: $out"
	file p.hujson "$OPEN"
	within 30 shows "version 1 in force" || fail "not taken over: $out"
	hr policy set "$D/p.hujson"
	exits 1
	err_has "update is disabled for modes other than 'database'"
	hr policy rollback 1
	exits 1
	file p.hujson '{"acls": [{"action": "deny"}]}'
	within 30 shows "p.hujson is not taken over: line 1" || fail "a mistake is not shown: $out"
	has "health" "version 1 in force" "$out"
	sleep 6
	same "times that it was logged" 1 "$(log_count 'p.hujson: line 1, column 22')"
	file p.hujson '{"acls": []}'
	within 30 shows "version 2 in force" || fail "not taken over: $out"
	shows "not taken over" && fail "the old mistake is still shown: $out"
	# The same text in another file, and an editor's way to save.
	cp "$D/p.hujson" "$D/new"
	mv "$D/new" "$D/p.hujson"
	sleep 1
	ok policy history -o json-line
	has "history" '"version":2' "$out"
	case $out in *'"version":3'*) fail "the same text made a version" ;; esac
}

test_policy_file_is_read_on_sighup() {
	mkdir "$D/etc"
	config '[policy]' 'mode = file' "path = $D/etc/p.hujson"
	file etc/p.hujson "$OPEN"
	start_serve
	within 30 shows "version 1 in force" || fail "not taken over: $out"
	# Another file, in a folder that nobody watches.
	mkdir "$D/else"
	file else/p.hujson '{"acls": []}'
	sed -i "s|^path = .*|path = $D/else/p.hujson|" "$D/headrace.ini"
	kill -HUP "$serve"
	within 30 shows "version 2 in force" || fail "not read on SIGHUP: $out"
	sed -i "s|^mode = .*|mode = database|; /^path/d" "$D/headrace.ini"
	kill -HUP "$serve"
	ok policy rollback 1
	out_has "version 3"
	within 20 shows "version 3 in force" || fail "$out"
}

test_policy_path_needs_its_mode() {
	config '[policy]' 'path = p.hujson'
	hr policy get
	exits 2
	err_has "policy.mode = file"
	config '[policy]' 'mode = file'
	hr policy get
	exits 2
	err_has "policy.path"
}
