# headrace doctor behind the real web servers: a host that knows nothing of headrace becomes a
# healthy one by writing into its file what doctor says, and nothing else.

# shellcheck source=tests/proc/doctor.sh
. tests/proc/doctor.sh

# Each is a whole configuration, but for what doctor is to say.
host_lighttpd() {
	cat <<-EOF
	server.modules = ( "mod_fastcgi", "mod_proxy" )
	server.bind = "127.0.0.1"
	server.port = $PORT
	server.document-root = "$D/www"
	$1
	EOF
}

host_apache() {
	cat <<-EOF
	$(for m in mpm_event authz_core proxy proxy_http proxy_fcgi alias; do
		echo "LoadModule ${m}_module /usr/lib/apache2/modules/mod_$m.so"
	done)
	ServerName 127.0.0.1
	Listen 127.0.0.1:$PORT
	PidFile $D/apache.pid
	DefaultRuntimeDir $D
	DocumentRoot $D/www
	ErrorLog $D/apache.log
	$([ "$(id -u)" != 0 ] || printf 'User www-data\nGroup www-data\n')
	<Location "/">
	Require all granted
	</Location>
	$1
	EOF
}

host_caddy() {
	cat <<-EOF
	{
		admin off
		auto_https off
	}
	http://127.0.0.1:$PORT {
	$1
	}
	EOF
}

host_nginx() {
	cat <<-EOF
	daemon off;
	pid $D/nginx.pid;
	error_log $D/nginx.log;
	$([ "$(id -u)" != 0 ] || echo 'user root;')
	events { }
	http {
		include /etc/nginx/fastcgi_params;
		access_log off;
		client_body_temp_path $D/body; proxy_temp_path $D/proxy; fastcgi_temp_path $D/fastcgi;
		uwsgi_temp_path $D/uwsgi; scgi_temp_path $D/scgi;
		server {
			listen 127.0.0.1:$PORT;
			server_name 127.0.0.1;
			root $D/www;
	$1
		}
	}
	EOF
}

run_lighttpd() { exec lighttpd -D -f "$D/host.conf"; }
run_apache() { exec apache2 -f "$D/host.conf" -DFOREGROUND; }
run_caddy() { HOME=$D exec caddy run --config "$D/host.conf" --adapter caddyfile; }
run_nginx() {
	cp /etc/nginx/fastcgi_params "$D/"
	exec nginx -p "$D" -c "$D/host.conf"
}

# The host with these LINES in it, instead of the one before.
host_with() {	# SERVER LINES
	[ -z "${web:-}" ] || {
		kill "$web"
		wait "$web" 2>/dev/null || :
	}
	"host_$1" "$2" >"$D/host.conf"
	"run_$1" >>"$D/web.log" 2>&1 &
	web=$!
	started="$started $web"
	within 30 answers_at_all || fail "$1 does not start"
}

line_for() { jq -r --arg id "$1" '.findings[] | select(.id == $id) | .change[0].line' "$D/out"; }

# From nothing to a healthy host; sets $upgrade and $lines.
heal() {	# SERVER NAME
	config
	mkdir "$D/www"
	start_serve
	host_with "$1" ""
	examine_here
	workers=$(line_for "${found%% *}")
	same "web server" "$2" "$(jq -r .webServer "$D/out")"
	host_with "$1" "$workers"
	examine_here
	finds upgrade-worker
	upgrade=$(line_for upgrade-worker)
	limit=$(line_for body-limit)
	lines="$upgrade
$limit
$workers"
	[ "$1" != lighttpd ] || lines="$workers
$upgrade"
	host_with "$1" "$lines"
	examine_here --wait 1s
	found_only derp-none
}

# The same with a time-out that is too short; its LINES are what doctor says against it.
cuts() {	# SERVER LINES WANTED
	host_with "$1" "$2"
	examine_here --wait 12s
	finds idle-cut
	has "line" "$3" "$(line_for idle-cut)"
}

test_doctor_heals_lighttpd() {
	heal lighttpd lighttpd
	cuts lighttpd "$lines
\$HTTP[\"url\"] == \"/ts2021\" { server.max-read-idle = 4 }" "server.max-read-idle = 3600"
}

test_doctor_heals_apache() {
	heal apache Apache
	cuts apache "Timeout 4
$(echo "$lines" | sed 's/ timeout=3600//')" "timeout=3600"
}

test_doctor_heals_caddy() { heal caddy Caddy; }

test_doctor_heals_nginx() {
	heal nginx nginx
	host_with nginx "$(echo "$lines" | grep -v X-Forwarded)"
	examine_here
	finds client-address
	same "line" 'proxy_set_header X-Forwarded-For $remote_addr;' "$(line_for client-address)"
	cuts nginx "$(echo "$lines" | sed 's/_timeout 1h/_timeout 4s/')" "proxy_read_timeout 1h;"
}

# On the server's machine the file is known, and the line that names the host.
test_doctor_knows_the_file() { apart 48-doctor-servers.sh in_own_etc; }

in_own_etc() {
	apart_network
	apart_hosts "127.0.0.1 head.test"
	mkdir "$D/sites" "$D/www"
	mount --bind "$D/sites" /etc/nginx/sites-enabled
	printf 'server {\n\tserver_name www.head.test;\n}\n' >"$D/sites/another"
	printf '# ours\nserver {\n\tserver_name head.test;\n}\n' >"$D/sites/ours"
	PORT=28080
	config
	sed -i 's|^url = .*|url = http://head.test:28080|' "$D/headrace.ini"
	start_serve
	host_with nginx ""
	examine_here
	same "file" /etc/nginx/sites-enabled/ours:3 "$(jq -r '.findings[] | select(.id == "key-status") | .change[0].file' "$D/out")"
	hr doctor
	out_has "nginx     /etc/nginx/sites-enabled/ours:3"
	out_has "fastcgi_pass unix:$D/run/web.sock;"
	examine http://head.test:28080
	same "file elsewhere" "/etc/nginx/sites-enabled/ (the server of this name)" \
	    "$(jq -r '.findings[] | select(.id == "key-status") | .change[0].file' "$D/out")"
}
