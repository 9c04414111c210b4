# The same commands sent to a server elsewhere, with an API key.

# rh ARGS: runs a command against the server; HEADRACE_CONFIG says nothing to it.
rh() {
	status=0
	(
		cd /
		HEADRACE_ADDRESS=${ADDRESS:-http://127.0.0.1:$PORT} HEADRACE_API_KEY=${KEY-$key} \
			HEADRACE_CONFIG=/nonexistent exec "$BIN/headrace" "$@"
	) >"$D/out" 2>"$D/err" </dev/null || status=$?
	out=$(cat "$D/out")
	err=$(cat "$D/err")
	command=$*
}

rok() {
	rh "$@"
	[ "$status" = 0 ] || fail "headrace $*: wanted status 0, got $status: $err"
}

begin() {
	start_all
	ok apikeys create
	key=$out
}

test_commands_go_to_the_server() {
	begin
	rok users create alice
	rok users list
	out_has alice
	ok users list
	out_has alice
	rok preauthkeys create --user alice
	out_has hskey-auth-
	rok policy check -f "$(printf '{"acls":[]}' >"$D/p.hujson"; echo "$D/p.hujson")"
	rok policy set -f "$D/p.hujson"
	rok policy get
	out_has '"acls"'
	rok health
	out_has "database"
	rok users list -o json
	out_has '"name": "alice"'
	rok users rename alice eve
	ok users list -n eve
	out_has eve
}

test_same_output_here_and_there() {
	begin
	ok users create alice --email alice@example.com
	ok preauthkeys create --user alice --reusable
	for words in "users list" "preauthkeys list -o json" "nodes list -o yaml" "apikeys list -o json-line" "auth list"; do
		# shellcheck disable=SC2086
		rok $words
		there=$out
		# shellcheck disable=SC2086
		ok $words
		same "headrace $words" "$out" "$there"
	done
}

test_errors_from_there() {
	begin
	rh users destroy nobody --force
	exits 4
	err_has "not found"
	rh users create "1 bad name"
	exits 2
	err_has "a user name starts with a letter"
	KEY=hskey-api-000000000000-$(printf %064d 0) rh users list
	exits 3
	err_has "does not know this API key"
	case $err in *hskey*) fail "the key is in the error: $err" ;; esac
	KEY= rh users list
	exits 3
	err_has "HEADRACE_API_KEY"
	ADDRESS=http://127.0.0.1:1 rh users list
	exits 1
	err_has "does not answer"
	ADDRESS=ftp://example.com rh users list
	exits 2
	err_has "https://headrace.example.com"
	rh backup "$D/copy.db"
	exits 2
	err_has "on the machine of the server only"
	rh configtest
	exits 2
}

test_a_key_may_not_do_all() {
	begin
	ok apikeys create --scope users:read
	key=$out
	rok users list
	rh users create alice
	exits 3
	err_has "token is missing the required scope users"
}

test_key_from_a_file_and_no_certificate() {
	begin
	printf '%s\n' "$key" >"$D/key"
	out=$(HEADRACE_ADDRESS=http://127.0.0.1:$PORT HEADRACE_API_KEY_FILE="$D/key" headrace users list -o json)
	same "users" "[]" "$out"
	code=0
	got=$(HEADRACE_ADDRESS=127.0.0.1:$PORT HEADRACE_API_KEY_FILE="$D/key" headrace users list 2>&1) || code=$?
	same "https to a server that has none" 1 "$code"
	has "its error" "https://127.0.0.1:$PORT does not answer" "$got"
}

# ---- servers that are not headrace, or not well ----

stand_in() {	# [CERTIFICATE KEY]: sets $ADDRESS; what it answers is in $D/answer
	key=hskey-api-aaaaaaaaaaaa-secret
	rm -f "$D/port"
	python3 "$TOP/tests/proc/stand_in.py" "$D/port" "$D/answer" "$@" >>"$D/stand_in.log" 2>&1 &
	started="$started $!"
	within 30 test -s "$D/port" || fail "the stand-in does not start"
	ADDRESS=http://127.0.0.1:$(cat "$D/port")
}

# refused STATUS TYPE BODY EXIT TEXT: what a command makes of an answer
refused() {
	printf '%s\n%s\n%s' "$1" "$2" "$3" >"$D/answer"
	rh users list
	exits "$4"
	err_has "$5"
	case $err$out in *secret*) fail "the key is shown: $err" ;; esac
}

test_answers_that_are_errors() {
	stand_in
	problem=application/problem+json
	refused 400 $problem '{"status":400,"detail":"body.x: wrong"}' 2 "body.x: wrong"
	refused 403 $problem '{"message":"token is missing the required scope users:read","status":403}' 3 \
		"the required scope users:read"
	refused 404 $problem '{"status":404,"detail":"not there"}' 4 "not there"
	refused 409 $problem '{"status":409,"detail":"exists"}' 5 "exists"
	refused 429 $problem '{"status":429,"detail":"too many failed tokens"}' 6 "too many failed tokens"
	refused 503 text/html '<html>' 6 "answered with status 503"
	refused 401 text/html 'no' 3 "does not know this API key"
	refused 400 $problem '{"detail":"a \u001b[31m b"}' 2 "a ?[31m b"
}

test_answers_of_something_else() {
	stand_in
	refused 200 text/html '<html>hello' 1 "is this its address?"
	refused 302 text/html '' 1 "answered with status 302"
	refused 502 text/html '<html>' 1 "answered with status 502"
	refused 200 application/json "$(printf %5000s | tr ' ' '[')" 1 "is this its address?"
	HEADRACE_TIMEOUT=500ms
	export HEADRACE_TIMEOUT
	refused hang '' '' 1 "timed out"
}

test_certificates() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$D/tls.key" -out "$D/tls.crt" -days 2 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost 2>"$D/openssl.log" ||
		fail "openssl makes no certificate"
	stand_in "$D/tls.crt" "$D/tls.key"
	ADDRESS=localhost:${ADDRESS##*:}
	refused 200 application/json '{"users":[]}' 1 "certificate"
	HEADRACE_INSECURE=1
	export HEADRACE_INSECURE
	rok users list
	err_has "Warning: HEADRACE_INSECURE"
	ADDRESS=https://me:secret@localhost rh users list
	exits 2
	err_has "must not have a name or password"
	case $err in *secret*) fail "the password is shown: $err" ;; esac
}
