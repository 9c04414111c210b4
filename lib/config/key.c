/*
 * lib/config/key.c -- the table of all keys, and how a name finds its row.
 *
 * conf/headrace.ini documents the same keys at length; tests/unit/config_test.c
 * holds the two together.
 */
#include "lib/config/key.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define YEAR (365 * 24 * HOUR)

#define AT(field) .offset = offsetof(struct config, field)

const struct config_key config_keys[] = {
	{ "server", "url", &config_url, "http://127.0.0.1:8080", AT(url),
	  .help = "give the address that clients use, like https://headrace.example.com" },
	{ "server", "data", &config_path, "/var/lib/headrace", AT(data_dir),
	  .help = "give a folder for the database and the keys" },
	{ "server", "run", &config_path, "/run/headrace", AT(run_dir),
	  .help = "give a folder for the sockets" },
	{ "server", "trusted_proxies", &config_prefixes, "", AT(trusted_proxies),
	  .help = "give addresses or networks of proxies in front of the web server, like 10.0.0.5, 2001:db8::/64" },
	{ "server", "socket_group", &config_group, "", AT(socket_group),
	  .help = "give the group of the web server's user, like www-data" },

	{ "database", "path", &config_name, "headrace.db", AT(db_path),
	  .help = "give a file; a relative one is below server.data" },
	{ "database", "synchronous", &config_word, "normal", AT(sync),
	  .words = "normal,full", .help = "give normal or full" },

	{ "noise", "private_key", &config_name, "noise.key", AT(noise_key_path),
	  .help = "give a file; a relative one is below server.data" },

	{ "worker", "web", &config_int, "2", 1, 64, AT(web_workers),
	  .help = "give the number of processes that answer the web server" },
	{ "worker", "control", &config_int, "2", 1, 64, AT(control_workers),
	  .help = "give the number of processes that answer the notifier" },

	{ "notifier", "listen", &config_listen, "unix:notifier.sock", AT(notifier_listen),
	  .help = "give unix:/path/to/socket or address:port, like 127.0.0.1:8081" },
	{ "notifier", "proxy_protocol", &config_bool, "false", AT(notifier_proxy_protocol),
	  .help = "give true or false" },
	{ "notifier", "keepalive", &config_duration, "50s", SECOND, MINUTE, AT(keepalive_ms),
	  .help = "clients give up after 120s of silence, so give at most 60s" },
	{ "notifier", "offline_grace", &config_duration, "10s", 0, 10 * MINUTE, AT(offline_grace_ms),
	  .help = "give a time like 10s" },
	{ "notifier", "connections_max", &config_int, "16000", 1, 1000000, AT(connections_max),
	  .help = "give the number of connections that are held at most" },

	{ "prefixes", "v4", &config_prefix4, "100.64.0.0/10", 8, 30, AT(v4),
	  .help = "give an IPv4 network like 100.64.0.0/10, or nothing for no IPv4" },
	{ "prefixes", "v6", &config_prefix6, "fd7a:115c:a1e0::/48", 16, 126, AT(v6),
	  .help = "give an IPv6 network like fd7a:115c:a1e0::/48, or nothing for no IPv6" },
	{ "prefixes", "allocation", &config_word, "sequential", AT(allocation),
	  .words = "sequential,random", .help = "give sequential or random" },

	{ "dns", "magic_dns", &config_bool, "true", AT(magic_dns),
	  .help = "give true or false" },
	{ "dns", "base_domain", &config_domain, "headrace.internal", AT(base_domain),
	  .help = "give a domain of its own for the names of devices, like tailnet.example.com" },
	{ "dns", "override_local_dns", &config_bool, "false", AT(override_local_dns),
	  .help = "give true or false" },
	{ "dns", "nameservers", &config_resolvers, "", AT(nameservers),
	  .help = "give IP addresses or https:// addresses of resolvers, parted by commas" },
	{ "dns", "split.<domain>", &config_split, "", AT(split),
	  .help = "give IP addresses or https:// addresses of resolvers, parted by commas" },
	{ "dns", "search_domains", &config_domains, "", AT(search_domains),
	  .help = "give domains, parted by commas" },
	{ "dns", "extra_record", &config_records, "", AT(extra),
	  .help = "give a name, A or AAAA, and an address, like: nas.example.com A 192.168.1.5" },
	{ "dns", "extra_records_path", &config_path, "", AT(extra_records_path),
	  .help = "give a JSON file" },

	{ "derp", "urls", &config_urls, "https://controlplane.tailscale.com/derpmap/default", AT(derp_urls),
	  .help = "give http:// or https:// addresses of DERP maps, parted by commas" },
	{ "derp", "paths", &config_paths, "", AT(derp_paths),
	  .help = "give JSON files with DERP maps, parted by commas" },
	{ "derp", "update_frequency", &config_duration, "3h", 0, YEAR, AT(derp_update_ms),
	  .help = "give a time like 3h, or 0 to read the maps at the start only" },

	{ "node", "expiry", &config_duration, "0", 0, 100 * YEAR, AT(node_expiry_ms),
	  .help = "give a time like 180d, or 0 for keys that do not expire" },
	{ "node", "ephemeral_timeout", &config_duration, "2m", 66 * SECOND, YEAR, AT(ephemeral_timeout_ms),
	  .help = "give more than 65s, or a client that only reconnects is removed" },
	{ "node", "login_timeout", &config_duration, "15m", MINUTE, 7 * 24 * HOUR, AT(login_timeout_ms),
	  .help = "give a time like 15m" },
	{ "node", "taildrop", &config_bool, "true", AT(taildrop),
	  .help = "give true or false" },
	{ "node", "auto_update", &config_bool, "false", AT(auto_update),
	  .help = "give true or false" },
	{ "node", "logtail", &config_bool, "false", AT(logtail),
	  .help = "give true or false" },

	{ "tailnet", "owner", &config_user, "", AT(owner),
	  .help = "give the user's e-mail address, or name@ for one without" },
	{ "tailnet", "domains", &config_domains, "", AT(domains),
	  .help = "give domains of e-mail addresses, parted by commas" },

	{ "policy", "mode", &config_word, "database", AT(policy_mode),
	  .words = "database,file", .help = "give database or file" },
	{ "policy", "path", &config_path, "", AT(policy_path),
	  .help = "give a HuJSON file" },

	{ "api", "cors_origins", &config_origins, "", AT(cors_origins),
	  .help = "give the origins of web pages, like https://admin.example.com, parted by commas" },

	{ "audit", "keep", &config_duration, "0", 0, 100 * YEAR, AT(audit_keep_ms),
	  .help = "give 30d or more, or 0 to keep it for ever" },

	{ "metrics", "listen", &config_listen, "", AT(metrics_listen),
	  .help = "give 127.0.0.1:9090 or the like, or unix:/path/to/socket" },
	{ "metrics", "token", &config_secret, "", AT(metrics_token),
	  .help = "give at least 16 letters and digits that nobody can guess" },

	{ "log", "level", &config_word, "info", AT(log_level),
	  .words = "error,warn,info,debug", .help = "give error, warn, info or debug" },
};
const size_t config_n_keys = sizeof(config_keys) / sizeof(config_keys[0]);

/* "split.<domain>" stands for every name that starts with "split.". */
static bool
name_matches(const char *pattern, const char *name)
{
	const char *var = strchr(pattern, '<');
	size_t n;

	if (var == NULL)
		return strcmp(pattern, name) == 0;
	n = (size_t)(var - pattern);
	return strncmp(pattern, name, n) == 0 && name[n] != '\0';
}

const struct config_key *
config_key_find(const char *section, const char *name)
{
	for (size_t i = 0; i < config_n_keys; i++)
		if (strcmp(config_keys[i].section, section) == 0 &&
		    name_matches(config_keys[i].name, name))
			return &config_keys[i];
	return NULL;
}

const char *
config_key_env(struct arena *a, const struct config_key *k)
{
	char *name = arena_printf(a, "HEADRACE_%s_%s", k->section, k->name);
	char *var = strstr(name, ".<");

	if (var != NULL)
		*var = '\0';
	for (char *p = name; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	return name;
}

#define NEAREST_TEXT_MAX 64	/* longer names are like nothing */

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* How many characters to change, add or take away to make 'b' of 'a'. */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t row[NEAREST_TEXT_MAX + 1], na = strlen(a), nb = strlen(b);
	size_t i, j, diag, up;

	if (na > NEAREST_TEXT_MAX || nb > NEAREST_TEXT_MAX)
		return NEAREST_TEXT_MAX;
	for (j = 0; j <= nb; j++)
		row[j] = j;
	for (i = 1; i <= na; i++) {
		diag = row[0];
		row[0] = i;
		for (j = 1; j <= nb; j++) {
			up = row[j];
			row[j] = least(up + 1, row[j - 1] + 1,
			    diag + (a[i - 1] != b[j - 1]));
			diag = up;
		}
	}
	return row[nb];
}

/* From 'wrong' to the key; to "dns.split." from as much of 'wrong'. */
static size_t
key_distance(struct arena *a, const char *wrong, const struct config_key *k)
{
	char *name = arena_printf(a, "%s.%s", k->section, k->name);
	char *var = strchr(name, '<');

	if (var != NULL) {
		*var = '\0';
		wrong = arena_strndup(a, wrong, strnlen(wrong, strlen(name)));
	}
	return edit_distance(wrong, name);
}

const struct config_key *
config_key_nearest(struct arena *a, const char *wrong)
{
	const struct config_key *best = NULL;
	size_t best_n = strlen(wrong) / 3 + 1, n;
	const char *dot = strchr(wrong, '.');

	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];

		n = key_distance(a, wrong, k);
		if (dot != NULL && strcmp(dot + 1, k->name) == 0)
			n = n > 2 ? 2 : n;	/* right key, wrong section */
		if (n < best_n) {
			best_n = n;
			best = k;
		}
	}
	return best;
}
