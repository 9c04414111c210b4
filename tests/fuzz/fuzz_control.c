/*
 * tests/fuzz/fuzz_control.c -- any body for /machine/register and /machine/map.
 *
 * Whatever a client sends and the database then holds, no answer is our own
 * failure, and the map that another node gets is JSON, without the node that waits
 * for approval.
 */
#include <stdlib.h>

#include "handlers/control/netcache.h"
#include "handlers/dispatch.h"
#include "lib/base/log.h"
#include "lib/crypto/key.h"
#include "lib/json/json.h"
#include "lib/store/store.h"
#include "lib/wire/delta.h"
#include "tests/fuzz/fuzz.h"

#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef012345678"
#define MKEY(i) "mkey:" DIGITS "000000" #i
#define NKEY(i) "nodekey:" DIGITS "000000" #i
#define NOW 1790000000000

static struct config cfg = {
	.file = "", .url = "https://head.example", .data_dir = "/nowhere",
	.run_dir = "/nowhere", .db_path = "", .noise_key_path = "/nowhere/noise.key",
	.base_domain = "tn.example", .extra_records_path = "", .owner = "", .policy_path = "",
	.magic_dns = true,
	.have_v4 = true, .have_v6 = true, .login_timeout_ms = 60000,
	.ephemeral_timeout_ms = 120000,
};
static struct db *db;
static struct netcache *cache;
static struct arena *arena;

#define WAITING 3		/* the node that waits, and its machine */

static void
add_node(int64_t user, const char *mkey, const char *nkey, const char *name)
{
	struct node n = {
		.user_id = user, .machine_key = mkey, .node_key = nkey, .disco_key = "",
		.nl_key = "", .name = name, .hostname = name, .os = "", .client_version = "",
		.tags = "[]", .hostinfo = "{}", .netinfo = "{}", .endpoints = "[]",
		.routes = "[]", .approved = "[\"10.0.0.0/8\"]", .register_method = "cli",
		.created_ms = NOW, .last_seen_ms = NOW, .expiry_ms = TIME_NONE,
	};
	int64_t id;

	if (store_node_insert(db, &n, &id) != OK)
		abort();
}

static void
start(void)
{
	struct user u = { .name = "alice", .display_name = "", .email = "",
	    .provider = "", .picture_url = "", .created_ms = NOW };
	struct buf why;
	int64_t user;

	crypto_init();
	log_init("fuzz", LOG_ERR);
	buf_init(&why, 4096);
	arena = arena_new();
	cache = netcache_new();
	if (!prefix_read(STR("100.64.0.0/10"), &cfg.v4) ||
	    !prefix_read(STR("fd7a:115c:a1e0::/48"), &cfg.v6) ||
	    db_open(&cfg, DB_MEMORY, &db, &why) != OK || db_begin_write(db) != OK ||
	    store_user_create(db, &u, &user) != OK)
		abort();
	add_node(user, MKEY(1), NKEY(1), "one");
	add_node(user, MKEY(2), NKEY(2), "two");
	add_node(user, MKEY(3), NKEY(3), "waiting");
	if (store_node_set_authorized(db, WAITING, false) != OK)
		abort();
	if (db_commit(db) != OK)
		abort();
	buf_fini(&why);
}

/* Sends a body as machine 'mkey'; the caller ends the request. */
static void
send(struct req *rq, const char *mkey, const char *path, struct span body)
{
	*rq = (struct req){
		.arena = arena, .db = db, .cfg = &cfg, .cache = cache, .now_ms = NOW,
		.origin = ORIGIN_CONTROL, .machine_key = mkey, .method = HTTP_POST,
		.path = path, .query = "", .body = body, .remote_addr = "",
	};
	req_begin(rq);
	dispatch(rq);
	assert(rq->status < 500);
	assert(!db_in_txn(db));
}

/* What node two sees afterwards. */
static void
check_other(void)
{
	static const char ask[] = "{\"Version\":142,\"NodeKey\":\"" NKEY(2) "\",\"Stream\":true}";
	int64_t ids[64];
	struct stream_open o;
	struct req rq;
	struct str json;

	send(&rq, MKEY(2), "/machine/map", (struct span){ (const uint8_t *)ask, sizeof(ask) - 1 });
	assert(rq.status == 200);
	assert(stream_open_decode(buf_span(&rq.out), ids, 64, &o) == OK);
	for (uint32_t i = 0; i < o.n_peers; i++)
		assert(o.peers[i] != WAITING);
	json = (struct str){ (const char *)o.first.p + 4, o.first.n - 4 };
	assert(json_parse(arena, json, 32, NULL) != NULL);
	req_end(&rq);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span body = { data, n };
	struct req rq;
	uint8_t which;

	if (db == NULL)
		start();
	which = take_byte(&body);
	send(&rq, which & 2 ? MKEY(3) : MKEY(1), which & 1 ? "/machine/register" : "/machine/map", body);
	req_end(&rq);
	check_other();
	arena_reset(arena);
	return 0;
}
