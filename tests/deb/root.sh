#!/bin/sh
# usage: tests/deb/root.sh FILE ARCH PACKAGE...
# Makes FILE, a tar archive of a fresh Debian of this machine's release with these packages,
# from where this machine's own packages come from; if it is there for the same packages, nothing.
set -eu
file=$1 arch=$2
shift 2
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
packages=$(echo "$*" | tr ' ' ',')

[ "$(cat "$file.list" 2>/dev/null)" != "$packages" ] || exit 0

# Updates are taken for this machine's kind only: of others a mirror may have half of them.
sources() {
	if [ "$arch" = "$(dpkg --print-architecture)" ]; then
		suites=$release[a-z-]*
	else
		suites=$release
	fi
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
	    'Created-By: Packages' 'Origin: Debian' | sort -u | grep -E " $suites main\$"
}

mkdir -p "$(dirname "$file")"
rm -rf "$file.new"
[ -n "$(sources)" ] || apt-get update >/dev/null
if ! sources | mmdebstrap --quiet --format=tar --variant=apt --architectures="$arch" --include="$packages" \
    --aptopt='Acquire::Retries "5"' "$release" "$file.new" - >"$file.log" 2>&1; then
	tail -n 20 "$file.log" >&2
	echo "mmdebstrap cannot make a Debian of $arch (see above)" >&2
	exit 1
fi
mv "$file.new" "$file"
echo "$packages" >"$file.list"
