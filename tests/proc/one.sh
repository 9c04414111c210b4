# usage: sh one.sh FILE TEST: one test in a folder of its own; see run.sh.
set -eu
PATH=$PATH:/usr/sbin
# shellcheck source=tests/proc/lib.sh
. tests/proc/lib.sh
. "$1"

D=$(mktemp -d /tmp/hrt.XXXXXX)
chmod 755 "$D"
export HR_TEST="$D"	# the mark of all that it starts
PORT=
trap 'finish $?' EXIT
trap 'exit 1' INT TERM
"$2"
