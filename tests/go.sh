#!/bin/sh
# tests/go.sh -- prints the path of a Go that can build the real Tailscale clients.
#
# They need a newer Go than Debian 12 has.  A Go on the machine that is new
# enough is used; otherwise Debian's old one fetches the newer as a module, the
# way Go itself changes its version, and it is kept under build/.
set -eu
cd "$(dirname "$0")/.."

WANT=1.26.8			# the one that is fetched
NEED=1.26.6			# what the clients ask for

new_enough() {			# new_enough COMMAND
	v=$("$1" env GOVERSION 2>/dev/null | sed 's/^go//; s/[^0-9.].*//') || return 1
	[ -n "$v" ] && [ "$(printf '%s\n%s\n' "$NEED" "$v" | sort -V | head -n 1)" = "$NEED" ]
}

case $(uname -m) in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
*) arch=$(uname -m) ;;
esac
fetched="$PWD/build/go/pkg/mod/golang.org/toolchain@v0.0.1-go$WANT.linux-$arch"

for go in "$(command -v go || true)" "$fetched/bin/go"; do
	if [ -n "$go" ] && new_enough "$go"; then
		echo "$go"
		exit 0
	fi
done

old=/usr/lib/go-1.19/bin/go
[ -x $old ] || sh conf/packages.sh go >&2
echo "go.sh: fetching Go $WANT" >&2
(
	cd "$(mktemp -d)"
	GOPATH="$OLDPWD/build/go" GOFLAGS=-modcacherw $old mod download \
	    "golang.org/toolchain@v0.0.1-go$WANT.linux-$arch"
) >&2
chmod +x "$fetched"/bin/* "$fetched"/pkg/tool/*/*
new_enough "$fetched/bin/go" || { echo "go.sh: the fetched Go does not work" >&2; exit 1; }
echo "$fetched/bin/go"
