/*
 * handlers/internal/documents.c -- the documents that all workers share, and who makes them.
 *
 * Files are small and read at every tick; addresses are asked when
 * derp.update_frequency says so, and after a failure ever more rarely.
 */
#include "handlers/internal/documents.h"

#include <stdio.h>
#include <string.h>

#include "handlers/control/setting.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/fetch/fetch.h"
#include "lib/model/model.h"
#include "lib/netmap/derpmap.h"
#include "lib/netmap/dns.h"
#include "lib/store/store.h"

#define RETRY_MIN_MS (30 * 1000)
#define RETRY_MAX_MS (60 * 60 * 1000)

/* The last complaint of this process, so that it is not repeated every tick. */
static char last_complaint[256];

static void
complain_that(const char *what, const char *why, const char *meanwhile)
{
	char text[sizeof(last_complaint)];

	(void)snprintf(text, sizeof(text), "%s: %s; %s", what, why, meanwhile);
	if (strcmp(text, last_complaint) == 0)
		return;
	memcpy(last_complaint, text, sizeof(text));
	log_warn("%s", text);
}

static void
complain(const char *what, const char *why)
{
	complain_that(what, why, "keeping what was there");
}

/* A whole file; false (and a complaint) if it cannot be read or is too large. */
static bool
read_file(struct req *rq, const char *path, size_t max, struct str *out)
{
	const char *why = file_read(rq->arena, path, max, out);

	if (why != NULL)
		complain(path, why);
	return why == NULL;
}

/* ---- DNS ---- */

/* The records of the watched file; the stored ones if it cannot be used now. */
static enum err
read_records(struct req *rq, const char **records)
{
	const char *path = rq->cfg->extra_records_path, *why = NULL, *fresh;
	struct str text;
	enum err e;

	*records = NULL;
	if (path[0] == '\0')
		return OK;
	if ((e = store_document(rq->db, rq->arena, DOCUMENT_RECORDS, records)) != OK)
		return e;
	if (!read_file(rq, path, EXTRA_RECORDS_BYTES_MAX, &text) || text.n == 0)
		return OK;	/* an editor may be at it: empty means not yet */
	fresh = dns_records_read(rq->arena, text, &why);
	if (fresh == NULL)
		complain(path, why ? why : "not JSON");
	else
		*records = fresh;
	return OK;
}

/* ---- DERP maps ---- */

/* When this process may ask the addresses again after a failure. */
static int64_t retry_at_ms, retry_wait_ms;

static bool
fetch_due(struct req *rq, jv *fetched)
{
	int64_t at = json_get_i64(fetched, "at_ms", 0);

	if (rq->cfg->derp_urls.n == 0 || clock_mono_ms() < retry_at_ms)
		return false;
	return fetched == NULL ||
	    (rq->cfg->derp_update_ms > 0 && rq->now_ms - at >= rq->cfg->derp_update_ms);
}

static void
fetch_failed(const char *url, const char *why, bool have_map)
{
	complain_that(url, why, have_map ? "keeping the DERP map from before" :
	    "no relay is known, so devices talk only where a direct way exists");
	retry_wait_ms = retry_wait_ms == 0 ? RETRY_MIN_MS : retry_wait_ms * 2;
	if (retry_wait_ms > RETRY_MAX_MS)
		retry_wait_ms = RETRY_MAX_MS;
	retry_at_ms = clock_mono_ms() + retry_wait_ms;
}

/* Asks all addresses; the new document, or NULL if one of them failed. */
static const char *
fetch_maps(struct req *rq, bool have_map)
{
	const struct text_list *urls = &rq->cfg->derp_urls;
	struct derpmap *m = derpmap_new(rq->arena);
	const char *why = "";
	struct str text;

	for (size_t i = 0; i < urls->n; i++) {
		if (fetch_url(rq->arena, urls->v[i], DERPMAP_BYTES_MAX, &text, &why) != OK ||
		    derpmap_add(m, text, &why) != OK) {
			fetch_failed(urls->v[i], why, have_map);
			return NULL;
		}
	}
	retry_wait_ms = 0;
	return arena_printf(rq->arena, "{\"at_ms\":%lld,\"map\":%s}",
	    (long long)rq->now_ms, derpmap_json(m));
}

/* The files over what came from the addresses; NULL if a file cannot be used now. */
static const char *
merge_maps(struct req *rq, jv *fetched)
{
	struct derpmap *m = derpmap_new(rq->arena);
	const struct text_list *paths = &rq->cfg->derp_paths;
	jv *map = rq->cfg->derp_urls.n > 0 ? json_get(fetched, "map") : NULL;
	const char *why = "";
	struct str text;

	if (map != NULL && derpmap_add(m, str_of(json_dump(rq->arena, map)), &why) != OK)
		complain("stored DERP map", why);
	for (size_t i = 0; i < paths->n; i++) {
		if (!read_file(rq, paths->v[i], DERPMAP_BYTES_MAX, &text))
			return NULL;
		if (derpmap_add(m, text, &why) != OK) {
			complain(paths->v[i], why);
			return NULL;
		}
	}
	return derpmap_regions(m) > 0 ? derpmap_json(m) : DERPMAP_NO_RELAY;
}

/* ---- all of them ---- */

static enum err
put(struct req *rq, const char *name, const char *content)
{
	return content == NULL ? OK :
	    store_document_put(rq->db, name, content, rq->now_ms);
}

static enum err
put_all(struct req *rq, const char *fetched, const char *derpmap, const char *records)
{
	enum err e;

	if ((e = db_begin_write(rq->db)) != OK)
		return e;
	if ((e = put(rq, DOCUMENT_DERP_FETCHED, fetched)) == OK &&
	    (e = put(rq, DOCUMENT_DERPMAP, derpmap)) == OK &&
	    (e = put(rq, DOCUMENT_RECORDS, records)) == OK)
		e = setting_show(rq, records);
	return db_end_write(rq->db, e);
}

enum err
documents_refresh(struct req *rq)
{
	const char *stored, *records, *fresh = NULL;
	jv *fetched = NULL;
	enum err e;

	if ((e = store_document(rq->db, rq->arena, DOCUMENT_DERP_FETCHED, &stored)) != OK ||
	    (e = read_records(rq, &records)) != OK)
		return e;
	if (stored != NULL)
		fetched = json_parse(rq->arena, str_of(stored), JSON_DEPTH_DEFAULT, NULL);
	if (fetch_due(rq, fetched) && (fresh = fetch_maps(rq, fetched != NULL)) != NULL)
		fetched = json_parse(rq->arena, str_of(fresh), JSON_DEPTH_DEFAULT, NULL);
	return put_all(rq, fresh, merge_maps(rq, fetched), records);
}
