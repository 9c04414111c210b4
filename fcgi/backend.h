/*
 * fcgi/backend.h -- what a worker keeps between requests: configuration,
 * database, map cache.
 *
 * None of it is truth: each is thrown away and made again when the file behind
 * it changes.
 */
#ifndef FCGI_BACKEND_H
#define FCGI_BACKEND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/config/config.h"
#include "lib/metrics/metrics.h"

struct db;
struct netcache;

struct backend {
	const char *config_path;	/* as given to config_load(); may be NULL */
	struct arena *cfg_arena;
	struct config *cfg;		/* in cfg_arena */
	bool wants_cache;		/* a control worker */

	struct db *db;			/* NULL: not open */
	dev_t dev;			/* of the file that 'db' has open */
	ino_t ino;
	struct netcache *cache;
	int64_t complained_ms;
};

/* Reads the configuration; false after logging what is wrong with it. */
must_check bool backend_start(struct backend *b, const char *config_path, bool wants_cache);
void backend_stop(struct backend *b);

/* Reads the configuration again; a bad one is logged and the old one kept. */
void backend_reload(struct backend *b);

/*
 * Makes sure that the database is open and still the file at its path: a
 * restored backup is another file, and writing to the old one would lose what
 * is acknowledged.  False after logging why it is not.
 */
must_check bool backend_db(struct backend *b);

/* Begins to count what this process does; without the file it goes uncounted. */
void backend_metrics(const struct config *cfg, enum metrics_role role);

/* Loads a configuration into a new arena; logs errors and warnings. */
must_check bool backend_config(const char *path, struct arena **arena, struct config **cfg);

#endif
