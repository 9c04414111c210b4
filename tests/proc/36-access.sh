# Keys and tokens as programs meet them: through a web server, and as plain CGI.

# asks PATH KEY [CURL ARGUMENTS]: body, then the status
asks() {
	path=$1 key=$2
	shift 2
	get "$path" -H "Authorization: Bearer $key" "$@"
}

new_key() {
	ok apikeys create "$@"
	key=$out
}

test_a_key_opens_the_api() {
	start_all
	new_key -d test
	same "without" 401 "$(status /api/v1/user)"
	has "with" '{"users":[]}' "$(asks /api/v1/user "$key")"
	same "Basic on v1" 401 "$(status /api/v1/user -u "$key:")"
	same "Basic on v2" 200 "$(status /api/v2/tailnet/-/users -u "$key:")"
	same "two headers" 401 "$(asks /api/v1/user "$key" -H "Authorization: Bearer $key" | tail -n 1)"
	same "what is not there" 404 "$(asks /api/v1/nope "$key" | tail -n 1)"
	ok apikeys list
	out_has "hskey-api-$(echo "$key" | cut -c 11-22)-***"
	has "last use" "$(date -u +%Y-%m-%d)" "$(echo "$out" | awk '{ print $6 }')"
	ok apikeys delete --prefix "$(echo "$key" | cut -c 11-22)"
	same "deleted" 401 "$(asks /api/v1/user "$key" | tail -n 1)"
}

test_what_a_key_may_not() {
	start_all
	new_key -s users:read
	same "reads" 200 "$(asks /api/v1/user "$key" | tail -n 1)"
	got=$(asks /api/v1/user "$key" -d '{"name":"bob"}' -H 'Content-Type: application/json')
	has "writes" "token is missing the required scope users" "$got"
	same "other things" 403 "$(asks /api/v1/node "$key" | tail -n 1)"
	ok users create alice
	hr apikeys create -u alice
	err_has "could do nothing"
	exits 2
	ok users role alice auditor
	new_key -u alice
	same "as auditor" 200 "$(asks /api/v1/node "$key" | tail -n 1)"
	same "a change as auditor" 403 "$(asks /api/v1/node/1 "$key" -X DELETE | tail -n 1)"
	hr apikeys expire
	err_has "either --id or --prefix must be provided"
	hr apikeys delete -i 1 -p x
	err_has "only one of"
}

test_wrong_keys_have_an_end() {
	start_all
	new_key
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		same "wrong key $i" 401 "$(asks /api/v1/user "hskey-api-$i" | tail -n 1)"
	done
	same "one too many" 429 "$(asks /api/v1/user hskey-api-x | tail -n 1)"
	same "the right key" 200 "$(asks /api/v1/user "$key" | tail -n 1)"
	got=$(REQUEST_METHOD=GET REQUEST_URI=/api/v1/user REMOTE_ADDR=127.0.0.1 \
		HTTP_AUTHORIZATION='Bearer y' ask web.sock)
	has "by another way" "Status: 429" "$got"
	got=$(env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 HEADRACE_CONFIG="$D/headrace.ini" \
		REQUEST_METHOD=GET REQUEST_URI=/api/v1/user REMOTE_ADDR=127.0.0.1 \
		HTTP_AUTHORIZATION='Bearer y' "$BIN/headrace" 2>>"$D/cgi.log")
	has "as plain CGI" "Status: 429" "$got"
}

# One of three tries has to be quick: a machine that has much to do makes single ones long.
quickly() {	# WHAT STATUS KEY
	for _ in 1 2 3; do
		before=$(date +%s%N)
		same "$1" "$2" "$(asks /api/v1/user "$3" | tail -n 1)"
		[ $(($(date +%s%N) - before)) -ge 1000000000 ] || return 0
	done
	fail "$1: it waits for the lock"
}

# A lock that somebody holds stops no reading, and a wrong key is a wrong key all the same.
test_a_held_lock_makes_no_one_wait() {
	start_all
	new_key
	(
		echo 'BEGIN IMMEDIATE;'
		until [ -e "$D/answered" ]; do sleep 0.1; done
	) | sqlite3 "$D/data/headrace.db" &
	started="$started $!"
	sleep 0.5
	quickly "right key" 200 "$key"
	quickly "wrong key" 401 "hskey-api-1"
	touch "$D/answered"
}

test_pages_of_elsewhere() {
	config '[api]' 'cors_origins = https://admin.example.com'
	start_all
	got=$(get /api/v1/user -i -X OPTIONS -H 'Origin: https://admin.example.com' \
		-H 'Access-Control-Request-Method: GET')
	has "preflight" " 204 " "$got"
	has "origin" "Access-Control-Allow-Origin: https://admin.example.com" "$got"
	got=$(get /api/v1/user -i -X OPTIONS -H 'Origin: https://evil.example' \
		-H 'Access-Control-Request-Method: GET')
	case $got in
	*Access-Control*) fail "another origin got $got" ;;
	esac
}

test_oauth_tokens() {
	start_all
	ok oauth-clients create -s users:read -d ci
	secret=$(echo "$out" | sed -n 's/^Client secret: //p')
	has "secret" "hskey-client-" "$secret"
	ok oauth-clients list
	out_has "users:read"
	id=$(echo "$secret" | cut -c 14-25)
	got=$(get /api/v2/oauth/token -u "$id:$secret" -d grant_type=client_credentials)
	token=$(echo "$got" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
	has "token" "hskey-oauthtok-" "$token"
	same "v2" 200 "$(asks /api/v2/tailnet/-/users "$token" | tail -n 1)"
	same "v1" 401 "$(asks /api/v1/user "$token" | tail -n 1)"
	ok oauth-clients delete -i "$id"
	same "after its client" 401 "$(asks /api/v2/tailnet/-/users "$token" | tail -n 1)"
}

test_access_page() {
	start_all
	hr_in_path
	blocks docs/access.md >"$D/page.sh"
	grep -q 'oauth-clients delete' "$D/page.sh" || fail "no commands found in docs/access.md"
	(cd "$D" && url=http://127.0.0.1:$PORT PATH="$D/bin:$PATH" sh -eu page.sh) >"$D/page.log" 2>&1 ||
		fail "a command of docs/access.md failed: $(tail -n 3 "$D/page.log")"
	has "the page's output" '"access_token":"hskey-oauthtok-' "$(cat "$D/page.log")"
	has "the page's output" "OAuth client deleted" "$(cat "$D/page.log")"
}
