# tests/deb/lib.sh -- the fresh machine of tests/deb: a Debian in namespaces, with PID 1.

VERSION=$(cat VERSION)
OLDER=0.0.9
ARCH=$(dpkg --print-architecture)
ROOT_TAR=build/deb/root.tar
init=

fail() { echo "    why: $*"; exit 1; }

same() {	# WHAT WANTED GOT
	[ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
}

within() {	# SECONDS COMMAND...: until it succeeds
	n=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.1
	done
}

deb() { echo "build/deb/headrace_$1_$ARCH.deb"; }

# What the package depends on, by name.
depends() { dpkg-deb -f "$1" Depends | tr ',' '\n' | awk '{ print $1 }'; }

# Everything but headrace itself is in the machine from the start: it has no network.
boot() {
	# shellcheck disable=SC2046
	sh tests/deb/root.sh $ROOT_TAR "$ARCH" systemd systemd-sysv ca-certificates openssl curl \
	    make lighttpd lighttpd-mod-openssl $(depends "$(deb "$VERSION")") || exit 1
	mkdir "$T/root"
	tar -C "$T/root" -xf $ROOT_TAR
	cp "$CLIENTS/tailscale" "$CLIENTS/tailscaled" "$T/root/usr/local/bin/" || exit 1
	setpriv --pdeathsig KILL unshare --mount --pid --uts --ipc --cgroup --net --fork --kill-child \
	    sh tests/deb/boot.sh "$T/root" >"$T/boot.log" 2>&1 </dev/null &
	unshare=$!
	within 30 is_child || { cat "$T/boot.log"; exit 1; }
	within 120 is_booted || { cat "$T/boot.log"; in_it systemctl --failed; exit 1; }
}

is_child() { init=$(cat "/proc/$unshare/task/$unshare/children"); init=${init% }; [ -n "$init" ]; }
is_booted() { [ "$(in_it systemctl is-system-running)" = running ]; }

in_it() {	# COMMAND...: in the fresh machine
	timeout 300 nsenter -t "$init" --mount --pid --uts --ipc --net --root \
	    env -C / -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	    DEBIAN_FRONTEND=noninteractive SSL_CERT_FILE=/etc/ssl/test.pem "$@"
}

# The commands of docs/packages.md below a heading.
section() {
	awk -v h="## $1" '/^## / { on = $0 == h } /^```/ { code = on && $0 == "```sh"; next } code' docs/packages.md >"$T/section"
	grep . "$T/section" || fail "no commands below '## $1' in docs/packages.md"
}

run_here() {	# HEADING: its commands, on this machine
	section "$1" >"$T/commands" && sh -eu "$T/commands"
}

follow() {	# FOLDER HEADING: runs them there as they stand, in the fresh machine
	section "$2" >"$T/root/var/commands" || fail "$(cat "$T/root/var/commands")"
	in_it tree="${tree:-}" sh -e -c "cd $1 && . /var/commands"
}

show_logs() {
	[ -z "$init" ] || in_it journalctl --no-pager -n 40 -u headrace -u lighttpd -u tailscaled -o cat
}

finish() {
	[ -z "$init" ] || kill -9 "$init" 2>/dev/null
	[ -z "$init" ] || wait "$unshare" 2>/dev/null
	rm -rf "$T"
}
