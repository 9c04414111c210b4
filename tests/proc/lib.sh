# tests/proc/lib.sh -- what the process tests share.
#
# $D is the test's folder.  Nothing outlives a test: every process that it starts
# is in $started, headrace's own children die with their parent, and what got away
# from both is known by its environment.

started=

# The processes of this test, by the mark that one.sh puts into their environment.
marked() {
	for env in $(grep -lsz "^HR_TEST=$D\$" /proc/[0-9]*/environ); do
		p=${env#/proc/}
		echo "${p%/environ}"
	done
}

# Ends what was started; shows the logs of a test that failed.
finish() {
	trap - EXIT
	for p in $started; do
		kill -9 "$p" 2>/dev/null || :
	done
	for _ in 1 2 3; do	# some that end start others
		for p in $(marked); do
			kill -9 "$p" 2>/dev/null || :
		done
	done
	if [ "$1" != 0 ]; then
		for log in "$D"/*.log; do
			[ ! -s "$log" ] || { echo "--- ${log##*/}"; tail -n 25 "$log"; }
		done
	fi
	chmod -R u+w "$D" 2>/dev/null || :	# what ends just now may remove files
	rm -rf "$D"
	exit "$1"
}

fail() {
	echo "    why: $*"
	exit 1
}

same() {	# WHAT WANTED GOT
	[ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
}

has() {		# WHAT PART TEXT
	case $3 in
	*"$2"*) ;;
	*) fail "$1: wanted something with '$2', got '$3'" ;;
	esac
}

# Whether the command succeeds that shows what a test takes.  Where it does not, the test is
# left out with a word; a machine of CI has to be able to.
able() {	# WHAT IT TAKES, COMMAND...
	what=$1
	shift
	"$@" >/dev/null 2>&1 && return 0
	[ "${CI:-}" != true ] || fail "this machine cannot run it: it takes $what"
	echo "    not run: it takes $what"
	return 1
}

is_root() { able root [ "$(id -u)" = 0 ]; }
has_namespaces() { able "root, and namespaces" unshare -m -n -p -f --mount-proc true; }

# hr ARGS: runs headrace with the configuration $INI and the input $IN; $out, $err and $status are what the command gave.
hr() {
	status=0
	"$BIN/headrace" -c "$D/${INI:-headrace.ini}" "$@" >"$D/out" 2>"$D/err" <"${IN:-/dev/null}" || status=$?
	out=$(cat "$D/out")
	err=$(cat "$D/err")
	command=$*
}

# The text of all blocks of a page that are marked as sh: commands that run as they stand.
blocks() { sed -n '/^```sh$/,/^```$/p' "$TOP/$1" | grep -v '^```'; }

# Makes $D/bin with a headrace that knows the test's configuration.
hr_in_path() {
	mkdir "$D/bin"
	printf '#!/bin/sh\nexec "%s" -c "%s" "$@"\n' "$BIN/headrace" "$D/headrace.ini" >"$D/bin/headrace"
	chmod +x "$D/bin/headrace"
}

# hr that must succeed.
ok() {
	hr "$@"
	[ "$status" = 0 ] || fail "headrace $*: wanted status 0, got $status: $err"
}

exits() { same "headrace $command: status" "$1" "$status"; }
out_has() { has "headrace $command" "$1" "$out"; }
err_has() { has "headrace $command: error" "$1" "$err"; }

within() {	# SECONDS COMMAND...: until it succeeds
	n=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.05
	done
}

gone() { ! kill -0 "$1" 2>/dev/null; }
logged() { grep -q -- "$1" "$D/serve.log"; }
log_count() { grep -c -- "$1" "$D/serve.log" || :; }

free_port() {
	while :; do
		PORT=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
		curl -s -o /dev/null --max-time 1 "http://127.0.0.1:$PORT/" || [ $? != 7 ] || return 0
	done
}

config() {	# LINES...: headrace.ini
	[ -n "$PORT" ] || free_port
	{
		printf '[server]\nurl = http://127.0.0.1:%s\ndata = data\nrun = run\n' "$PORT"
		printf '[derp]\nurls =\n[log]\nlevel = info\n'
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$D/headrace.ini"
}

# Root may write anywhere, which some tests must not.
as_nobody() {
	if [ "$(id -u)" = 0 ]; then
		chown -R 65534:65534 "$D"
		set -- setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	fi
	exec "$@"
}

headrace() { "$BIN/headrace" "$@"; }

serve_ready() { curl -sf --max-time 10 -o /dev/null "http://127.0.0.1:$PORT/health"; }

start_serve() {	# sets $serve
	[ -f "$D/headrace.ini" ] || config
	"${SERVE:-$BIN/headrace}" serve -c "$D/headrace.ini" >>"$D/serve.log" 2>&1 &
	serve=$!
	started="$started $serve"
	within 30 test -S "$D/run/web.sock" || fail "headrace serve does not start"
}

start_web() {	# sets $web
	{
		printf 'server.bind = "127.0.0.1"\nserver.port = %s\n' "$PORT"
		printf 'server.document-root = "%s"\n' "$D"
		printf 'server.modules = ( "mod_fastcgi", "mod_cgi", "mod_alias" )\n%s\n' "${1:-$(fastcgi)}"
	} >"$D/lighttpd.conf"
	lighttpd -D -f "$D/lighttpd.conf" >>"$D/lighttpd.log" 2>&1 &
	web=$!
	started="$started $web"
	within 30 answers_at_all || fail "lighttpd does not start"
}

answers_at_all() { curl -s --max-time 10 -o /dev/null "http://127.0.0.1:$PORT/"; }

fastcgi() {
	printf 'fastcgi.server = ( "/" => (( "socket" => "%s/run/web.sock", ' "$D"
	printf '"check-local" => "disable", "disable-time" => 0 )) )\n'
}

start_all() {
	start_serve
	start_web
	within 30 serve_ready || fail "headrace does not get healthy"
}

stop_all() {	# what start_all has started
	kill "$serve" "$web"
	within 30 gone "$serve" || fail "headrace serve does not end"
	within 30 gone "$web" || fail "lighttpd does not end"
}

get() {		# PATH [CURL ARGUMENTS]: body, then the status in a line of its own
	path=$1
	shift
	curl -s --max-time 20 -w '\n%{http_code}' "$@" "http://127.0.0.1:$PORT$path"
}

status() { get "$@" | tail -n 1; }

# The processes that serve has started, by a word of their command line.
children() {	# [WORD]
	for p in $(cat "/proc/$serve/task/$serve/children"); do
		tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -q -- "${1:-.}" && echo "$p"
	done
	return 0
}

count() { wc -w | tr -d ' '; }

# All wanted children run; the notifier counts too.
complete() { [ "$(children | count)" = "${1:-7}" ]; }

# One FastCGI request straight to a socket; variables before it: A=b ask web.sock
ask() {
	cgi-fcgi -bind -connect "$D/run/$1"
}
