# tests/proc/setup.sh -- what the tests of headrace setup share.

NAME=hr.example.test

# setup ARGS: $out, $err and $status are what headrace setup gave.
setup() {
	status=0
	"$BIN/headrace" setup "$NAME" "$@" >"$D/out" 2>"$D/err" </dev/null || status=$?
	out=$(cat "$D/out")
	err=$(cat "$D/err")
	command="setup $*"
}

set_up() {	# the same, and it must succeed
	setup "$@"
	[ "$status" = 0 ] || fail "headrace setup $*: wanted status 0, got $status: $err$out"
}

# The value that jq finds in the answer to -o json.
answer() { jq -r "$1" "$D/out"; }

certificate() {	# FOLDER: cert.pem and key.pem of $NAME, which is its own CA
	mkdir -p "$1"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3 -subj "/CN=$NAME" \
	    -addext "subjectAltName=DNS:$NAME" -keyout "$1/key.pem" -out "$1/cert.pem" 2>/dev/null
}

# All that is there, with modes and contents.
snapshot() {	# FOLDER...
	for folder; do
		[ ! -d "$folder" ] || (cd "$folder" && find . -printf '%p %y %m %U %l\n' | sort &&
			find . -type f -exec sha256sum {} + | sort -k 2)
	done
}
