# docs/servers.md and the pages below it: the commands of every cell of its table are run as they
# stand, as root of a machine of its own (tests/proc/machine), before Debian's web servers.

# shellcheck source=tests/proc/machine.sh
. tests/proc/machine.sh

# What a cell promises, seen from outside, and again after the certificate was renewed.
promises() {
	cat <<-'END'
	[ ! -e /etc/letsencrypt/asked ] || certbot renew
	headrace doctor "https://$host"
	curl -sfL -o /dev/null "http://$host/key?v=142"
	ps -o user:12=,args= -e | sort | uniq >processes
	stat -c '%a %n' /run/headrace/*.sock /var/lib/headrace /etc/headrace/headrace.ini >modes
	cat /etc/*/*-enabled/*headrace.conf /etc/caddy/Caddyfile 2>/dev/null | grep -v '^[[:space:]]*#' >lines
	END
}

cell() {	# PAGE...: below docs/servers
	has_namespaces || exit 0
	install_headrace
	{
		echo "cd '$D'"
		section docs/servers.md Before
		for page; do
			blocks "docs/servers/$page.md"
		done
		section docs/servers.md Afterwards
		promises
	} >"$D/page.sh"
	run_on_machine || fail "a command of docs/servers.md or docs/servers/{$*}.md failed"
	has "the page's output" hskey-auth- "$(cat "$D/page.log")"
	same "who may do what" "$(permissions "$1")" "$(cat "$D/modes")"
}

# As the table in docs/servers.md has it.
permissions() {	# WAY: service, or serve
	mode=660
	[ "$1" = service ] || mode=666
	cat <<-END
	600 /run/headrace/control.sock
	600 /run/headrace/delta.sock
	$mode /run/headrace/notifier.sock
	600 /run/headrace/wake.sock
	$mode /run/headrace/web.sock
	600 /run/headrace/webhook.sock
	700 /var/lib/headrace
	640 /etc/headrace/headrace.ini
	END
}

# The commands below a heading "## NAME" of a page.
section() {	# PAGE NAME
	sed -n "/^## $2\$/,/^## /p" "$TOP/$1" >"$D/section"
	grep -q . "$D/section" || fail "no '## $2' in $1"
	sed -n '/^```sh$/,/^```$/p' "$D/section" | grep -v '^```'
}

runs() { grep -q "^$1 .*$2" "$D/processes" || fail "no '$2' of $1 among the processes: $(cat "$D/processes")"; }
says() { grep -q "$1" "$D/lines" || fail "no '$1' in the web server's file: $(cat "$D/lines")"; }
says_not() { ! grep -q "$1" "$D/lines" || fail "'$1' in the web server's file: $(cat "$D/lines")"; }

# No page, and no commands of docs/servers.md, that no test here runs.
test_every_page_is_run() {
	here=$TOP/tests/proc/46-servers-doc.sh
	sed -n 's/^\(test_[a-z_]*() {\)*[[:space:]]cell \([a-z -]*\).*/\2/p' "$here" | tr ' ' '\n' | sort -u >"$D/run"
	(cd "$TOP/docs/servers" && printf '%s\n' *.md) | sed 's/\.md$//' | sort >"$D/pages"
	diff "$D/pages" "$D/run" >&2 || fail "these differ in docs/servers (<) and in the tests here (>)"
	for section in $(sed -n 's/^## //p; s/^```sh$/```/p' "$TOP/docs/servers.md" | grep -B1 '^```$' | grep -v '^```\|^--' | tr ' ' _); do
		grep -q "section docs/servers.md $section\$" "$here" ||
			fail "the commands below '## $section' of docs/servers.md are not run"
	done
}

test_lighttpd_service() {
	cell service lighttpd-fastcgi
	runs headrace headrace-notifier
}
test_lighttpd_serve() {
	cell serve lighttpd-fastcgi
	runs headrace headrace-notifier
}
test_lighttpd_workers() {
	cell service same-user lighttpd-workers
	runs www-data "headrace worker$"
	says_not web.sock
}
test_lighttpd_cgi() {
	cell service same-user lighttpd-cgi
	runs www-data headrace-notifier
	says headrace.cgi
	says_not web.sock
}
test_apache_service() { cell service apache-fastcgi; }
test_apache_serve() { cell serve apache-fastcgi; }
test_apache_workers() {
	cell service same-user apache-workers
	runs www-data "headrace worker$"
	says_not web.sock
}
test_apache_cgi() {
	cell service same-user apache-cgi
	runs www-data headrace-notifier
	says headrace.cgi
	says_not web.sock
}
test_caddy_service() { cell service caddy-fastcgi; }
test_caddy_serve() { cell serve caddy-fastcgi; }
test_nginx_service() { cell service nginx-fastcgi; }
test_nginx_serve() { cell serve nginx-fastcgi; }
test_nginx_scgi() {
	cell service nginx-scgi
	says scgi_pass
}
