#!/bin/sh
# usage: unshare --mount --pid --uts --ipc --cgroup --net --fork tests/deb/boot.sh FOLDER
# Starts the systemd of the Debian in FOLDER, in the namespaces that unshare(1) made.  It
# needs a root of its own (pivot_root, no chroot), or it could not sandbox its services.
set -eu
root=$1

mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for d in null zero full random urandom tty; do
	touch "$root/dev/$d"
	mount --bind "/dev/$d" "$root/dev/$d"
done
. "$(dirname "$0")/network.sh"
hostname fresh
mkdir -p "$root/old"
cd "$root"
pivot_root . old
umount -l /old
container=headrace-test exec /sbin/init
