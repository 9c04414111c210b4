#!/bin/sh
# usage: BIN=build/release sh tests/golden/run.sh [ARGUMENTS OF check]
# What a real tailnet did with 559 policies, against `headrace policy preview`.
#
# The cases are not part of this repository; without them this is skipped, and
# says so.  Those in known.txt cannot be told from their inputs; all others have
# to pass, and of what is scored beside them (peers, their routes,
# capabilities) nearly all.
set -u
cd "$(dirname "$0")/../.." || exit 2
golden=${GOLDEN:-../shared/golden}
CASES_MIN=559
SCORE_MIN=97	# percent

if [ ! -x "$golden/check" ]; then
	echo "skipped: $golden is not here"
	exit 0
fi
preview="${BIN:-build/release}/headrace policy preview -o json"
if [ $# != 0 ]; then	# only some of them: as check says it
	exec "$golden/check" "$@" $preview
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The same check, to which the order of principals says nothing.
sed 's/if key in ("SrcIPs",/if key in ("principals", "SrcIPs",/' "$golden/check" >"$tmp/unordered"

"$golden/check" -v $preview >"$tmp/out"
sed -n 's/^FAIL \([^:]*\):.*/\1/p' "$tmp/out" | sort >"$tmp/failed"
sed -n 's/^[a-z]* \(.*\)/\1/p' tests/golden/known.txt | sort >"$tmp/known"
failed=$(comm -23 "$tmp/failed" "$tmp/known" | wc -l)

sed -n 's/^principals //p' tests/golden/known.txt >"$tmp/principals"
while read -r id; do
	python3 "$tmp/unordered" --dir "$golden/policy" --case "$id" $preview >"$tmp/one" || {
		failed=$((failed + 1))
		cat "$tmp/one"
	}
done <"$tmp/principals"

awk 'NR == FNR { known[$1]; next } / passed, / { next }
	/^FAIL / { id = $2; sub(/:$/, "", id); hide = id in known }
	/^[a-z]/ { hide = 0 } !hide' "$tmp/known" "$tmp/out"
comm -13 "$tmp/failed" "$tmp/known" | sed 's/$/ passes: take it out of known.txt/'
awk -v cases=$CASES_MIN -v min=$SCORE_MIN -v wrong="$failed" -v known="$(wc -l <"$tmp/known")" '
	/ passed, / { passed = $1; all = $1 + $3 }
	/^(peer|self)[a-z ]* +[0-9]+ of [0-9]+$/ && $(NF - 2) * 100 < $NF * min {
		print "too few: " $0; wrong++
	}
	END {
		if (all < cases) { print "only " all + 0 " cases, wanted " cases; wrong++ }
		print "of " all " cases " known " cannot be told from their inputs (tests/golden/known.txt)"
		print passed + 0 " passed, " wrong + 0 " failed"
		exit wrong > 0
	}' "$tmp/out"
