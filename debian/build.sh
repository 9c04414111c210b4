#!/bin/sh
# usage: debian/build.sh VERSION
# `make deb`: builds the package of what is in this folder, as VERSION, in a copy of it, and
# puts it into build/deb.  The copy stays, so that the next time only what has changed is
# compiled.  The unit tests, and what they need, are left out (nocheck) unless DEB_BUILD_OPTIONS
# and DEB_BUILD_PROFILES say otherwise.
set -eu
cd "$(dirname "$0")/.."
version=$1
out=$PWD/build/deb
copy=$out/tree

die() { echo "make deb: $*" >&2; exit 1; }

# What git knows or would take in; of an unpacked archive, all.
sources() {
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard | while read -r f; do
			[ ! -e "$f" ] || echo "$f"
		done
	else
		find . -path ./build -prune -o -path ./run -prune -o -type f -print
	fi
}

# Files that are gone from here go from there, too; its build/ stays.
copy_tree() {
	mkdir -p "$copy"
	(cd "$copy" && find . -path ./build -prune -o -type f -exec rm -f {} +)
	sources | tar -cf - -T - | tar -C "$copy" -xf -
}

# Objects know the version by a definition on the command line, which make does not see.
forget_version() {
	[ "$(cat "$copy/build/version" 2>/dev/null)" != "$version" ] || return 0
	(cd "$copy" && grep -rl HEADRACE_VERSION --include='*.c' cli fcgi handlers lib notifier) |
	    while read -r f; do rm -f "$copy/build/release/${f%.c}.o"; done
	mkdir -p "$copy/build"
	echo "$version" >"$copy/build/version"
}

# debian/changelog speaks of the version in VERSION; one that was asked for gets a line.
set_version() {
	echo "$version" >"$copy/VERSION"
	[ "$(dpkg-parsechangelog -l "$copy/debian/changelog" -S Version)" != "$version" ] || return 0
	{
		printf 'headrace (%s) unstable; urgency=medium\n\n  * Built as %s.\n\n' "$version" "$version"
		sed -n '/^ -- /{p;q}' debian/changelog
		echo
		cat debian/changelog
	} >"$copy/debian/changelog"
}

command -v dh >/dev/null || die "debhelper is missing: apt-get install debhelper"
copy_tree
set_version
forget_version
cd "$copy"
jobs=$(nproc)
DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS:-nocheck noautodbgsym parallel=$jobs} \
    DEB_BUILD_PROFILES=${DEB_BUILD_PROFILES-nocheck} MAKEFLAGS='' MODE=release dpkg-buildpackage -b -nc -uc -us >"$out/log" 2>&1 || {
	tail -n 40 "$out/log" >&2
	die "dpkg-buildpackage failed; all it said is in build/deb/log"
}
echo "build/deb/headrace_${version}_$(dpkg --print-architecture).deb"
