#!/bin/sh
# usage: CLIENTS=folder of tailscaled sh tests/deb/image.sh
# The container image: the commands of docs/packages.md with podman, as they stand, and a real
# client that joins.  No registry is asked: the images that others are made from are put together
# here, from Debian's packages.  The steps build upon each other; the first that fails ends the run.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/deb/lib.sh

. tests/deb/may.sh
for tool in podman crun mmdebstrap caddy unshare setpriv ip curl; do
	command -v $tool >/dev/null || { echo "tests/deb/image.sh needs $tool: run make packages" >&2; exit 2; }
done

# All that podman keeps is below $T.  What is not there of cgroups and limits of this machine is not
# asked for: that is not what is tested.
podman_of_our_own() {
	cat >"$T/storage.conf" <<-END
	[storage]
	driver = "${STORAGE:-overlay}"
	graphroot = "$T/storage"
	runroot = "$T/running"
	END
	cat >"$T/containers.conf" <<-END
	[containers]
	cgroups = "disabled"
	netns = "host"
	default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	END
	export CONTAINERS_STORAGE_CONF="$T/storage.conf" CONTAINERS_CONF="$T/containers.conf"
	export BUILDAH_ISOLATION=chroot
}

# Debian's own image has less in it than this, and no certificates.
make_base() {
	sh tests/deb/root.sh build/deb/base.tar "$ARCH" ca-certificates || exit 1
	podman import -q build/deb/base.tar docker.io/library/debian:12-slim
}

# In place of Caddy's image: the same command and folders.  Its certificates are of an authority
# of its own, since none in the Internet would give one.
make_caddy() {
	mkdir "$T/caddy"
	cp "$(command -v caddy)" "$T/caddy/"
	cat >"$T/caddy/Caddyfile" <<-END
	{
		local_certs
		skip_install_trust
	}
	import /etc/caddy/Caddyfile
	END
	cat >"$T/caddy/Containerfile" <<-END
	FROM docker.io/library/debian:12-slim
	COPY caddy /usr/bin/
	COPY Caddyfile /srv/
	ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
	CMD ["caddy", "run", "--config", "/srv/Caddyfile", "--adapter", "caddyfile"]
	END
	podman build -q -t docker.io/library/caddy "$T/caddy"
}

finish() {
	umount -l "$T/storage/overlay" 2>/dev/null
	rm -rf "$T"
}

T=$(mktemp -d /tmp/hrimage.XXXXXX)
trap 'finish' EXIT
trap 'exit 1' INT TERM
podman_of_our_own
start=$(date +%s)
{ make_base && make_caddy && run_here 'A container image'; } >"$T/build.log" 2>&1 || {
	tail -n 30 "$T/build.log"
	echo "FAILED  the image is built"
	echo "0 passed, 1 failed"
	exit 1
}
echo "ok      the image is built ($(($(date +%s) - start)) s)"
export T CLIENTS
setpriv --pdeathsig KILL unshare --mount --pid --mount-proc --cgroup --net --uts --ipc --fork --kill-child \
    sh tests/deb/image_steps.sh
