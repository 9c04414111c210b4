/*
 * tests/bench/store_bench.c -- what the store costs, on a file, without fsync.
 *
 *	store_bench [nodes]
 *
 * Registers nodes one per transaction as a worker does, then times the
 * statements of the hot path at that size.  One line per figure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/store/store.h"

#define LOOKUPS 20000

struct bench {
	struct db *db;
	struct arena *a;
	int64_t user;
	int n;
	char hostinfo[1200];
};

static void
need(struct bench *b, enum err e, const char *what)
{
	if (e != OK)
		fatal("%s: %s (%s)", what, err_name(e), db_errmsg(b->db));
}

static double
now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static const char *
node_key(struct bench *b, int i)
{
	return arena_printf(b->a, "nodekey:%064x", i * 2654435761u);
}

static void
take(struct bench *b, const char *prefix, const char **out)
{
	struct prefix p;
	struct ip ip;
	char text[IP_TEXT_SIZE];

	if (!prefix_read(str_of(prefix), &p))
		fatal("bad prefix");
	need(b, store_address_take(b->db, &p, ALLOC_SEQUENTIAL, &ip), "address");
	*out = arena_strdup(b->a, ip_write(&ip, text));
}

static void
register_one(struct bench *b, int i)
{
	struct node n = {
		.user_id = b->user, .tags = "[]", .name = arena_printf(b->a, "n%d", i),
		.machine_key = arena_printf(b->a, "mkey:%064x", i),
		.node_key = node_key(b, i), .hostinfo = b->hostinfo, .os = "linux",
		.expiry_ms = TIME_NONE,
	};
	bool taken;

	need(b, db_begin_write(b->db), "begin");
	take(b, "100.64.0.0/10", &n.ipv4);
	take(b, "fd7a:115c:a1e0::/48", &n.ipv6);
	need(b, store_node_name_taken(b->db, n.name, &taken), "name");
	need(b, store_node_insert(b->db, &n, &n.id), "insert");
	need(b, db_commit(b->db), "commit");
	arena_reset(b->a);
}

static void
find_one(struct bench *b, int i)
{
	struct node n;

	need(b, store_node_by_node_key(b->db, b->a, node_key(b, i % b->n), &n), "by key");
	arena_reset(b->a);
}

static void
map_request(struct bench *b, int i)
{
	struct node n;

	need(b, db_begin_write(b->db), "begin");
	need(b, store_node_by_node_key(b->db, b->a, node_key(b, i % b->n), &n), "by key");
	n.endpoints = arena_printf(b->a, "[\"192.0.2.1:%d\"]", i);
	n.last_seen_ms = i;
	need(b, store_node_update(b->db, &n), "update");
	need(b, db_commit(b->db), "commit");
	arena_reset(b->a);
}

static void
presence(struct bench *b, int i)
{
	need(b, db_begin_write(b->db), "begin");
	need(b, store_node_set_presence(b->db, i % b->n + 1, i / b->n % 2 == 0, i), "set");
	need(b, db_commit(b->db), "commit");
}

static void
read_txn(struct bench *b, int i)
{
	int64_t seq;

	(void)i;
	need(b, db_begin_read(b->db), "begin");
	need(b, store_change_last(b->db, &seq), "last");
	need(b, db_commit(b->db), "commit");
}

static void
next_due(struct bench *b, int i)
{
	int64_t at;

	need(b, store_nodes_next_due(b->db, i, &at), "due");
}

static void
all_nodes(struct bench *b, int i)
{
	struct node *v;
	size_t n;

	(void)i;
	need(b, store_nodes(b->db, b->a, &v, &n), "all");
	arena_reset(b->a);
}

static void
measure(struct bench *b, const char *name, void (*fn)(struct bench *, int), int times)
{
	double start = now_us(), each;

	for (int i = 0; i < times; i++)
		fn(b, i);
	each = (now_us() - start) / times;
	printf("%-28s %9.1f us each, %9.0f per second\n", name, each, 1e6 / each);
}

static const struct actor device = {
	"node", "mkey:0000000000000000000000000000000000000000000000000000000000000000",
	"device mkey:000000000000", "", "192.0.2.1", "registerNode",
};

static void
run(struct bench *b)
{
	memset(b->hostinfo, 'x', sizeof(b->hostinfo) - 1);
	memcpy(b->hostinfo, "{\"OS\":\"", 7);
	memcpy(b->hostinfo + sizeof(b->hostinfo) - 3, "\"}", 2);
	need(b, store_user_create(b->db, &(struct user){ .name = "bench" }, &b->user), "user");
	db_actor(b->db, &device);	/* as when a device registers: with what the audit log costs */
	measure(b, "register (transaction)", register_one, b->n);
	db_actor(b->db, NULL);
	measure(b, "node by node key", find_one, LOOKUPS);
	measure(b, "map request (transaction)", map_request, LOOKUPS);
	measure(b, "presence (transaction)", presence, LOOKUPS);
	measure(b, "empty read (transaction)", read_txn, LOOKUPS);
	measure(b, "next due", next_due, LOOKUPS);
	measure(b, "all nodes", all_nodes, 10);
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/headrace-bench-XXXXXX", cmd[64];
	struct bench b = { .n = argc > 1 ? atoi(argv[1]) : 10000, .a = arena_new() };
	struct config cfg = { 0 };
	struct buf why;

	if (b.n < 1 || mkdtemp(dir) == NULL)
		fatal("usage: store_bench [nodes]");
	buf_init(&why, 4096);
	cfg.db_path = arena_strdup(b.a, arena_printf(b.a, "%s/headrace.db", dir));
	if (db_open(&cfg, DB_SERVE, &b.db, &why) != OK)
		fatal("%.*s", (int)why.n, (const char *)why.p);
	run(&b);
	db_close(b.db);
	arena_free(b.a);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	return system(cmd);
}
