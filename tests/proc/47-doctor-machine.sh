# headrace doctor on the server's own machine: programs, files, rights.

# shellcheck source=tests/proc/doctor.sh
. tests/proc/doctor.sh

test_doctor_names_what_is_down() {
	start_deployment
	for each in web:web-down control:control-down wake:wake-down notifier:notifier-down; do
		mv "$D/run/${each%:*}.sock" "$D/kept"
		examine_here
		finds "${each#*:}"
		has "seen" "not there" "$(seen "${each#*:}")"
		same "status" 1 "$status"
		mv "$D/kept" "$D/run/${each%:*}.sock"
	done
	ours="$serve $(children)"
	kill -9 "$serve"
	for p in $ours; do
		within 30 gone "$p"
	done
	examine_here
	found_only "gateway serve-down"
	has "socket" "$D/run/web.sock" "$(jq -r '.findings[0].change[0].line' "$D/out")"
}

test_doctor_names_who_does_not_answer() {
	start_deployment
	kill -STOP $(children --web)
	examine_here --timeout 2s
	finds http-hang
	kill -CONT $(children --web)
	kill -STOP $(children --control)
	examine_here --timeout 2s
	found_only inner
	kill -CONT $(children --control)
	kill -STOP $(children notifier)
	examine_here --timeout 2s
	found_only upgrade-hang
	kill -CONT $(children notifier)
}

test_doctor_names_what_is_wrong_with_files() {
	start_deployment
	chmod 755 "$D/data"
	examine_here
	found_only data-folder
	chmod 700 "$D/data"
	chmod 644 "$D/data/noise.key"
	examine_here
	found_only noise-file
	chmod 600 "$D/data/noise.key"
	chmod 777 "$D/run"
	examine_here
	found_only run-open
	chmod 755 "$D/run"
	truncate -s 70M "$D/data/headrace.db-wal"
	examine_here
	finds wal
	rm "$D/data/headrace.db-wal"
	echo "this is no database" >"$D/data/headrace.db"
	examine_here
	finds database
}

test_doctor_sees_a_policy_that_is_not_in_force() {
	echo '{"acls": []}' >"$D/policy.hujson"
	start_deployment '[policy]' 'mode = file' "path = $D/policy.hujson"
	examine_here
	found_only ""
	echo '{"acls": [' >"$D/policy.hujson"
	kill -HUP "$serve"
	within 5 found_here policy || found_only policy
}

test_doctor_looks_at_the_disk() { apart 47-doctor-machine.sh in_small_disk; }

in_small_disk() {
	apart_network
	mkdir -m 700 "$D/data"
	mount -t tmpfs -o size=20M,mode=700 tmpfs "$D/data"
	start_deployment
	examine_here
	found_only disk
	mount --bind "$D/data" "$D/data"
	mount -o remount,bind,ro "$D/data"
	examine_here
	finds read-only
	umount -l "$D/data"
	umount -l "$D/data"
}

test_doctor_sees_a_wrong_clock() {
	start_deployment
	printf '#!/bin/sh\nASAN_OPTIONS=verify_asan_link_order=0 exec faketime -f "@2019-05-06 07:08:09" "%s/headrace" "$@"\n' "$BIN" >"$D/early"
	chmod +x "$D/early"
	"$D/early" doctor --remote -o json "http://127.0.0.1:$PORT" >"$D/out" 2>"$D/err" || :
	same "findings" "clock local-clock" "$(jq -r '[.findings[].id] | join(" ")' "$D/out")"
	has "seen" "2019-05-06T07:08" "$(seen local-clock)"
}

test_doctor_sees_another_users_trouble() {
	is_root || return 0
	config
	mkdir "$D/data" "$D/run"
	printf '#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups "%s" "$@"\n' "$BIN/headrace" >"$D/headrace"
	chmod 755 "$D/headrace"
	chmod 700 "$D/data"
	chown 65534:65534 "$D" "$D/data" "$D/run"
	SERVE="$D/headrace" start_deployment
	examine_here
	found_only ""
	chown 0:0 "$D/data/headrace.db-shm" "$D/data"
	chmod 755 "$D/data"
	examine_here
	finds db-owner
	has "seen" "nobody may not write to $D/data (of root, mode 755)" \
	    "$(jq -r '.findings[] | select(.id == "db-owner") | .seen' "$D/out")"
	chown 65534:65534 "$D/data/headrace.db-shm" "$D/data"
	chmod 700 "$D/data"
	kill "$web"
	wait "$web" 2>/dev/null || :
	chown -R 33:33 "$D/www"
	setpriv --reuid=33 --regid=33 --clear-groups lighttpd -D -f "$D/lighttpd.conf" >>"$D/lighttpd.log" 2>&1 &
	web=$!
	started="$started $web"
	within 30 serve_ready || fail "the web server does not start as another user"
	chmod 700 "$D/run"
	examine_here
	finds socket-closed
	has "seen" "who may not enter $D/run" "$(jq -r '.findings[] | select(.id == "socket-closed") | .seen' "$D/out")"
	finds gateway
}

test_doctor_tells_whose_configuration_it_is() {
	start_deployment
	sed -i 's|^url = .*|url = https://head.test|' "$D/headrace.ini"
	examine_here "http://127.0.0.1:$PORT"
	found_only url-differs
	sed -i "s|^url = .*|url = http://127.0.0.1:$PORT|" "$D/headrace.ini"
	cp "$D/data/noise.key" "$D/kept.key"
	printf 'privkey:%064d\n' 7 >"$D/data/noise.key"
	examine_here "http://127.0.0.1:$PORT"
	found_only key-other
	sed -i 's|^url = .*|url = https://head.test|' "$D/headrace.ini"
	examine_here "http://127.0.0.1:$PORT"
	found_only ""
	has "skipped" "is about another server" "$(cat "$D/out")"
	echo nonsense >>"$D/headrace.ini"
	examine_here "http://127.0.0.1:$PORT"
	found_only configuration
	HEADRACE_ADDRESS=http://127.0.0.1:$PORT "$BIN/headrace" doctor >"$D/out" || fail "$(cat "$D/out")"
}

test_doctor_misses_relays() {
	start_deployment
	: >"$D/empty"
	stop_all
	sed -i '/^paths = /d' "$D/headrace.ini"
	rm -f "$D/run/"*.sock
	start_serve
	lighttpd -D -f "$D/lighttpd.conf" >>"$D/lighttpd.log" 2>&1 &
	web=$!
	started="$started $web"
	within 30 serve_ready
	within 5 found_here derp-none || found_only derp-none
}
