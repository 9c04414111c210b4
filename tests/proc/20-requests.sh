# Requests through a web server and straight to the sockets.

test_web_server_passes_requests_on() {
	start_all
	has "/key" '"publicKey":"mkey:' "$(get '/key?v=142')"
	same "/health" 200 "$(status /health)"
	same "unknown path" 404 "$(status /nope)"
	same "HEAD" 200 "$(status /health -I)"
	same "method" 405 "$(status /key -X DELETE)"
	same "bad escape" 400 "$(status '/key%zz' --path-as-is)"
}

test_body_over_the_limit_gets_413() {
	start_all
	head -c 3000000 /dev/zero >"$D/big"
	same "status" 413 "$(status /verify -X POST --data-binary "@$D/big")"
	same "the next request" 200 "$(status /health)"
}

test_body_without_reader_is_no_harm() {
	start_all
	head -c 900000 /dev/zero >"$D/big"
	same "status" 404 "$(status /nope -X POST --data-binary "@$D/big")"
	same "chunked" 404 "$(status /nope -X POST -H 'Transfer-Encoding: chunked' --data-binary "@$D/big")"
}

test_world_cannot_speak_for_a_machine() {
	start_serve
	key=mkey:$(printf '%064d' 1)
	got=$(REQUEST_METHOD=POST REQUEST_URI=/machine/map CONTENT_LENGTH=0 \
		HEADRACE_MACHINE_KEY=$key ask web.sock)
	has "machine request on web.sock" "Status: 404" "$got"
	got=$(REQUEST_METHOD=GET REQUEST_URI='/internal/delta?since=-1' ask web.sock)
	has "internal request on web.sock" "Status: 404" "$got"
	got=$(REQUEST_METHOD=GET REQUEST_URI='/internal/delta?since=-1' ask control.sock)
	has "internal request on control.sock" "Status: 200" "$got"
	got=$(REQUEST_METHOD=GET REQUEST_URI='/internal/delta?since=-1' HEADRACE_MACHINE_KEY=$key \
		ask control.sock)
	has "internal request of a machine" "Status: 404" "$got"
	got=$(REQUEST_METHOD=POST REQUEST_URI=/machine/map CONTENT_LENGTH=0 \
		HEADRACE_MACHINE_KEY=mkey:xyz ask control.sock)
	has "malformed machine key" "Status: 400" "$got"
}

test_the_api_asks_for_a_key() {
	start_serve
	got=$(REQUEST_METHOD=GET REQUEST_URI=/api/v1/user ask web.sock)
	has "/api on web.sock" "Status: 401" "$got"
	got=$(REQUEST_METHOD=GET REQUEST_URI=/api/v1/user ask control.sock)
	has "/api on control.sock" "Status: 404" "$got"
}

test_connection_that_says_nothing_blocks_nobody() {
	config '[worker]' 'web = 1'
	start_all
	python3 -c "
import socket, time
s = socket.socket(socket.AF_UNIX); s.connect('$D/run/web.sock'); time.sleep(8)" &
	started="$started $!"
	sleep 0.3
	same "/health beside it" 200 "$(status /health)"
}

# from PEER FORWARDED: which address the audit log has for a change
from() {
	IN=$(printf '{"name":"%s"}' "$3")
	printf %s "$IN" | REQUEST_METHOD=POST REQUEST_URI=/api/v1/user CONTENT_LENGTH=${#IN} REMOTE_ADDR=$1 \
		HTTP_X_FORWARDED_FOR=$2 HTTP_AUTHORIZATION="Bearer $key" ask web.sock >/dev/null
	sqlite3 "$D/data/headrace.db" 'SELECT address FROM audit_log ORDER BY id DESC LIMIT 1'
}

# guess ADDRESS: a wrong key from there
guess() {
	REQUEST_METHOD=GET REQUEST_URI=/api/v1/user REMOTE_ADDR=$1 HTTP_AUTHORIZATION='Bearer hskey-api-x' \
		ask web.sock | sed -n 's/^Status: \([0-9]*\).*/\1/p'
}

test_wrong_keys_are_logged_and_limited_by_address() {
	start_serve
	for i in $(seq 20); do
		same "guess $i" 401 "$(guess "2001:db8:1:2::$i")"
	done
	same "one more from that network" 429 "$(guess 2001:db8:1:2:ffff::)"
	same "the next network" 401 "$(guess 2001:db8:1:3::1)"
	same "IPv4" 401 "$(guess ::ffff:192.0.2.7)"
	within 20 logged 'a wrong key from 2001:db8:1:2::20' || fail "the address is not logged"
	within 20 logged 'a wrong key from 192.0.2.7' || fail "nor that by IPv4"
	same "lines" 22 "$(log_count 'a wrong key from')"
	same "lines of the limit" 1 "$(log_count '20 wrong keys from 2001:db8:1:2::/64')"
	! logged hskey-api-x || fail "the key itself is logged"
}

test_known_proxies_say_where_a_client_is() {
	config '[server]' 'trusted_proxies = 10.0.0.5, 2001:db8::/64'
	start_serve
	ok apikeys create
	key=$out
	same "a client without a proxy" 192.0.2.1 "$(from 192.0.2.1 6.6.6.6 anna)"
	same "behind a known one" 192.0.2.2 "$(from 10.0.0.5 '6.6.6.6, 192.0.2.2' berta)"
	same "behind two" 192.0.2.3 "$(from ::ffff:10.0.0.5 '192.0.2.3, 2001:db8::7' carla)"
	same "a proxy that says nothing" 10.0.0.5 "$(from 10.0.0.5 unknown dora)"
}
