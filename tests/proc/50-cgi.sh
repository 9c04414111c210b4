# The same program as a plain CGI script.

cgi() {
	env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 HEADRACE_CONFIG="$D/headrace.ini" "$@" \
	    "$BIN/headrace" 2>>"$D/cgi.log"
}

prepared() {	# a database, and nothing running
	start_serve
	kill "$serve"
	within 30 gone "$serve" || fail "serve does not end"
}

test_answers_from_the_environment() {
	prepared
	got=$(cgi REQUEST_METHOD=GET REQUEST_URI='/key?v=142' </dev/null)
	has "status" "Status: 200 OK" "$got"
	has "body" '"publicKey":"mkey:' "$got"
	got=$(cgi REQUEST_METHOD=GET SCRIPT_NAME= PATH_INFO=/health QUERY_STRING= </dev/null)
	has "without REQUEST_URI" "Status: 200 OK" "$got"
}

test_reads_the_body_by_its_length() {
	prepared
	body='{"NodePublic":"nodekey:'$(printf '%064d' 1)'","Source":"::1"}'
	got=$(echo "$body and more" |
		cgi REQUEST_METHOD=POST REQUEST_URI=/verify CONTENT_LENGTH=${#body})
	has "answer" '"Allow":false' "$got"
	got=$(echo "$body" | cgi REQUEST_METHOD=POST REQUEST_URI=/verify CONTENT_LENGTH=4000)
	has "too short" "Status: 400" "$got"
	got=$(echo | cgi REQUEST_METHOD=POST REQUEST_URI=/verify CONTENT_LENGTH=-7)
	has "negative length" "Status: 400" "$got"
	got=$(head -c 9000 /dev/zero | cgi REQUEST_METHOD=POST REQUEST_URI=/verify CONTENT_LENGTH=9000)
	has "too long" "Status: 413" "$got"
}

# RFC 3875, 4.4: a query without '=' becomes arguments.
test_query_is_never_a_command() {
	prepared
	got=$(env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 HEADRACE_CONFIG="$D/headrace.ini" \
		REQUEST_METHOD=GET REQUEST_URI='/health?users+create+evil' \
		"$BIN/headrace" users create evil </dev/null)
	has "answer" "Status: 200 OK" "$got"
	same "users" "" "$(sqlite3 "$D/data/headrace.db" 'SELECT name FROM users')"
}

test_believes_nothing() {
	prepared
	got=$(cgi REQUEST_METHOD=GET REQUEST_URI='/internal/delta?since=-1' </dev/null)
	has "internal request" "Status: 404" "$got"
	got=$(cgi REQUEST_METHOD=POST REQUEST_URI=/machine/map CONTENT_LENGTH=0 \
		HEADRACE_MACHINE_KEY=mkey:$(printf '%064d' 1) </dev/null)
	has "request of a machine" "Status: 404" "$got"
}

test_bad_configuration_gives_an_answer() {
	echo nonsense >"$D/headrace.ini"
	got=$(cgi REQUEST_METHOD=GET REQUEST_URI=/health </dev/null)
	has "answer" "Status: 500" "$got"
	has "log" "headrace.ini:1: neither a section nor a setting" "$(cat "$D/cgi.log")"
}

test_no_database_gives_503() {
	config
	got=$(echo '{}' | cgi REQUEST_METHOD=POST REQUEST_URI=/verify CONTENT_LENGTH=2)
	has "answer" "Status: 503" "$got"
	has "log" "data/headrace.db: No such file or directory" "$(cat "$D/cgi.log")"
}

test_behind_a_web_server() {
	prepared
	cat >"$D/headrace.cgi" <<-END
		#!/bin/sh
		HEADRACE_CONFIG=$D/headrace.ini exec $BIN/headrace "\$@"
	END
	chmod 755 "$D/headrace.cgi"
	start_web "alias.url = ( \"/\" => \"$D/headrace.cgi/\" )
		cgi.assign = ( \".cgi\" => \"\" )"
	has "/key" '"publicKey":"mkey:' "$(get '/key?v=142')"
	same "unknown path" 404 "$(status /nope)"
	same "verify" 400 "$(status /verify -X POST -d x)"
}
