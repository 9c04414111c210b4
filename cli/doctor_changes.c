/*
 * cli/doctor_changes.c -- what to write into which web server's file.
 *
 * Paths are those of Debian and of headrace's defaults; whole files are in conf/.
 */
#include "cli/doctor.h"

#define LIGHTTPD_FILE "/etc/lighttpd/conf-enabled/ (the file of this host)"
#define APACHE_FILE "/etc/apache2/sites-enabled/ (the VirtualHost of this name)"
#define CADDY_FILE "/etc/caddy/Caddyfile (the block of this name)"
#define NGINX_FILE "/etc/nginx/sites-enabled/ (the server block of this name)"
#define NGINX_TS2021 "/etc/nginx/sites-enabled/ (location = /ts2021)"

const char *const doctor_server_names[SERVER_COUNT] = {
	[SERVER_LIGHTTPD] = "lighttpd",
	[SERVER_APACHE] = "Apache",
	[SERVER_CADDY] = "Caddy",
	[SERVER_NGINX] = "nginx",
};

const struct doctor_change doctor_changes[TOPIC_COUNT][SERVER_COUNT] = {
	[TOPIC_UPGRADE] = {
		[SERVER_LIGHTTPD] = { LIGHTTPD_FILE, "$HTTP[\"url\"] == \"/ts2021\" { fastcgi.server = () "
			"proxy.server = ( \"\" => (( \"host\" => \"/run/headrace/notifier.sock\" )) ) "
			"proxy.header = ( \"upgrade\" => \"enable\" ) }" },
		[SERVER_APACHE] = { APACHE_FILE, "ProxyPass /ts2021 "
			"unix:/run/headrace/notifier.sock|http://headrace/ts2021 upgrade=any timeout=3600   "
			"(before all other ProxyPass; not by scgi://)" },
		[SERVER_CADDY] = { CADDY_FILE, "handle /ts2021 { reverse_proxy unix//run/headrace/notifier.sock }" },
		[SERVER_NGINX] = { NGINX_FILE, "location = /ts2021 { proxy_pass "
			"http://unix:/run/headrace/notifier.sock; proxy_http_version 1.1; proxy_set_header "
			"Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_buffering off; "
			"proxy_read_timeout 1h; proxy_send_timeout 1h; }" },
	},
	[TOPIC_WORKERS] = {
		[SERVER_LIGHTTPD] = { LIGHTTPD_FILE, "fastcgi.server = ( \"/\" => (( \"socket\" => "
			"\"/run/headrace/web.sock\", \"check-local\" => \"disable\" )) )" },
		[SERVER_APACHE] = { APACHE_FILE, "ProxyPass / unix:/run/headrace/web.sock|fcgi://headrace-workers/" },
		[SERVER_CADDY] = { CADDY_FILE, "handle { reverse_proxy unix//run/headrace/web.sock { transport fastcgi } }" },
		[SERVER_NGINX] = { NGINX_FILE, "location / { include fastcgi_params; "
			"fastcgi_pass unix:/run/headrace/web.sock; }" },
	},
	[TOPIC_TIMEOUT] = {
		[SERVER_LIGHTTPD] = { LIGHTTPD_FILE, "in $HTTP[\"url\"] == \"/ts2021\": "
			"server.max-read-idle = 3600 and server.max-write-idle = 3600" },
		[SERVER_APACHE] = { APACHE_FILE, "timeout=3600 at the end of the line ProxyPass /ts2021" },
		[SERVER_CADDY] = { CADDY_FILE, "no stream_timeout in reverse_proxy, and no read_timeout or "
			"write_timeout in servers { timeouts { … } }" },
		[SERVER_NGINX] = { NGINX_TS2021, "proxy_read_timeout 1h; proxy_send_timeout 1h;" },
	},
	[TOPIC_BUFFER] = {
		[SERVER_LIGHTTPD] = { LIGHTTPD_FILE, "in $HTTP[\"url\"] == \"/ts2021\": "
			"server.stream-response-body = 2 and server.stream-request-body = 2" },
		[SERVER_APACHE] = { APACHE_FILE, "upgrade=any at the end of the line ProxyPass /ts2021, with "
			"http:// and not scgi://; no mod_buffer there" },
		[SERVER_CADDY] = { CADDY_FILE, "in reverse_proxy /ts2021: flush_interval -1, and no "
			"request_buffers or response_buffers" },
		[SERVER_NGINX] = { NGINX_TS2021, "proxy_buffering off; proxy_request_buffering off; "
			"proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;" },
	},
	[TOPIC_BODY] = {
		[SERVER_LIGHTTPD] = { LIGHTTPD_FILE, "server.max-request-size = 8192" },
		[SERVER_APACHE] = { APACHE_FILE, "LimitRequestBody 8388608" },
		[SERVER_CADDY] = { CADDY_FILE, "request_body { max_size 8MiB }" },
		[SERVER_NGINX] = { NGINX_FILE, "client_max_body_size 8m;" },
	},
	[TOPIC_AUTH] = {
		[SERVER_LIGHTTPD] = { LIGHTTPD_FILE, "no auth.require for this host" },
		[SERVER_APACHE] = { APACHE_FILE, "CGIPassAuth On (in <Location \"/\">), and no Require valid-user" },
		[SERVER_CADDY] = { CADDY_FILE, "no basicauth, and no header_up -Authorization" },
		[SERVER_NGINX] = { NGINX_FILE, "fastcgi_param HTTP_AUTHORIZATION $http_authorization; "
			"and no auth_basic" },
	},
	[TOPIC_CERT] = {
		[SERVER_LIGHTTPD] = { LIGHTTPD_FILE, "ssl.engine = \"enable\", ssl.pemfile = \".../fullchain.pem\", "
			"ssl.privkey = \".../privkey.pem\"" },
		[SERVER_APACHE] = { APACHE_FILE, "SSLEngine on, SSLCertificateFile .../fullchain.pem, "
			"SSLCertificateKeyFile .../privkey.pem" },
		[SERVER_CADDY] = { CADDY_FILE, "the name alone at the head of the block: Caddy gets and renews "
			"certificates itself, for which ports 80 and 443 must be open" },
		[SERVER_NGINX] = { NGINX_FILE, "listen 443 ssl; ssl_certificate .../fullchain.pem; "
			"ssl_certificate_key .../privkey.pem;" },
	},
	[TOPIC_PORT80] = {
		[SERVER_LIGHTTPD] = { LIGHTTPD_FILE, "url.redirect only in $HTTP[\"url\"] != \"/ts2021\"" },
		[SERVER_APACHE] = { "/etc/apache2/sites-enabled/ (the VirtualHost *:80)",
			"ProxyPass /ts2021 as at port 443, and RedirectMatch permanent "
			"\"^/(?!ts2021$)(.*)\" \"https://NAME/$1\" instead of Redirect" },
		[SERVER_CADDY] = { CADDY_FILE, "a block http://NAME with handle /ts2021 { reverse_proxy ... } and handle { redir ... }" },
		[SERVER_NGINX] = { "/etc/nginx/sites-enabled/ (the server block that listens on 80)",
			"location = /ts2021 as at port 443, and the return 301 only in location /" },
	},
	[TOPIC_SOCKET] = {
		[SERVER_LIGHTTPD] = { "/etc/group", "adduser www-data headrace; systemctl restart lighttpd" },
		[SERVER_APACHE] = { "/etc/group", "adduser www-data headrace; systemctl restart apache2" },
		[SERVER_CADDY] = { "/etc/group", "adduser caddy headrace; systemctl restart caddy" },
		[SERVER_NGINX] = { "/etc/group", "adduser www-data headrace; systemctl restart nginx" },
	},
};
