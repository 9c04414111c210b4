/*
 * tests/handlers/ask.h -- a request to the dispatcher and its answer, with a
 * database in memory.
 */
#ifndef TESTS_HANDLERS_ASK_H
#define TESTS_HANDLERS_ASK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "handlers/dispatch.h"
#include "lib/config/config.h"
#include "lib/store/store.h"

#define ASK_NOW 1790000000000

struct asker {
	struct arena *a;
	struct db *db;
	struct config cfg;
	struct req rq;		/* the last request and its answer */
	bool asked;
	struct netcache *cache;	/* of a control worker; NULL unless the test makes it */
	const struct req_param *params;	/* CGI variables of the next requests; may be NULL */
	const char *remote_addr;	/* NULL: 127.0.0.1 */
	int64_t later_ms;	/* how long after ASK_NOW the next request comes */
};

__attribute__((unused)) static int
ask_setup(void **state)
{
	struct asker *k = calloc(1, sizeof(*k));
	struct buf why;

	k->a = arena_new();
	k->cfg = (struct config){
		.file = "", .url = "https://head.example", .data_dir = "/nowhere",
		.run_dir = "/nowhere", .db_path = "", .noise_key_path = "/nowhere/noise.key",
		.base_domain = "", .extra_records_path = "", .owner = "",
		.metrics_listen = "", .metrics_token = "",
	};
	buf_init(&why, 4096);
	if (db_open(&k->cfg, DB_MEMORY, &k->db, &why) != OK)
		fail_msg("%.*s", (int)why.n, (const char *)why.p);
	buf_fini(&why);
	*state = k;
	return 0;
}

__attribute__((unused)) static int
ask_teardown(void **state)
{
	struct asker *k = *state;

	if (k->asked)
		req_end(&k->rq);
	db_close(k->db);
	arena_free(k->a);
	free(k);
	return 0;
}

#define ASK_TEST(f) cmocka_unit_test_setup_teardown(f, ask_setup, ask_teardown)

/* Sends and returns the status; machine_key may be NULL. */
__attribute__((unused)) static int
ask_as(struct asker *k, enum origin origin, const char *machine_key,
    const char *method, const char *target, struct str body)
{
	struct req *rq = &k->rq;

	if (k->asked)
		req_end(rq);
	k->asked = true;
	*rq = (struct req){
		.arena = k->a, .db = k->db, .cfg = &k->cfg, .now_ms = ASK_NOW + k->later_ms,
		.cache = k->cache,
		.origin = origin, .machine_key = machine_key,
		.method = http_method_of(method), .params = k->params,
		.remote_addr = k->remote_addr != NULL ? k->remote_addr : "127.0.0.1",
		.body = { (const uint8_t *)body.p, body.n },
	};
	req_begin(rq);
	req_target(rq, str_of(target));
	dispatch(rq);
	buf_byte(&rq->out, '\0');
	buf_byte(&rq->head, '\0');
	assert_true(k->db == NULL || !db_in_txn(k->db));
	return rq->status;
}

__attribute__((unused)) static int
ask(struct asker *k, const char *method, const char *target)
{
	return ask_as(k, ORIGIN_WEB, NULL, method, target, (struct str){ "", 0 });
}

__attribute__((unused)) static const char *
ask_body(const struct asker *k)
{
	return (const char *)k->rq.out.p;
}

__attribute__((unused)) static const char *
ask_head(const struct asker *k)
{
	return (const char *)k->rq.head.p;
}

__attribute__((unused)) static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in: %s", part, text);
}

__attribute__((unused)) static void
assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("'%s' is in: %s", part, text);
}

#endif
