/*
 * tests/fuzz/fuzz_net.c -- any policy that is accepted can be put in force: over a
 * small tailnet each filter and SSH policy is JSON, who may send sees whom it
 * sends to, and putting the nodes in one by one gives what all at once gives.
 */
#include "lib/json/json.h"
#include "lib/policy/attrs.h"
#include "lib/policy/selftest.h"
#include "lib/policy/ssh.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

#define NODES 6
#define OUT_MAX (1u << 26)

static const char *const tags[] = { "tag:a", "tag:b" };

static struct prefix
prefix_of(const char *s)
{
	struct prefix p = { .bits = 0 };
	bool ok = prefix_read(str_of(s), &p);

	assert(ok);
	return p;
}

/* 1 and 2 are alice's, 3 is bob's, 4 has tags, 5 is a router, 6 an exit node. */
static void
put_node(struct net *t, int i)
{
	static const struct net_custom custom[] = {
		{ "custom:score", "75" }, { "custom:tier", "prod" },
	};
	static const char *const routes[] = { "10.0.0.0/16", "0.0.0.0/0", "::/0" };
	struct prefix r[2];
	struct net_node n = { .id = i, .name = "n", .routes = r, .primary = r,
		.posture = { "linux", "6.1", "1.90.1", "stable", i & 1, i & 2, custom,
		    (size_t)i % 3 } };
	char text[64];
	bool ok;

	(void)snprintf(text, sizeof(text), "100.64.0.%d", i);
	ok = ip_read(str_of(text), &n.ip4);
	(void)snprintf(text, sizeof(text), "fd7a:115c:a1e0::%d", i);
	ok = ok && ip_read(str_of(text), &n.ip6);
	assert(ok);
	n.user_id = i < 3 ? 1 : i == 3 ? 2 : 0;
	n.tags = tags;
	n.n_tags = i == 4 ? 2 : i > 4 ? 1 : 0;
	if (i >= 5) {
		r[0] = prefix_of(routes[i - 5]);
		r[1] = prefix_of(routes[2]);
		n.n_routes = n.n_primary = (size_t)i - 4;
	}
	net_set_node(t, &n);
}

static void
put_users(struct net *t)
{
	static const struct net_user u[] = {
		{ 1, "alice", "alice@example.com", "", false, ROLE_OWNER },
		{ 2, "bob", "bob@example.com", "", true, ROLE_MEMBER },
	};

	net_set_users(t, u, 2);
}

static const char *
filter(struct arena *a, struct net *t, int64_t id)
{
	struct buf out;

	buf_init(&out, OUT_MAX);
	net_filter(t, id, &out);
	assert(!out.over);
	return buf_text(&out, a);
}

static void
check_ssh(struct arena *a, struct net *t, int64_t id)
{
	struct buf out;

	buf_init(&out, OUT_MAX);
	if (ssh_policy_json(t, id, "https://hr.example.com", &out))
		assert(json_parse(a, buf_as_str(&out), JSON_DEPTH_DEFAULT, NULL) != NULL);
	buf_fini(&out);
}

static void
check_self(struct arena *a, struct net *t, int64_t id)
{
	static const struct attrs_base base = { true, false, "example.com" };
	struct buf out;
	struct jw w;

	buf_init(&out, OUT_MAX);
	jw_init(&w, &out);
	jw_obj(&w);
	attrs_self_json(t, net_node(t, id), &base, &w);
	jw_end_obj(&w);
	assert(json_parse(a, buf_as_str(&out), HUJSON_DEPTH_MAX + 8, NULL) != NULL);
	buf_fini(&out);
}

static void
check_nodes(struct arena *a, struct net *t, struct net *late)
{
	int64_t *x, *y;
	struct prefix *routes;

	for (int64_t i = 1; i <= NODES; i++) {
		size_t n = net_visible_ids(t, a, i, &x), m = net_visible_ids(late, a, i, &y);
		const char *f = filter(a, t, i);
		assert(json_parse(a, str_of(f), HUJSON_DEPTH_MAX + 8, NULL) != NULL);
		assert(strcmp(f, filter(a, late, i)) == 0);
		assert(n == m && (n == 0 || memcmp(x, y, n * sizeof(*x)) == 0));
		check_ssh(a, t, i);
		check_self(a, t, i);
		for (int64_t k = 1; k <= NODES; k++) {
			assert(net_visible(t, i, k) == net_visible(t, k, i));
			if (i != k)
				(void)net_routes_seen(t, a, i, k, &routes);
		}
	}
}

static void
in_force(struct arena *a, struct policy *p, const struct policy_context *ctx)
{
	struct net *t = net_new(), *late = net_new();
	struct selftest tests;

	put_users(t);
	for (int i = 1; i <= NODES; i++)
		put_node(t, i);
	net_set_policy(t, p);
	net_set_policy(late, p);
	for (int i = 1; i <= NODES; i++)
		put_node(late, i);
	put_users(late);
	check_nodes(a, t, late);
	if (!selftest_run(a, t, ctx, &tests))
		assert(selftest_text(a, &tests)[0] != '\0');
	net_free(t);
	net_free(late);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const domains[] = { "example.com" };
	struct policy_context ctx = { domains, 1 };
	struct policy_errors errs = { .n = 0 };
	struct arena *a = arena_new();
	struct policy *p;

	p = policy_parse(a, (struct str){ arena_strndup(a, (const char *)data, size), size },
	    &ctx, &errs);
	if (p != NULL)
		in_force(a, p, &ctx);
	else
		assert(errs.n > 0 && policy_errors_text(a, &errs)[0] != '\0');
	arena_free(a);
	return 0;
}
