# The command line beside a running server, and what the server hears of it.

# The config of lib.sh has relative paths, taken from the file's folder.
live() { "$BIN/headrace" -c "$D/headrace.ini" "$@"; }

healthy() { live health >"$D/health" 2>&1; }

test_cli_health_of_a_running_server() {
	config
	start_serve
	within 30 healthy || fail "not healthy: $(cat "$D/health")"
	kill "$serve"
	within 30 gone "$serve" || fail "serve does not end"
	got=$(live health 2>/dev/null || :)
	has "health without a server" "is \`headrace serve\` running?" "$got"
}

# One datagram of eight bytes, the last change, after each commit that changed something.
test_cli_changes_wake_the_notifier() {
	config
	mkdir "$D/run"
	live users create alice >"$D/out" 2>&1
	python3 - "$D/run/wake.sock" >"$D/wakes" <<-'END' &
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind(sys.argv[1])
	s.settimeout(10)
	for i in range(2):
	    print(int.from_bytes(s.recv(64), "big"), flush=True)
	END
	listener=$!
	started="$started $listener"
	within 30 test -S "$D/run/wake.sock" || fail "no listener"
	live users rename alice eve >/dev/null
	live users list >/dev/null
	live users rename eve carol >/dev/null
	wait "$listener" || fail "two wakes wanted, got: $(cat "$D/wakes")"
	same "wakes" "$(sqlite3 "$D/data/headrace.db" 'SELECT seq FROM changes ORDER BY seq')" \
	    "$(cat "$D/wakes")"
}

# What root makes in the server's folder must stay the server's.
test_cli_root_leaves_the_folder_to_its_owner() {
	is_root || return 0
	config
	mkdir -m 700 "$D/data"
	chown 65534:65534 "$D/data"
	live users create alice >"$D/out" 2>&1
	live nodes list >/dev/null
	same "owners" 65534 "$(stat -c %u "$D"/data/* | sort -u)"
}

test_cli_says_who_may_not_write() {
	is_root || return 0
	config
	live users create alice >"$D/out" 2>&1
	chown 65534 "$D" "$D/headrace.ini"
	status=0
	got=$( (exec setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$BIN/headrace" -c "$D/headrace.ini" users list) 2>&1) || status=$?
	same "status" 1 "$status"
	has "error" "$D/data" "$got"
}
