# tests/deb/may.sh -- ends a test that makes roots, namespaces and mounts where it may not.
#
# For others than root it is left out, with a word; a machine of CI has to be able to.
if [ "$(id -u)" != 0 ] && [ "${CI:-}" != true ]; then
	echo "skipped: it makes namespaces and mounts: run it as root"
	exit 0
fi
