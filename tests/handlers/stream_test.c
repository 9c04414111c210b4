/* tests/handlers/stream_test.c -- what streams hear when nodes, users and policies change. */
#include "tests/handlers/stream.h"

static int64_t
person(struct asker *k, const char *name)
{
	struct user u = { .name = name, .display_name = "", .provider = "",
	    .picture_url = "", .created_ms = ASK_NOW,
	    .email = arena_printf(k->a, "%s@example.com", name) };
	int64_t id;

	STORE(k, store_user_create(k->db, &u, &id));
	return id;
}

/* Node 'm' with tags, or of 'user', with an open stream. */
static struct client *
node_of(struct lab *l, int m, int64_t user, const char *tags)
{
	struct authkey key = { .user_id = user, .tags = tags, .reusable = true };

	assert_string_equal(json_get_str(register_with(l->k, m, m * 100 + 1,
	    make_key(l->k, &key)), "Error", ""), "");
	return lab_open(l, m, m * 100 + 1);
}

static void
announce(struct lab *l, int m, const char *routes)
{
	assert_int_equal(do_map(l->k, m, m * 100 + 1, arena_printf(l->k->a,
	    ",\"OmitPeers\":true,\"Hostinfo\":{\"Hostname\":\"r%d\",\"OS\":\"linux\","
	    "\"RoutableIPs\":%s}", m, routes)), 200);
}

/* By a worker that knows nothing of what was. */
static void
assert_all_current(struct lab *l)
{
	struct netcache *kept = l->k->cache;

	l->k->cache = netcache_new();
	for (size_t i = 0; i < l->n; i++)
		assert_current(l, &l->v[i]);
	netcache_free(l->k->cache);
	l->k->cache = kept;
}

#define OWNERS "\"tagOwners\":{\"tag:web\":[],\"tag:db\":[],\"tag:router\":[]}"
#define ACL(src, dst) "{\"action\":\"accept\",\"src\":[\"" src "\"],\"dst\":[\"" dst "\"]}"

/* ---- single changes ---- */

/* ann's laptop (1), bob's (2), web (3), db (4). */
static struct lab *
small_lab(struct asker *k, const char *policy)
{
	struct lab *l;
	int64_t ann = person(k, "ann"), bob = person(k, "bob");

	l = lab_new(k);
	(void)node_of(l, 1, ann, NULL);
	(void)node_of(l, 2, bob, NULL);
	(void)node_of(l, 3, 0, "[\"tag:web\"]");
	(void)node_of(l, 4, 0, "[\"tag:db\"]");
	set_policy(l, policy);
	lab_delta(l, 0);
	assert_all_current(l);
	lab_count_from_here(l);
	return l;
}

static void
a_policy_hides_who_may_not_talk(void **state)
{
	struct lab *l = small_lab(*state, "{" OWNERS ",\"acls\":[" ACL("ann@example.com",
	    "tag:web:80") "," ACL("tag:web", "tag:db:5432") "]}");

	assert_int_equal(l->v[0].n_peers, 1);
	assert_int_equal(l->v[1].n_peers, 0);
	assert_int_equal(l->v[2].n_peers, 2);
	assert_int_equal(l->v[3].n_peers, 1);
	assert_string_equal(l->v[1].filters, "{\"*\":null,\"base\":[]}");
	assert_has(l->v[2].filters, "100.64.0.1");
	assert_lacks(l->v[3].filters, "100.64.0.1");
	lab_free(l);
}

static void
a_policy_that_says_the_same_tells_nobody(void **state)
{
	struct lab *l = small_lab(*state, "{" OWNERS ",\"acls\":[" ACL("ann@example.com",
	    "tag:web:80") "]}");

	set_policy(l, "{" OWNERS ",\"groups\":{\"group:a\":[\"ann@example.com\"]},\"acls\":["
	    ACL("group:a", "tag:web:80") "]}");
	lab_delta(l, 0);
	for (size_t i = 0; i < l->n; i++)
		assert_int_equal(l->v[i].messages + l->v[i].refreshes, 0);
	lab_free(l);
}

static void
a_policy_change_reaches_whom_it_touches(void **state)
{
	struct lab *l = small_lab(*state, "{" OWNERS ",\"acls\":[" ACL("ann@example.com",
	    "tag:web:80") "," ACL("tag:web", "tag:db:5432") "]}");

	set_policy(l, "{" OWNERS ",\"acls\":[" ACL("ann@example.com",
	    "tag:web:80") "," ACL("tag:web", "tag:db:5432") "," ACL("bob@example.com",
	    "tag:db:22") "]}");
	lab_delta(l, 0);
	assert_all_current(l);
	for (size_t i = 0; i < l->n; i++) {
		assert_int_equal(l->v[i].refreshes, 0);
		assert_int_equal(l->v[i].messages, i == 1 || i == 3);
	}
	lab_free(l);
}

static void
tags_bring_a_node_to_others_and_others_to_it(void **state)
{
	struct lab *l = small_lab(*state, "{" OWNERS ",\"acls\":[" ACL("ann@example.com",
	    "tag:web:80") "," ACL("tag:web", "tag:db:5432") "]}");

	STORE(l->k, store_node_set_tags(l->k->db, 2, "[\"tag:web\"]"));
	lab_ask(l, 1);
	(void)whole_map(l, 1, &(struct stream_open){ 0 });	/* its cache runs ahead */
	lab_delta(l, 0);
	assert_all_current(l);
	assert_int_equal(l->v[1].n_peers, 2);
	assert_int_equal(l->v[2].messages, 0);	/* the other web server sees nothing of it */
	STORE(l->k, store_node_set_user(l->k->db, 2, 2));
	lab_delta(l, 0);
	assert_all_current(l);
	assert_int_equal(l->v[1].n_peers, 0);
	lab_free(l);
}

static void
routes_are_shown_to_who_may_use_them(void **state)
{
	struct lab *l = small_lab(*state, "{" OWNERS ",\"acls\":[" ACL("ann@example.com",
	    "10.0.0.0/8:*") "," ACL("*", "tag:web:80") "," ACL("bob@example.com",
	    "autogroup:internet:*") "]}");

	announce(l, 3, "[\"10.1.0.0/16\",\"192.168.7.0/24\",\"0.0.0.0/0\",\"::/0\"]");
	STORE(l->k, store_node_set_approved(l->k->db, 3,
	    "[\"0.0.0.0/0\",\"10.1.0.0/16\",\"192.168.7.0/24\",\"::/0\"]"));
	lab_delta(l, 0);
	assert_all_current(l);
	assert_has(l->v[0].peers[0].json, "10.1.0.0");
	assert_has(l->v[0].peers[0].json, "\"PrimaryRoutes\":[\"10.1.0.0/16\"]");
	assert_lacks(l->v[0].peers[0].json, "192.168.7.0");
	assert_lacks(l->v[0].peers[0].json, "0.0.0.0/0");
	assert_lacks(l->v[1].peers[0].json, "10.1.0.0");
	assert_has(l->v[1].peers[0].json, "0.0.0.0/0");
	lab_free(l);
}

static void
an_ipv4_address_goes_and_comes(void **state)
{
	struct lab *l = small_lab(*state, "{" OWNERS "}");

	set_policy(l, "{" OWNERS ",\"nodeAttrs\":[{\"target\":[\"tag:web\"],"
	    "\"attr\":[\"disable-ipv4\"]}]}");
	lab_delta(l, 0);
	assert_all_current(l);
	assert_lacks(l->v[2].self, "100.64");
	assert_lacks(l->v[2].peers[0].json, "100.64");
	assert_has(l->v[0].peers[0].json, "100.64");
	set_policy(l, "{" OWNERS "}");
	lab_delta(l, 0);
	assert_all_current(l);
	assert_has(l->v[2].self, "100.64");
	lab_free(l);
}

static void
ssh_rules_come_and_go(void **state)
{
	struct lab *l = small_lab(*state, "{" OWNERS "}");

	set_policy(l, "{" OWNERS ",\"ssh\":[{\"action\":\"accept\",\"src\":[\"ann@example.com\"],"
	    "\"dst\":[\"tag:db\"],\"users\":[\"root\"]}]}");
	lab_delta(l, 0);
	assert_all_current(l);
	assert_has(l->v[3].ssh, "root");
	assert_lacks(l->v[0].ssh, "root");
	set_policy(l, "{" OWNERS "}");
	lab_delta(l, 0);
	assert_string_equal(l->v[3].ssh, "{\"rules\":[]}");
	assert_all_current(l);
	lab_free(l);
}

static void
a_users_new_name_reaches_who_sees_the_user(void **state)
{
	struct lab *l = small_lab(*state, "{" OWNERS ",\"acls\":[" ACL("ann@example.com",
	    "tag:web:80") "]}");

	STORE(l->k, store_user_rename(l->k->db, 1, "anna"));
	lab_delta(l, 0);
	assert_int_equal(l->v[0].messages, 1);
	assert_int_equal(l->v[1].messages, 0);
	assert_int_equal(l->v[2].messages, 1);
	assert_int_equal(l->v[3].messages, 0);
	lab_free(l);
}

static void
a_worker_that_starts_late_sends_new_maps(void **state)
{
	struct lab *l = small_lab(*state, "{" OWNERS ",\"acls\":[" ACL("ann@example.com",
	    "tag:web:80") "]}");

	STORE(l->k, store_node_set_tags(l->k->db, 2, "[\"tag:web\"]"));
	netcache_free(l->worker[1]);
	l->worker[1] = netcache_new();
	lab_delta(l, 1);
	for (size_t i = 0; i < l->n; i++)
		assert_int_equal(l->v[i].refreshes, 1);
	assert_all_current(l);
	lab_count_from_here(l);
	STORE(l->k, store_node_set_presence(l->k->db, 2, false, ASK_NOW));
	netcache_free(l->worker[1]);
	l->worker[1] = netcache_new();
	lab_delta(l, 1);		/* of this it need not know more */
	for (size_t i = 0; i < l->n; i++)
		assert_int_equal(l->v[i].refreshes, 0);
	lab_free(l);
}

static void
the_policys_relays_are_added(void **state)
{
	struct lab *l = small_lab(*state, "{}");
	struct stream_open o;
	jv *regions;

	STORE(l->k, store_document_put(l->k->db, "derpmap", "{\"Regions\":{\"1\":{\"RegionID\":1,"
	    "\"RegionCode\":\"a\",\"RegionName\":\"A\",\"Nodes\":[{\"Name\":\"1a\","
	    "\"RegionID\":1,\"HostName\":\"a.example\"}]}}}", ASK_NOW));
	set_policy(l, "{\"derpMap\":{\"Regions\":{\"900\":{\"RegionID\":900,\"RegionCode\":\"b\","
	    "\"RegionName\":\"B\",\"Nodes\":[{\"Name\":\"900b\",\"RegionID\":900,"
	    "\"HostName\":\"b.example\"}]}}}}");
	lab_delta(l, 0);
	regions = json_get(json_get(whole_map(l, 1, &o), "DERPMap"), "Regions");
	assert_non_null(json_get(regions, "1"));
	assert_non_null(json_get(regions, "900"));
	assert_int_equal(l->v[0].messages, 1);
	lab_free(l);
}

/* ---- any changes ---- */

static const char *const policies[] = {
	"{" OWNERS "}",
	"{" OWNERS ",\"acls\":[]}",
	"{" OWNERS ",\"acls\":[" ACL("*", "*:*") "]}",
	"{" OWNERS ",\"acls\":[" ACL("autogroup:member", "autogroup:self:*") ","
	    ACL("autogroup:member", "tag:web:80") "]}",
	"{" OWNERS ",\"groups\":{\"group:a\":[\"ann@example.com\",\"bob@example.com\"]},"
	    "\"acls\":[" ACL("group:a", "tag:db:5432") "," ACL("tag:web", "tag:db:*") ","
	    ACL("tag:db", "10.0.0.0/8:*") "]}",
	"{" OWNERS ",\"grants\":[{\"src\":[\"ann@example.com\"],\"dst\":[\"10.0.0.0/8\"],"
	    "\"ip\":[\"*\"],\"via\":[\"tag:router\"]},{\"src\":[\"*\"],\"dst\":[\"tag:router\"],"
	    "\"ip\":[\"*\"]},{\"src\":[\"bob@example.com\"],\"dst\":[\"10.1.0.0/16\"],"
	    "\"ip\":[\"*\"]}]}",
	"{" OWNERS ",\"postures\":{\"posture:lin\":[\"node:os == 'linux'\"]},"
	    "\"acls\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\"],\"dst\":[\"*:*\"],"
	    "\"srcPosture\":[\"posture:lin\"]}],"
	    "\"ssh\":[{\"action\":\"check\",\"src\":[\"autogroup:member\"],"
	    "\"dst\":[\"autogroup:self\",\"tag:web\"],\"users\":[\"autogroup:nonroot\"]}]}",
	"{" OWNERS ",\"postures\":{\"posture:a\":[\"custom:tier == 'a'\"],"
	    "\"posture:b\":[\"custom:tier != 'a'\"]},"
	    "\"acls\":[{\"action\":\"accept\",\"src\":[\"*\"],\"dst\":[\"*:80\"],"
	    "\"srcPosture\":[\"posture:a\"]},{\"action\":\"accept\",\"src\":[\"tag:web\"],"
	    "\"dst\":[\"*:443\"],\"srcPosture\":[\"posture:b\"]}]}",
	"{" OWNERS ",\"nodeAttrs\":[{\"target\":[\"tag:web\",\"ann@example.com\"],"
	    "\"attr\":[\"disable-ipv4\"]},{\"target\":[\"*\"],\"attr\":[\"funnel\"]}],"
	    "\"acls\":[" ACL("*", "tag:web:*") "," ACL("tag:web", "autogroup:member:*") ","
	    ACL("bob@example.com", "autogroup:internet:*") "]}",
	"{" OWNERS ",\"acls\":[" ACL("autogroup:admin", "*:*") "," ACL("ann@example.com",
	    "bob@example.com:22") "," ACL("tag:router", "10.1.0.0/16:*") "]}",
};

static struct client *
any(struct lab *l)
{
	return &l->v[(size_t)rand() % l->n];
}

static const char *const tag_sets[] = { "[\"tag:web\"]", "[\"tag:db\"]",
	"[\"tag:router\"]", "[\"tag:router\",\"tag:web\"]" };
#define ANY_OF(v) v[(size_t)rand() % (sizeof(v) / sizeof(v[0]))]

static void
change_routes(struct lab *l, struct client *c)
{
	static const char *const routes[] = { "[]", "[\"10.0.0.0/8\"]",
	    "[\"10.0.0.0/8\",\"10.1.0.0/16\"]", "[\"0.0.0.0/0\",\"10.1.0.0/16\",\"::/0\"]" };

	if (!c->alone)
		announce(l, c->m, ANY_OF(routes));
	STORE(l->k, store_node_set_approved(l->k->db, c->node, ANY_OF(routes)));
}

static void
change_os(struct lab *l, struct client *c)
{
	assert_int_equal(do_map(l->k, c->m, c->nk, arena_printf(l->k->a,
	    ",\"OmitPeers\":true,\"Hostinfo\":{\"Hostname\":\"h%d\",\"OS\":\"%s\"}", c->m,
	    rand() % 2 ? "linux" : "windows")), 200);
}

static void
change_attribute(struct lab *l, struct client *c)
{
	struct node_attribute v = { .node_id = c->node, .name = "custom:tier",
	    .value = rand() % 2 ? "\"a\"" : "\"b\"", .expiry_ms = TIME_NONE };
	enum err e;

	assert_int_equal(db_begin_write(l->k->db), OK);
	e = rand() % 3 ? store_node_attribute_put(l->k->db, &v, ASK_NOW) :
	    store_node_attribute_delete(l->k->db, c->node, v.name);
	assert_true(e == OK || e == ERR_NOTFOUND);
	assert_int_equal(db_commit(l->k->db), OK);
}

/* Whom nobody knows yet, of a user who may bring a device. */
static void
new_client(struct lab *l, int m)
{
	int64_t user = 1 + rand() % 3;

	STORE(l->k, store_user_set_status(l->k->db, user, rand() % 3 ? "active" : "needs-approval"));
	(void)node_of(l, m, user, NULL);
}

static void
drop_client(struct lab *l, struct client *c)
{
	STORE(l->k, store_node_delete(l->k->db, c->node));
	held_clear(&l->slots, &c->held);
	*c = l->v[--l->n];
}

static void
change_user(struct lab *l)
{
	static const char *const names[] = { "ann", "anna", "bob", "eve" };
	int64_t id = 1 + rand() % 3;

	if (store_user_rename(l->k->db, id, arena_printf(l->k->a, "%s%d", ANY_OF(names),
	    rand())) != OK)
		fail_msg("rename");
}

/* A device or a whole user comes in, or has to go. */
static void
change_admission(struct lab *l, struct client *c)
{
	static const char *const statuses[] = { "active", "active", "suspended", "needs-approval" };

	if (rand() % 2)
		STORE(l->k, store_node_set_authorized(l->k->db, c->node, rand() % 3 > 0));
	else
		STORE(l->k, store_user_set_status(l->k->db, 1 + rand() % 3, ANY_OF(statuses)));
}

static void
change_something(struct lab *l, int *next)
{
	struct client *c = any(l);
	int64_t at = rand() % 3 ? ASK_NOW + 100000 : ASK_NOW - 1;

	switch (rand() % 15) {
	case 0:
		STORE(l->k, store_node_set_tags(l->k->db, c->node, ANY_OF(tag_sets)));
		break;
	case 1:
		STORE(l->k, store_node_set_user(l->k->db, c->node, 1 + rand() % 3));
		break;
	case 2: case 3:
		change_routes(l, c);
		break;
	case 4:
		STORE(l->k, store_node_set_presence(l->k->db, c->node, rand() % 2, ASK_NOW));
		break;
	case 5:
		STORE(l->k, store_node_rename(l->k->db, c->node,
		    arena_printf(l->k->a, "n%d", rand())));
		break;
	case 6:
		change_os(l, c);
		break;
	case 7:
		if (l->n > 6)
			drop_client(l, c);
		else
			new_client(l, (*next)++);
		break;
	case 8:
		assert_int_equal(db_begin_write(l->k->db), OK);
		change_user(l);
		assert_int_equal(db_commit(l->k->db), OK);
		break;
	case 9:
		STORE(l->k, store_node_set_expiry(l->k->db, c->node, at, at < ASK_NOW));
		break;
	case 10: case 11:
		change_attribute(l, c);
		break;
	case 12: case 13:
		change_admission(l, c);
		break;
	default:
		set_policy(l, ANY_OF(policies));
		break;
	}
}

static void
round_of_changes(struct lab *l, int *next)
{
	for (int n = 1 + rand() % 4; n > 0; n--) {
		lab_ask(l, rand() % 2);
		change_something(l, next);
		if (rand() % 3 == 0) {	/* a worker's cache runs ahead of the delta */
			lab_ask(l, rand() % 2);
			(void)whole_map(l, any(l)->node, &(struct stream_open){ 0 });
		}
	}
	if (rand() % 4 == 0) {		/* a client comes again */
		struct client *c = any(l), again = *c;
		held_clear(&l->slots, &c->held);
		*c = l->v[--l->n];
		lab_ask(l, rand() % 2);
		(void)lab_open(l, again.m, again.nk);
	}
	lab_delta(l, rand() % 20 == 0);	/* seldom by the other one, which was elsewhere */
	assert_all_current(l);
}

static void
whatever_changes_streams_know_what_a_new_map_says(void **state)
{
	struct asker *k = *state;
	const char *seed = getenv("STREAM_SEED");

	for (int s = seed ? atoi(seed) : 1, end = seed ? s + 1 : 9; s < end; s++) {
		struct arena *kept = k->a;
		struct lab *l;
		int next = 1;

		if (s > 1 && !seed) {	/* a database of its own */
			assert_int_equal(net_teardown(state), 0);
			assert_int_equal(net_setup(state), 0);
			k = *state;
		}
		(void)kept;
		srand((unsigned)s);
		(void)person(k, "ann");
		(void)person(k, "bob");
		(void)person(k, "cid");
		l = lab_new(k);
		for (; next <= 8; next++)
			(void)node_of(l, next, next % 2 ? 1 + rand() % 3 : 0,
			    next % 2 ? NULL : ANY_OF(tag_sets));
		for (int i = 0; i < 60; i++)
			round_of_changes(l, &next);
		lab_free(l);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(a_policy_hides_who_may_not_talk),
		NET_TEST(a_policy_that_says_the_same_tells_nobody),
		NET_TEST(a_policy_change_reaches_whom_it_touches),
		NET_TEST(tags_bring_a_node_to_others_and_others_to_it),
		NET_TEST(routes_are_shown_to_who_may_use_them),
		NET_TEST(an_ipv4_address_goes_and_comes),
		NET_TEST(ssh_rules_come_and_go),
		NET_TEST(a_users_new_name_reaches_who_sees_the_user),
		NET_TEST(a_worker_that_starts_late_sends_new_maps),
		NET_TEST(the_policys_relays_are_added),
		NET_TEST(whatever_changes_streams_know_what_a_new_map_says),
	};

	log_init("test", LOG_WARN);
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
