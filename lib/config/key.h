/*
 * lib/config/key.h -- inside of lib/config: the table of keys and the kinds of value.
 *
 * A key is one row; what a kind of value looks like is one reader and one
 * printer.  So a new key is a row here and a field in struct config, and it
 * gets its default, its environment variable, its limits and its error texts
 * from that row.
 */
#ifndef LIB_CONFIG_KEY_H
#define LIB_CONFIG_KEY_H

#include "lib/config/config.h"

#define CONFIG_FILE_MAX (1024 * 1024)	/* bytes of a file */
#define CONFIG_LINE_MAX 4096		/* bytes of a line */
#define CONFIG_ERRORS_MAX 50		/* reported; the rest is counted */
#define CONFIG_PATH_MAX 1024
#define CONFIG_SOCKET_MAX 107		/* sun_path without its NUL */

#define CONFIG_SECRET_MIN 16
#define CONFIG_SECRET_MAX 512		/* an HTTP header has to hold it */

struct config_key;

/* Where a value came from, for the error text; line 0 if it has none. */
struct config_place {
	const char *source;	/* a file, or "environment HEADRACE_…" */
	int line;
};

/* What a reader may use. */
struct config_reading {
	struct arena *arena;
	const struct config_key *key;
	const char *dir;	/* relative paths start here */
	const char *sub;	/* the <domain> of dns.split.<domain>, or NULL */
};

/*
 * Stores 'v' in 'field', of which list readers append.  NULL if all is well,
 * else what is wrong, to follow the quoted value: "is not a duration".
 */
typedef const char *config_read_fn(struct config_reading *rd, struct str v, void *field);
typedef void config_print_fn(const struct config_key *k, const void *field, struct buf *out);

struct config_type {
	config_read_fn *read;
	config_print_fn *print;
	size_t list_size;	/* bytes to clear before a list is set anew; 0: no list */
	char env_sep;		/* parts one environment value into several settings */
	bool whole_lines;	/* print writes "key = value" lines itself */
	bool secret;		/* values are never shown, not even wrong ones */
};

struct config_key {
	const char *section, *name;
	const struct config_type *type;
	const char *def;	/* as it would be written in the file */
	int64_t min, max;	/* of integers; of durations in milliseconds */
	const char *words;	/* of an enumeration: "normal,full", in its order */
	size_t offset;		/* in struct config */
	const char *help;	/* what a right value is; follows "; " in an error */
};

extern const struct config_key config_keys[];
extern const size_t config_n_keys;

extern const struct config_type config_bool, config_int, config_duration,
    config_word, config_url, config_path, config_name, config_user, config_group, config_listen,
    config_prefix4, config_prefixes, config_prefix6, config_domain, config_domains,
    config_secret, config_resolvers, config_split, config_urls, config_origins,
    config_paths, config_records;

/* The row of section.name ("split.x" finds "split.<domain>"), or NULL. */
const struct config_key *config_key_find(const char *section, const char *name);

/* "dns.split.<domain>" -> "HEADRACE_DNS_SPLIT", in the arena. */
const char *config_key_env(struct arena *a, const struct config_key *k);

/* The known key that is most like 'wrong', or NULL if none is. */
const struct config_key *config_key_nearest(struct arena *a, const char *wrong);

/* Host part of a URL that config_url accepted, without port and brackets. */
struct str config_url_host(const char *url);

/*
 * Fills in what follows from other keys and checks what one key alone cannot
 * say.  Calls fail() per mistake and warn() per doubt.
 */
struct config_check {
	struct arena *arena;
	struct config *cfg;
	bool (*is_set)(const struct config_check *c, const char *section, const char *name);
	void (*fail)(const struct config_check *c, const char *section,
	    const char *name, const char *text);
	void (*warn)(const struct config_check *c, const char *section,
	    const char *name, const char *text);
	void *arg;
};
void config_check_all(const struct config_check *c);
void config_check_within(const struct config_check *c);	/* called by it: within.c */

#endif
