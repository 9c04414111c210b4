/* fcgi/backend.c -- configuration and database of a process that answers requests. */
#include "fcgi/backend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fcgi/limits.h"
#include "handlers/control/netcache.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/db.h"

#define TEXT_MAX 65536

/* One log line per line of 'b'. */
static void
log_lines(const struct buf *b)
{
	struct str left = buf_as_str(b), line;

	while (str_cut(&left, '\n', &line))
		if (line.n > 0)
			log_err("%.*s", (int)line.n, line.p);
}

bool
backend_config(const char *path, struct arena **arena, struct config **cfg)
{
	struct arena *a = arena_new();
	struct config *c = arena_alloc(a, sizeof(*c));
	struct buf errors;
	enum err e;

	buf_init(&errors, TEXT_MAX);
	e = config_load(a, path, c, &errors);
	log_lines(&errors);
	buf_fini(&errors);
	if (e != OK) {
		arena_free(a);
		return false;
	}
	*arena = a;
	*cfg = c;
	return true;
}

void
backend_metrics(const struct config *cfg, enum metrics_role role)
{
	struct arena *a = arena_new();
	const char *path = config_socket(a, cfg, METRICS_FILE);

	if (metrics_open(path, role))
		log_debug("counting in %s", path);
	else if (role == METRICS_CGI)	/* as many lines as requests */
		log_debug("metrics are not counted: %s: %s", path, strerror(errno));
	else
		log_warn("metrics are not counted: %s: %s", path, strerror(errno));
	arena_free(a);
}

bool
backend_start(struct backend *b, const char *config_path, bool wants_cache)
{
	*b = (struct backend){ .config_path = config_path, .wants_cache = wants_cache };
	return backend_config(config_path, &b->cfg_arena, &b->cfg);
}

/* The cache shows what was in this database: it goes along. */
static void
close_db(struct backend *b)
{
	if (b->cache != NULL)
		netcache_free(b->cache);
	if (b->db != NULL)
		db_close(b->db);
	b->cache = NULL;
	b->db = NULL;
}

void
backend_stop(struct backend *b)
{
	close_db(b);
	arena_free(b->cfg_arena);
	*b = (struct backend){ 0 };
}

void
backend_reload(struct backend *b)
{
	struct arena *a;
	struct config *cfg;

	if (!backend_config(b->config_path, &a, &cfg)) {
		log_err("the configuration is not taken over; the old one stays in use");
		return;
	}
	close_db(b);
	arena_free(b->cfg_arena);
	b->cfg_arena = a;
	b->cfg = cfg;
}

/* Logs, but not once per request while nothing works. */
static void
complain(struct backend *b, const char *text, size_t n)
{
	int64_t now = clock_mono_ms();

	if (b->complained_ms != 0 && now - b->complained_ms < WORKER_DB_COMPLAIN_MS)
		return;
	b->complained_ms = now;
	log_err("cannot use the database: %.*s; requests are answered with 503",
	    (int)n, text);
}

static bool
open_db(struct backend *b, const struct stat *st)
{
	struct buf why;
	enum err e;

	buf_init(&why, TEXT_MAX);
	e = db_open(b->cfg, DB_USE, &b->db, &why);
	if (e != OK)
		complain(b, (const char *)why.p, why.n);
	buf_fini(&why);
	if (e != OK)
		return false;
	if (b->complained_ms != 0)
		log_info("the database can be used again");
	b->complained_ms = 0;
	b->cache = b->wants_cache ? netcache_new() : NULL;
	b->dev = st->st_dev;
	b->ino = st->st_ino;
	if (b->cache != NULL)
		netcache_prime(b->cache, b->db, b->cfg);
	return true;
}

bool
backend_db(struct backend *b)
{
	struct stat st;

	if (stat(b->cfg->db_path, &st) != 0) {
		int why = errno;
		char text[1280];

		close_db(b);
		(void)snprintf(text, sizeof(text), "%s: %s; was headrace serve started, "
		    "which makes it?", b->cfg->db_path, strerror(why));
		complain(b, text, strlen(text));
		return false;
	}
	if (b->db != NULL && (st.st_dev != b->dev || st.st_ino != b->ino)) {
		log_info("%s is another file now; opening it anew", b->cfg->db_path);
		close_db(b);
	}
	return b->db != NULL || open_db(b, &st);
}
