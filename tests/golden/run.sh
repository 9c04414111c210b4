#!/bin/sh
# usage: BIN=build/release sh tests/golden/run.sh [ARGUMENTS OF check]
# What a real tailnet did with 559 policies, against `headrace policy preview`.
#
# The cases are not part of this repository; without them this is skipped, and
# says so.  All cases have to pass, and of what is scored beside them (peers,
# their routes, capabilities) nearly all: those few cannot be told from the case.
set -u
cd "$(dirname "$0")/../.." || exit 2
golden=${GOLDEN:-../shared/golden}
CASES_MIN=559
SCORE_MIN=97	# percent

if [ ! -x "$golden/check" ]; then
	echo "skipped: $golden is not here"
	exit 0
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT
status=0
"$golden/check" "$@" "${BIN:-build/release}/headrace" policy preview -o json >"$out" || status=$?
cat "$out"
[ $status = 0 ] || exit $status
[ $# = 0 ] || exit 0	# only some of them were asked for
awk -v cases=$CASES_MIN -v min=$SCORE_MIN '
	/ passed, / { passed = $1 }
	/^(peer|self)[a-z ]* +[0-9]+ of [0-9]+$/ {
		if ($(NF - 2) * 100 < $NF * min) { print "too few: " $0; bad = 1 }
	}
	END {
		if (passed < cases) { print "only " passed + 0 " cases, wanted " cases; bad = 1 }
		exit bad
	}' "$out"
