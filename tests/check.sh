#!/bin/sh
# tests/check.sh -- `make check`: every test there is, from the quick to the slow.
#
# Each ring's output goes to build/check/<ring>.log and is shown when the ring
# fails; a ring that cannot run is a failure, never a silence.  What failed is
# named once more at the end, and the last line adds up what all of them said.
set -u
cd "$(dirname "$0")/.."

logs=build/check
passed=0
failed=0
red=			# the rings that failed
mkdir -p $logs
# One sum for all runners: cmocka, go test, and our own "N passed, N failed".
count() {			# count LOG -> "passed failed"
	awk '
		/^\[  PASSED  \] [0-9]+ test/ { p += $4 }
		/^\[  FAILED  \] [0-9]+ test/ { f += $4 }
		/^ *--- PASS: / { p++ }
		/^ *--- FAIL: / { f++ }
		/^([a-z]+: )?[0-9]+ passed, [0-9]+ failed/ {
			for (i = 1; i < NF; i++) {
				if ($(i + 1) ~ /^passed/) p += $i
				if ($(i + 1) ~ /^failed/) f += $i
			}
		}
		END { print p + 0, f + 0 }' "$1"
}

# The names of what failed and what was said of it, for whoever sees the end of the output only.
reasons() {			# reasons LOG
	grep -E '^(FAIL|FAILED|E  |ERROR) |^ *(why|skipped): |[a-z]\.(go|c|py):[0-9]+: |^\[  FAILED  \]|(error|Error|ERROR): ' "$1" |
	    cut -c 1-300 | tail -n 8
}

ring() {			# ring NAME COMMAND...
	name=$1
	shift
	start=$(date +%s)
	printf '%-12s ' "$name"
	"$@" > "$logs/$name.log" 2>&1
	status=$?
	set -- $(count "$logs/$name.log")
	if [ $status -ne 0 ] && [ "$2" -eq 0 ]; then
		set -- "$1" 1	# it broke before it could count
	fi
	if [ $status -eq 0 ] && [ "$1" -eq 0 ] && ! grep -q '^skipped: ' "$logs/$name.log"; then
		set -- 1 0	# lint, and what else counts nothing
	fi
	passed=$((passed + $1))
	failed=$((failed + $2))
	printf '%5s passed %3s failed  %4s s%s\n' "$1" "$2" $(($(date +%s) - start)) \
	    "$(sed -n 's/^skipped: /  skipped: /p' "$logs/$name.log")"
	if [ $status -ne 0 ] || [ "$2" -ne 0 ]; then
		red="$red $name"
		echo "---- $name failed; the end of $logs/$name.log:"
		tail -n 60 "$logs/$name.log"
		echo "----"
	fi
}

jobs=$(nproc)
ring build make -j"$jobs" all
ring lint make lint
ring unit make -j"$jobs" unit
ring asan make -j"$jobs" MODE=asan unit
ring ubsan make -j"$jobs" MODE=ubsan unit
ring fuzz make fuzz-all SECONDS="${FUZZ_SECONDS:-5}"
ring golden make golden
ring proc make proc
ring api make api
ring interop make interop
ring deb make deb-test
ring image make image-test
ring i386 make i386
ring musl make musl

for name in $red; do
	echo "$name failed; all it said is in $logs/$name.log:"
	reasons "$logs/$name.log"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
