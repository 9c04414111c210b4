# A disk that is full, or that cannot be written to: what is said, that nothing is lost, that it goes on.
# The disk is one in memory, in a mount namespace of the test's own.

# Runs a function of this file where mounts are its own: no other process sees the disk, and it is
# gone with the last that does.
on_small_disk() {	# FUNCTION
	able "mount namespaces" unshare -rm true || return 0
	mkdir -m 700 "$D/disk"
	DISK=$D/disk unshare -rm sh tests/proc/one.sh tests/proc/61-storage.sh "$1"
}

begin_small_disk() {
	mount -t tmpfs -o size=2m,mode=700 tmpfs "$DISK"
	ln -s "$DISK" "$D/data"
	config '[worker]' 'web = 1'	# each process has its own log
	start_all
	ok apikeys create
	key=$out
}

fill() { cat /dev/zero >"$D/data/ballast" 2>/dev/null || :; }

add() {		# NAME: the whole answer
	curl -s --max-time 20 -i -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
		-d "{\"name\":\"$1\"}" "http://127.0.0.1:$PORT/api/v1/user"
}

in_database() { sqlite3 "$D/data/headrace.db" 'SELECT count(*) FROM users'; }

# Makes users until one is refused; the number of those acknowledged is in $made.
made=0
until_refused() {
	while [ $made -lt 3000 ]; do
		got=$(add "$1$made")
		case $got in
		*" 200 OK"*) made=$((made + 1)) ;;
		*) return ;;
		esac
	done
	fail "3000 users fit on a full disk"
}

full() {
	begin_small_disk
	before=$(children)
	fill
	until_refused user
	has "the refusal" "503 Service Unavailable" "$got"
	has "the refusal" '"detail":"storage: the server cannot write to its disk' "$got"
	has "the refusal" "application/problem+json" "$got"
	has "the refusal" "Retry-After: 10" "$got"
	same "the log has it once" 1 "$(log_count 'the disk is full; make room in its folder')"
	add again >/dev/null
	same "and still once" 1 "$(log_count 'the disk is full; make room in its folder')"
	same "what reads" 200 "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" \
		"http://127.0.0.1:$PORT/api/v1/user")"
	same "a page" 200 "$(status '/key?v=142')"
	hr users create cli
	exits 1
	err_has "the disk is full; make room in its folder"
	same "users" "$made" "$(headrace -c "$D/headrace.ini" users list -o json | jq length)"
	rm "$D/data/ballast"
	has "with room again" " 200 OK" "$(add more)"
	same "users then" $((made + 1)) "$(in_database)"
	same "integrity" ok "$(sqlite3 "$D/data/headrace.db" 'PRAGMA integrity_check')"
	same "processes" "$before" "$(children)"
}

killed_when_full() {
	begin_small_disk
	fill
	until_refused user
	kill -9 "$serve"
	within 30 gone "$serve" || fail "serve does not end"
	code=0
	got=$(timeout 5 "$BIN/headrace" serve -c "$D/headrace.ini" 2>&1) || code=$?
	case $code in
	1) has "why it does not" "the disk is full; make room in its folder" "$got" ;;
	124) ;;		# it had room enough
	*) fail "it ends with $code: $got" ;;
	esac
	rm "$D/data/ballast"
	start_serve
	within 30 serve_ready || fail "it does not come back"
	same "users" "$made" "$(in_database)"
	same "integrity" ok "$(sqlite3 "$D/data/headrace.db" 'PRAGMA integrity_check')"
}

becomes_read_only() {
	begin_small_disk
	mount --bind "$DISK" "$DISK"
	mount -o remount,ro,bind "$DISK"
	kill -HUP "$serve"		# new workers find it so
	until_refused user
	has "the refusal" '"detail":"storage:' "$got"
	within 30 logged "cannot write to folder" || fail "the log does not say why"
	umount "$DISK"
	again() { got=$(add later); case $got in *" 200 OK"*) ;; *) return 1 ;; esac; }
	within 30 again || fail "it does not go on: $got"
	same "users" $((made + 1)) "$(in_database)"
	within 30 complete 6 || fail "a process died of it: $(children)"
}

read_only_at_the_start() {
	begin_small_disk
	stop_all
	mount -o remount,ro "$DISK"
	code=0
	got=$(timeout 20 "$BIN/headrace" serve -c "$D/headrace.ini" 2>&1) || code=$?
	same "exit status" 1 "$code"
	has "message" "database $D/data/headrace.db" "$got"
	has "message" "Read-only file system" "$got"
}

test_a_full_disk() { on_small_disk full; }
test_a_killed_server_starts_on_a_full_disk() { on_small_disk killed_when_full; }
test_a_disk_that_becomes_read_only() { on_small_disk becomes_read_only; }
test_a_read_only_disk_at_the_start() { on_small_disk read_only_at_the_start; }
