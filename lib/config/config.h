/*
 * lib/config/config.h -- the configuration: one INI file, read whole or not at all.
 *
 * Keys are documented in conf/headrace.ini; one table in config.c says for each
 * its section, name, type, limits and default, and the environment variable
 * HEADRACE_<SECTION>_<KEY> overrides it.  An unknown key or a bad value is an
 * error with file, line, key and what would be right; all errors of a file are
 * reported together.
 */
#ifndef LIB_CONFIG_CONFIG_H
#define LIB_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/client.h"
#include "lib/base/err.h"
#include "lib/base/ip.h"

enum allocation { ALLOC_SEQUENTIAL, ALLOC_RANDOM };
enum durability { SYNC_NORMAL, SYNC_FULL };
enum policy_mode { POLICY_DATABASE, POLICY_FILE };

struct text_list {
	const char **v;
	size_t n;
};

/* dns.split.<domain> = server, server */
struct split_dns {
	const char *domain;
	struct text_list servers;
};

/* dns.extra_record = name TYPE value */
struct dns_record {
	const char *name, *type, *value;
};

struct config {
	const char *file;		/* where it came from; "" if only defaults */
	struct text_list warnings;	/* what is allowed but doubtful; for the log */

	/* [server] */
	const char *url;		/* http(s)://host[:port], no trailing slash */
	const char *data_dir;		/* database, keys */
	const char *run_dir;		/* sockets */
	const char *socket_group;	/* who may connect to the web server's sockets; "": all */
	struct prefix_list trusted_proxies;	/* who is believed where a client is */

	/* [database] */
	const char *db_path;		/* default: data_dir/headrace.db */
	enum durability sync;

	/* [noise] */
	const char *noise_key_path;	/* default: data_dir/noise.key */

	/* [worker] */
	int64_t web_workers, control_workers;

	/* [notifier] */
	const char *notifier_listen;	/* unix:/path or ip:port; default unix:run_dir/notifier.sock */
	bool notifier_proxy_protocol;	/* each connection there begins with its header */
	int64_t keepalive_ms;		/* 50 s; the client gives up after 120 s */
	int64_t offline_grace_ms;	/* 10 s */
	int64_t connections_max;

	/* [prefixes] */
	bool have_v4, have_v6;
	struct prefix v4, v6;
	enum allocation allocation;

	/* [dns] */
	bool magic_dns, override_local_dns;
	const char *base_domain;	/* "" if none; no trailing dot */
	struct text_list nameservers, search_domains;
	struct split_dns *split;
	size_t n_split;
	struct dns_record *extra;
	size_t n_extra;
	const char *extra_records_path;	/* "" if none */

	/* [derp] */
	struct text_list derp_urls, derp_paths;
	int64_t derp_update_ms;		/* 0: never again after the start */

	/* [node] */
	int64_t node_expiry_ms;		/* 0: keys do not run out */
	int64_t ephemeral_timeout_ms;
	int64_t login_timeout_ms;
	bool taildrop, auto_update, logtail;

	/* [tailnet] */
	const char *owner;		/* whose role is owner, as policies name users; "" if none */
	struct text_list domains;	/* from which its users come; empty: policy_load.h */

	/* [policy] */
	enum policy_mode policy_mode;
	const char *policy_path;	/* "" unless the mode is file */

	/* [api] */
	struct text_list cors_origins;	/* whose pages may use the API from a browser */

	/* [audit] */
	int64_t audit_keep_ms;		/* 0: for ever; else 30 days or more */

	/* [metrics] */
	const char *metrics_listen;	/* as notifier_listen; "" if none */
	const char *metrics_token;	/* a secret; "" if none */

	/* [log] */
	int log_level;			/* enum log_level */
};

#define AUDIT_KEEP_MIN_MS (30LL * 24 * 60 * 60 * 1000)

#define CONFIG_FILE_DEFAULT "/etc/headrace/headrace.ini"

/*
 * Reads 'path' (NULL: $HEADRACE_CONFIG, else CONFIG_FILE_DEFAULT if it exists,
 * else only defaults and the environment).  On ERR_BADREQ 'errors' holds one
 * line per mistake.  Relative paths are taken from the file's folder, except
 * database.path and noise.private_key (server.data) and the socket of
 * notifier.listen (server.run).  All text lives in 'a'.
 */
must_check enum err config_load(struct arena *a, const char *path,
    struct config *cfg, struct buf *errors);

/* The same for text that was read already; 'name' stands for the file. */
must_check enum err config_load_text(struct arena *a, const char *name,
    struct str text, struct config *cfg, struct buf *errors);

/* Paths derived from run_dir: web.sock, control.sock, wake.sock. */
const char *config_socket(struct arena *a, const struct config *cfg, const char *name);

/* Is it an address that devices get? */
bool config_is_device(const struct config *cfg, const struct ip *ip);

#define CONFIG_LIST_MAX 1024		/* items of a list */

/*
 * What a setting is checked by too, when it is not the file that says it: NULL, or
 * what is wrong with the value ("is not a domain name").
 */
const char *config_resolver_check(struct str v);
const char *config_domain_read(struct arena *a, struct str v, const char **out);

/* Prints every key with its effective value, for `headrace configtest -v`. */
void config_print(const struct config *cfg, struct buf *out);

/*
 * What only one 'who' ("serve", "notifier") may work on at a time: a lock beside the
 * database, and not beside a link to it.
 */
const char *config_lock(struct arena *a, const struct config *cfg, const char *who);

#endif
