# headrace setup for a folder on somebody else's web server, and docs/setup.md as it stands.

# shellcheck source=tests/proc/setup.sh
. tests/proc/setup.sh

at_home() { set_up --server cgi --folder "$D/headrace" --htdocs "$D/public_html" "$@"; }

start_apache() {
	free_port
	cat >"$D/apache.conf" <<-END
	ServerRoot $D
	ServerName $NAME
	Listen 127.0.0.1:$PORT
	PidFile $D/apache.pid
	ErrorLog $D/apache.log
	$(for m in mpm_prefork authz_core mime alias rewrite cgi; do
		echo "LoadModule ${m}_module /usr/lib/apache2/modules/mod_$m.so"
	done)
	TypesConfig /dev/null
	User #65534
	Group #65534
	DocumentRoot $D/public_html
	<Directory $D/public_html>
		AllowOverride All
		Require all granted
	</Directory>
	END
	apache2 -X -f "$D/apache.conf" >>"$D/apache.log" 2>&1 &
	started="$started $!"
	within 30 answers_at_all || fail "Apache does not start"
}

# As hosts do it, the script runs as the owner of the folder.
nobodys() { [ "$(id -u)" != 0 ] || chown -R 65534:65534 "$D"; }

test_cgi_answers_what_it_can() {
	mkdir "$D/public_html"
	at_home --write
	out_has "Tailscale clients.  They need a connection that lasts"
	same "mode of the script" 755 "$(stat -c %a "$D/public_html/headrace.cgi")"
	same "mode of the folder" 700 "$(stat -c %a "$D/headrace")"
	nobodys
	start_apache
	same "/health" 200 "$(status /health)"
	has "/key" '"publicKey":"mkey:' "$(get '/key?v=142')"
	same "/ts2021" 426 "$(status /ts2021 -d '')"
	same "the file itself" 404 "$(status /.htaccess)"
	key=$("$BIN/headrace" -c "$D/headrace/headrace.ini" apikeys create)
	nobodys
	HEADRACE_ADDRESS=http://127.0.0.1:$PORT HEADRACE_API_KEY=$key "$BIN/headrace" users create ann >"$D/out" 2>&1 ||
		fail "a command from elsewhere: $(cat "$D/out")"
	cp "$D/headrace/data/noise.key" "$D/noise.before"
	at_home --write
	out_has "Nothing was changed"
	at_home --undo --write
	[ ! -e "$D/public_html/headrace.cgi" ] && [ ! -e "$D/public_html/.htaccess" ] || fail "the script is left"
	cmp "$D/headrace/data/noise.key" "$D/noise.before" || fail "the key was not kept"
}

test_cgi_keeps_what_is_there() {
	mkdir "$D/public_html"
	echo 'Options -Indexes' >"$D/public_html/.htaccess"
	before=$(snapshot "$D")
	at_home
	rm "$D/out" "$D/err"
	same "the folder" "$before" "$(snapshot "$D")"
	at_home --write
	out_has "our text goes into $D/public_html/.htaccess.new"
	same ".htaccess" 'Options -Indexes' "$(cat "$D/public_html/.htaccess")"
	grep -q '^RewriteRule' "$D/public_html/.htaccess.new" || fail "our text does not lie beside it"
}

test_cgi_is_what_others_get() {
	(as_nobody env HOME="$D" "$BIN/headrace" setup "$NAME") >"$D.out" 2>&1 || fail "$(cat "$D.out")"
	got=$(cat "$D.out")
	rm "$D.out"
	has "output" "No folder is there that a web server might show ($D/public_html)" "$got"
}

test_cgi_data_is_never_shown() {
	mkdir -p "$D/www/private"
	HOME=$D setup --server cgi --htdocs "$D/www" --folder "$D/www/private" --write
	exits 2
	err_has "would be shown to everybody"
	HOME=$D set_up --server cgi -o json
	same "folder" "$D/www/headrace.cgi" "$(answer '.steps[] | select(.path | endswith(".cgi")) | .path')"
	HOME='' setup --server cgi
	exits 2
}

test_others_may_not_write_for_all() {
	is_root || return 0
	got=$(setpriv --reuid=65534 --regid=65534 --clear-groups "$BIN/headrace" setup "$NAME" --server nginx --write 2>&1) &&
		fail "nobody may write to /etc"
	has "message" "only root may write there: sudo headrace setup $NAME --write" "$got"
}
