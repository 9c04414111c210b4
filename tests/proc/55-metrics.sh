# /metrics: who may read, what counts, and what outlives a process.

TOKEN=0123456789abcdef-token

free_metrics() {	# sets $MPORT
	p=$PORT
	free_port
	MPORT=$PORT
	PORT=$p
}

scrape() { curl -sf --max-time 10 "http://127.0.0.1:$MPORT/metrics"; }

# The value of one line: NAME{LABELS} as it is shown.
metric() { scrape | grep -v '^#' | grep -F -- "$1 " | sed 's/.* //'; }

shows() { [ "$(metric "$1")" = "$2" ]; }

with_listener() {	# LINES...: starts all with metrics.listen
	free_port
	free_metrics
	config '[metrics]' "listen = 127.0.0.1:$MPORT" "$@"
	start_all
	within 30 scrape || fail "nobody answers at metrics.listen"
}

test_metrics_are_off_unless_asked_for() {
	start_all
	same "/metrics" 404 "$(status /metrics)"
	same "with a token" 404 "$(status /metrics -H "Authorization: Bearer $TOKEN")"
	same "/internal/metrics" 404 "$(status /internal/metrics)"
}

test_metrics_for_who_has_the_token() {
	config '[metrics]' "token = $TOKEN"
	start_all
	same "without" 401 "$(status /metrics)"
	same "wrong" 401 "$(status /metrics -H "Authorization: Bearer ${TOKEN}x")"
	has "right" 'headrace_processes{role="notifier"} 1' \
		"$(get /metrics -H "Authorization: Bearer $TOKEN")"
	ok configtest -v
	out_has "token = ; (set, and not shown)"
	! grep -rqF "$TOKEN" "$D/serve.log" "$D/out" || fail "the token is shown"
}

test_metrics_listener_asks_for_the_token_too() {
	free_port
	free_metrics
	config '[metrics]' "listen = 127.0.0.1:$MPORT" "token = $TOKEN"
	start_all
	url=http://127.0.0.1:$MPORT/metrics
	within 30 curl -s -o /dev/null "$url"
	same "without" 401 "$(curl -s -o /dev/null -w '%{http_code}' "$url")"
	has "challenge" "WWW-Authenticate: Bearer" "$(curl -si "$url")"
	same "with" 200 "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $TOKEN" "$url")"
}

test_metrics_listener_does_nothing_else() {
	with_listener
	url=http://127.0.0.1:$MPORT
	same "other page" 404 "$(curl -s -o /dev/null -w '%{http_code}' "$url/")"
	same "API" 404 "$(curl -s -o /dev/null -w '%{http_code}' "$url/api/v1/user")"
	same "POST" 405 "$(curl -s -o /dev/null -w '%{http_code}' -d x "$url/metrics")"
	same "HEAD" 200 "$(curl -sI -o /dev/null -w '%{http_code}' "$url/metrics")"
	same "query" 200 "$(curl -s -o /dev/null -w '%{http_code}' "$url/metrics?name=x")"
	same "long head" 431 "$(curl -s -o /dev/null -w '%{http_code}' -H "X: $(printf '%090000d' 0)" "$url/metrics")"
	has "no HTTP" "400 Bad Request" "$(python3 -c "
import socket
s = socket.create_connection(('127.0.0.1', $MPORT))
s.sendall(b'hello\r\n\r\n')
print(s.recv(4096).decode())")"
	same "on the web" 404 "$(status /metrics)"
}

# Who says nothing takes one of few places, and not for long.
test_metrics_listener_has_limits() {
	with_listener
	python3 - "$MPORT" <<'PY' || fail "silent connections are not ended"
import socket, sys
port = int(sys.argv[1])
held = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
for s in held:
    s.settimeout(15)
    assert s.recv(1) == b""
PY
	scrape >/dev/null || fail "nobody answers any more"
	same "/health beside it" 200 "$(status /health)"
}

test_metrics_listener_on_a_socket() {
	config '[metrics]' 'listen = unix:metrics.sock'
	start_all
	within 30 test -S "$D/run/metrics.sock" || fail "there is no socket"
	same "mode" 660 "$(stat -c %a "$D/run/metrics.sock")"
	has "answer" "headrace_streams 0" "$(curl -s --unix-socket "$D/run/metrics.sock" http://x/metrics)"
	kill "$serve"
	within 30 gone "$serve"
	[ ! -e "$D/run/metrics.sock" ] || fail "the socket is left behind"
}

# A used address is an error in the log and not the end of a tailnet.
test_metrics_address_in_use() {
	free_port
	free_metrics
	python3 -c "
import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', $MPORT)); s.listen(); time.sleep(60)" &
	holder=$!
	started="$started $holder"
	within 30 python3 -c "import socket; socket.create_connection(('127.0.0.1', $MPORT))"
	config '[metrics]' "listen = 127.0.0.1:$MPORT"
	start_all
	within 30 logged "metrics.listen: cannot listen on 127.0.0.1:$MPORT: address already in use" ||
		fail "it is not logged"
	kill "$holder"
	within 30 scrape || fail "it does not try again"
}

test_metrics_count_what_happens() {
	with_listener
	same "before" "" "$(metric 'headrace_requests_total{family="page",status="404"}')"
	ok users create ann
	within 20 shows 'headrace_users{status="active"}' 1 || fail "the user is not counted"
	same "robots" 200 "$(status /robots.txt)"
	for _ in 1 2 3; do
		same "API" 401 "$(status /api/v1/user)"
	done
	within 20 shows 'headrace_requests_total{family="api_v1",status="401"}' 3 || fail "the requests are not counted"
	before=$(metric headrace_handshakes_total'{result="refused"}')
	[ "$before" = 0 ] || fail "handshakes before: $before"
	curl -s -o /dev/null --unix-socket "$D/run/notifier.sock" http://x/ts2021 || :
	within 20 shows 'headrace_handshakes_total{result="refused"}' 1 || fail "the handshake is not counted"
	within 20 shows headrace_connections_total 1 || fail "the connection is not counted"
}

test_metrics_of_a_killed_process() {
	with_listener
	for _ in 1 2 3 4 5; do
		status /robots.txt >/dev/null
	done
	had=$(metric 'headrace_requests_total{family="page",status="200"}')
	[ "$had" -ge 5 ] || fail "only $had requests were counted"
	sleep 1.1	# a process that dies young has to wait
	kill -9 $(children "--web ")
	same "a request meanwhile" 200 "$(status /robots.txt)"
	within 30 shows 'headrace_processes{role="web"}' 2 || fail "they are not replaced"
	within 20 shows 'headrace_requests_total{family="page",status="200"}' $((had + 1)) ||
		fail "after kill -9: $(metric 'headrace_requests_total{family="page",status="200"}'), before $had"
	slots=$(scrape | grep -c '^headrace_process_open_fds{role="web"')
	same "series of web workers" 2 "$slots"
	old=$(scrape | grep -o 'headrace_process_start_time_seconds{role="web",slot="[0-9]*"}' | sort)
	kill -9 $(children "--web " | head -n 1)
	within 30 complete || fail "it is not replaced"
	same "slots" "$old" "$(scrape | grep -o 'headrace_process_start_time_seconds{role="web",slot="[0-9]*"}' | sort)"
	kill -9 $(children notifier)
	within 30 scrape || fail "the notifier's listener does not come back"
	within 20 shows 'headrace_processes{role="notifier"}' 1 || fail "the notifier is not counted"
	within 20 shows headrace_connections 0 || fail "the dead notifier's connections count"
}

# A file of another version is left to those who have it.
test_metrics_file_of_another_version() {
	mkdir -p "$D/run"
	head -c 500 /dev/urandom >"$D/run/metrics.map"
	with_listener
	within 20 shows 'headrace_processes{role="web"}' 2 || fail "processes are not counted"
	same "mode" 600 "$(stat -c %a "$D/run/metrics.map")"
}

# Whatever is wrong with counting, requests are answered.
test_metrics_that_cannot_be_counted() {
	mkdir -p "$D/run/metrics.map"
	with_listener
	within 30 logged "metrics are not counted: $D/run/metrics.map: Is a directory" ||
		fail "it is not logged"
	has "what the database says" 'headrace_users{status="active"} 0' "$(scrape)"
	same "/health" 200 "$(status /health)"
}

test_dashboard_shows_what_there_is() {
	with_listener
	scrape >"$D/metrics"
	python3 tests/proc/dashboard.py conf/grafana-headrace.json <"$D/metrics" >"$D/faults" ||
		fail "$(cat "$D/faults")"
}
