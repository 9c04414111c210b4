#!/bin/sh
# usage: unshare ... sh tests/deb/image_steps.sh, as tests/deb/image.sh does it
# The container of docs/packages.md on a machine of its own: network, processes, cgroups, /run.
set -u
. tests/deb/lib.sh

URL=https://headrace.example.com
has() { podman exec headrace headrace "$1" list -o json-line | grep -q "$2"; }
served() { curl -s -o /dev/null -w '%{http_code}' --cacert "$T/root.crt" "$URL/$1"; }
is_served() { [ "$(served health)" = 200 ]; }
client() { "$CLIENTS/tailscale" --socket="$T/ts.sock" "$@"; }

begin_machine() {
	mount --make-rprivate /
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount -t tmpfs -o mode=755 tmpfs /run
	# crun gives what a container has as its input to the container's user: not the machine's.
	mkdir "$T/dev"
	mount -t tmpfs -o mode=755 tmpfs "$T/dev"
	mknod -m 666 "$T/dev/null" c 1 3
	mount --bind "$T/dev/null" /dev/null
	exec </dev/null
	. tests/deb/network.sh
	cp /etc/hosts "$T/hosts"
	echo '127.0.0.1 headrace.example.com' >>"$T/hosts"
	mount --bind "$T/hosts" /etc/hosts
	# The map of relays is in the Internet.
	sed -i 's|^\[containers\]|&\nenv = ["HEADRACE_DERP_URLS="]|' "$CONTAINERS_CONF"
}

test_it_runs() {
	run_here 'Run the container' >"$T/said"
	KEY=$(grep -o 'hskey-auth-[^ ]*' "$T/said")
	[ -n "$KEY" ] || fail "no key: $(cat "$T/said")"
	podman exec headrace headrace health
	same "user" "900 900" "$(podman exec headrace sh -c 'echo $(stat -c "%u %g" /proc/1)')"
	same "modes" "700 headrace:headrace /var/lib/headrace
600 headrace:headrace /var/lib/headrace/headrace.db
755 headrace:headrace /run/headrace" "$(podman exec headrace stat -c '%a %U:%G %n' \
	    /var/lib/headrace /var/lib/headrace/headrace.db /run/headrace)"
	echo "$KEY" >"$T/key"
}

test_a_client_joins() {
	run_here 'A web server in another container'
	authority=$(podman volume inspect -f '{{.Mountpoint}}' web-data)/caddy/pki/authorities/local/root.crt
	within 60 test -s "$authority" || fail "Caddy does not start: $(podman logs web 2>&1)"
	cp "$authority" "$T/root.crt"
	within 60 is_served || fail "the web server answers $(served health)"
	SSL_CERT_FILE="$T/root.crt" TS_NO_LOGS_NO_SUPPORT=1 "$CLIENTS/tailscaled" --state=mem: \
	    --tun=userspace-networking --socket="$T/ts.sock" >"$T/tailscaled.log" 2>&1 &
	within 60 test -S "$T/ts.sock" || fail "tailscaled does not run"
	client up --timeout 55s --hostname joined --login-server "$URL" --authkey "$(cat "$T/key")"
	within 60 has nodes '"online": *true' || fail "the client is not online"
}

test_it_stops_in_time_and_starts_again() {
	podman stop -t 10 headrace 2>"$T/err"
	same "podman stop" "" "$(cat "$T/err")"
	podman start headrace
	within 60 has nodes '"online": *true' || fail "the client does not come back"
}

test_another_image_keeps_everything() {
	section 'A newer image' | grep -v '^podman build' >"$T/commands"
	sh -eu "$T/commands"
	section 'Run the container' | sed '/^podman exec/d' >"$T/commands"
	sh -eu "$T/commands"
	within 60 has nodes '"online": *true' || fail "the client does not come back"
	has users alice || fail "the user is gone"
	podman exec headrace test -s /var/lib/headrace/before-the-upgrade || fail "no backup"
}

test_its_sockets_are_on_the_host() {
	podman rm -f -t 10 headrace web
	run_here 'A web server on the host'
	within 60 test -S /run/headrace/web.sock || fail "no socket"
	same "modes" "755 900:900 /run/headrace
666 900:900 /run/headrace/web.sock" "$(stat -c '%a %u:%g %n' /run/headrace /run/headrace/web.sock)"
	within 60 has users alice || fail "it does not answer"
}

begin_machine
passed=1		# that the image is built
for t in $(sed -n 's/^test_\([a-z0-9_]*\)() *{.*/\1/p' tests/deb/image_steps.sh); do
	(set -e; "test_$t") >"$T/out" 2>&1	# not in a condition, where set -e is for nothing
	if [ $? != 0 ]; then
		cat "$T/out"
		podman logs headrace
		echo "FAILED  $t"
		echo "$passed passed, 1 failed"
		podman rm -fa >/dev/null 2>&1
		exit 1
	fi
	passed=$((passed + 1))
	echo "ok      $t"
done
podman rm -fa >/dev/null 2>&1
echo "$passed passed, 0 failed"
