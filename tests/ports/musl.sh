#!/bin/sh
# usage: sh tests/ports/musl.sh
# Compiles everything against musl and links the programs, so that what only glibc has is
# noticed.  Debian has none of the libraries for musl: their headers serve, and linking
# finds their symbols in those for glibc.  What comes out is not to be run.
set -eu
cd "$(dirname "$0")/../.."

dir=build/musl-libraries
command -v musl-gcc >/dev/null || { echo "musl-gcc is missing: apt-get install musl-tools" >&2; exit 2; }

# The libraries and the kernel's headers; nothing of glibc may be seen.
packages() {
	sed -n '/^\[build\]/,/^$/p' conf/debian-packages.txt | grep -E '^(lib|uthash)' | grep -v '^libc6'
	echo linux-libc-dev
}
rm -rf $dir
mkdir -p $dir/include $dir/lib
packages | xargs dpkg -L | grep -E '^/usr/include/.*\.h$|/lib[a-z0-9_-]*\.so$' | while read -r f; do
	case $f in
	*.so) to=$dir/lib/${f##*/} ;;
	*) to=$dir/include/$(echo "$f" | sed 's|^/usr/include/||; s|^[a-z0-9_]*-linux-gnu[a-z0-9]*/||') ;;
	esac
	mkdir -p "$(dirname "$to")"
	ln -sf "$f" "$to"
done

make -j"$(nproc)" MODE=musl CC=musl-gcc CFLAGS="-isystem $PWD/$dir/include" \
    LDFLAGS="-L$dir/lib -Wl,--allow-shlib-undefined" all
for program in headrace headrace-notifier; do
	readelf -d build/musl/$program | grep -q '\[libc\.so\]' || {
		echo "build/musl/$program is not linked with musl" >&2
		exit 1
	}
done
