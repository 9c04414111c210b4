# A copy of everything in one file, made under load, and back again.

write_users() {	# FROM: makes users until it is stopped
	n=$1
	while :; do
		headrace -c "$D/headrace.ini" users create "user$n" >/dev/null 2>&1 || :
		n=$((n + 1))
	done
}

grown() {	# COPY: since the one before it
	[ "$1" = 1 ] || [ "$(users_in "$D/data/headrace.db")" -gt "$(users_in "$D/copy$(($1 - 1)).db")" ]
}

users_in() { sqlite3 "$1" 'SELECT count(*) FROM users'; }

test_backup_while_others_write() {
	start_all
	ok users create alice
	write_users 1000 &
	started="$started $!"
	writer=$!
	for i in 1 2 3 4 5; do
		within 30 grown $i || fail "nobody writes meanwhile"
		ok backup "$D/copy$i.db"
		same "mode of the copy" 600 "$(stat -c %a "$D/copy$i.db")"
		same "copy $i" ok "$(sqlite3 "$D/copy$i.db" 'PRAGMA integrity_check')"
	done
	kill -9 $writer
	[ "$(users_in "$D/copy5.db")" -gt "$(users_in "$D/copy1.db")" ] || fail "nobody wrote meanwhile"
	same "what is left beside the copies" "" "$(ls "$D" | grep -e part -e new -e -wal || :)"
	same "the key is inside" "$(cat "$D/data/noise.key")" \
		"$(sqlite3 "$D/copy1.db" "SELECT CAST(content AS TEXT) FROM backup_files WHERE name = 'noise.key'")"
}

test_backup_replaces_nothing_unasked() {
	start_all
	echo precious >"$D/copy.db"
	hr backup "$D/copy.db"
	exits 5
	err_has "--force"
	same "the file that was there" precious "$(cat "$D/copy.db")"
	ok backup "$D/copy.db" --force
	same "the copy" ok "$(sqlite3 "$D/copy.db" 'PRAGMA integrity_check')"
	hr backup "$D/nowhere/copy.db"
	exits 1
	err_has "No such file"
}

test_restore_brings_everything_back() {
	start_all
	ok users create alice
	key=$(cat "$D/data/noise.key")
	ok backup "$D/copy.db"
	ok users create later
	hr restore "$D/copy.db" --force
	exits 6
	err_has "stop headrace first"
	stop_all
	rm -rf "$D/data"
	ok restore "$D/copy.db" --force
	same "the key" "$key" "$(cat "$D/data/noise.key")"
	same "mode of the key" 600 "$(stat -c %a "$D/data/noise.key")"
	same "mode of the database" 600 "$(stat -c %a "$D/data/headrace.db")"
	same "no table of the copy is left" "" \
		"$(sqlite3 "$D/data/headrace.db" "SELECT name FROM sqlite_schema WHERE name = 'backup_files'")"
	ok users list
	out_has alice
	ok db check
	start_all
	ok users create again
}

test_restore_keeps_what_is_there() {
	start_all
	ok users create alice
	ok backup "$D/copy.db"
	ok users create later
	stop_all
	ok restore "$D/copy.db" --force
	err_has "before-restore"
	same "users in the old file" 2 "$(users_in "$D"/data/headrace.db.before-restore-*)"
	same "users now" 1 "$(users_in "$D/data/headrace.db")"
}

test_restore_refuses_what_is_no_copy() {
	config
	ok users create alice
	hr restore "$D/nothing.db" --force
	exits 4
	head -c 100000 /dev/urandom >"$D/noise.db"
	hr restore "$D/noise.db" --force
	exits 1
	sqlite3 "$D/other.db" 'CREATE TABLE t (x)'
	hr restore "$D/other.db" --force
	exits 5
	err_has "no database of headrace"
	ok backup "$D/newer.db"
	sqlite3 "$D/newer.db" "INSERT INTO schema_migrations (version, name, checksum, applied_ms)
		VALUES (9000, '9000-later', 'x', 1)"
	hr restore "$D/newer.db" --force
	exits 5
	err_has "newer headrace"
	ok backup "$D/torn.db"
	truncate -s -40000 "$D/torn.db"
	hr restore "$D/torn.db" --force
	[ "$status" != 0 ] || fail "a torn copy was taken"
	ok users list
	out_has alice
	same "what is left" "" "$(ls "$D/data" | grep restoring || :)"
}

test_check_names_what_differs() {
	config
	ok users create alice
	ok db check
	out_has "is sound"
	sqlite3 "$D/data/headrace.db" 'DROP TRIGGER node_inserted; DROP INDEX node_user;
		CREATE INDEX node_user ON nodes (user_id, id); CREATE TABLE theirs (x)'
	hr db check
	exits 1
	err_has "trigger node_inserted is missing"
	err_has "index node_user is not the one that headrace makes"
	case $err in *theirs*) fail "another program's table is looked at: $err" ;; esac
}

killed_backup() {	# SECONDS: it had until it was killed; adds to $left if its part stays
	"$BIN/headrace" -c "$D/headrace.ini" backup "$D/copy.db" --force >/dev/null 2>&1 &
	pid=$!
	sleep "$1"
	kill -9 $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
	[ ! -f "$D/copy.db.part" ] || left=$((left + 1))
	[ ! -f "$D/copy.db" ] || same "a copy after kill" ok "$(sqlite3 "$D/copy.db" 'PRAGMA integrity_check')"
}

test_backup_is_killed() {
	config
	ok users create alice
	left=0
	for _ in $(seq 20); do
		for ms in 04 06 08 10 12 14 16 20; do killed_backup "0.0$ms"; done
		[ $left -lt 3 ] || break
	done
	[ $left -ge 3 ] || fail "no backup was killed while it wrote"
	ok backup "$D/copy.db" --force
	same "the copy" ok "$(sqlite3 "$D/copy.db" 'PRAGMA integrity_check')"
	same "what is left beside the copy" "" "$(ls "$D" | grep -e part -e new || :)"
	ok db check
}

# The log of the lost database stays beside it; it must not get into the restored one.
test_restore_when_only_the_database_is_lost() {
	start_all
	ok users create alice
	ok backup "$D/copy.db"
	ok users create later
	ours="$serve $(children)"
	kill -9 $ours || :	# some went with the first
	for p in $ours; do
		within 30 gone "$p" || fail "process $p does not end"
	done
	[ -s "$D/data/headrace.db-wal" ] || fail "there is no log"
	rm "$D/data/headrace.db"
	ok restore "$D/copy.db" --force
	same "users" 1 "$(users_in "$D/data/headrace.db")"
	ok db check
	[ -s "$(ls "$D"/data/headrace.db.before-restore-*-wal)" ] || fail "the log is not kept"
}

test_backup_does_not_take_the_place_of_what_it_copies() {
	start_all
	ok users create alice
	inode=$(stat -c %i "$D/data/headrace.db")
	hr backup "$D/data/headrace.db" --force
	exits 5
	hr backup "$D/data/../data/noise.key" --force
	exits 5
	same "the database" "$inode" "$(stat -c %i "$D/data/headrace.db")"
	ok backup "$D/data/headrace.db.restoring"
	stop_all
	hr restore "$D/data/headrace.db.restoring" --force
	exits 5
	[ -s "$D/data/headrace.db.restoring" ] || fail "the copy is gone"
}

# As people do who know SQLite better than us.
test_copy_put_in_place_by_hand() {
	start_all
	ok users create alice
	ok backup "$D/copy.db"
	stop_all
	rm "$D"/data/headrace.db*
	cp "$D/copy.db" "$D/data/headrace.db"
	start_all
	ok users list
	out_has alice
	ok backup "$D/again.db"
	ok db check
}
