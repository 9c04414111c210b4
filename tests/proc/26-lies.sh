# A web server that lies, or is set up wrongly: it is told what is wrong, and harms nobody else.

# lie ARGUMENTS: what one worker answers; a process that dies of it is noticed at the end.
lie() { python3 tests/proc/liar.py "$D/run/web.sock" "$@"; }

GET='REQUEST_METHOD=GET REQUEST_URI=/health'
POST='REQUEST_METHOD=POST REQUEST_URI=/verify'

start_lies() {
	config '[worker]' 'web = 1'
	start_serve
	# serve starts the workers after it has made the sockets
	within 30 lie $GET || fail "nobody answers"
	worker=$(children --web)
}

unharmed() {
	has "the next request" "Status: 200" "$(lie $GET REMOTE_ADDR=127.0.0.1)"
	same "the worker" "$worker" "$(children --web)"
}

test_parameters_that_are_missing() {
	start_lies
	has "nothing" "gave no REQUEST_METHOD" "$(lie)"
	has "no path" "gave no REQUEST_URI" "$(lie REQUEST_METHOD=GET)"
	has "no address" "Status: 200" "$(lie $GET)"
	lie $GET REMOTE_ADDR=unix: >/dev/null
	same "how often that is logged" 1 "$(log_count 'gives no address of clients')"
	unharmed
}

test_parameters_that_come_twice() {
	start_lies
	for twice in REQUEST_METHOD=PUT REQUEST_URI=/key; do
		has "two of $twice" "gave ${twice%=*} twice" "$(lie $GET $twice)"
	done
	has "two addresses" "gave REMOTE_ADDR twice" "$(lie $GET REMOTE_ADDR=::1 REMOTE_ADDR=::2)"
	has "the same twice" "Status: 200" "$(lie $GET $GET)"
	ok apikeys create
	has "two keys" "Status: 401" "$(lie REQUEST_METHOD=GET REQUEST_URI=/api/v1/user \
		"HTTP_AUTHORIZATION=Bearer x" "HTTP_AUTHORIZATION=Bearer $out")"
	within 20 logged "refused a request: the web server gave REMOTE_ADDR twice" || fail "it is not logged"
	unharmed
}

# Behind a known proxy the two lines are one list, whose last entry counts.
test_forwarded_in_two_lines() {
	config '[server]' 'trusted_proxies = 127.0.0.1'
	start_serve
	ok apikeys create
	lie -b '{"name":"anna"}' REQUEST_METHOD=POST REQUEST_URI=/api/v1/user CONTENT_LENGTH=15 \
		REMOTE_ADDR=127.0.0.1 "HTTP_AUTHORIZATION=Bearer $out" \
		HTTP_X_FORWARDED_FOR=6.6.6.6 HTTP_X_FORWARDED_FOR=192.0.2.4 >/dev/null
	same "the address" 192.0.2.4 "$(sqlite3 "$D/data/headrace.db" \
		'SELECT address FROM audit_log ORDER BY id DESC LIMIT 1')"
}

test_a_head_without_end() {
	start_lies
	big=$(printf %0100000d 1)
	has "300 KiB" "gave too much" "$(lie $GET "HTTP_A=$big" "HTTP_B=$big" "HTTP_C=$big")"
	has "60 KiB" "Status: 200" "$(lie $GET "HTTP_A=${big#????????????????????????????????????????}")"
	set -- $(seq 300)
	has "300 headers" "gave too much" "$(lie $GET $(printf 'HTTP_X%s=1 ' "$@"))"
	# Lengths that the bytes do not have; nobody is there to answer then.
	for raw in '\x05' '\x80\x00' '\xff\xff\xff\xff\xff\xff\xff\xffxx' '\xc0\0\0\0\x80\0\0\0xx'; do
		lie -r "$raw" >/dev/null
	done
	unharmed
}

test_a_body_and_its_length() {
	start_lies
	for length in abc -1 +2 ' 2' 2x 1e3 99999999999999999999; do
		has "length '$length'" "malformed Content-Length" "$(lie -b '{}' $POST "CONTENT_LENGTH=$length")"
	done
	has "two lengths" "gave CONTENT_LENGTH twice" "$(lie -b '{}' $POST CONTENT_LENGTH=2 CONTENT_LENGTH=3)"
	has "shorter" "shorter than its Content-Length" "$(lie -b '{}' $POST CONTENT_LENGTH=20)"
	has "much longer" "Status: 413" "$(lie -b '{}' $POST CONTENT_LENGTH=9223372036854775807)"
	# What stands behind the promised length is not read: RFC 3875, 4.2.
	valid='{"NodePublic":"nodekey:'$(printf %064d 1)'","Source":"::1"}'
	has "longer than said" '"Allow":false' "$(lie -b "$valid and more" $POST CONTENT_LENGTH=${#valid})"
	has "megabytes longer" "Status: 400" "$(lie -b '{} ' -n 1000000 $POST CONTENT_LENGTH=2)"
	unharmed
}

test_bytes_that_are_no_text() {
	start_lies
	# A parameter ends at its NUL, as a variable of the environment does.
	has "NUL in a path" "Status: 200" "$(lie REQUEST_METHOD=GET 'REQUEST_URI=/health\0/../key')"
	has "an escaped one" "Status: 400" "$(lie REQUEST_METHOD=GET REQUEST_URI=/health%00)"
	has "one in a name" "Status: 200" "$(lie $GET 'A\0B=C')"
	has "NUL in a key" "Status: 401" "$(lie REQUEST_METHOD=GET REQUEST_URI=/api/v1/user \
		'HTTP_AUTHORIZATION=Bearer \0x')"
	has "no UTF-8" "Status: 4" "$(lie REQUEST_METHOD=GET 'REQUEST_URI=/\xff\xfe')"
	unharmed
}

# Neither the end of the body nor that of the connection comes.
test_a_body_that_does_not_come() {
	start_lies
	began=$(date +%s)
	sleep 60 | env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 HEADRACE_CONFIG="$D/headrace.ini" $POST \
		CONTENT_LENGTH=20 "$BIN/headrace" >"$D/cgi" 2>"$D/cgi.log" &
	started="$started $!"
	lie -w -b '{}' $POST CONTENT_LENGTH=20 >"$D/fcgi" &
	started="$started $!"
	sleep 1
	same "the next request" 200 "$(lie $GET | sed -n 's/^Status: \([0-9]*\).*/\1/p')"
	took=$(($(date +%s) - began))
	[ $took -ge 25 ] && [ $took -le 55 ] || fail "the worker came back after $took s"
	has "its answer" "shorter than its Content-Length" "$(cat "$D/fcgi")"
	within 30 grep -q "shorter than its Content-Length" "$D/cgi" || fail "plain CGI waits for ever"
	unharmed
}

# upgrade [CURL ARGUMENTS]: straight to the notifier
upgrade() {
	curl -s --max-time 20 --unix-socket "$D/run/notifier.sock" -H 'Connection: upgrade' \
		-H 'Upgrade: tailscale-control-protocol' -H "X-Tailscale-Handshake: AAEC" "$@" http://x/ts2021
}

test_an_upgrade_with_a_body() {
	start_serve
	has "with a length" "an upgrade has no body" "$(upgrade -d hello)"
	has "in chunks" "an upgrade has no body" "$(upgrade -d hello -H 'Transfer-Encoding: chunked')"
	has "none" "wrong length" "$(upgrade -d '')"
	has "two handshakes" "not base64" "$(upgrade -d '' -H 'X-Tailscale-Handshake: AAED')"
	within 30 logged "400 an upgrade has no body; a web server in between" || fail "it is not logged"
	has "a head without end" "too big" "$(upgrade -d '' -H "X-A: $(printf %0100000d 1)")"
	scgi="CONTENT_LENGTH 5 SCGI 1 REQUEST_METHOD POST REQUEST_URI /ts2021 REMOTE_ADDR ::1
		HTTP_UPGRADE tailscale-control-protocol HTTP_X_TAILSCALE_HANDSHAKE AAEC"
	for more in "" "REMOTE_ADDR ::2" "REMOTE_ADDR"; do
		got=$(printf '%s\n' $scgi $more | python3 -c "
import socket, sys
head = b''.join(x.encode() + b'\0' for x in sys.stdin.read().split())
s = socket.socket(socket.AF_UNIX); s.connect('$D/run/notifier.sock')
s.sendall(b'%d:%s,hello' % (len(head), head)); print(s.recv(4096).decode())")
		case $more in
		"") has "by SCGI" "an upgrade has no body" "$got" ;;
		*) has "a name twice or without value" "this is not SCGI" "$got" ;;
		esac
	done
}
