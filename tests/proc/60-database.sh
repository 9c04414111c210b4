# A database that is missing, read-only, replaced or full: named, and survived.

database_is() { [ "$(status /health)" = "$1" ]; }

test_missing_database_gives_503_until_it_is_back() {
	start_all
	mkdir "$D/away"
	mv "$D/data"/headrace.db* "$D/away/"
	same "without database" 503 "$(status /verify -d '{}')"
	same "/health without database" 500 "$(status /health)"
	same "what needs none" 200 "$(status '/key?v=142')"
	within 20 logged "$D/data/headrace.db: No such file or directory" || fail "the log does not name it"
	[ "$(log_count 'web-worker.*No such file')" -le 2 ] || fail "it is logged for every request"
	mv "$D/away"/headrace.db* "$D/data/"
	within 30 database_is 200 || fail "it is not used again: $(get /health)"
	within 20 logged "the database can be used again" || fail "that it is back is not logged"
}

test_restored_backup_is_noticed() {
	start_all
	sqlite3 "$D/data/headrace.db" "VACUUM INTO '$D/backup.db'"
	headrace -c "$D/headrace.ini" users create later >/dev/null
	rm -f "$D/data"/headrace.db-*
	mv "$D/backup.db" "$D/data/headrace.db"
	same "/health" 200 "$(status /health)"
	within 30 logged "is another file now; opening it anew" || fail "that is not logged"
}

test_read_only_database_is_told_at_the_start() {
	config
	mkdir -m 700 "$D/data"
	: >"$D/data/headrace.db"
	chmod 444 "$D/data/headrace.db"
	code=0
	got=$( (as_nobody "$BIN/headrace" serve -c "$D/headrace.ini") 2>&1) || code=$?
	same "exit status" 1 "$code"
	has "message" "database $D/data/headrace.db" "$got"
	has "message" "cannot write" "$got"
}

test_read_only_folder_is_told_at_the_start() {
	config
	mkdir -m 500 "$D/data"
	code=0
	got=$( (as_nobody "$BIN/headrace" serve -c "$D/headrace.ini") 2>&1) || code=$?
	same "exit status" 1 "$code"
	has "message" "cannot write to folder $D/data" "$got"
}

test_folder_that_cannot_be_made_is_told() {
	config
	sed -i 's|^data = .*|data = /proc/headrace|' "$D/headrace.ini"
	code=0
	got=$(headrace serve -c "$D/headrace.ini" 2>&1) || code=$?
	same "exit status" 1 "$code"
	has "message" "cannot make the folder /proc/headrace" "$got"
}

# A limit on the size of files is a disk that is full, for one process.
test_full_disk_is_an_error_and_no_success() {
	start_serve
	size=$(($(stat -c %s "$D/data/headrace.db") / 512 + 1))
	n=0 code=0
	while [ $code = 0 ] && [ $n -lt 300 ]; do
		n=$((n + 1))
		got=$(ulimit -f $size; "$BIN/headrace" -c "$D/headrace.ini" users create "user$n" 2>&1) ||
			code=$?
	done
	[ $code != 0 ] || fail "300 users were made within the limit"
	has "message" "$D/data/headrace.db" "$got"
	same "users that were acknowledged" $((n - 1)) \
	    "$(sqlite3 "$D/data/headrace.db" 'SELECT count(*) FROM users')"
	same "integrity" ok "$(sqlite3 "$D/data/headrace.db" 'PRAGMA integrity_check')"
}
