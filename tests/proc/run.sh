#!/bin/sh
# usage: BIN=build/release sh tests/proc/run.sh [NN-name | test_name]...
# Runs the functions test_* of tests/proc/NN-*.sh, each in a process and a folder
# of its own, and prints "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 2
export TOP="$PWD"

# A copy, so that a build meanwhile does not change what is tested.
built=${BIN:-build/release}
BIN=$(mktemp -d /tmp/hrbin.XXXXXX)
trap 'rm -rf "$BIN"' EXIT
trap 'exit 1' INT TERM
chmod 755 "$BIN"
cp "$built/headrace" "$built/headrace-notifier" "$BIN/" || exit 2
chmod 755 "$BIN"/*
export BIN

for tool in lighttpd haproxy curl jq python3 faketime ip unshare useradd cgi-fcgi sqlite3 setpriv pgrep script bash zsh fish groff mandoc openssl; do
	PATH=$PATH:/usr/sbin command -v $tool >/dev/null || {
		echo "tests/proc needs $tool: run make packages" >&2
		exit 2
	}
done

chosen() {	# FILE TEST: is it among our arguments?
	[ -n "$wanted" ] || return 0
	for w in $wanted; do
		case $(basename "$1" .sh):$2 in
		$w:* | *:$w) return 0 ;;
		esac
	done
	return 1
}

wanted=$*
passed=0 failed=0 names=
for file in tests/proc/[0-9][0-9]-*.sh; do
	for t in $(sed -n 's/^\(test_[a-z0-9_]*\)() *{.*/\1/p' "$file"); do
		chosen "$file" "$t" || continue
		if timeout 300 sh tests/proc/one.sh "$file" "$t"; then
			passed=$((passed + 1))
			echo "ok      $(basename "$file" .sh) $t"
		else
			failed=$((failed + 1))
			names="$names $t"
			echo "FAILED  $(basename "$file" .sh) $t"
		fi
	done
done
[ -z "$names" ] || echo "failed:$names"
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed != 0 ]
