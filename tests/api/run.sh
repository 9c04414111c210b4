#!/bin/sh
# usage: BIN=build/release VENV=build/api-venv GO=go sh tests/api/run.sh [test_file[::test_name] | go]
# Runs the tests in Python, then those in Go; each prints what it counted.
set -u
cd "$(dirname "$0")/../.." || exit 2
wanted=${1:-}

for tool in lighttpd curl setpriv; do
	PATH=$PATH:/usr/sbin command -v $tool >/dev/null || {
		echo "tests/api needs $tool: run make packages" >&2
		exit 2
	}
done

# A copy, so that a build meanwhile does not change what is tested.
built=$BIN
BIN=$(mktemp -d /tmp/hrapi.XXXXXX)
trap 'rm -rf "$BIN"' EXIT
trap 'exit 1' INT TERM
cp "$built/headrace" "$built/headrace-notifier" "$BIN/" || exit 2
export BIN GO

status=0
if [ "$wanted" != go ]; then
	file=${wanted%%::*} name=${wanted#"$file"}
	"$VENV/bin/python" -m pytest -p no:cacheprovider -q --no-header --tb=short \
	    -W ignore::DeprecationWarning \
	    "tests/api/${file:+$file.py}$name" || status=1
fi
if [ -z "$wanted" ] || [ "$wanted" = go ]; then
	root=$PWD
	cd tests/api/goclient && API_ROOT=$root "$GO" test -count=1 -v -timeout 15m ./... || status=1
fi
exit $status
