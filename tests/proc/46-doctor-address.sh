# headrace doctor: names, addresses, ports and certificates.

# shellcheck source=tests/proc/doctor.sh
. tests/proc/doctor.sh

# A loopback address of the test's own, on which 80 and 443 are free.
own_address() {
	is_root || return 1	# for ports 80 and 443
	ip=127.$(od -An -N3 -tu1 /dev/urandom | awk '{ print $1 % 200 + 20 "." $2 "." $3 % 254 + 1 }')
}

make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$D/ca.key" -out "$D/ca.pem" \
	    -days 30 -subj "/CN=Test CA" 2>/dev/null
	export SSL_CERT_FILE="$D/ca.pem"
}

# A certificate NAME.pem, NAME.key for a host, valid between two times (YYYYMMDDHHMMSSZ).
make_cert() {	# NAME HOST START END
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$D/$1.key" -out "$D/$1.csr" \
	    -subj "/CN=$2" 2>/dev/null
	mkdir -p "$D/ca"
	: >"$D/ca/index"
	printf '[ca]\ndefault_ca=x\n[x]\ndatabase=%s\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\nrand_serial=yes\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=DNS:%s\n%s\n' \
	    "$D/ca/index" "$D/ca" "$2" "${purpose:-}" >"$D/ca/conf"
	openssl ca -batch -config "$D/ca/conf" -cert "$D/ca.pem" -keyfile "$D/ca.key" -in "$D/$1.csr" -out "$D/$1.pem" \
	    -startdate "$3" -enddate "$4" -notext 2>>"$D/ca.log" || fail "$(cat "$D/ca.log")"
}

when() { date -u -d "$1" +%Y%m%d%H%M%SZ; }

test_doctor_looks_at_certificates() {
	own_address || return 0
	PUBLIC=https://head.test start_deployment
	make_ca
	make_cert good head.test "$(when '-1 day')" "$(when '+80 days')"
	make_cert old head.test "$(when '-30 days')" "$(when '-1 day')"
	make_cert early head.test "$(when '+1 day')" "$(when '+30 days')"
	make_cert other other.test "$(when '-1 day')" "$(when '+80 days')"
	make_cert soon head.test "$(when '-80 days')" "$(when '+5 days')"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$D/self.key" -out "$D/self.pem" \
	    -days 90 -subj /CN=head.test -addext subjectAltName=DNS:head.test 2>/dev/null
	for each in good: old:cert-expired early:cert-early other:cert-name soon:cert-soon self:cert-self-signed; do
		start_faulty none "$D/${each%:*}.pem" "$D/${each%:*}.key" "$ip:443"
		examine https://head.test --address "$ip"
		found_only "${each#*:}"
		stop_faulty
	done
	has "client" "x509: certificate signed by unknown authority" "$(jq -r '.findings[0].client' "$D/out")"
	purpose=extendedKeyUsage=clientAuth make_cert purpose head.test "$(when '-1 day')" "$(when '+80 days')"
	start_faulty none "$D/purpose.pem" "$D/purpose.key" "$ip:443"
	examine https://head.test --address "$ip"
	found_only cert-other
	stop_faulty
	start_faulty none "$D/good.pem" "$D/good.key" "$ip:443"
	SSL_CERT_FILE= examine https://head.test --address "$ip"
	found_only cert-chain
	export SSL_CERT_FILE="$D/ca.pem"
	examine_here https://head.test --address "$ip"
	found_only ""
	stop_faulty
	start_faulty none "" "" "$ip:443"	# plain HTTP where TLS is awaited
	examine https://head.test --address "$ip" --timeout 3s
	found_only tls-slow
	examine "https://127.0.0.1:$PORT"
	found_only "url-port tls"
}

# What tailscaled 1.102.5 says of the same proxies, behind "all connection attempts failed (HTTP: …, HTTPS: ".
words_of_clients() {
	cat <<-END
	swallow upgrade-swallowed unexpected HTTP response: 426 Upgrade Required
	page upgrade-status unexpected HTTP response: 200 OK
	missing upgrade-status unexpected HTTP response: 404 Not Found
	redirect upgrade-redirect unexpected HTTP response: 301 Moved Permanently
	no-notifier upgrade-gateway unexpected HTTP response: 502 Bad Gateway
	header upgrade-header unexpected HTTP response: 400 Bad Request
	other-key noise-key unexpected HTTP response: 400 Bad Request
	capitals upgrade-protocol server switched to unexpected protocol "Tailscale-Control-Protocol"
	close-upgrade upgrade-cut EOF
	huge-upgrade upgrade-big net/http: HTTP/1.x transport connection broken: net/http: server response headers exceeded … bytes; aborted
	closed-101 noise-closed reading response header: EOF
	truncate noise-cut unexpected EOF
	foreign noise-foreign decrypting payload: chacha20poly1305: message authentication failed
	garbage noise-garbage unexpected response message type 72
	refused noise-error server error: "go elsewhere"
	cut-after-handshake h2-cut register request: Post "https://head.test/machine/register": unexpected EOF
	one-way h2-oneway register request: Post "https://head.test/machine/register": unexpected EOF
	buffer-after-handshake h2-hang timeout waiting for Tailscale service to enter a Running state; check health with "tailscale status"
	flip h2-garbage register request: Post "https://head.test/machine/register": chacha20poly1305: message authentication failed
	silent http-hang fetch control key: Get "https://head.test/key?v=142": context canceled
	close http-cut fetch control key: Get "https://head.test/key?v=142": EOF
	banner http-not fetch control key: Get "https://head.test/key?v=142": net/http: HTTP/1.x transport connection broken: malformed HTTP …
	empty-key key-none control server is too old; no noise key
	bad-key key-bad key hex string doesn't have expected type prefix mkey:
	no-headrace gateway fetch control key: 502 Bad Gateway
	END
}

test_doctor_speaks_the_words_of_clients() {
	own_address || return 0
	PUBLIC=https://head.test start_deployment
	make_ca
	make_cert good head.test "$(when '-1 day')" "$(when '+80 days')"
	words_of_clients >"$D/words"
	while read -r fault id words; do
		start_faulty "$fault" "$D/good.pem" "$D/good.key" "$ip:443"
		examine https://head.test --address "$ip" --timeout 2s
		finds "$id"
		same "$fault: client" "$words" "$(jq -r --arg id "$id" '.findings[] | select(.id == $id) | .client' "$D/out")"
		stop_faulty
	done <"$D/words"
}

test_doctor_knows_which_ports_clients_try() {
	own_address || return 0
	PUBLIC=https://head.test start_deployment
	make_ca
	make_cert good head.test "$(when '-1 day')" "$(when '+80 days')"
	start_faulty none "" "" "$ip:80"
	plain=$faulty
	examine http://head.test --address "$ip"
	found_only url-lockout
	start_faulty none "$D/good.pem" "$D/good.key" "$ip:443"
	examine http://head.test --address "$ip"
	found_only ""
	examine https://head.test --address "$ip"
	found_only ""
	kill "$plain"
	wait "$plain" 2>/dev/null || :
	start_faulty redirect "" "" "$ip:80"
	examine https://head.test --address "$ip"
	found_only port80-redirect
	same "status" 0 "$status"
	start_faulty none "$D/good.pem" "$D/good.key" "$ip:8443"
	examine https://head.test:8443 --address "$ip"
	finds url-port
}

# A port that drops what comes, as a firewall does: its queue is full.
full_backlog() {
	exec python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(0)
held = []
for _ in range(8):
    c = socket.socket(); c.setblocking(False); c.connect_ex(s.getsockname()); held.append(c)
time.sleep(0.2)
open("'"$D"'/full", "w").write(str(s.getsockname()[1]))
time.sleep(60)'
}

test_doctor_names_what_is_wrong_with_the_address() {
	free_port
	examine "http://127.0.0.1:$PORT"
	found_only port-refused
	has "client" "fetch control key: Get \"http://127.0.0.1:$PORT/key?v=142\": dial tcp 127.0.0.1:$PORT: connect: connection refused" "$(jq -r '.findings[0].client' "$D/out")"
	full_backlog &
	started="$started $!"
	within 30 test -s "$D/full"
	STEP=500ms examine "http://127.0.0.1:$(cat "$D/full")"
	found_only port-filtered
	for bad in ftp://x "http://" "https://a b" "http://user@head.test" "http://head.test:99999"; do
		hr doctor "$bad"
		exits 2
	done
	hr doctor http://127.0.0.1 --wait forever
	exits 2
	hr doctor http://127.0.0.1 --address head.test
	exits 2
	start_deployment
	examine "http://127.0.0.1:$PORT/headrace"
	found_only url-path
}

test_doctor_names_what_is_wrong_with_the_name() { apart 46-doctor-address.sh in_names; }

in_names() {
	apart_network
	apart_hosts "127.0.0.1 head.test localhost" "10.9.9.9 both.test" "10.9.9.8 both.test"
	ip address add 10.9.9.8/32 dev lo
	start_deployment
	examine "http://head.test:$PORT"
	finds name-local
	finds url-lockout
	start_faulty none "" "" 10.9.9.9:28080
	examine http://both.test:28080
	finds address-dead
	has "seen" "10.9.9.8:28080: Connection refused" "$(seen address-dead)"
	finds client-address
	printf 'nameserver 127.0.0.99\n' >"$D/resolv.conf"
	mount --bind "$D/resolv.conf" /etc/resolv.conf
	silent_resolver &
	started="$started $!"
	within 30 grep -q ' 6300007F:0035 ' /proc/net/udp || fail "the resolver does not start"
	STEP=500ms examine https://head.example
	found_only name-slow
	echo 'hosts: files' >"$D/nsswitch.conf"
	mount --bind "$D/nsswitch.conf" /etc/nsswitch.conf
	examine https://no-such-name.invalid
	found_only name
	has "client" 'dial tcp: lookup no-such-name.invalid: no such host' "$(jq -r '.findings[0].client' "$D/out")"
}

silent_resolver() {
	exec python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.99", 53)); time.sleep(60)'
}
