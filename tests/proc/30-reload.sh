# SIGHUP, upgrades and restarts of workers, with requests under way.

# Asks /health until $D/stop is there; a line per answer that is not 200.
requests() {
	: >"$D/bad"
	while [ ! -e "$D/stop" ]; do
		got=$(status /health)
		echo . >>"$D/asked"
		[ "$got" = 200 ] || echo "$got" >>"$D/bad"
	done
}

start_requests() {
	requests &
	asking=$!
	started="$started $asking"
	within 30 test -s "$D/asked" || fail "no request is answered"
}

stop_requests() {
	touch "$D/stop"
	wait "$asking"
	[ "$(wc -l <"$D/asked")" -ge 10 ] || fail "too few requests to say anything"
}

workers_are_others() {	# than the pids given
	for p in $(children worker); do
		case " $* " in
		*" $p "*) return 1 ;;
		esac
	done
	complete
}

test_sighup_takes_the_configuration_over() {
	start_all
	old=$(children worker | tr '\n' ' ')
	start_requests
	sed -i "s|^url = .*|url = http://new.example:1|" "$D/headrace.ini"
	kill -HUP "$serve"
	within 30 workers_are_others $old || fail "workers are not replaced: $old / $(children worker)"
	has "page" "http://new.example:1" "$(get /windows)"
	stop_requests
	same "requests that failed meanwhile" "" "$(cat "$D/bad")"
}

test_sighup_changes_the_number_of_workers() {
	start_all
	printf '[worker]\nweb = 4\ncontrol = 1\n' >>"$D/headrace.ini"
	kill -HUP "$serve"
	four_and_one() { [ "$(children "--web " | count) $(children --control | count)" = "4 1" ]; }
	within 30 four_and_one || fail "got $(children "--web " | count) $(children --control | count)"
}

test_sighup_with_a_bad_file_keeps_the_old() {
	start_all
	old=$(children | tr '\n' ' ')
	echo nonsense >>"$D/headrace.ini"
	kill -HUP "$serve"
	within 30 logged "not taken over; the old one stays" || fail "nothing is logged"
	within 20 logged "neither a section nor a setting" || fail "the mistake is not logged"
	sleep 0.5
	same "children" "$old" "$(children | tr '\n' ' ')"
	same "/health" 200 "$(status /health)"
}

test_worker_rereads_its_configuration_on_sighup() {
	config '[worker]' 'web = 1'
	start_all
	worker=$(children "--web ")
	sed -i "s|^url = .*|url = http://own.example:1|" "$D/headrace.ini"
	kill -HUP "$worker"
	has "page" "http://own.example:1" "$(get /windows)"
	same "worker" "$worker" "$(children "--web ")"
	echo nonsense >>"$D/headrace.ini"
	kill -HUP "$worker"
	has "page after a bad file" "http://own.example:1" "$(get /windows)"
	within 20 logged "web-worker the configuration is not taken over" || fail "nothing is logged"
}

test_workers_end_between_requests() {
	start_all
	start_requests
	for i in 1 2 3 4; do
		for p in $(children "--web "); do
			kill "$p"
			sleep 0.2
		done
	done
	stop_requests
	same "requests that failed" "" "$(cat "$D/bad")"
}

test_sighup_after_an_upgrade_starts_the_new_program() {
	mkdir "$D/bin"
	cp "$BIN/headrace" "$BIN/headrace-notifier" "$D/bin/"
	SERVE=$D/bin/headrace
	start_all
	start_requests
	cp "$BIN/headrace" "$D/bin/new"
	mv "$D/bin/new" "$D/bin/headrace"
	kill -HUP "$serve"
	all_new() {
		for p in $(children worker); do
			case $(readlink "/proc/$p/exe") in
			*deleted*) return 1 ;;
			esac
		done
		complete
	}
	within 30 all_new || fail "old programs still run"
	stop_requests
	same "requests that failed meanwhile" "" "$(cat "$D/bad")"
}

test_upgrade_to_a_broken_program_costs_one_worker() {
	mkdir "$D/bin"
	cp "$BIN/headrace" "$BIN/headrace-notifier" "$D/bin/"
	SERVE=$D/bin/headrace
	start_all
	printf '#!/bin/sh\nexit 3\n' >"$D/bin/new"
	chmod 755 "$D/bin/new"
	mv "$D/bin/new" "$D/bin/headrace"
	kill -HUP "$serve"
	within 30 logged "worker 1 .* ended with status 3" || fail "the broken start is not logged"
	five() { [ "$(children worker | count)" = 5 ]; }	# a sixth is seen for the moment of its failing
	within 30 five || fail "workers left: $(children worker | count)"
	same "/health" 200 "$(status /health)"
}
