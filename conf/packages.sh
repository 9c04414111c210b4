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
# shellcheck disable=SC2086  # the list is words
install() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $sudo apt-get update && install; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "apt-get could not install them (see above).  Please run this yourself and try again:" >&2
	echo "    apt-get install$missing" >&2
	exit 1
fi

# Debian starts a web server on port 80 right after its installation.  Nobody
# asked for that one: ours has a configuration and a port of its own.
case "$missing " in
*" lighttpd "*)
	if command -v systemctl >/dev/null && systemctl is-active -q lighttpd 2>/dev/null; then
		echo "Stopping the system's own lighttpd, which Debian has started on port 80."
		$sudo systemctl disable --now lighttpd >/dev/null 2>&1 || :
	fi
	;;
esac
