# tests/deb/steps.sh -- what happens to the package, in this order.

modes() { in_it stat -c '%a %U:%G %n' "$@"; }
hr() { in_it headrace "$@"; }
is_active() { in_it systemctl is-active -q "$1"; }
served() { in_it curl -s -o /dev/null -w '%{http_code}' https://headrace.example.com/health; }
is_served() { [ "$(served)" = 200 ]; }
client() { in_it tailscale --socket=/run/ts.sock "$@"; }
is_busy() { awk -v n="$(nproc)" '{ exit $2 < 1.5 * n }' /proc/loadavg; }
is_online() { hr nodes list -o json-line | grep -q '"online": *true'; }

test_it_is_built() {
	began=$(date +%s)
	rm -rf build/deb/tree
	run_here 'Make the package'
	echo $(($(date +%s) - began)) >"$T/built"
	make deb VERSION=$OLDER
	same "version" "$VERSION" "$(dpkg-deb -f "$(deb "$VERSION")" Version)"
}

test_lintian_has_nothing_to_say() {
	same "lintian" "" "$(lintian --allow-root --fail-on none "build/deb/headrace_${VERSION}_$ARCH.changes")"
}

test_it_is_installed() {
	date +%s >"$T/installing"
	mkdir "$T/root/var/older" "$T/root/var/newer"
	cp "$(deb $OLDER)" "$T/root/var/older"
	cp "$(deb "$VERSION")" "$T/root/var/newer"
	in_it sh -c 'apt-get install -y /var/older/*.deb'
	same "version" "headrace $OLDER" "$(hr version)"
	within 60 is_active headrace.service || fail "headrace.service does not run"
	is_active headrace.socket || fail "headrace.socket does not run"
	within 60 in_it test -f /var/lib/headrace/noise.key || fail "it makes no key"
	same "modes" "640 root:headrace /etc/headrace/headrace.ini
700 headrace:headrace /var/lib/headrace
600 headrace:headrace /var/lib/headrace/headrace.db
600 headrace:headrace /var/lib/headrace/noise.key
755 headrace:headrace /run/headrace
660 headrace:www-data /run/headrace/web.sock
660 headrace:www-data /run/headrace/notifier.sock
600 headrace:headrace /run/headrace/control.sock" "$(modes /etc/headrace/headrace.ini \
	    /var/lib/headrace /var/lib/headrace/headrace.db /var/lib/headrace/noise.key \
	    /run/headrace /run/headrace/web.sock /run/headrace/notifier.sock /run/headrace/control.sock)"
	same "warnings" "" "$(in_it journalctl -u headrace --no-pager | grep -iE 'permission|denied|not permitted')"
}

test_its_units_are_sound() {
	same "systemd-analyze verify" "" "$(in_it systemd-analyze verify --man=no /lib/systemd/system/headrace.service 2>&1)"
	exposure=$(in_it systemd-analyze security --no-pager headrace.service |
	    sed -n 's/.*exposure level[^0-9]*\([0-9]*\)\..*/\1/p')
	[ "$exposure" -lt 2 ] || fail "exposure level: wanted less than 2, got $exposure"
	# Even root, seen from the service, writes to its own folders only.
	same "what can be written" "/var/lib/headrace /run/headrace /tmp" "$(in_it sh -c '
		cd /; nsenter -t "$(pidof -s headrace)" -m sh -c "
			for d in /etc /usr /var/lib /root /home /var/lib/headrace /run/headrace /tmp; do
				touch \$d/x 2>/dev/null && rm \$d/x && echo \$d
			done"' | tr '\n' ' ' | sed 's/ $//')"
}

prepare_host() {
	in_it sh -e -c '
		echo "127.0.0.1 headrace.example.com" >>/etc/hosts
		mkdir -p /etc/letsencrypt/live/headrace.example.com
		cd /etc/letsencrypt/live/headrace.example.com
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test \
		    -addext subjectAltName=DNS:headrace.example.com -keyout privkey.pem -out fullchain.pem 2>/dev/null
		cp fullchain.pem /etc/ssl/test.pem
		systemd-run -q --unit=tailscaled --setenv=SSL_CERT_FILE=/etc/ssl/test.pem \
		    --setenv=TS_NO_LOGS_NO_SUPPORT=1 tailscaled \
		    --state=mem: --tun=userspace-networking --socket=/run/ts.sock'
}

test_a_client_joins() {
	prepare_host
	follow /var/older 'Install it' >"$T/said"
	key=$(grep -o 'hskey-auth-[^ ]*' "$T/said") || fail "the commands of docs/packages.md: $(cat "$T/said")"
	within 60 is_served || fail "the web server answers $(served)"
	within 60 in_it test -S /run/ts.sock || fail "tailscaled does not run"
	client up --timeout 55s --hostname joined --login-server https://headrace.example.com --authkey "$key"
	within 60 is_online || fail "the client is not online: $(hr nodes list)"
	echo $(($(date +%s) - $(cat "$T/installing") + $(cat "$T/built"))) >"$T/seconds"
	# Where others compute at the same time, the clock says nothing about us.
	is_busy || [ "$(cat "$T/seconds")" -lt 120 ] || fail "it took $(cat "$T/seconds") s, wanted less than 120"
}

# Asks until $T/root/stop is there; a line per answer.
ask() {
	in_it sh -c 'until [ -e /stop ]; do
		curl -s -o /dev/null --max-time 20 -w "%{http_code}\n" https://headrace.example.com/health; done' >"$T/answers"
}

asked_during() {	# COMMAND...: no request fails meanwhile
	rm -f "$T/root/stop"
	ask &
	sleep 1
	"$@"
	sleep 2
	touch "$T/root/stop"
	wait $!
	same "answers" "200" "$(sort -u "$T/answers")"
	[ "$(wc -l <"$T/answers")" -gt 20 ] || fail "too few requests to say anything"
}

test_a_restart_loses_no_request() {
	asked_during in_it systemctl restart headrace
	within 60 is_online || fail "the client does not come back"
}

test_a_reload_is_one() {
	asked_during in_it systemctl reload headrace
	within 60 reloaded || fail "the configuration is not read again"
	is_online || fail "the client went offline"
}

reloaded() { in_it journalctl -u headrace --no-pager | grep -q 'configuration read again'; }

test_a_process_that_dies_comes_back() {
	in_it systemctl kill -s KILL headrace.service
	sleep 1.5
	within 60 is_served || fail "the web server answers $(served)"
	within 60 is_online || fail "the client does not come back"
}

test_an_upgrade_keeps_everything() {
	before=$(hr nodes list -o json | grep -E 'name|ipv4')
	config=$(in_it sha256sum /etc/headrace/headrace.ini)
	asked_during follow /var/newer Upgrade
	same "version that runs" 1 "$(in_it journalctl -u headrace --no-pager | grep -c "headrace $VERSION serves")"
	same "nodes" "$before" "$(hr nodes list -o json | grep -E 'name|ipv4')"
	same "configuration" "$config" "$(in_it sha256sum /etc/headrace/headrace.ini)"
	same "its mode" "640 root:headrace /etc/headrace/headrace.ini" "$(modes /etc/headrace/headrace.ini)"
	within 60 is_online || fail "the client does not come back"
}

test_what_was_installed_is_whole() {
	same "dpkg --verify" "??5?????? c /etc/headrace/headrace.ini" "$(in_it dpkg --verify headrace)"
	in_it bash -c '. /usr/share/bash-completion/completions/headrace && complete -p headrace' >/dev/null ||
		fail "bash does not complete headrace"
	for page in headrace.1 headrace.ini.5 headrace-notifier.8; do
		[ "$(dpkg-deb -c "$(deb "$VERSION")" | grep -c "/$page.gz\$")" = 1 ] || fail "no manual page $page"
	done
}

test_removing_keeps_the_tailnet() {
	follow / Remove
	! is_active headrace.service || fail "headrace.service still runs"
	! is_active headrace.socket || fail "headrace.socket still runs"
	in_it test ! -e /run/headrace/web.sock || fail "a socket is left"
	in_it test -f /var/lib/headrace/headrace.db || fail "the database is gone"
	in_it sh -c 'apt-get install -y /var/newer/*.deb'
	within 60 is_served || fail "installed again, the web server answers $(served)"
	within 60 is_online || fail "the client does not come back"
}

ours() {	# PATH...: what is headrace's below them, but for what this test has put there
	in_it find "$@" -xdev -path '*headrace*' ! -path '/proc/*' ! -path '/tmp/*' ! -path '*.deb' \
	    ! -path '/etc/letsencrypt/live/*' ! -path '/usr/src/*' | sort
}

test_purging_removes_what_is_ours() {
	in_it touch /var/lib/headrace/of-somebody-else
	follow / Purge
	same "what is left" "/var/lib/headrace
/var/lib/headrace/of-somebody-else" "$(ours /)"
	in_it rm /var/lib/headrace/of-somebody-else
	in_it sh -c 'apt-get install -y /var/newer/*.deb'
	within 60 is_active headrace.service || fail "it does not start again after that"
	same "users" 0 "$(hr users list -o json-line | grep -c name)"
	in_it apt-get purge -y headrace
	same "what is left" "" "$(ours /var/lib /etc /run /lib/systemd)"
}

# The package's own build is taken: there is no compiler in the fresh machine.
test_it_is_installed_from_source() {
	in_it userdel headrace
	cp -a build/deb/tree "$T/root/usr/src/headrace"
	tree=/var/tree follow /usr/src/headrace 'From source'
	within 60 is_served || fail "the web server answers $(served)"
	same "modes" "660 headrace:www-data /run/headrace/web.sock
700 headrace:headrace /var/lib/headrace
640 root:headrace /etc/headrace/headrace.ini" \
	    "$(modes /run/headrace/web.sock /var/lib/headrace /etc/headrace/headrace.ini)"
	in_it grep -q '^SocketGroup=http$' /var/tree/usr/lib/systemd/system/headrace.socket || fail "WEB_GROUP= is for nothing"
	documents_are_installed
}

# Links in what is installed lead to what is installed; names of the source's folders may not.
documents_are_installed() {
	(cd "$T/root/usr/local/share/doc/headrace" && grep -rno ']([^)#:]*' --include='*.md' .) |
	    while IFS=: read -r file line link; do
		[ -e "$T/root/usr/local/share/doc/headrace/$(dirname "$file")/${link#](}" ] || echo "$file:$line: ${link#](}"
	done >"$T/broken"
	same "links to what is not installed" "" "$(cat "$T/broken")"
}

# SQLite's logs beside the database are there or not, as it was ended.
test_it_is_uninstalled() {
	follow /usr/src/headrace Uninstall
	same "what is left" "/etc/headrace
/etc/headrace/headrace.ini
/var/lib/headrace
/var/lib/headrace/headrace.db
/var/lib/headrace/headrace.db.notifier.lock
/var/lib/headrace/headrace.db.serve.lock
/var/lib/headrace/noise.key" "$(ours /usr /etc /var/lib | grep -v '/headrace\.db-[a-z]*$')"
}
