# Places that are taken, or not ours: the second serve, the second notifier, sockets that cannot be made.

# refused [PROGRAM ARGUMENT...]: runs it until it gives up; what it says is in $got
refused() {
	code=0
	got=$(timeout 30 "$@" 2>&1) || code=$?
	same "exit status of $*" 1 "$code"
}

serve2() { refused "$BIN/headrace" serve -c "$D/second.ini"; }

# second RUN [DATA [LISTEN]]: a configuration like headrace.ini, but for these
second() {
	sed -e "s|^run = .*|run = $1|" -e "s|^data = .*|data = ${2:-data}|" "$D/headrace.ini" >"$D/second.ini"
	[ $# -lt 3 ] || printf '[notifier]\nlisten = %s\n' "$3" >>"$D/second.ini"
}

first_is_well() {
	same "its health" 200 "$(status /health)"
	within 30 complete || fail "its processes are not the same: $(children)"
	[ -S "$D/run/notifier.sock" ] || fail "its notifier's socket is gone"
	has "its notifier" "HTTP/1.1 404" "$(curl -si --unix-socket "$D/run/notifier.sock" http://x/)"
	headrace -c "$D/headrace.ini" users create "user$$" >/dev/null || fail "its database is of no use"
	headrace -c "$D/headrace.ini" users delete "user$$" --force >/dev/null || fail "nor later"
}

test_two_serves_on_one_folder() {
	start_all
	second run
	serve2
	has "message" "another headrace serve runs with $D/run" "$got"
	first_is_well
}

test_two_serves_on_one_database() {
	start_all
	second elsewhere
	serve2
	has "message" "another headrace serve works on the database $D/data/headrace.db" "$got"
	first_is_well
	kill -9 "$serve"
	within 30 gone "$serve" || fail "the first does not end"
	"$BIN/headrace" serve -c "$D/second.ini" >>"$D/serve.log" 2>&1 &
	started="$started $!"
	within 30 test -S "$D/elsewhere/web.sock" || fail "the place of a dead one is not free"
}

test_two_notifiers_on_one_database() {
	start_all
	mkdir "$D/elsewhere"
	second elsewhere
	refused "$BIN/headrace-notifier" -c "$D/second.ini"
	has "message" "another notifier works on the database $D/data/headrace.db" "$got"
	refused "$BIN/headrace-notifier" -c "$D/headrace.ini"
	has "message" "another notifier runs with" "$got"
	first_is_well
}

# Another way to the same file is no other database.
test_a_database_by_a_link() {
	start_all
	mkdir "$D/elsewhere" "$D/other"
	cp "$D/data/noise.key" "$D/other/"
	ln -s "$D/data/headrace.db" "$D/other/headrace.db"
	second elsewhere other
	serve2
	has "message" "another headrace serve works on the database" "$got"
	refused "$BIN/headrace-notifier" -c "$D/second.ini"
	has "message" "another notifier works on the database" "$got"
	ln -s data "$D/linked"
	second elsewhere linked
	serve2
	has "message" "another headrace serve works on the database" "$got"
	first_is_well
}

# Nothing is shared but the place of one socket.
test_a_socket_where_another_listens() {
	start_all
	second elsewhere other "unix:$D/run/notifier.sock"
	serve2
	has "message" "cannot listen on unix:$D/run/notifier.sock: Address already in use" "$got"
	has "advice" "another program listens there (ss -lxp shows it)" "$got"
	first_is_well
}

# heir PATH: holds the place as a child of a serve that was killed does; a stopped one
# would not, because the kernel continues what is stopped and has lost its session.
heir() {
	rm "$1"
	exec python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
time.sleep(60)' "$1"
}

# Such children need a moment to go, here a long one.
test_heirs_of_a_killed_serve() {
	start_all
	kill -9 "$serve"
	within 30 gone "$serve" || fail "the first does not end"
	heir "$D/run/control.sock" &
	heir=$!
	started="$started $heir"
	within 30 python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$D/run/control.sock" || fail "there is no heir"
	"$BIN/headrace" serve -c "$D/headrace.ini" 2>"$D/again.log" &
	serve=$!
	started="$started $serve"
	sleep 1
	kill "$heir"
	within 30 serve_ready || fail "it does not start: $(cat "$D/again.log")"
	within 30 complete || fail "its processes are not the same: $(children)"
	first_is_well
}

test_what_is_no_socket_stays() {
	config '[notifier]' "listen = unix:$D/precious"
	echo data >"$D/precious"
	cp "$D/headrace.ini" "$D/second.ini"
	serve2
	has "message" "what lies there is no socket, so it stays" "$got"
	same "the file" data "$(cat "$D/precious")"
	mkdir "$D/other"
	sed -i 's/^run = .*/run = other/' "$D/second.ini"
	refused "$BIN/headrace-notifier" -c "$D/second.ini"
	same "the file" data "$(cat "$D/precious")"
}

test_ports_and_folders_that_are_not_ours() {
	start_all
	second elsewhere other "127.0.0.1:$PORT"
	serve2
	has "a port in use" "another program listens there (ss -ltnp shows it)" "$got"
	second elsewhere other "unix:$D/none/n.sock"
	serve2
	has "no folder" "make its folder, and give it to the user" "$got"
	second elsewhere other "192.0.2.1:8081"
	serve2
	has "an address of another machine" "this machine has no such address" "$got"
	first_is_well
}

refused_other() {	# the same as another user
	code=0
	got=$( (as_nobody timeout 30 "$@") 2>&1) || code=$?
	same "exit status of $*" 1 "$code"
}

test_folders_of_another_user() {
	config
	mkdir -m 700 "$D/data"
	mkdir -m 500 "$D/run"
	cp "$D/headrace.ini" "$D/second.ini"
	refused_other "$BIN/headrace" serve -c "$D/second.ini"
	has "the folder" "cannot lock $D/run/serve.lock: Permission denied; give server.run to the user" "$got"
	chmod 700 "$D/run"
	mkdir -m 500 "$D/closed"
	second run data "unix:$D/closed/n.sock"
	refused_other "$BIN/headrace" serve -c "$D/second.ini"
	has "a socket elsewhere" "Permission denied; give its folder to the user that runs headrace" "$got"
}

# Somebody has changed the mode of a socket between headrace's own processes.
test_a_socket_that_its_own_user_may_not_open() {
	config
	( (as_nobody env HR_TEST="$D" "$BIN/headrace" serve -c "$D/headrace.ini") >>"$D/serve.log" 2>&1) &
	started="$started $!"
	within 30 logged "ready at change" || fail "headrace serve does not start"
	chmod 000 "$D/run/control.sock"
	within 30 logged "no worker accepts on $D/run/control.sock: permission denied" || fail "it does not say why"
	chmod 600 "$D/run/control.sock"
	within 30 logged "workers accept again on $D/run/control.sock" || fail "it does not go on"
}
