# conf/run.sh, which is make run without the building.

start_run() {	# sets $runner
	[ -n "$PORT" ] || free_port
	rm -f "$D/data/join.env"
	PORT=$PORT DATA="${DATA:-$D/data}" HEADRACE_DERP_URLS='' sh conf/run.sh >>"$D/run.log" 2>&1 &
	runner=$!
	started="$started $runner"
}

ready() { [ -s "${DATA:-$D/data}/join.env" ]; }

stop_run() {
	kill "$runner"
	within 30 gone "$runner" || fail "it does not end"
	same "what is left" "" "$(pgrep -f "${DATA:-$D/data}/lighttpd.conf" || :)"
	same "sockets left" "" "$(find "$D" -type s)"
}

# The value of a line of join.env.
joined() { sed -n "s/^$1=//p" "${DATA:-$D/data}/join.env"; }

test_run_gets_ready_and_ends() {
	start_run
	within 30 ready || fail "it does not get ready"
	same "address" "http://127.0.0.1:$PORT" "$(joined HEADRACE_URL)"
	key=$(joined HEADRACE_AUTHKEY)
	has "key" "hskey-auth-" "$key"
	has "output" "tailscale up --login-server http://127.0.0.1:$PORT --authkey $key" \
	    "$(cat "$D/run.log")"
	same "/health" 200 "$(status /health)"
	same "mode of join.env" 600 "$(stat -c %a "$D/data/join.env")"
	stop_run
	[ ! -e "$D/data/join.env" ] || fail "join.env is left, though nothing runs"
}

test_run_upgrades_the_connection() {
	start_run
	within 30 ready || fail "it does not get ready"
	got=$(curl -s -i --max-time 20 -d '' -H 'Connection: upgrade' \
		-H 'Upgrade: tailscale-control-protocol' -H 'X-Tailscale-Handshake: AAAA' \
		"http://127.0.0.1:$PORT/ts2021" || :)
	has "malformed handshake" "400" "$(echo "$got" | head -n 1)"
	stop_run
}

test_run_finds_the_tailnet_as_it_was() {
	start_run
	within 30 ready || fail "it does not get ready"
	key=$(joined HEADRACE_AUTHKEY)
	noise=$(get '/key?v=142')
	stop_run
	start_run
	within 30 ready || fail "it does not get ready again"
	same "auth key" "$key" "$(joined HEADRACE_AUTHKEY)"
	same "server key" "$noise" "$(get '/key?v=142')"
	HEADRACE_CONFIG=$D/data/headrace.ini "$BIN/headrace" --force preauthkeys expire --id 1 >/dev/null
	stop_run
	start_run
	within 30 ready || fail "it does not get ready the third time"
	[ "$(joined HEADRACE_AUTHKEY)" != "$key" ] || fail "it offers an expired key"
	stop_run
}

test_run_tells_that_the_port_is_taken() {
	config
	start_all
	code=0
	got=$(PORT=$PORT DATA=$D/data2 HEADRACE_DERP_URLS='' sh conf/run.sh 2>&1) || code=$?
	same "exit status" 1 "$code"
	has "message" "something listens on 127.0.0.1 port $PORT already" "$got"
}

test_run_tells_what_is_wrong_with_its_arguments() {
	for bad in x 0 70000 ''; do
		got=$(PORT=${bad:-none} DATA=$D/data sh conf/run.sh 2>&1) && fail "PORT=$bad is taken"
		has "message" "make run: PORT=" "$got"
	done
	got=$(DATA="$D/a b" sh conf/run.sh 2>&1) && fail "a blank in DATA is taken"
	has "message" "that a configuration file cannot hold" "$got"
}

test_run_tells_what_is_wrong_with_its_configuration() {
	mkdir "$D/data"
	printf '[server]\nurl = http://x\nnonsense\n' >"$D/data/headrace.ini"
	free_port
	got=$(PORT=$PORT DATA=$D/data sh conf/run.sh 2>&1) && fail "it starts"
	has "message" "headrace.ini:3: neither a section nor a setting" "$got"
	has "message" "please correct $D/data/headrace.ini" "$got"
}

test_run_in_a_folder_with_a_long_name() {
	DATA=$D/$(printf 'long%.0s' $(seq 25))
	start_run
	within 30 ready || fail "it does not get ready"
	same "/health" 200 "$(status /health)"
	sockets=$(sed -n 's/^run = //p' "$DATA/headrace.ini")
	stop_run
	rm -rf "$sockets"
}

test_run_starts_the_web_server_again() {
	start_run
	within 30 ready || fail "it does not get ready"
	kill -9 "$(cat "$D/data/lighttpd.pid")"
	within 30 serve_ready || fail "the web server is not started again"
	stop_run
}

test_run_starts_serve_again() {
	start_run
	within 30 ready || fail "it does not get ready"
	killed=$(pgrep -P "$runner" -f 'headrace serve')
	kill -9 "$killed"
	another() { new=$(pgrep -P "$runner" -f 'headrace serve') && [ "$new" != "$killed" ] && serve_ready; }
	within 30 another || fail "headrace serve is not started again"
	stop_run
}

test_run_ends_everything_when_it_is_killed() {
	start_run
	within 30 ready || fail "it does not get ready"
	left() { pgrep -a 'headrace|lighttpd' | grep -E "^($(marked | paste -sd '|' -)) "; }
	nothing_left() { ! left; }
	! nothing_left || fail "nothing runs"
	kill -9 "$runner"
	within 30 nothing_left || fail "left: $(left)"
}
