# Sockets that somebody opened before: systemd's headrace.socket, or whoever does as it does.

start_given() {		# ADDRESS...: sets $keeper
	mkdir -m 755 "$D/run"
	python3 tests/proc/given.py "$@" -- "$BIN/headrace" serve -c "$D/headrace.ini" \
	    >>"$D/serve.log" 2>&1 &
	keeper=$!
	started="$started $keeper"
	within 30 logged serves || fail "headrace serve does not start"
}

stop_given() {
	kill "$keeper"
	within 30 gone "$keeper" || fail "headrace serve does not end"
}

# Each asks once, slowly enough to meet a restart.
askers() {
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		echo "$(status /health)" >>"$D/answers"
		sleep 0.1
	done
}

test_a_restart_loses_no_connection() {
	config
	start_given "$D/run/web.sock" "$D/run/notifier.sock"
	start_web
	within 30 serve_ready || fail "headrace does not get healthy"
	askers &
	asking=$!
	sleep 0.3
	kill -HUP "$keeper"
	wait $asking
	same "answers" "20 200" "$(sort "$D/answers" | uniq -c | sed 's/^ *//')"
	twice() { [ "$(log_count ' serves ')" = 2 ]; }
	within 30 twice || fail "it started $(log_count ' serves ') times"
	stop_given
	[ -S "$D/run/web.sock" ] || fail "a socket was removed that was given"
	[ ! -S "$D/run/control.sock" ] || fail "a socket of its own was left"
}

test_a_socket_is_known_by_its_address() {
	free_port
	mine=$PORT
	PORT=
	config "[notifier]" "listen = 127.0.0.1:$mine"
	start_given "$D/run/other.sock" "$mine" "$D/run/web.sock"
	within 30 logged "a socket on $D/run/other.sock was given" || fail "the third is not told"
	[ "$(log_count 'was given')" = 1 ] || fail "wanted one warning"
	start_web
	within 30 serve_ready || fail "headrace does not get healthy"
	status=$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$mine/ts2021")
	[ "$status" != 000 ] || fail "the notifier does not answer"
}

test_sockets_for_another_process_are_left() {
	config
	mkdir -m 755 "$D/run"
	LISTEN_PID=1 LISTEN_FDS=2
	export LISTEN_PID LISTEN_FDS
	start_all
	! logged "was given" || fail "descriptors of somebody else were taken"
}
