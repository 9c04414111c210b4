#!/bin/sh
# usage: CLIENTS=folder of tailscaled sh tests/deb/run.sh
# The package in a fresh Debian with a systemd of its own: installed, used by a real client
# behind a real web server, upgraded from an older version, removed, purged.  The steps
# build upon each other; the first that fails ends the run.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/deb/lib.sh

. tests/deb/may.sh
for tool in mmdebstrap lintian dh unshare nsenter setpriv ip; do
	command -v $tool >/dev/null || { echo "tests/deb needs $tool: run make packages" >&2; exit 2; }
done

passed=0
step() {		# NAME: one function test_NAME of tests/deb/steps.sh
	start=$(date +%s)
	(set -e; "test_$1") >"$T/out" 2>&1	# not in a condition, where set -e is for nothing
	if [ $? != 0 ]; then
		cat "$T/out"
		show_logs
		echo "FAILED  $1"
		echo "$passed passed, 1 failed"
		exit 1
	fi
	passed=$((passed + 1))
	echo "ok      $1 ($(($(date +%s) - start)) s)"
}

T=$(mktemp -d /tmp/hrdeb.XXXXXX)
trap 'finish' EXIT
trap 'exit 1' INT TERM
. tests/deb/steps.sh
for s in $(sed -n 's/^test_\([a-z0-9_]*\)() *{.*/\1/p' tests/deb/steps.sh); do
	[ "$s" != it_is_installed ] || boot
	step "$s"
done
echo "make deb: $(cat "$T/built") s; with all up to a client that has joined: $(cat "$T/seconds") s"
echo "$passed passed, 0 failed"
