/*
 * tests/bench/policy_bench.c -- what the policy engine costs, on one core, without a database.
 *
 *	policy_bench [nodes [users [rules]]]
 *
 * Two policies over a made-up tailnet: rules over groups, tags and prefixes, and
 * autogroup:self.  "all nodes" is each node's filter and its visible peers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/log.h"
#include "lib/policy/net.h"

#define GROUPS 40
#define TAGS 40
#define CHANGES 2000

struct bench {
	int nodes, users, rules;
	struct arena *a;
	struct net *t;
};

static double
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void
put_names(struct buf *out, int users)
{
	buf_str(out, "\"groups\":{");
	for (int g = 0; g < GROUPS; g++) {
		buf_printf(out, "%s\"group:g%d\":[", g ? "," : "", g);
		for (int u = g, n = 0; u < users; u += 7 + g % 5, n++)
			buf_printf(out, "%s\"user%d@example.com\"", n ? "," : "", u);
		buf_str(out, "]");
	}
	buf_str(out, "},\"tagOwners\":{");
	for (int i = 0; i < TAGS; i++)
		buf_printf(out, "%s\"tag:t%d\":[\"group:g%d\"]", i ? "," : "", i, i % GROUPS);
	buf_str(out, "},");
}

/* Groups to tags, tags to tags, groups to networks behind routers. */
static const char *
mixed(struct bench *b)
{
	struct buf out;

	buf_init(&out, POLICY_BYTES_MAX);
	buf_str(&out, "{");
	put_names(&out, b->users);
	buf_str(&out, "\"acls\":[");
	for (int i = 0; i < b->rules; i++) {
		buf_printf(&out, "%s{\"action\":\"accept\",\"src\":[", i ? "," : "");
		if (i % 3 == 0)
			buf_printf(&out, "\"tag:t%d\",\"tag:t%d\"", i % TAGS, (i * 7) % TAGS);
		else
			buf_printf(&out, "\"group:g%d\",\"user%d@example.com\"", i % GROUPS,
			    i % b->users);
		if (i % 4 == 3)
			buf_printf(&out, "],\"dst\":[\"10.%d.0.0/16:22,80,443\"]}", i % 20);
		else
			buf_printf(&out, "],\"dst\":[\"tag:t%d:22,443\",\"tag:t%d:8000-9000\"]}",
			    (i * 3) % TAGS, (i * 11) % TAGS);
	}
	buf_str(&out, "]}");
	return buf_text(&out, b->a);
}

static const char *
self(struct bench *b)
{
	(void)b;
	return "{\"acls\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\"],"
	    "\"dst\":[\"autogroup:self:*\"]},{\"action\":\"accept\",\"src\":"
	    "[\"autogroup:member\"],\"dst\":[\"autogroup:tagged:443\"]}]}";
}

/* A third of the nodes have tags, one of fifty is a router. */
static struct net_node
make_node(struct bench *b, int i, int shift)
{
	struct net_node n = { .id = i + 1, .name = arena_printf(b->a, "node%d", i),
		.posture = { "linux", "6.1", "1.90.0", "stable", false, false, NULL, 0 } };
	struct prefix *p = arena_array(b->a, 1, sizeof(*p));
	const char **tags = arena_array(b->a, 2, sizeof(*tags));

	if (!ip_read(str_of(arena_printf(b->a, "100.%d.%d.%d", 64 + i / 65536 % 64,
	    i / 256 % 256, i % 256)), &n.ip4) ||
	    !ip_read(str_of(arena_printf(b->a, "fd7a:115c:a1e0::%x:%x", i / 65536, i % 65536)),
	    &n.ip6))
		fatal("an address of the bench");
	if (i % 3 == 0) {
		tags[0] = arena_printf(b->a, "tag:t%d", (i + shift) % TAGS);
		tags[1] = arena_printf(b->a, "tag:t%d", (i * 5 + shift) % TAGS);
		n.tags = tags;
		n.n_tags = 2;
	} else {
		n.user_id = 1 + i % b->users;
	}
	if (i % 50 == 0) {
		if (!prefix_read(str_of(arena_printf(b->a, "10.%d.0.0/16", i / 50 % 20)), p))
			fatal("a prefix of the bench");
		n.routes = n.primary = p;
		n.n_routes = n.n_primary = 1;
	}
	return n;
}

static void
fill(struct bench *b)
{
	struct net_user *u = arena_array(b->a, (size_t)b->users, sizeof(*u));

	for (int i = 0; i < b->users; i++)
		u[i] = (struct net_user){ .id = i + 1,
			.name = arena_printf(b->a, "user%d", i),
			.email = arena_printf(b->a, "user%d@example.com", i),
			.provider_id = "" };
	net_set_users(b->t, u, (size_t)b->users);
	for (int i = 0; i < b->nodes; i++) {
		struct net_node n = make_node(b, i, 0);
		net_set_node(b->t, &n);
	}
}

struct totals {
	size_t bytes, peers;
};

static void
one(struct bench *b, struct arena *a, struct buf *out, int64_t id, struct totals *sum)
{
	int64_t *ids;

	buf_clear(out);
	net_filter(b->t, id, out);
	sum->bytes += out->n;
	sum->peers += net_visible_ids(b->t, a, id, &ids);
	arena_reset(a);
}

static void
run_all(struct bench *b)
{
	struct arena *a = arena_new();
	struct buf out;
	struct totals sum = { 0, 0 };
	double t0 = now_ms();

	buf_init(&out, 1u << 28);
	for (int i = 0; i < b->nodes; i++)
		one(b, a, &out, i + 1, &sum);
	printf("  all nodes         %9.2f ms   (%zu kB of filters, %zu peers a node)\n",
	    now_ms() - t0, sum.bytes / 1024, sum.peers / (size_t)b->nodes);
	buf_fini(&out);
	arena_free(a);
}

/* A node gets another tag: the sets, and what the node itself gets then. */
static void
run_changes(struct bench *b)
{
	struct arena *a = arena_new();
	struct buf out;
	struct totals sum = { 0, 0 };
	size_t touched = 0;
	int64_t *ids;
	double ms = 0, worst = 0;

	buf_init(&out, 1u << 28);
	for (int i = 0; i < CHANGES; i++) {
		struct net_node n = make_node(b, (i * 3) % b->nodes, i + 1);
		double t0 = now_ms(), took;
		net_set_node(b->t, &n);
		touched += net_take_touched(b->t, a, &ids);
		net_take_moved(b->t, a, &ids);
		one(b, a, &out, n.id, &sum);
		took = now_ms() - t0;
		ms += took;
		worst = took > worst ? took : worst;
	}
	printf("  one node's change %9.3f ms   (worst %.3f; touches %zu nodes)\n",
	    ms / CHANGES, worst, touched / CHANGES);
	buf_fini(&out);
	arena_free(a);
}

static void
run(struct bench *b, const char *name, const char *text)
{
	struct policy_context ctx = { (const char *const[]){ "example.com" }, 1 };
	struct policy_errors errs = { .n = 0 };
	double t0 = now_ms(), t1;
	struct policy *p = policy_parse(b->a, str_of(text), &ctx, &errs);

	if (p == NULL)
		fatal("%s", policy_errors_text(b->a, &errs));
	t1 = now_ms();
	printf("%s: %d nodes, %d users, %zu rules\n", name, b->nodes, b->users, p->n_rules);
	printf("  reading           %9.2f ms   (%zu kB)\n", t1 - t0, strlen(text) / 1024);
	net_set_policy(b->t, p);
	printf("  putting in force  %9.2f ms\n", now_ms() - t1);
	run_all(b);
	run_changes(b);
}

static int
arg(int argc, char **argv, int i, int dflt)
{
	int v = argc > i ? atoi(argv[i]) : dflt;

	return v > 0 ? v : dflt;
}

int
main(int argc, char **argv)
{
	struct bench b = { .nodes = arg(argc, argv, 1, 1000), .users = arg(argc, argv, 2, 100),
		.rules = arg(argc, argv, 3, 200), .a = arena_new(), .t = net_new() };

	fill(&b);
	run(&b, "mixed", mixed(&b));
	run(&b, "autogroup:self", self(&b));
	net_free(b.t);
	arena_free(b.a);
	return 0;
}
