# Webhooks: signed, again after a failure, none lost whoever dies.

receiver() {	# sets $hook
	python3 "$TOP/tests/proc/receiver.py" "$D/port" "$D/got" "$D/secret" 2>>"$D/receiver.log" &
	started="$started $!"
	within 30 test -s "$D/port" || fail "the receiver does not start"
	hook=http://127.0.0.1:$(cat "$D/port")/hook
	: >"$D/got"
}

new_webhook() {	# [FLAGS]
	ok webhooks create "$hook" "$@"
	echo "$out" >"$D/secret"
}

answers() { echo "$1" >"$D/got.mode"; }
got() { grep -qx -- "$1" "$D/got"; }
got_all() {	# FROM TO
	for i in $(seq "$1" "$2"); do
		got "userCreated user$i" || return 1
	done
}
asked() { [ "$(grep -c '^asked' "$D/got")" -ge "$1" ]; }
db() { sqlite3 -cmd '.timeout 5000' "$D/data/headrace.db" "$1"; }
retry_now() { db 'UPDATE webhooks SET next_ms = 0'; }

test_webhook_hears_at_once() {
	start_all
	receiver
	new_webhook
	ok webhooks test 1
	within 30 got "test -" || fail "no test event"
	ok users create alice
	within 8 got "userCreated alice" || fail "no event soon"
	db "UPDATE users SET role = 'admin'"	# an edit in the shell counts as much
	within 30 got "userRoleUpdated alice" || fail "no event of an edit in the shell"
	ok webhooks rotate 1
	echo "$out" >"$D/secret"
	ok users create bob
	within 30 got "userCreated bob" || fail "no event after a new secret"
	! grep BAD "$D/got" || fail "it is not signed as it should be"
	ok webhooks delete 1 --force
	ok users create carol
	sleep 1
	! got "userCreated carol" || fail "a deleted webhook is told"
}

test_webhook_loses_nothing() {
	start_all
	receiver
	new_webhook -s userCreated
	answers 500
	for i in 1 2 3 4 5; do ok users create "user$i"; done
	within 30 asked 1 || fail "it was not even tried"
	within 30 logged "webhook 1: it answered with status 500; again in 10 s" || fail "the failure is not logged"
	ok webhooks list
	out_has "it answered with status 500"
	kill -9 "$serve"
	within 30 gone "$serve"
	for i in 6 7 8 9; do ok users create "user$i"; done	# nobody is there to send it
	answers 200
	start_serve
	within 30 got_all 1 9 || fail "not all events came: $(cat "$D/got")"
	! grep BAD "$D/got" || fail "it is not signed as it should be"
	within 30 sh -c "[ \"\$(sqlite3 '$D/data/headrace.db' 'SELECT count(*) FROM webhook_outbox')\" = 0 ]" ||
		fail "something waits still"
	ok webhooks list -o json
	out_has '"failures": 0'
}

# Whoever sends dies with the request half done; the claim runs out, another one sends.
test_webhook_worker_dies() {
	start_all
	receiver
	new_webhook
	answers hang
	ok users create user1
	within 30 asked 1 || fail "it was not even tried"
	kill -9 "$(children "worker --webhooks")"
	answers 200
	retry_now
	within 30 got_all 1 1 || fail "the event is lost: $(cat "$D/got")"
	within 30 complete || fail "the worker is not back"
}

# A server that hangs holds up nothing else, nor the other webhook for long.
test_webhook_that_hangs() {
	start_all
	receiver
	new_webhook
	ok webhooks create http://127.0.0.1:1/x -s userDeleted
	answers hang
	ok users create user1
	within 30 asked 1 || fail "it was not even tried"
	before=$(date +%s%N)
	for i in 1 2 3 4 5; do
		same "health" 200 "$(status /health)"
		ok users list
	done
	[ $((($(date +%s%N) - before) / 1000000)) -lt 4500 ] || fail "everything waits for a webhook"
	within 30 logged "webhook 1: Timeout was reached" || fail "it waits for ever"
	answers 302
	retry_now
	within 30 logged "webhook 1: it answered with status 302" || fail "a redirect is followed"
}

test_audit_by_processes() {
	start_all
	ok users create alice
	ok apikeys create
	key=$out
	get /api/v1/user/1/rename/bob -d "" -H "Authorization: Bearer $key" >/dev/null
	db "UPDATE users SET role = 'owner'"
	ok audit list -o json
	for part in '"action": "createUser"' '"action": "renameUser"' '"address": "127.0.0.1"' '"kind": "shell"'; do
		out_has "$part"
	done
	ok audit --since 1h --actor shell
	out_has 'role: "member" -> "owner"'
	hr audit list --since tomorrow
	err_has "no duration"
	sqlite3 "$D/data/headrace.db" .dump >"$D/dump"
	! grep "$(echo "$key" | cut -c 24-)" "$D/dump" || fail "a secret is in the database"
	db "DELETE FROM audit_log" 2>/dev/null && fail "the audit log can be deleted"
	db "UPDATE audit_log SET actor = 'x'" 2>/dev/null && fail "the audit log can be changed"
	[ "$(db 'SELECT kind FROM audit_context')" = shell ] || fail "the last actor is not forgotten"
}

page_works() {	# FILE
	blocks "$1" >"$D/page.sh"
	[ "$(grep -c . "$D/page.sh")" -gt 6 ] || fail "no commands in $1"
	PATH="$D/bin:$PATH" hook="$hook" key="$key" url="http://127.0.0.1:$PORT" \
		db="$D/data/headrace.db" sh -eu "$D/page.sh" >"$D/page.out" 2>"$D/page.log" ||
		fail "a command of $1 fails: $(cat "$D/page.log")"
}

test_pages_of_audit_and_webhooks() {
	start_all
	receiver
	hr_in_path
	printf '#!/bin/sh\nexec %s -cmd ".timeout 5000" "$@"\n' "$(command -v sqlite3)" >"$D/bin/sqlite3"
	chmod +x "$D/bin/sqlite3"
	ok apikeys create
	key=$out
	page_works docs/audit.md
	grep -q '"property":"ROLE"' "$D/page.out" || fail "no role in the log: $(cat "$D/page.out")"
	page_works docs/webhooks.md
	[ "$(db 'SELECT count(*) FROM webhooks')" = 0 ] || fail "the webhook is still there"
}
