# What headrace serve makes, what it refuses, and how it ends.

test_makes_folders_keys_and_sockets() {
	start_serve
	within 30 complete || fail "wanted 7 children, got $(children | count)"
	for want in 700:data 600:data/headrace.db 600:data/noise.key 755:run 600:run/control.sock 600:run/delta.sock 600:run/webhook.sock \
	    666:run/web.sock 666:run/notifier.sock; do
		same "mode of ${want#*:}" "${want%%:*}" "$(stat -c %a "$D/${want#*:}")"
	done
	has "noise key" "privkey:" "$(cat "$D/data/noise.key")"
}

test_opens_sockets_to_a_group_only() {
	config '[server]' 'socket_group = www-data'
	start_serve
	for socket in web notifier; do
		same "$socket.sock" "660 www-data" "$(stat -c '%a %G' "$D/run/$socket.sock")"
	done
	kill "$serve"
	within 30 gone "$serve" || fail "serve does not end"
	config '[server]' 'socket_group = no-such-group'
	got=$(headrace serve -c "$D/headrace.ini" 2>&1) && fail "it started without the group"
	has "message" "there is no group no-such-group on this machine: correct server.socket_group" "$got"
}

test_keeps_its_key_over_a_restart() {
	start_serve
	before=$(cat "$D/data/noise.key")
	kill "$serve"
	within 30 gone "$serve" || fail "serve does not end"
	start_serve
	same "noise key" "$before" "$(cat "$D/data/noise.key")"
}

test_refuses_a_second_serve() {
	start_serve
	if got=$(headrace serve -c "$D/headrace.ini" 2>&1); then
		fail "a second serve started"
	fi
	has "message" "another headrace serve runs with $D/run" "$got"
	[ -S "$D/run/web.sock" ] || fail "the second serve took the first one's socket away"
}

test_tells_all_errors_of_the_configuration() {
	config '[worker]' 'web = 0' '[dns]' 'magicdns = true'
	code=0
	got=$(headrace serve -c "$D/headrace.ini" 2>&1) || code=$?
	same "exit status" 1 "$code"
	has "first error" "headrace.ini:10: worker.web: '0' is not between 1 and 64" "$got"
	has "second error" "headrace.ini:12: dns.magicdns: unknown key; did you mean magic_dns" "$got"
	[ ! -e "$D/data" ] || fail "it made the data folder in spite of the errors"
}

test_tells_what_is_wrong_with_the_key_file() {
	config
	mkdir -m 700 "$D/data"
	echo nonsense >"$D/data/noise.key"
	code=0
	got=$(headrace serve -c "$D/headrace.ini" 2>&1) || code=$?
	same "exit status" 1 "$code"
	has "message" "data/noise.key holds no private key" "$got"
}

test_sigterm_ends_everything_soon() {
	start_serve
	within 30 complete || fail "not all children run"
	pids=$(children)
	kill "$serve"
	within 10 gone "$serve" || fail "serve does not end"
	for p in $pids; do
		gone "$p" || fail "process $p is left"
	done
	same "sockets left" "" "$(find "$D/run" -type s)"
	same "complaints" 0 "$(log_count 'starting it again')"
}

test_children_die_with_a_killed_serve() {
	start_serve
	within 30 complete || fail "not all children run"
	pids=$(children)
	kill -9 "$serve"
	for p in $pids; do
		within 30 gone "$p" || fail "process $p outlives serve"
	done
	start_serve
	within 30 complete || fail "a new serve does not start after that"
}

test_a_worker_needs_a_socket() {
	config
	code=0
	got=$(headrace worker -c "$D/headrace.ini" 2>&1 </dev/null) || code=$?
	same "exit status" 1 "$code"
	has "message" "file descriptor 0 is not a listening socket" "$got"
}

test_config_flag_may_stand_in_front() {
	config
	"$BIN/headrace" -c "$D/headrace.ini" serve >>"$D/serve.log" 2>&1 &
	serve=$!
	started="$started $serve"
	within 30 complete || fail "it does not start"
}
