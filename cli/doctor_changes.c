/*
 * cli/doctor_changes.c -- what to write into which web server's file.
 *
 * Paths are those of Debian and of headrace's defaults; whole files are in conf/.
 */
#include "cli/doctor.h"

const char *const doctor_server_names[SERVER_COUNT] = {
	[SERVER_LIGHTTPD] = "lighttpd",
	[SERVER_APACHE] = "Apache",
	[SERVER_CADDY] = "Caddy",
	[SERVER_NGINX] = "nginx",
};

const char *const doctor_server_files[SERVER_COUNT] = {
	[SERVER_LIGHTTPD] = "/etc/lighttpd/conf-enabled/ (the file of this host)",
	[SERVER_APACHE] = "/etc/apache2/sites-enabled/ (the VirtualHost of this name)",
	[SERVER_CADDY] = "/etc/caddy/Caddyfile (the block of this name)",
	[SERVER_NGINX] = "/etc/nginx/sites-enabled/ (the server of this name)",
};

const struct doctor_change doctor_changes[TOPIC_COUNT][SERVER_COUNT] = {
	[TOPIC_UPGRADE] = {
		[SERVER_LIGHTTPD] = { NULL,
			"$HTTP[\"url\"] == \"/ts2021\" {\n"
			"\tfastcgi.server = ()\n"
			"\tproxy.server = ( \"\" => (( \"host\" => \"/run/headrace/notifier.sock\" )) )\n"
			"\tproxy.header = ( \"upgrade\" => \"enable\" )\n"
			"}" },
		[SERVER_APACHE] = { "before all other ProxyPass, and not by scgi://",
			"ProxyPass \"/ts2021\" \"unix:/run/headrace/notifier.sock|http://headrace/ts2021\" "
			"upgrade=any timeout=3600" },
		[SERVER_CADDY] = { NULL,
			"handle /ts2021 {\n"
			"\treverse_proxy unix//run/headrace/notifier.sock\n"
			"}" },
		[SERVER_NGINX] = { NULL,
			"location = /ts2021 {\n"
			"\tproxy_pass http://unix:/run/headrace/notifier.sock;\n"
			"\tproxy_http_version 1.1;\n"
			"\tproxy_set_header Upgrade $http_upgrade;\n"
			"\tproxy_set_header Connection \"upgrade\";\n"
			"\tproxy_set_header Host $host;\n"
			"\tproxy_set_header X-Forwarded-For $remote_addr;\n"
			"\tproxy_read_timeout 1h;\n"
			"\tproxy_send_timeout 1h;\n"
			"}" },
	},
	[TOPIC_WORKERS] = {
		[SERVER_LIGHTTPD] = { NULL,
			"fastcgi.server = ( \"/\" => (( \"socket\" => \"/run/headrace/web.sock\",\n"
			"\t\"check-local\" => \"disable\", \"disable-time\" => 0 )) )" },
		[SERVER_APACHE] = { NULL,
			"ProxyPass \"/\" \"unix:/run/headrace/web.sock|fcgi://headrace-workers/\" retry=0" },
		[SERVER_CADDY] = { NULL,
			"handle {\n"
			"\treverse_proxy unix//run/headrace/web.sock {\n"
			"\t\ttransport fastcgi\n"
			"\t}\n"
			"}" },
		[SERVER_NGINX] = { NULL,
			"location / {\n"
			"\tinclude fastcgi_params;\n"
			"\tfastcgi_pass unix:/run/headrace/web.sock;\n"
			"}" },
	},
	[TOPIC_TIMEOUT] = {
		[SERVER_LIGHTTPD] = { "within $HTTP[\"url\"] == \"/ts2021\"",
			"server.max-read-idle = 3600\n"
			"server.max-write-idle = 3600\n"
			"server.max-request-size = 0" },
		[SERVER_APACHE] = { "at the end of the line ProxyPass \"/ts2021\"",
			"upgrade=any timeout=3600" },
		[SERVER_CADDY] = { NULL, "no stream_timeout in reverse_proxy, and no read_timeout or "
			"write_timeout in servers { timeouts { … } }" },
		[SERVER_NGINX] = { "in location = /ts2021",
			"proxy_read_timeout 1h;\n"
			"proxy_send_timeout 1h;" },
	},
	[TOPIC_BUFFER] = {
		[SERVER_LIGHTTPD] = { "within $HTTP[\"url\"] == \"/ts2021\"",
			"server.stream-response-body = 2\n"
			"server.stream-request-body = 2" },
		[SERVER_APACHE] = { "with http:// and not scgi://, and no mod_buffer there",
			"ProxyPass \"/ts2021\" \"unix:/run/headrace/notifier.sock|http://headrace/ts2021\" "
			"upgrade=any timeout=3600" },
		[SERVER_CADDY] = { "with no request_buffers or response_buffers",
			"handle /ts2021 {\n"
			"\treverse_proxy unix//run/headrace/notifier.sock {\n"
			"\t\tflush_interval -1\n"
			"\t}\n"
			"}" },
		[SERVER_NGINX] = { "in location = /ts2021",
			"proxy_set_header Upgrade $http_upgrade;\n"
			"proxy_set_header Connection \"upgrade\";\n"
			"proxy_buffering off;\n"
			"proxy_request_buffering off;" },
	},
	[TOPIC_BODY] = {
		[SERVER_LIGHTTPD] = { NULL, "server.max-request-size = 8192" },
		[SERVER_APACHE] = { NULL, "LimitRequestBody 8388608" },
		[SERVER_CADDY] = { NULL,
			"request_body {\n"
			"\tmax_size 8MiB\n"
			"}" },
		[SERVER_NGINX] = { NULL, "client_max_body_size 8m;" },
	},
	[TOPIC_CLIENT] = {
		[SERVER_LIGHTTPD] = { "within $HTTP[\"url\"] == \"/ts2021\"",
			"proxy.forwarded = ( \"for\" => 1 )" },
		[SERVER_APACHE] = { NULL, "ProxyAddHeaders On" },
		[SERVER_CADDY] = { NULL, "no header_up for X-Forwarded-For: Caddy sets it itself" },
		[SERVER_NGINX] = { "in location = /ts2021", "proxy_set_header X-Forwarded-For $remote_addr;" },
	},
	[TOPIC_AUTH] = {
		[SERVER_LIGHTTPD] = { NULL, "no auth.require for this host" },
		[SERVER_APACHE] = { NULL, "CGIPassAuth On (in <Location \"/\">), and no Require valid-user" },
		[SERVER_CADDY] = { NULL, "no basicauth, and no header_up -Authorization" },
		[SERVER_NGINX] = { NULL, "fastcgi_param HTTP_AUTHORIZATION $http_authorization; "
			"and no auth_basic" },
	},
	[TOPIC_CERT] = {
		[SERVER_LIGHTTPD] = { NULL,
			"$SERVER[\"socket\"] == \":443\" { ssl.engine = \"enable\" }\n"
			"ssl.pemfile = \"/etc/letsencrypt/live/NAME/fullchain.pem\"\n"
			"ssl.privkey = \"/etc/letsencrypt/live/NAME/privkey.pem\"" },
		[SERVER_APACHE] = { NULL,
			"SSLEngine on\n"
			"SSLCertificateFile /etc/letsencrypt/live/NAME/fullchain.pem\n"
			"SSLCertificateKeyFile /etc/letsencrypt/live/NAME/privkey.pem" },
		[SERVER_CADDY] = { NULL, "NAME {        (and no line tls: Caddy gets and renews certificates "
			"itself, for which ports 80 and 443 must be open)" },
		[SERVER_NGINX] = { NULL,
			"listen 443 ssl;\n"
			"ssl_certificate /etc/letsencrypt/live/NAME/fullchain.pem;\n"
			"ssl_certificate_key /etc/letsencrypt/live/NAME/privkey.pem;" },
	},
	[TOPIC_PORT80] = {
		[SERVER_LIGHTTPD] = { "around url.redirect",
			"$HTTP[\"url\"] != \"/ts2021\" {\n"
			"\turl.redirect = ( \"\" => \"https://NAME${url.path}${qsa}\" )\n"
			"}" },
		[SERVER_APACHE] = { "in <VirtualHost *:80>, instead of Redirect",
			"ProxyPass \"/ts2021\" \"unix:/run/headrace/notifier.sock|http://headrace/ts2021\" "
			"upgrade=any timeout=3600\n"
			"RedirectMatch permanent \"^/(?!ts2021$)(.*)\" \"https://NAME/$1\"" },
		[SERVER_CADDY] = { "as a block of its own",
			"http://NAME {\n"
			"\thandle /ts2021 {\n"
			"\t\treverse_proxy unix//run/headrace/notifier.sock\n"
			"\t}\n"
			"\thandle {\n"
			"\t\tredir https://NAME{uri} permanent\n"
			"\t}\n"
			"}" },
		[SERVER_NGINX] = { "in the server that listens on 80",
			"location = /ts2021 { as at port 443 }\n"
			"location / {\n"
			"\treturn 301 https://NAME$request_uri;\n"
			"}" },
	},
};
