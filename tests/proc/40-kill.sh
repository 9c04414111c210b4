# kill -9 of each process: what is started again, and what callers see of it.

# Kills the child of that kind and waits for the next one.
replaced() {	# WORD
	old=$(children "$1" | head -n 1)
	kill -9 "$old"
	other() {
		new=$(children "$1" | tr '\n' ' ')
		case " $new" in
		*" $old "*) return 1 ;;
		esac
		complete
	}
	within 30 other "$1" || fail "$1 $old is not replaced: $(children "$1")"
	within 30 logged "(pid $old) was killed by signal 9 (Killed); starting it again" ||
		fail "the end of $1 $old is not logged"
}

test_killed_web_worker_is_replaced() {
	start_all
	replaced --web
	same "/health" 200 "$(status /health)"
}

test_killed_control_worker_is_replaced() {
	start_all
	replaced --control
	same "/health" 200 "$(status /health)"
}

test_killed_notifier_is_replaced() {
	start_all
	sleep 1.1	# a process that dies young has to wait
	replaced notifier
	[ -S "$D/run/notifier.sock" ] || fail "its socket is gone"
}

test_at_most_one_request_is_lost_per_killed_worker() {
	start_all
	bad=0
	for i in $(seq 60); do
		if [ $((i % 12)) = 0 ]; then
			kill -9 $(children "--web " | head -n 1)
		fi
		[ "$(status /health)" = 200 ] || bad=$((bad + 1))
	done
	[ $bad -le 5 ] || fail "$bad of 60 requests failed with 5 kills"
	within 30 complete || fail "not all children are back"
	same "/health" 200 "$(status /health)"
}

# With every worker dead a connection waits in the socket for the next one.
test_requests_wait_while_no_worker_is_there() {
	start_all
	sleep 1.1
	kill -9 $(children "--web ")
	same "/health" 200 "$(status /health)"
}

test_what_dies_at_once_is_not_started_in_a_loop() {
	mkdir "$D/bin"
	cp "$BIN/headrace" "$D/bin/"
	printf '#!/bin/sh\nexit 4\n' >"$D/bin/headrace-notifier"
	chmod 755 "$D/bin/headrace-notifier"
	SERVE=$D/bin/headrace
	start_serve
	deaths() { log_count "notifier 1 .* ended with status 4"; }
	thrice() { [ "$(deaths)" -ge 3 ]; }
	within 30 thrice || fail "it was started only $(deaths) times"
	sleep 3		# in which the pauses have become longer than that
	[ "$(deaths)" -le 7 ] || fail "it was started $(deaths) times"
}

test_missing_notifier_is_told() {
	mkdir "$D/bin"
	cp "$BIN/headrace" "$D/bin/"
	config
	code=0
	got=$("$D/bin/headrace" serve -c "$D/headrace.ini" 2>&1) || code=$?
	same "exit status" 1 "$code"
	has "message" "cannot find headrace-notifier, neither beside $D/bin/headrace nor in PATH" "$got"
}
