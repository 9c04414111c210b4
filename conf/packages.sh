#!/bin/sh
# usage: conf/packages.sh SECTION...
# Installs what is missing of the Debian packages that conf/debian-packages.txt
# lists under these sections.  Prints their names; asks sudo when not root.
set -eu

list=$(dirname "$0")/debian-packages.txt

wanted() {
	awk -v want=" $* " '
		/^\[/ { gsub(/[][]/, ""); in_it = index(want, " " $0 " ") > 0; next }
		in_it && NF && !/^#/ { print $1 }' "$list"
}

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=
for p in $(wanted "$@"); do
	if command -v dpkg-query >/dev/null; then
		is_installed "$p" || missing="$missing $p"
	fi
done
if ! command -v dpkg-query >/dev/null; then
	echo "This is no Debian system: please see to it that these are there (Debian's names):" >&2
	wanted "$@" | tr '\n' ' ' >&2
	echo >&2
	exit 0
fi
[ -n "$missing" ] || exit 0

echo "Installing from Debian's packages:$missing"
sudo=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "I am not root and there is no sudo.  Please have root run:" >&2
		echo "    apt-get install$missing" >&2
		exit 1
	fi
	sudo=sudo
fi
# Debian starts a web server on port 80 right after its installation, and again
# at every start of the machine.  Nobody asked for that: ours have a configuration
# and a port of their own.  So nothing is started meanwhile, unless this machine
# has a rule of its own about that.
policy=/usr/sbin/policy-rc.d
ours=
forbid_starts() {
	[ ! -e $policy ] || return 0
	ours=yes
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
}
allow_starts() {
	[ -z "$ours" ] || $sudo rm -f $policy
	ours=
}
# shellcheck disable=SC2086  # the list is words
install() {
	forbid_starts
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=5 install -y --no-install-recommends \
	    $missing
}
log=$(mktemp)
trap 'allow_starts; rm -f "$log"' EXIT
trap 'exit 1' INT TERM HUP
if ! { $sudo apt-get -o Acquire::Retries=5 update && install; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "apt-get could not install them (see above).  Please run this yourself and try again:" >&2
	echo "    apt-get install$missing" >&2
	exit 1
fi

allow_starts
for server in lighttpd apache2 caddy nginx haproxy; do
	case "$missing " in
	*" $server "*)
		if command -v systemctl >/dev/null; then
			$sudo systemctl disable --now $server >/dev/null 2>&1 || :
		fi
		;;
	esac
done
