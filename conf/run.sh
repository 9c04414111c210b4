#!/bin/sh
# `make run`: a working tailnet on this machine, from a checkout, in the foreground.
#
# DATA holds all state (configuration, database, keys), PORT and HOST say where
# clients find it.  DATA/join.env is written when it is ready.  Stop with Ctrl-C.
# BIN names a folder with programs that are built already (for tests).
set -eu
cd "$(dirname "$0")/.."

PORT=${PORT:-8080}
HOST=${HOST:-127.0.0.1}
DATA=${DATA:-run}
MAKE=${MAKE:-make}
bin=${BIN:-build/release}
serve='' lighttpd=''
user=me

die() { echo "make run: $*" >&2; exit 1; }

check_arguments() {
	case $PORT in
	*[!0-9]* | '') die "PORT=$PORT is not a number" ;;
	esac
	if [ "$PORT" -lt 1 ] || [ "$PORT" -gt 65535 ]; then
		die "PORT=$PORT is not between 1 and 65535"
	fi
	mkdir -p "$DATA/web" || die "cannot make the folder DATA=$DATA"
	chmod 700 "$DATA"
	DATA=$(cd "$DATA" && pwd)
	case $DATA in
	*[\"\'\ ,\;\#\\\&\|]*) die "DATA=$DATA has characters in it that a configuration file cannot hold" ;;
	esac
	ini=$DATA/headrace.ini
	url=http://$HOST:$PORT
}

# The port must be free before anything is started: a half-started tailnet
# behind somebody else's web server is hard to understand.
check_port() {
	command -v lighttpd >/dev/null || PATH=$PATH:/usr/sbin
	command -v lighttpd >/dev/null || die "lighttpd is not installed: apt-get install lighttpd"
	if curl -s -o /dev/null --max-time 2 "$url/" || [ $? != 7 ]; then
		die "something listens on $HOST port $PORT already; choose another: make run PORT=8081"
	fi
}

# Sockets stand in DATA, unless its name is too long for one.
choose_run_dir() {
	run=$DATA/sockets
	[ ${#run} -le 90 ] || run=$(mktemp -d /tmp/headrace-XXXXXX)
}

make_config() {
	[ -f "$ini" ] && return
	choose_run_dir
	{
		echo "; Made by make run; conf/headrace.ini describes all keys."
		echo "[server]"
		echo "url = $url"
		echo "data = $DATA"
		echo "run = $run"
	} >"$ini.new"
	mv "$ini.new" "$ini"
}

make_lighttpd_config() {
	fds=$(ulimit -Hn)
	[ "$fds" != unlimited ] && [ "$fds" -le 65536 ] || fds=65536
	sed -e "s|@HOST@|$HOST|; s|@PORT@|$PORT|; s|@DATA@|$DATA|; s|@RUN@|$run|" \
	    -e "s|@FDS@|$fds|; s|@CONNECTIONS@|$((fds / 2))|" \
	    conf/lighttpd-run.conf >"$DATA/lighttpd.conf"
	lighttpd -tt -f "$DATA/lighttpd.conf" || die "lighttpd does not accept $DATA/lighttpd.conf"
}

headrace() { "$bin/headrace" "$@"; }

# Children end when this script does, however it ends.
start_serve() { setpriv --pdeathsig TERM setsid "$bin/headrace" serve & serve=$!; }
start_lighttpd() { setpriv --pdeathsig TERM setsid lighttpd -D -f "$DATA/lighttpd.conf" & lighttpd=$!; }

stop() {
	trap - INT TERM HUP EXIT
	rm -f "$DATA/join.env"
	# shellcheck disable=SC2086
	kill $serve $lighttpd 2>/dev/null || :
	wait
	[ -z "${1:-}" ] || exit "$1"
}

runs() { kill -0 "$1" 2>/dev/null; }

wait_for_serve() {
	n=0
	until [ -S "$run/web.sock" ]; do
		runs "$serve" || die "headrace serve has ended (see above)"
		n=$((n + 1))
		[ $n -lt 600 ] || die "headrace serve does not make $run/web.sock"
		sleep 0.1
	done
}

wait_until_ready() {
	n=0
	until curl -sf -o /dev/null --max-time 2 "$url/health"; do
		runs "$serve" || die "headrace serve has ended (see above)"
		runs "$lighttpd" || die "lighttpd has ended (see above)"
		n=$((n + 1))
		[ $n -lt 150 ] || die "headrace does not answer at $url/health"
		sleep 0.1
	done
}

# A key from last time, if it still works, else a new one.
make_authkey() {
	key=$(cat "$DATA/authkey" 2>/dev/null || :)
	[ -n "$key" ] && key_works && return
	if ! headrace users list -o json | grep -q "\"name\": *\"$user\""; then
		headrace users create "$user" >/dev/null || die "cannot create the user $user"
	fi
	key=$(headrace preauthkeys create --user "$user" --reusable --expiration 90d) ||
		die "cannot create an auth key"
	echo "$key" >"$DATA/authkey.new"
	mv "$DATA/authkey.new" "$DATA/authkey"
}

# Is the key still listed, with an end that is to come?
key_works() {
	headrace preauthkeys list -o json | awk -F '"' -v key="${key%-*}-***" \
	    -v now="$(date -u +%Y-%m-%dT%H:%M:%S)" '
		$2 == "key" { ours = $4 == key }
		$2 == "expiration" && ours && $4 > now { good = 1 }
		END { exit !good }'
}

announce() {
	printf 'HEADRACE_URL=%s\nHEADRACE_AUTHKEY=%s\n' "$url" "$key" >"$DATA/join.env.new"
	mv "$DATA/join.env.new" "$DATA/join.env"
	cat <<-END

	headrace is ready.
	  address   $url
	  auth key  $key
	  commands  HEADRACE_CONFIG=$ini $bin/headrace nodes list

	Join with any Tailscale client on this machine:

	  tailscale up --login-server $url --authkey $key

	Ctrl-C ends it; the next make run finds the tailnet as it was.
	END
}

# A SIGINT that only make got (not from a keyboard, which sends it to all) makes
# it wait for us without a word; but it no longer catches SIGINT then.
make_catches_int() {
	case $(sed -n 's/^SigCgt:.*\(.\)$/\1/p' "/proc/$PPID/status" 2>/dev/null) in
	[014589cd]) return 1 ;;
	esac			# it does, or we cannot see
}

# Starts again what was killed, unless it keeps dying.
watch() {
	deaths=0 under_make=
	make_catches_int && under_make=yes
	while :; do
		sleep 1 &
		wait $!
		[ -z "$under_make" ] || make_catches_int || stop 0
		runs "$serve" || { deaths=$((deaths + 1)); start_serve; }
		runs "$lighttpd" || { deaths=$((deaths + 1)); start_lighttpd; }
		[ $deaths -lt 10 ] || die "headrace serve or lighttpd keeps ending (see above)"
	done
}

check_arguments
if [ -z "${BIN:-}" ]; then
	sh conf/packages.sh build run
	"$MAKE" --no-print-directory -s all
fi
umask 077	# for DATA; what is built is for everybody
make_config
export HEADRACE_CONFIG="$ini" HEADRACE_SERVER_URL="$url" HEADRACE_SERVER_DATA="$DATA"
run=$(headrace configtest -v 2>/dev/null | sed -n 's/^run = //p')
[ -n "$run" ] || { headrace configtest || :; die "please correct $ini"; }
check_port
make_lighttpd_config

trap 'stop 0' INT TERM HUP
trap 'stop' EXIT
start_serve
wait_for_serve
start_lighttpd
wait_until_ready
make_authkey
announce
watch
