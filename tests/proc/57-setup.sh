# headrace setup in a tree of files: what is printed, written, kept, taken back.

# shellcheck source=tests/proc/setup.sh
. tests/proc/setup.sh

SERVERS="lighttpd apache caddy nginx"

# The web servers' own folders as Debian's packages bring them, in $D/tree.
tree() {	# [FOLDER OF /etc]...
	mkdir -p "$D/tree/etc"
	for folder in "${@:-lighttpd apache2 caddy nginx}"; do
		for f in $folder; do
			cp -R --no-dereference "/etc/$f" "$D/tree/etc/"
		done
	done
	certificate "$D/tree/etc/ssl/hr"
}

in_tree() { set_up --root "$D/tree" --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/key.pem "$@"; }

site() {
	case $1 in
	lighttpd) echo etc/lighttpd/conf-available/50-headrace.conf ;;
	apache) echo etc/apache2/sites-available/headrace.conf ;;
	caddy) echo etc/caddy/headrace.caddyfile ;;
	nginx) echo etc/nginx/sites-available/headrace.conf ;;
	esac
}

test_without_write_nothing_changes() {
	tree
	before=$(snapshot "$D/tree")
	for s in $SERVERS; do
		in_tree --server "$s"
		out_has "---- /$(site "$s")"
		out_has "Nothing was changed"
		in_tree --server "$s" --undo
		in_tree --server "$s" -o json
		same "$s: changed" 0 "$(answer .changed)"
		same "$s: to do" "to do" "$(answer ".steps[] | select(.path == \"/$(site "$s")\") | .result")"
	done
	same "the tree" "$before" "$(snapshot "$D/tree")"
}

test_writes_once_and_takes_it_back() {
	for s in $SERVERS; do
		rm -rf "$D/tree"
		tree
		before=$(snapshot "$D/tree" | grep -v mods-enabled)
		in_tree --server "$s" --write
		out_has "undo: rm /$(site "$s")"
		grep -q "$NAME" "$D/tree/$(site "$s")" || fail "$s: the name is not in the file"
		grep -q "headrace.example.com\|Put it into" "$D/tree/$(site "$s")" && fail "$s: the example is left in the file"
		grep -qx "url = https://$NAME" "$D/tree/etc/headrace/headrace.ini" || fail "$s: no address"
		written=$(snapshot "$D/tree")
		set_up --root "$D/tree" --write --server "$s" -o json	# without --certificate: as it was
		same "$s: changed by a second run" 0 "$(answer .changed)"
		same "$s: the tree after a second run" "$written" "$(snapshot "$D/tree")"
		set_up --root "$D/tree" --write --server "$s"
		out_has "Nothing was changed: all is as it should be."
		set_up --root "$D/tree" --undo --write --server "$s"
		same "$s: the tree after undo" "$before" "$(snapshot "$D/tree" | grep -v mods-enabled)"
		set_up --root "$D/tree" --undo --write --server "$s"
		out_has "Nothing was changed"
	done
}

# Paths below /etc become such in the tree.
move_in() {
	conf=$D/tree/etc
	grep -rlI '/etc/' "$conf" | xargs sed -i "s|/etc/|$conf/|g"
}

# What is written is what the web server's own check accepts, in Debian's main file.
checks() {	# SERVER
	case $1 in
	lighttpd) lighttpd -tt -f "$conf/lighttpd/lighttpd.conf" ;;
	apache) (
		set +u
		. /etc/apache2/envvars
		export APACHE_LOG_DIR="$D" APACHE_RUN_DIR="$D"
		apache2 -t -d "$conf/apache2" -f apache2.conf
	) ;;
	caddy) HOME=$D XDG_DATA_HOME=$D caddy validate --config "$conf/caddy/Caddyfile" ;;
	nginx) nginx -t -q -c "$conf/nginx/nginx.conf" ;;
	esac >"$D/check.log" 2>&1
}

test_web_servers_accept_what_is_written() {
	for s in $SERVERS; do
		rm -rf "$D/tree"
		tree
		in_tree --server "$s" --write
		move_in
		checks "$s" || fail "$s does not accept it: $(cat "$D/check.log")"
		echo 'nonsense }' >>"$D/tree/$(site "$s")"
		checks "$s" && fail "$s does not look at what was written"
	done
	return 0
}

test_lighttpd_that_has_tls_already() {
	tree lighttpd
	conf=$D/tree/etc/lighttpd
	ln -s ../conf-available/10-ssl.conf "$conf/conf-enabled/10-ssl.conf"
	cat "$D/tree/etc/ssl/hr/key.pem" "$D/tree/etc/ssl/hr/cert.pem" >"$conf/server.pem"
	echo 'server.max-fds = 4096' >"$conf/conf-enabled/20-fds.conf"
	in_tree --write
	grep -q '^	ssl.pemfile = "/etc/ssl/hr/cert.pem"' "$conf/conf-available/50-headrace.conf" || fail "no certificate for the host"
	move_in
	checks lighttpd || fail "lighttpd does not accept it: $(cat "$D/check.log")"
}

test_what_somebody_has_edited_is_kept() {
	tree nginx
	in_tree --write
	at=$D/tree/$(site nginx)
	echo '# mine' >>"$at"
	edited=$(snapshot "$D/tree")
	set_up --root "$D/tree" --write		# nothing is news to who has edited
	out_has "somebody has edited it"
	same "the tree" "$edited" "$(snapshot "$D/tree")"
	in_tree --write --certificate /etc/ssl/hr/../hr/cert.pem	# another text than the one that was edited
	out_has "goes into /$(site nginx).new"
	tail -n 1 "$at" | grep -qx '# mine' || fail "the edit is lost"
	grep -q 'hr/../hr/cert.pem' "$at.new" || fail "the new text does not lie beside it"
	edited=$(snapshot "$D/tree")
	in_tree --write --certificate /etc/ssl/hr/../hr/cert.pem
	same "the tree after a second run" "$edited" "$(snapshot "$D/tree")"
	set_up --root "$D/tree" --undo --write
	[ -e "$at" ] || fail "undo has removed what somebody has edited"
	out_has "kept        /$(site nginx)"
}

test_a_site_that_is_older_is_replaced() {
	tree nginx
	in_tree --write
	in_tree --write --certificate /etc/ssl/hr/../hr/cert.pem -o json
	same "result" "done" "$(answer ".steps[] | select(.path == \"/$(site nginx)\") | .result")"
	grep -q 'hr/../hr/cert.pem' "$D/tree/$(site nginx)" || fail "it is not replaced"
	[ ! -e "$D/tree/$(site nginx).new" ] || fail "something lies beside it"
}

test_the_packages_configuration_is_filled_in() {
	tree nginx
	mkdir "$D/tree/etc/headrace"
	cp conf/headrace.ini "$D/tree/etc/headrace/"
	chmod 640 "$D/tree/etc/headrace/headrace.ini"
	in_tree --write
	same "the difference" "> url = https://$NAME" \
	    "$(diff conf/headrace.ini "$D/tree/etc/headrace/headrace.ini" | grep '^>')"
	same "mode" 640 "$(stat -c %a "$D/tree/etc/headrace/headrace.ini")"
	in_tree --write -o json
	same "changed by a second run" 0 "$(answer .changed)"
	NAME=other.example.test setup --root "$D/tree" --undo --write
	exits 5
	err_has "says url = https://hr.example.test, not https://other.example.test"
	set_up --root "$D/tree" --undo --write
	same "after undo" "" "$(diff conf/headrace.ini "$D/tree/etc/headrace/headrace.ini")"
}

test_an_edited_configuration_is_not_touched() {
	tree nginx
	mkdir "$D/tree/etc/headrace"
	ini=$D/tree/etc/headrace/headrace.ini
	printf '[server]\ndata = /srv/headrace\nrun = /srv/run\n' >"$ini"
	before=$(snapshot "$D/tree")
	setup --root "$D/tree" --write --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/key.pem
	exits 5
	out_has "put url = https://$NAME under [server] there"
	echo 'url = https://other.example.test' >>"$ini"
	setup --root "$D/tree" --write --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/key.pem
	exits 5
	out_has "Clients keep that address"
	printf '[server]\ndata = /srv/headrace\nrun = /srv/run\n' >"$ini"
	same "the tree" "$before" "$(snapshot "$D/tree")"
	echo "url = https://$NAME" >>"$ini"
	before=$(cat "$ini")
	in_tree --write
	grep -q 'unix:/srv/run/web.sock' "$D/tree/$(site nginx)" || fail "the sockets of the configuration are not used"
	same "configuration" "$before" "$(cat "$ini")"
	echo 'nonsense' >>"$ini"
	setup --root "$D/tree"
	exits 2
	err_has "/etc/headrace/headrace.ini:5: neither a section nor a setting"
}

test_says_what_is_in_the_way() {
	mkdir "$D/tree"
	setup --root "$D/tree"
	exits 4
	err_has "no web server is installed"
	tree
	setup --root "$D/tree"
	exits 2
	err_has "several web servers are installed: say which with --server (lighttpd, apache, caddy, nginx)"
	before=$(snapshot "$D/tree")
	setup --root "$D/tree" --server nginx --write
	exits 5
	out_has "There is no certificate (/etc/letsencrypt/live/$NAME/fullchain.pem)"
	printf 'server {\n\tserver_name %s;\n}\n' "$NAME" >"$D/tree/etc/nginx/sites-enabled/mine"
	setup --root "$D/tree" --server nginx --write --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/none.pem
	exits 5
	out_has "/etc/nginx/sites-enabled/mine has a site for $NAME already"
	out_has "/etc/ssl/hr/none.pem is not there"
	printf 'server {\n\tserver_name x%s;\n}\n' "$NAME" >"$D/tree/etc/nginx/sites-enabled/mine"
	in_tree --server nginx -o json
	same "problems" 0 "$(answer '.problems | length')"
	rm "$D/tree/etc/nginx/sites-enabled/mine"
	same "the tree" "$before" "$(snapshot "$D/tree")"
}

test_bad_words_are_refused() {
	tree nginx
	before=$(snapshot "$D/tree")
	for NAME in localhost 192.0.2.1 '::1' 'a b.example.test' 'a;b.example.test' "x'\$(id).example.test" \
	    https://hr.example.test/x hr.example.test:8443 "$(printf 'x%.0s' $(seq 300)).test" ''; do
		setup --root "$D/tree" --write
		exits 2
	done
	NAME=hr.example.test
	for path in relative/cert.pem '/etc/a b' '/etc/a";b' '/etc/a{b' "/$(printf 'x%.0s' $(seq 5000))"; do
		setup --root "$D/tree" --write --certificate "$path" --key /etc/ssl/hr/key.pem
		exits 2
	done
	setup --root "$D/none"
	exits 2
	setup --root "$D/tree" --certificate /etc/ssl/hr/cert.pem
	exits 2
	setup --root "$D/tree" --server iis
	exits 2
	setup --root "$D/tree" -c "$D/headrace.ini"
	exits 2
	same "the tree" "$before" "$(snapshot "$D/tree")"
}

test_links_do_not_lead_out_of_the_tree() {
	tree nginx caddy
	mkdir "$D/outside"
	cp "$D/tree/etc/caddy/Caddyfile" "$D/outside/"
	ln -sf "$D/outside/Caddyfile" "$D/tree/etc/caddy/Caddyfile"
	mv "$D/tree/etc/nginx/sites-available" "$D/outside/"
	ln -s "$D/outside/sites-available" "$D/tree/etc/nginx/sites-available"
	before=$(snapshot "$D/outside" "$D/tree")
	for s in nginx caddy; do
		for what in "" --undo; do
			# shellcheck disable=SC2086  # an argument or none
			setup --root "$D/tree" --server $s --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/key.pem --write $what
			exits 5
			err_has "leads out of that tree"
		done
	done
	same "all of it" "$before" "$(snapshot "$D/outside" "$D/tree")"
}

# Half of a setup is put back: somebody else's link is in the way, or a folder in place of a file.
test_what_cannot_be_finished_is_put_back() {
	tree nginx
	mkdir "$D/tree/$(site nginx)"
	ln -s elsewhere "$D/tree/etc/nginx/sites-enabled/headrace.conf"
	echo >"$D/tree/etc/headrace"
	before=$(snapshot "$D/tree")
	setup --root "$D/tree" --write --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/key.pem
	exits 5
	out_has "/tree/$(site nginx): it cannot be read: it is not a file.  Take it away first"
	out_has "/tree/etc/nginx/sites-enabled/headrace.conf: it is something else, or leads elsewhere"
	out_has "/tree/etc/headrace: it is no folder"
	same "the tree" "$before" "$(snapshot "$D/tree")"
	rmdir "$D/tree/$(site nginx)"
	rm -rf "$D/tree/etc/headrace" "$D/tree/etc/nginx/sites-enabled"
	echo >"$D/tree/etc/nginx/sites-enabled"		# no folder
	before=$(snapshot "$D/tree")
	setup --root "$D/tree" --write --certificate /etc/ssl/hr/cert.pem --key /etc/ssl/hr/key.pem
	exits 1
	err_has "cannot make $D/tree/etc/nginx/sites-enabled/headrace.conf: Not a directory"
	err_has "What was written has been put back."
	same "the tree" "$before" "$(snapshot "$D/tree")"
}
