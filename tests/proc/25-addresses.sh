# Where a client is: HAProxy in front, by the PROXY protocol, lighttpd behind it or not.
# The configuration of both is that of docs/addresses.md.

proxied() {	# LINES...: headrace.ini with a port for the notifier
	mine=$(free_port; echo "$PORT")
	config '[notifier]' "listen = 127.0.0.1:$mine" 'proxy_protocol = true' "$@"
}

# What docs/addresses.md has in a block of that kind.
block() { sed -n "/^\`\`\`$1$/,/^\`\`\`$/p" "$TOP/docs/addresses.md" | grep -v '^```'; }

# HAProxy on $front: /ts2021 to the notifier at $1, the rest to lighttpd; both by $2.
start_haproxy() {
	front=$(free_port; echo "$PORT")
	block haproxy | sed -e "s|:80$|:$front|" -e "s|127.0.0.1:8081 .*|$1 $2|" \
		-e "s|127.0.0.1:8080 .*|127.0.0.1:$PORT $2|" >"$D/haproxy.cfg"
	haproxy -f "$D/haproxy.cfg" >>"$D/haproxy.log" 2>&1 &
	started="$started $!"
	within 30 curl -s -o /dev/null "http://127.0.0.1:$front/" || fail "haproxy does not start"
}

answers_at_all() { curl -s -o /dev/null --haproxy-protocol "http://127.0.0.1:$PORT/"; }

web_behind_haproxy() {
	fastcgi
	block lighttpd
}

# upgrade URL [CURL ARGUMENTS]: an upgrade whose handshake is nonsense; the status
upgrade() {
	url=$1
	shift
	curl -s -o /dev/null -w '%{http_code}' --max-time 20 -d '' "$@" -H 'Connection: upgrade' \
		-H 'Upgrade: tailscale-control-protocol' -H 'X-Tailscale-Handshake: AAEC' "$url"
}

refused_from() { logged "refused POST /ts2021 from $1: 400 the handshake"; }

audited() { sqlite3 "$D/data/headrace.db" 'SELECT address FROM audit_log ORDER BY id DESC LIMIT 1'; }

add_user() {	# NAME [CURL ARGUMENTS]
	body="{\"name\":\"$1\"}"
	shift
	same "adding a user" 200 "$(curl -s -o "$D/answer" -w '%{http_code}' -d "$body" \
		-H "Authorization: Bearer $key" -H "Content-Type: application/json" "$@")"
}

through_haproxy() {	# send-proxy | send-proxy-v2
	proxied
	start_serve
	start_web "$(web_behind_haproxy)"
	start_haproxy "127.0.0.1:$mine" "$1"
	ok apikeys create
	key=$out
	same "an upgrade" 400 "$(upgrade "http://127.0.0.1:$front/ts2021" --interface 127.0.0.7)"
	within 20 refused_from 127.0.0.7 || fail "the notifier knows nothing of the client"
	same "one by IPv6" 400 "$(upgrade "http://[::1]:$front/ts2021")"
	within 20 refused_from ::1 || fail "the notifier knows nothing of the client by IPv6"
	add_user anna --interface 127.0.0.8 "http://127.0.0.1:$front/api/v1/user"
	same "what lighttpd says of the client" 127.0.0.8 "$(audited)"
	add_user berta -H 'X-Forwarded-For: 6.6.6.6' "http://[::1]:$front/api/v1/user"
	same "and by IPv6" ::1 "$(audited)"
}

test_haproxy_says_where_a_client_is() { through_haproxy send-proxy; }
test_haproxy_says_so_by_version_2() { through_haproxy send-proxy-v2; }

test_haproxy_asks_whether_the_notifier_is_there() {
	proxied
	start_serve
	start_web "$(web_behind_haproxy)"
	start_haproxy "127.0.0.1:$mine" "send-proxy-v2 check check-send-proxy inter 500"
	sleep 2
	same "an upgrade" 400 "$(upgrade "http://127.0.0.1:$front/ts2021" --interface 127.0.0.7)"
	! grep -q 'is DOWN' "$D/haproxy.log" || fail "haproxy believes that it is gone"
}

# The notifier's usual socket, lighttpd in between: it reads the header and says the rest itself.
test_lighttpd_between_haproxy_and_headrace() {
	start_serve
	start_web "$(web_behind_haproxy)
		server.modules += ( \"mod_proxy\" )
		\$HTTP[\"url\"] == \"/ts2021\" {
			fastcgi.server = ()
			proxy.server = ( \"\" => (( \"host\" => \"$D/run/notifier.sock\" )) )
			proxy.header = ( \"upgrade\" => \"enable\" )
			proxy.forwarded = ( \"for\" => 1 )
		}"
	start_haproxy "127.0.0.1:$PORT" send-proxy-v2
	same "an upgrade" 400 "$(upgrade "http://127.0.0.1:$front/ts2021" --interface 127.0.0.7)"
	within 20 refused_from 127.0.0.7 || fail "the client is lost on the way"
	same "a forged one" 400 "$(upgrade "http://127.0.0.1:$front/ts2021" --interface 127.0.0.9 \
		-H 'X-Forwarded-For: 6.6.6.6')"
	within 20 refused_from 127.0.0.9 || fail "a client may say where it is"
}

# raw BYTES: what the notifier answers to them
raw() {
	printf "$1" | timeout 20 python3 -c "
import socket, sys
s = socket.create_connection(('127.0.0.1', $mine)); s.sendall(sys.stdin.buffer.read())
try: sys.stdout.write(s.recv(4096).decode('latin-1'))
except ConnectionError: pass" | head -n 1 | tr -d '\r'
}

UPGRADE='POST /ts2021 HTTP/1.1\r\nUpgrade: tailscale-control-protocol\r\nX-Tailscale-Handshake: AAEC\r\n'

test_a_header_is_asked_for_and_read_strictly() {
	proxied '[server]' 'trusted_proxies = 192.0.2.0/24'
	start_serve
	has "no header" "400 Bad" "$(raw "$UPGRADE\\r\\n")"
	within 30 logged "from 127.0.0.1: 400 no header of the PROXY protocol" || fail "it is not said"
	has "a malformed one" 400 "$(raw "PROXY TCP4 192.0.2.1 1 2\\r\\n$UPGRADE\\r\\n")"
	has "an endless one" 400 "$(raw "PROXY $(printf %0200d 1)")"
	raw "PROXY TCP6 ::ffff:127.0.0.9 ::1 1 2\\r\\n$UPGRADE\\r\\n" >/dev/null
	within 20 refused_from 127.0.0.9 || fail "an IPv4 address in an IPv6 one is not known"
	raw "PROXY UNKNOWN\\r\\n$UPGRADE\\r\\n" >/dev/null
	within 20 refused_from 127.0.0.1 || fail "without an address the connection's counts"
	raw "PROXY TCP4 192.0.2.1 127.0.0.1 1 2\\r\\n${UPGRADE}X-Forwarded-For: 6.6.6.6, 198.51.100.7\\r\\n\\r\\n" >/dev/null
	within 20 refused_from 198.51.100.7 || fail "a known proxy before that one is not believed"
	raw "PROXY TCP4 203.0.113.5 127.0.0.1 1 2\\r\\n${UPGRADE}X-Forwarded-For: 6.6.6.6\\r\\n\\r\\n" >/dev/null
	within 20 refused_from 203.0.113.5 || fail "a client may say where it is"
}

# In a network of its own, where 10.9.9.1 and 10.9.9.2 are other machines.
test_who_may_speak_for_clients() {
	[ "${INSIDE:-}" ] || {
		able "network namespaces" unshare -rn true || return 0
		INSIDE=1 unshare -rn sh tests/proc/one.sh tests/proc/25-addresses.sh \
			test_who_may_speak_for_clients
		return
	}
	ip link set lo up
	ip address add 10.9.9.1/32 dev lo
	ip address add 10.9.9.2/32 dev lo
	PORT=8080
	config '[notifier]' "listen = 10.9.9.1:8081" 'proxy_protocol = true' \
		'[server]' 'trusted_proxies = 10.9.9.2'
	start_serve
	for from in 10.9.9.1 10.9.9.2; do
		upgrade http://10.9.9.1:8081/ts2021 --interface $from --haproxy-protocol >/dev/null
	done
	within 20 logged "from 10.9.9.1: 403 only a proxy in server.trusted_proxies" || fail "anybody may"
	within 20 refused_from 10.9.9.2 || fail "a known proxy may not"
}
