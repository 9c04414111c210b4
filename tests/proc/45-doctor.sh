# headrace doctor: a healthy deployment has no finding, and each thing that is broken on the
# way to it is named.

# shellcheck source=tests/proc/doctor.sh
. tests/proc/doctor.sh

test_doctor_finds_nothing_in_a_healthy_deployment() {
	start_deployment
	ok doctor
	out_has "Noise, early payload, HTTP/2; /machine/whoami: 200, from 127.0.0.1"
	out_has "GET http://127.0.0.1:$PORT/ts2021: 101"
	case $out in
	*FAILED* | *notice*) fail "a healthy one has findings: $out" ;;
	esac
	examine_here
	same "findings" "" "$found"
	same "status" 0 "$status"
	same "web server" lighttpd "$(jq -r .webServer "$D/out")"
	same "healthy" true "$(jq -r .healthy "$D/out")"
	ok doctor -o yaml
	out_has "healthy: true"
	ok doctor "http://127.0.0.1:$PORT/"
}

test_doctor_names_what_breaks_pages() {
	start_deployment
	breaks html-key key-body
	jq -e '.findings[0] | .client == "invalid character '"'<'"' looking for beginning of value" and
	    (.seen | contains("It works!")) and (.cure | length > 0)' "$D/out" >/dev/null || fail "$(cat "$D/out")"
	breaks no-key key-status
	same "client" "fetch control key: 404 Not Found" "$(jq -r '.findings[0].client' "$D/out")"
	breaks empty-key key-none
	breaks bad-key key-bad
	breaks big-key http-big
	breaks no-headrace gateway
	same "status" 1 "$status"
	same "the server's file" nginx "$(jq -r '.findings[0].change | map(.server) | join(" ")' "$D/out")"
	breaks login key-status
	breaks own-health health-foreign
	breaks sick health
	breaks own-api api-foreign
	breaks date clock
	breaks limit body-limit
	same "a notice alone" 0 "$status"
}

test_doctor_names_what_breaks_the_upgrade() {
	start_deployment
	breaks swallow upgrade-swallowed
	same "client" "connection attempts aborted by context: context deadline exceeded" \
	    "$(jq -r '.findings[0].client' "$D/out")"
	has "line" 'proxy.header = ( "upgrade" => "enable" )' "$(jq -r '.findings[0].change[0].line' "$D/out")"
	breaks only-websocket upgrade-swallowed
	breaks no-websocket websocket
	breaks header upgrade-header
	breaks page upgrade-status
	breaks missing upgrade-status
	breaks redirect upgrade-redirect
	breaks no-notifier upgrade-gateway
	breaks capitals upgrade-protocol
	breaks close-upgrade upgrade-cut
	breaks silent-upgrade upgrade-hang --timeout 2s
	breaks huge-upgrade upgrade-big
	breaks other-key noise-key
}

test_doctor_names_what_breaks_inside() {
	start_deployment
	breaks false-101 noise-hang --timeout 2s
	breaks truncate noise-cut
	breaks closed-101 noise-closed
	breaks foreign noise-foreign
	breaks garbage noise-garbage
	breaks refused noise-error --timeout 2s
	breaks buffer noise-hang --timeout 2s
	breaks buffer-after-handshake h2-hang --timeout 2s
	breaks one-way "h2-oneway" --timeout 2s
	breaks flip h2-garbage
	breaks cut-after-handshake h2-cut
	breaks cut idle-cut --wait 20s
	# The proxy counts 3 s from the upgrade, doctor a little less from the last sign of life.
	cut=$(jq -r '.findings[0].seen' "$D/out" | sed -n 's/.*It was cut after \([0-9]*\)\.[0-9] s\..*/\1/p')
	[ "${cut:-0}" -ge 1 ] && [ "$cut" -le 10 ] || fail "it was cut after 3 s: $(jq -r '.findings[0].seen' "$D/out")"
	breaks none "" --wait 1s
}

# A web server that knows nothing of the notifier.
test_doctor_tells_workers_from_the_notifier() {
	start_all
	examine "http://127.0.0.1:$PORT"
	found_only upgrade-worker
	has "socket" "/run/headrace/notifier.sock" "$(jq -r '.findings[0].change[0].line' "$D/out")"
	"$BIN/headrace" -c "$D/headrace.ini" doctor -o json >"$D/out" 2>"$D/err" && fail "it is healthy"
	has "socket of this machine" "$D/run/notifier.sock" "$(jq -r '.findings[0].change[0].line' "$D/out")"
}

# Time runs twelve times as fast for headrace and for doctor: 70 s are 6.
test_doctor_waits_for_signs_of_life() {
	printf '#!/bin/sh\nASAN_OPTIONS=verify_asan_link_order=0 exec faketime -f "+0 x12" "%s/headrace" "$@"\n' "$BIN" >"$D/fast"
	chmod +x "$D/fast"
	SERVE="$D/fast" start_deployment
	fast "http://127.0.0.1:$PORT"
	has "arrived" "signs of life from the server: 1" "$(jq -r '.checks[] | select(.name == "idle") | .about' "$D/out")"
	same "findings" "" "$found"
	start_faulty hold
	fast "$FRONT"
	same "findings" "idle-silent" "$found"
	same "client" "map response long-poll timed out!" "$(jq -r '.findings[0].client' "$D/out")"
}

fast() {	# URL
	"$D/fast" doctor --remote --timeout 60s --wait 70s -o json "$1" >"$D/out" 2>"$D/err" </dev/null || :
	found=$(jq -r '[.findings[].id] | join(" ")' "$D/out")
}

# Servers that are no web server at all, or mean ill.
test_doctor_survives_hostile_servers() {
	start_deployment
	breaks silent http-hang --timeout 2s
	breaks close http-cut
	breaks huge http-big
	breaks banner http-not
	breaks binary http-not
	breaks redirect-all "key-redirect name"
	start_faulty server
	hr doctor "$FRONT"
	case $out in
	*"$(printf '\033')"* | *"$(printf '\007')"*) fail "control characters reach the terminal" ;;
	esac
	for _ in 1 2 3; do
		python3 - "$D/port" <<-'PY' &
		import os, random, socket, sys
		s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(8)
		open(sys.argv[1], "w").write(str(s.getsockname()[1]))
		random.seed(os.getpid())
		while True:
		    c, _ = s.accept()
		    try:
		        c.recv(4096)
		        c.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tailscale-control-protocol\r\n\r\n" * random.randint(0, 1)
		            + random.randbytes(random.choice([0, 1, 60, 5000, 300000])))
		    except OSError:
		        pass
		    c.close()
		PY
		noise=$!
		started="$started $noise"
		within 30 test -s "$D/port"
		examine "http://127.0.0.1:$(cat "$D/port")"
		same "random bytes: status" 1 "$status"
		kill $noise
		rm "$D/port"
	done
}

test_doctor_checks_the_api_key() {
	start_deployment
	ok apikeys create
	key=$out
	start_faulty authorization
	export HEADRACE_API_KEY="$key"
	examine "$FRONT"
	found_only api-key
	examine "http://127.0.0.1:$PORT"
	found_only ""
	has "accepted" "the API key is accepted" "$(cat "$D/out")"
	examine "http://head.test:$PORT" --address 127.0.0.1
	has "not sent" "is not sent" "$(jq -r '.checks[] | select(.name == "API") | .about' "$D/out")"
	! grep -q "$key" "$D/out" "$D/err" || fail "the key is shown"
}

# docs/troubleshooting.md has a heading for each text that clients show, and no other.
test_doctor_texts_are_headings() {
	"$BIN/headrace" doctor --list -o json >"$D/list" || fail "doctor --list fails"
	jq -r '.[].client | select(. != null)' "$D/list" | LC_ALL=C sort -u >"$D/texts"
	[ "$(wc -l <"$D/texts")" -gt 20 ] || fail "only few texts"
	sed -n 's/^## `\(.*\)`$/\1/p' docs/troubleshooting.md | LC_ALL=C sort >"$D/headings"
	diff "$D/texts" "$D/headings" || fail "these differ in doctor (<) and docs/troubleshooting.md (>)"
	grep '^## ' docs/troubleshooting.md | grep -v '^## `.*`$' && fail "these headings are no text"
	for id in $(jq -r '.[].id' "$D/list"); do
		grep -qF "\`$id\`" docs/troubleshooting.md || fail "docs/troubleshooting.md does not name $id"
	done
	for id in $(jq -r '.[].id' "$D/list"); do
		grep -qw -e "$id" tests/proc/4[5-9]-doctor*.sh tests/interop/together_test.go ||
			fail "no test finds $id"
	done
	same "ids twice" "" "$(jq -r '.[].id' "$D/list" | sort | uniq -d)"
}
