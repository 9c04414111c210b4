#!/bin/sh
# usage: sh tests/ports/i386.sh
# Builds headrace, and runs the unit tests, in a Debian for 32-bit machines: this machine's
# processor runs it, and no package of it comes among this machine's own.
set -eu
cd "$(dirname "$0")/../.."

. tests/deb/may.sh	# ends here if we may not
root=build/i386/root

# What is installed there to build and to test, and no more.
packages() {
	sed -n '/^\[build\]/,/^$/p' conf/debian-packages.txt | grep -v '^\[' | sed '/^$/d'
	echo libcmocka-dev
}

# shellcheck disable=SC2046
sh tests/deb/root.sh build/i386/root.tar i386 $(packages)
if [ ! -e build/i386/unpacked ] || [ build/i386/root.tar -nt build/i386/unpacked ]; then
	rm -rf $root
	mkdir -p $root
	tar -C $root -xf build/i386/root.tar
	touch build/i386/unpacked
fi
mkdir -p $root/src

# The checkout as it is, but objects go to a build/ of its own.
in_it() {		# COMMAND
	unshare --mount --pid --fork --kill-child sh -euc '
		mount --bind . "$0/src"
		mount --bind build/i386/build "$0/src/build"
		mount -t proc proc "$0/proc"
		mount -t tmpfs tmpfs "$0/tmp"
		mount -t tmpfs -o mode=755 tmpfs "$0/dev"
		for d in null zero full random urandom; do
			touch "$0/dev/$d"
			mount --bind "/dev/$d" "$0/dev/$d"
		done
		exec setarch i386 chroot "$0" sh -euc "cd /src; $1"' $root "$1"
}

mkdir -p build/i386/build
in_it "make -j$(nproc) all unit"
in_it 'file=build/release/headrace; od -An -tu1 -j4 -N1 $file | grep -qx " *1" || exit 1; $file version'
