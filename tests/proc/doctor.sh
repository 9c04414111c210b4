# tests/proc/doctor.sh -- what the tests of headrace doctor share: a deployment, a proxy that
# breaks one thing of it, and what doctor finds.

# lighttpd as conf/lighttpd-run.conf has it, and a relay, so that nothing is missing.
start_deployment() {	# LINES...: more of headrace.ini
	printf '{"Regions":{"900":{"RegionID":900,"RegionCode":"x","RegionName":"x","Nodes":[{"Name":"900a","RegionID":900,"HostName":"relay.test"}]}}}' >"$D/derp.json"
	config '[derp]' 'urls =' "paths = $D/derp.json" "$@"
	[ -z "${PUBLIC:-}" ] || sed -i "s|^url = .*|url = $PUBLIC|" "$D/headrace.ini"
	start_serve
	sed -e "s|@HOST@|127.0.0.1|; s|@PORT@|$PORT|; s|@DATA@|$D/www|; s|@RUN@|$D/run|" \
	    -e "s|@FDS@|1024|; s|@CONNECTIONS@|400|" conf/lighttpd-run.conf >"$D/lighttpd.conf"
	mkdir -p "$D/www/web"
	lighttpd -D -f "$D/lighttpd.conf" >>"$D/lighttpd.log" 2>&1 &
	web=$!
	started="$started $web"
	within 30 serve_ready || fail "the deployment does not start"
}

# A proxy before it that breaks one thing; sets $FRONT, the address to look at.
start_faulty() {	# FAULT [CERT KEY [ADDRESS:PORT]]
	back=$PORT
	[ -n "${4:-}" ] || free_port
	where=${4:-127.0.0.1:$PORT}
	fport=$PORT
	PORT=$back
	# shellcheck disable=SC2086
	python3 tests/proc/faulty.py "$where" "$back" "$1" ${2:-} ${3:-} >>"$D/faulty.log" 2>&1 &
	faulty=$!
	started="$started $faulty"
	FRONT=http://127.0.0.1:$fport
	within 30 python3 -c "import socket; socket.create_connection(('${where%:*}', ${where##*:}))" ||
		fail "the proxy does not start"
}

stop_faulty() {
	kill "$faulty"
	wait "$faulty" 2>/dev/null || :
}

# Looks from elsewhere: without this machine's configuration.
examine() {	# URL [FLAGS]
	status=0
	"$BIN/headrace" doctor --remote -o json --timeout "${STEP:-5s}" "$@" \
	    >"$D/out" 2>"$D/err" </dev/null || status=$?
	found=$(jq -r '[.findings[].id] | join(" ")' "$D/out")
	command="doctor $*"
}

# The same with the configuration of this machine.
examine_here() {
	status=0
	"$BIN/headrace" -c "$D/headrace.ini" doctor -o json --timeout 5s "$@" >"$D/out" 2>"$D/err" \
	    </dev/null || status=$?
	found=$(jq -r '[.findings[].id] | join(" ")' "$D/out")
	command="doctor here $*"
}

found_here() {	# FINDINGS
	examine_here
	[ "$found" = "$1" ]
}

found_only() { [ "$found" = "$1" ] || fail "$command: wanted '$1', got '$found'
$(jq -r '.findings[] | "    \(.id): \(.seen)"' "$D/out")"; }

finds() {
	case " $found " in
	*" $1 "*) ;;
	*) fail "$command: '$1' is not among '$found'" ;;
	esac
}

# One fault, one name; and doctor ends in time.
breaks() {	# FAULT FINDINGS [FLAGS]
	fault=$1 wanted=$2
	shift 2
	start_faulty "$fault"
	before=$(date +%s)
	examine "$FRONT" "$@"
	[ $(($(date +%s) - before)) -le 60 ] || fail "$fault: it takes too long"
	[ "$found" = "$wanted" ] || fail "$fault: wanted '$wanted', got '$found'
$(jq -r '.findings[] | "    \(.id): \(.seen)"' "$D/out")"
	stop_faulty
}

# Runs a function of FILE as a test of its own, in namespaces in which files can be mounted
# over others and addresses belong to nobody else.
apart() {	# FILE FUNCTION
	has_namespaces || return 0
	unshare --mount --net --kill-child --fork sh tests/proc/one.sh "tests/proc/$1" "$2"
}

# What is within: a loopback, 10.9.9.9 beside it, and names of our own.
apart_network() {
	ip link set lo up
	ip address add 10.9.9.9/32 dev lo
}

apart_hosts() {	# LINES: instead of /etc/hosts
	printf '%s\n' "$@" >"$D/hosts"
	mount --bind "$D/hosts" /etc/hosts
}

seen() { jq -r --arg id "$1" '.findings[] | select(.id == $id) | .seen' "$D/out"; }
