# headrace setup as root on a machine of its own: mounts, network and processes in namespaces,
# with Debian's own configuration of each web server.

# shellcheck source=tests/proc/setup.sh
. tests/proc/setup.sh
# shellcheck source=tests/proc/machine.sh
. tests/proc/machine.sh

# Runs a function of this file on such a machine; nothing that it writes or starts is left.
on_machine() {	# FUNCTION [ARGUMENT]
	has_namespaces || return 0
	mkdir "$D/machine"
	ARG=${2:-} MACHINE=$D/machine unshare -m -n -p -f --kill-child --mount-proc sh tests/proc/one.sh tests/proc/59-setup-machine.sh "$1"
}

# /etc, /var and /run are ours from here on.
begin_machine() {	# PROCESS NAME of the only web server that is installed
	mount -t tmpfs tmpfs "$MACHINE"
	for d in etc var; do
		mkdir -p "$MACHINE/$d/up" "$MACHINE/$d/work"
		mount -t overlay overlay -o "lowerdir=/$d,upperdir=$MACHINE/$d/up,workdir=$MACHINE/$d/work" "/$d" 2>/dev/null || exit 0
	done
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p /run/lock /run/lighttpd
	chmod 1777 /run/lock
	chown www-data: /run/lighttpd
	ip link set lo up
	ip address add 203.0.113.10/32 dev lo
	for s in lighttpd apache2 caddy nginx; do
		[ "$s" = "${1:-$s}" ] || rm -rf "/etc/$s"
	done
	rm -rf /etc/headrace /var/lib/headrace
	echo "203.0.113.10 $NAME" >>/etc/hosts
	certificate /etc/ssl/hr
	chmod 644 /etc/ssl/hr/key.pem		# for Caddy's user
	export HOME="$MACHINE" SSL_CERT_FILE=/etc/ssl/hr/cert.pem CURL_CA_BUNDLE=/etc/ssl/hr/cert.pem
}

start_web_server() {	# as the package's unit does
	case $1 in
	lighttpd) lighttpd -D -f /etc/lighttpd/lighttpd.conf ;;
	apache2) mkdir -p /var/log/apache2 && apache2ctl -D FOREGROUND ;;
	caddy) caddy run --config /etc/caddy/Caddyfile ;;
	nginx) nginx -g 'daemon off;' ;;
	esac >>"$D/web.log" 2>&1 &
	started="$started $!"
	within 30 curl -s -o /dev/null "https://$NAME/" || fail "$1 does not start"
}

# What setup has said is to be done by hand.
by_hand() { sed -n 's/^  by hand     \(setpriv .*\)/\1/p' "$D/out"; }

whole() {
	begin_machine "$ARG"
	chmod 755 "$D"
	set_up
	[ ! -e /etc/headrace ] || fail "it has written without --write"
	set_up --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/key.pem --write
	same "data" "headrace 700" "$(stat -c '%U %a' /var/lib/headrace)"
	same "database" "headrace 600" "$(stat -c '%U %a' /var/lib/headrace/headrace.db)"
	same "key" "headrace 600" "$(stat -c '%U %a' /var/lib/headrace/noise.key)"
	same "sockets" "headrace 755" "$(stat -c '%U %a' /run/headrace)"
	same "configuration" "root headrace 640" "$(stat -c '%U %G %a' /etc/headrace/headrace.ini)"
	HEADRACE_DERP_URLS='' sh -c "exec $(by_hand)" >>"$D/serve.log" 2>&1 &
	started="$started $!"
	within 30 test -S /run/headrace/web.sock || fail "headrace serve does not start"
	start_web_server "$ARG"
	within 30 curl -sf -o /dev/null "https://$NAME/health" || fail "headrace does not answer behind $ARG"
	has "/key" '"publicKey":"mkey:' "$(curl -s "https://$NAME/key?v=142")"
	same "port 80" "301 https://$NAME/admin?x=1" "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' "http://$NAME/admin?x=1" |
		sed 's/^308/301/')"
	"$BIN/headrace" doctor "https://$NAME" -o json >"$D/doctor.json" 2>"$D/err" || :
	same "what doctor finds behind $ARG" "derp-none" "$(jq -r '.findings[] | .id' "$D/doctor.json")"
	mkdir -p /var/www/html/.well-known/acme-challenge
	echo proof >/var/www/html/.well-known/acme-challenge/x
	[ "$ARG" = caddy ] ||
		same "renewal of the certificate" proof "$(curl -s "http://$NAME/.well-known/acme-challenge/x")"
	written=$(snapshot /etc)
	set_up --write
	out_has "Nothing was changed: all is as it should be."
	same "/etc after a second run" "$written" "$(snapshot /etc)"
}

test_setup_behind_lighttpd() { on_machine whole lighttpd; }
test_setup_behind_apache() { on_machine whole apache2; }
test_setup_behind_caddy() { on_machine whole caddy; }
test_setup_behind_nginx() { on_machine whole nginx; }

page() {
	begin_machine
	mkdir -p /etc/ssl/headrace "$D/tree/etc/ssl" "$D/home/public_html"
	cp /etc/ssl/hr/* /etc/ssl/headrace/
	cp -R /etc/nginx "$D/tree/etc/"
	cp -R /etc/ssl/headrace "$D/tree/etc/ssl/"
	mkdir "$D/bin"
	ln -s "$BIN/headrace" "$D/bin/headrace"
	blocks docs/setup.md | sed 's/^headrace setup headrace.example.com$/& --server nginx/' >"$D/page.sh"
	grep -q -- '--undo --write' "$D/page.sh" || fail "no commands found in docs/setup.md"
	before=$(snapshot /etc/nginx)
	tree=$D/tree home=$D/home PATH="$D/bin:$PATH" sh -eu "$D/page.sh" >"$D/page.log" 2>&1 ||
		fail "a command of docs/setup.md failed: $(tail -n 3 "$D/page.log")"
	same "/etc/nginx in the end" "$before" "$(snapshot /etc/nginx)"
	grep -q 'Nothing was changed: all is as it should be.' "$D/page.log" || fail "a second run changes something"
	[ -x "$D/home/public_html/headrace.cgi" ] || fail "no CGI script"
}

test_setup_page() { on_machine page; }

# A web server that does not accept it, and a folder that cannot be written.
refused() {
	begin_machine nginx
	echo 'nonsense;' >/etc/nginx/conf.d/broken.conf
	before=$(snapshot /etc/nginx)
	setup --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/key.pem --write
	exits 1
	err_has "nginx -t -q failed"
	err_has 'unknown directive "nonsense"'
	err_has "What was written has been put back."
	same "/etc/nginx" "$before" "$(snapshot /etc/nginx)"
	[ ! -e /etc/headrace ] || fail "the configuration is left"
	rm /etc/nginx/conf.d/broken.conf
	before=$(snapshot /etc/nginx)
	mount --bind /etc/nginx/sites-enabled /etc/nginx/sites-enabled
	mount -o remount,bind,ro /etc/nginx/sites-enabled
	setup --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/key.pem --write
	exits 1
	err_has "Read-only file system"
	same "/etc/nginx" "$before" "$(snapshot /etc/nginx)"
	mount -t tmpfs -o size=16k tmpfs /var/lib
	setup --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/key.pem --write
	exits 1
	err_has "cannot make the database"
	same "/etc/nginx" "$before" "$(snapshot /etc/nginx)"
}

# Of several web servers the one that runs is meant.
chosen() {
	begin_machine
	set_up --server nginx -o json
	same "notes on others" 0 "$(answer '[.notes[] | select(contains("only one of them"))] | length')"
	nginx -g 'daemon off;' >>"$D/web.log" 2>&1 &
	within 30 curl -s -o /dev/null "http://$NAME/" || fail "nginx does not start"
	set_up -o json
	same "web server" nginx "$(answer .webServer)"
	set_up --server apache -o json
	same "note" "nginx runs, and Apache does not: only one of them can have ports 80 and 443." "$(answer '.notes[0]')"
}

test_setup_takes_the_web_server_that_runs() { on_machine chosen; }

test_setup_puts_back_what_is_refused() { on_machine refused; }

# Where headrace is installed and systemd runs, one command does all; and one takes it back.
installed() {	# SERVER
	has_namespaces || return 0
	install_headrace
	{
		echo "D='$D' host=headrace.example.com s='$1'"
		cat <<-'END'
		mkdir -p /run/systemd/system
		chmod 640 /etc/headrace/headrace.ini
		cp -R "/etc/$s" /etc/headrace "$D/"
		systemctl start "$s"
		[ "$s" = caddy ] || certbot certonly --webroot -w /var/www/html -d "$host" --deploy-hook true
		headrace setup "$host" --server "${s%2}" >"$D/plan"
		headrace setup "$host" --server "${s%2}" --write >"$D/done"
		headrace doctor "https://$host" >"$D/doctor"
		headrace users create alice
		headrace setup "$host" --server "${s%2}" --write >"$D/again"
		[ "$s" = caddy ] || run-parts --exit-on-error /etc/letsencrypt/renewal-hooks/deploy
		headrace doctor "https://$host"
		headrace setup "$host" --server "${s%2}" --undo --write >"$D/undone"
		diff -r --no-dereference -x mods-enabled "/etc/$s" "$D/$s"
		diff -r /etc/headrace "$D/headrace"
		[ ! -e /etc/letsencrypt/renewal-hooks/deploy/headrace ]
		[ "$(stat -c '%U %G %a' /etc/headrace/headrace.ini)" = "root headrace 640" ]
		curl -s -o "$D/front" "http://$host/"
		! curl -sk "https://$host/key?v=142" | grep mkey:
		ls -l /var/lib/headrace/headrace.db /var/lib/headrace/noise.key
		END
	} >"$D/page.sh"
	run_on_machine || fail "on a machine with $1: $(tail -n 5 "$D/page.log")"
	has "the first run" "done        systemctl enable headrace.socket headrace.service" "$(cat "$D/done")"
	has "the second run" "Nothing was changed: all is as it should be." "$(cat "$D/again")"
	has "undo" "done        systemctl disable --now headrace.socket headrace.service" "$(cat "$D/undone")"
}

test_setup_installed_lighttpd() { installed lighttpd; }
test_setup_installed_apache() { installed apache2; }
test_setup_installed_caddy() { installed caddy; }
test_setup_installed_nginx() { installed nginx; }
