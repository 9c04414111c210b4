#!/bin/sh
# usage: unshare --mount --net --pid --fork --mount-proc tests/proc/machine/enter.sh FOLDER SCRIPT
# A machine of its own for commands that are root's and write into /etc: this one's files below
# changes that are forgotten, a network that leads nowhere, headrace as "make install" puts it
# (FOLDER/root), the name headrace.example.com, and an authority that everybody trusts.
#
# bin/ holds what stands in for systemd and for what asks the Internet.
set -eu
folder=$1 script=$2
here=$(cd "$(dirname "$0")" && pwd)
changes=$folder/changes

mount --make-rprivate /
mkdir "$changes"
mount -t tmpfs changes "$changes"
for d in etc usr var; do
	mkdir "$changes/$d" "$changes/$d.work"
	below=/$d
	[ ! -d "$folder/root/$d" ] || below=$folder/root/$d:/$d
	mount -t overlay "$d" -o "lowerdir=$below,upperdir=$changes/$d,workdir=$changes/$d.work" /$d
done
mount -t tmpfs -o mode=755 run /run
mkdir /run/lock /run/stand-in
install -d -m 750 -o www-data -g www-data /run/lighttpd	# as Debian's tmpfiles.d has it
ip link set lo up

printf '127.0.0.1 localhost headrace.example.com\n::1 localhost headrace.example.com\n' >/etc/hosts

# As the package does it (debian/headrace.postinst).
useradd --system --user-group --home-dir /var/lib/headrace headrace
chgrp headrace /etc/headrace/headrace.ini

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7 \
    -subj "/CN=authority of a test" -keyout /etc/ssl/authority.key -out /etc/ssl/authority.pem 2>/dev/null
cat /etc/ssl/authority.pem >>/etc/ssl/certs/ca-certificates.crt

# The map of relays is asked for in the Internet otherwise.
export HEADRACE_DERP_URLS= HEADRACE_DERP_PATHS=/etc/headrace/derp.json
cat >$HEADRACE_DERP_PATHS <<-END
{"Regions":{"900":{"RegionID":900,"RegionCode":"here","Nodes":[
{"Name":"900a","RegionID":900,"HostName":"headrace.example.com"}]}}}
END

export PATH="$here/bin:/usr/sbin:/usr/bin:/sbin:/bin"
cd /
exec sh -eu "$script"
