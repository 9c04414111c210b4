/* tests/handlers/approve_test.c -- what a policy decides about devices that join or change. */
#include "tests/handlers/control.h"

#include "handlers/control/approve_net.h"

#define POLICY_TAGS "\"tagOwners\":{\"tag:web\":[\"ann@example.com\"]," \
	"\"tag:db\":[\"tag:web\"],\"tag:ci\":[\"bob@example.com\"]}"

/* Puts a policy in force as an administrator does. */
static void
set_policy(struct asker *k, const char *text)
{
	struct buf body;
	struct jw w;
	int status;

	buf_init(&body, 1 << 20);
	jw_init(&w, &body);
	jw_obj(&w);
	jw_kstr(&w, "policy", text);
	jw_end_obj(&w);
	status = ask_as(k, ORIGIN_LOCAL, NULL, "PUT", "/api/v1/policy",
	    (struct str){ (const char *)body.p, body.n });
	buf_fini(&body);
	if (status != 200)
		fail_msg("the policy is refused: %s", ask_body(k));
}

/* A user whose e-mail address is name@example.com. */
static struct user
person(struct asker *k, const char *name)
{
	struct user u = { .name = name, .display_name = "", .provider = "",
	    .picture_url = "", .created_ms = ASK_NOW,
	    .email = arena_printf(k->a, "%s@example.com", name) };

	STORE(k, store_user_create(k->db, &u, &u.id));
	return u;
}

static const char *
key_of(struct asker *k, const char *name)
{
	struct authkey key = { .user_id = person(k, name).id, .reusable = true };

	return make_key(k, &key);
}

static const char *
tagged_key(struct asker *k, int64_t user_id, const char *tags)
{
	struct authkey key = { .user_id = user_id, .tags = tags, .reusable = true };

	return make_key(k, &key);
}

/* Machine 'm' registers node key 'nk' with a Hostinfo; "" for no auth key. */
static jv *
join(struct asker *k, int m, int nk, const char *key, const char *hostinfo)
{
	const char *body = arena_printf(k->a, "{\"Version\":142,\"NodeKey\":\"%s\","
	    "\"Hostinfo\":{\"Hostname\":\"host%d\"%s}%s}", key_no(k, NODEKEY_PREFIX, nk), m,
	    hostinfo, key[0] ? arena_printf(k->a, ",\"Auth\":{\"AuthKey\":\"%s\"}", key) : "");

	assert_int_equal(ask_as(k, ORIGIN_CONTROL, key_no(k, MKEY_PREFIX, m), "POST",
	    "/machine/register", str_of(body)), 200);
	return json_parse(k->a, str_of(ask_body(k)), 16, NULL);
}

#define WANT(tags) ",\"RequestTags\":[" tags "]"
#define ROUTES(list) ",\"RoutableIPs\":[" list "]"

/* ---- tags ---- */

static void
an_owner_gives_tags(void **state)
{
	struct asker *k = *state;
	const char *ann = key_of(k, "ann");
	struct node n;

	k->cfg.node_expiry_ms = 3600 * 1000;
	set_policy(k, "{" POLICY_TAGS "}");
	assert_joined(join(k, 1, 101, ann, WANT("\"tag:web\",\"tag:db\"")));
	n = node_of_key(k, 101);
	assert_string_equal(n.tags, "[\"tag:db\",\"tag:web\"]");
	assert_int_equal(n.user_id, 0);
	assert_int_equal(n.expiry_ms, TIME_NONE);
	assert_joined(join(k, 2, 201, ann, ""));
	assert_string_equal(node_of_key(k, 201).tags, "[]");
}

static void
whoever_owns_none_is_refused(void **state)
{
	struct asker *k = *state;
	struct authkey once = { .user_id = person(k, "ann").id };
	const char *ann = make_key(k, &once);

	(void)person(k, "bob");
	set_policy(k, "{" POLICY_TAGS "}");
	assert_error(join(k, 1, 101, ann, WANT("\"tag:web\",\"tag:ci\",\"tag:nobody\"")),
	    "requested tags [tag:ci tag:nobody] are invalid or not permitted");
	assert_int_equal(node_count(k), 0);
	assert_joined(join(k, 1, 101, ann, WANT("\"tag:web\"")));	/* it is not used up */
	set_policy(k, "{}");
	assert_error(join(k, 2, 201, key_of(k, "cat"), WANT("\"tag:web\"")),
	    "requested tags [tag:web] are invalid or not permitted");
}

/* A key's tags own tags; who made the key does not count. */
static void
a_tagged_key_has_its_tags_alone(void **state)
{
	struct asker *k = *state;
	const char *web;

	(void)person(k, "ann");
	web = tagged_key(k, person(k, "bob").id, "[\"tag:web\"]");
	set_policy(k, "{" POLICY_TAGS "}");
	assert_joined(join(k, 1, 101, web, WANT("\"tag:db\"")));
	assert_string_equal(node_of_key(k, 101).tags, "[\"tag:db\",\"tag:web\"]");
	assert_joined(join(k, 2, 201, web, WANT("\"tag:web\"")));
	assert_string_equal(node_of_key(k, 201).tags, "[\"tag:web\"]");
	assert_error(join(k, 3, 301, web, WANT("\"tag:ci\"")),
	    "requested tags [tag:ci] are invalid or not permitted");
	/* A tag that the policy does not know is good for what an admin made of it. */
	assert_joined(join(k, 4, 401, tagged_key(k, 0, "[\"tag:old\"]"), WANT("\"tag:old\"")));
}

static void
tags_change_when_it_authenticates_anew(void **state)
{
	struct asker *k = *state;
	const char *ann = key_of(k, "ann");
	int64_t id;

	(void)person(k, "bob");
	set_policy(k, "{" POLICY_TAGS "}");
	assert_joined(join(k, 1, 101, ann, ""));
	id = node_of_key(k, 101).id;
	assert_joined(join(k, 1, 101, ann, WANT("\"tag:web\"")));	/* no new key */
	assert_string_equal(node_of_key(k, 101).tags, "[]");
	assert_joined(join(k, 1, 102, ann, WANT("\"tag:web\"")));
	assert_string_equal(node_of_key(k, 102).tags, "[\"tag:web\"]");
	assert_error(join(k, 1, 103, ann, WANT("\"tag:ci\"")),
	    "requested tags [tag:ci] are invalid or not permitted");
	assert_joined(join(k, 1, 104, ann, WANT("\"tag:db\"")));
	assert_string_equal(node_of_key(k, 104).tags, "[\"tag:db\"]");
	assert_int_equal(node_of_key(k, 104).id, id);
	/* What an admin gave stays when it asks for no more than that. */
	STORE(k, store_node_set_tags(k->db, id, "[\"tag:ci\",\"tag:db\"]"));
	assert_joined(join(k, 1, 105, ann, WANT("\"tag:db\"")));
	assert_string_equal(node_of_key(k, 105).tags, "[\"tag:ci\",\"tag:db\"]");
}

static const char *
login_of(jv *answer)
{
	const char *url = json_get_str(answer, "AuthURL", ""), *id = strrchr(url, '/');

	assert_non_null(id);
	return id + 1;
}

/* The admin completes a login for this user. */
static int
let_in(struct asker *k, const char *id, const char *user)
{
	return ask_as(k, ORIGIN_LOCAL, NULL, "POST", "/api/v1/auth/register",
	    str_of(arena_printf(k->a, "{\"user\":\"%s\",\"authId\":\"%s\"}", user, id)));
}

static void
a_login_asks_for_tags(void **state)
{
	struct asker *k = *state;
	const char *id;

	(void)person(k, "ann");
	(void)person(k, "bob");
	set_policy(k, "{" POLICY_TAGS "}");
	id = login_of(join(k, 1, 101, "", WANT("\"tag:web\"")));
	assert_int_equal(let_in(k, id, "bob"), 400);
	assert_has(ask_body(k), "requested tags [tag:web] are invalid or not permitted");
	assert_int_equal(let_in(k, id, "ann"), 200);
	assert_string_equal(node_of_key(k, 101).tags, "[\"tag:web\"]");
	/* It has tag:web, which owns tag:db but not itself. */
	id = login_of(join(k, 1, 102, "", WANT("\"tag:web\"")));
	assert_int_equal(let_in(k, id, "bob"), 400);
	id = login_of(join(k, 1, 103, "", WANT("\"tag:db\"")));
	assert_int_equal(let_in(k, id, "bob"), 200);
	assert_string_equal(node_of_key(k, 103).tags, "[\"tag:db\"]");
	id = login_of(join(k, 1, 104, "", ""));
	assert_int_equal(let_in(k, id, "bob"), 200);
	assert_string_equal(node_of_key(k, 104).tags, "[]");
	assert_int_not_equal(node_of_key(k, 104).user_id, 0);
	assert_int_equal(node_count(k), 1);
}

static int
give_tags(struct asker *k, int64_t node, const char *tags)
{
	return ask_as(k, ORIGIN_LOCAL, NULL, "POST",
	    arena_printf(k->a, "/api/v1/node/%lld/tags", (long long)node),
	    str_of(arena_printf(k->a, "{\"tags\":[%s]}", tags)));
}

static void
an_admin_gives_tags_that_are_known(void **state)
{
	struct asker *k = *state;
	int64_t id;

	assert_joined(join(k, 1, 101, key_of(k, "ann"), ROUTES("\"10.1.0.0/16\"")));
	id = node_of_key(k, 101).id;
	assert_int_equal(give_tags(k, id, "\"tag:any\""), 200);	/* no policy */
	set_policy(k, "{\"tagOwners\":{\"tag:web\":[]},"
	    "\"autoApprovers\":{\"routes\":{\"10.0.0.0/8\":[\"tag:web\"]}}}");
	assert_string_equal(node_of_key(k, 101).approved, "[]");
	assert_int_equal(give_tags(k, id, "\"tag:web\",\"tag:any\""), 400);
	assert_has(ask_body(k), "requested tags [tag:any] are invalid or not permitted");
	assert_int_equal(give_tags(k, id, "\"tag:web\""), 200);
	assert_string_equal(node_of_key(k, 101).approved, "[\"10.1.0.0/16\"]");
}

/* A worker that has a policy in its cache asks that one, unless it is another by now. */
static void
the_cache_decides_as_the_database(void **state)
{
	struct asker *k = *state;
	const char *ann = key_of(k, "ann"), *bob;
	struct net *net;

	set_policy(k, "{" POLICY_TAGS "}");
	assert_joined(join(k, 1, 101, ann, ""));
	assert_int_equal(do_map(k, 1, 101, ",\"Stream\":true"), 200);
	assert_int_equal(approve_net(&k->rq, 1, &net), OK);
	assert_ptr_equal(net, netcache_net(k->cache));
	assert_joined(join(k, 2, 201, ann, WANT("\"tag:web\"")));
	assert_error(join(k, 3, 301, ann, WANT("\"tag:ci\"")),
	    "requested tags [tag:ci] are invalid or not permitted");
	bob = key_of(k, "bob");	/* whom it has never seen */
	assert_int_equal(approve_net(&k->rq, 2, &net), OK);
	assert_ptr_not_equal(net, netcache_net(k->cache));
	assert_joined(join(k, 3, 301, bob, WANT("\"tag:ci\"")));
	set_policy(k, "{\"tagOwners\":{\"tag:web\":[\"bob@example.com\"]}}");
	assert_error(join(k, 4, 401, ann, WANT("\"tag:web\"")),
	    "requested tags [tag:web] are invalid or not permitted");
	assert_joined(join(k, 4, 401, bob, WANT("\"tag:web\"")));
}

/* ---- routes ---- */

#define APPROVERS "{\"tagOwners\":{\"tag:r\":[\"ann@example.com\"]}," \
	"\"autoApprovers\":{\"routes\":{\"10.0.0.0/8\":[\"ann@example.com\"]," \
	"\"0.0.0.0/0\":[\"tag:r\"]},\"exitNode\":[\"tag:r\"]}}"

static void
routes_are_approved_when_it_joins(void **state)
{
	struct asker *k = *state;
	const char *ann = key_of(k, "ann");

	set_policy(k, APPROVERS);
	assert_joined(join(k, 1, 101, ann,
	    ROUTES("\"10.1.0.0/16\",\"192.168.0.0/24\",\"0.0.0.0/0\",\"::/0\"")));
	assert_string_equal(node_of_key(k, 101).approved, "[\"10.1.0.0/16\"]");
	assert_joined(join(k, 2, 201, ann, WANT("\"tag:r\"")
	    ROUTES("\"192.168.0.0/24\",\"fd00::/64\",\"0.0.0.0/0\"")));
	assert_string_equal(node_of_key(k, 201).approved,
	    "[\"0.0.0.0/0\",\"192.168.0.0/24\",\"::/0\"]");
	assert_joined(join(k, 3, 301, key_of(k, "bob"), ROUTES("\"10.1.0.0/16\"")));
	assert_string_equal(node_of_key(k, 301).approved, "[]");
	/* The same node with other routes, and as another's. */
	assert_joined(join(k, 1, 101, ann, ROUTES("\"10.2.0.0/16\"")));
	assert_string_equal(node_of_key(k, 101).approved, "[\"10.1.0.0/16\",\"10.2.0.0/16\"]");
}

static void
tick(struct asker *k)
{
	assert_int_equal(ask_as(k, ORIGIN_CONTROL, NULL, "POST", "/internal/tick", str_of("")), 200);
}

static void
routes_are_approved_by_its_news(void **state)
{
	struct asker *k = *state;
	const char *stream = ",\"Stream\":true,\"Hostinfo\":{\"Hostname\":\"host1\""
	    ROUTES("\"10.3.0.0/16\",\"11.0.0.0/8\"") "}";
	jv *map, *allowed;
	struct stream_open o;

	assert_joined(join(k, 1, 101, key_of(k, "ann"), ""));
	set_policy(k, APPROVERS);
	assert_int_equal(do_map(k, 1, 101, stream), 200);
	map = opened(k, &o);
	assert_string_equal(node_of_key(k, 101).approved, "[\"10.3.0.0/16\"]");
	allowed = json_get(json_get(map, "Node"), "AllowedIPs");
	assert_has(json_dump(k->a, allowed), "10.3.0.0/16");
	/* What was taken back by hand stays so while it announces nothing else. */
	STORE(k, store_node_set_approved(k->db, node_of_key(k, 101).id, "[]"));
	assert_int_equal(do_map(k, 1, 101, stream), 200);
	assert_string_equal(node_of_key(k, 101).approved, "[]");
}

static void
a_new_policy_approves_what_waits(void **state)
{
	struct asker *k = *state;
	const char *ann = key_of(k, "ann");

	assert_joined(join(k, 1, 101, ann, ROUTES("\"10.1.0.0/16\"")));
	assert_joined(join(k, 2, 201, ann, ""));
	assert_joined(join(k, 3, 301, key_of(k, "bob"), ROUTES("\"10.1.0.0/16\"")));
	STORE(k, store_node_set_approved(k->db, node_of_key(k, 301).id, "[\"10.9.0.0/16\"]"));
	assert_string_equal(node_of_key(k, 101).approved, "[]");
	set_policy(k, APPROVERS);
	assert_string_equal(node_of_key(k, 101).approved, "[\"10.1.0.0/16\"]");
	assert_string_equal(node_of_key(k, 201).approved, "[]");
	assert_string_equal(node_of_key(k, 301).approved, "[\"10.9.0.0/16\"]");
	set_policy(k, "{}");	/* it never takes one back */
	assert_string_equal(node_of_key(k, 101).approved, "[\"10.1.0.0/16\"]");
}

/* The shell only inserts; the next tick finds that. */
static void
a_policy_of_the_shell_approves_too(void **state)
{
	struct asker *k = *state;

	assert_joined(join(k, 1, 101, key_of(k, "ann"), ROUTES("\"10.1.0.0/16\"")));
	tick(k);
	STORE(k, store_policy_add(k->db, &(struct policy_version){ .text = APPROVERS,
	    .author = "", .source = "shell", .comment = "", .created_ms = ASK_NOW },
	    &(int64_t){ 0 }));
	tick(k);
	assert_string_equal(node_of_key(k, 101).approved, "[\"10.1.0.0/16\"]");
	STORE(k, store_node_set_approved(k->db, node_of_key(k, 101).id, "[]"));
	tick(k);	/* once */
	assert_string_equal(node_of_key(k, 101).approved, "[]");
}

/* ---- addresses ---- */

#define POOLS "{\"tagOwners\":{\"tag:p\":[\"ann@example.com\"]},\"nodeAttrs\":[" \
	"{\"target\":[\"ann@example.com\"],\"ipPool\":[\"100.81.0.0/30\",\"100.90.0.7\"]}," \
	"{\"target\":[\"tag:p\"],\"ipPool\":[\"100.82.0.0/24\"]}]}"

static void
a_pool_gives_the_address(void **state)
{
	struct asker *k = *state;
	const char *ann = key_of(k, "ann");

	assert_joined(join(k, 1, 101, ann, ""));
	set_policy(k, POOLS);
	assert_joined(join(k, 2, 201, ann, ""));
	assert_string_equal(node_of_key(k, 201).ipv4, "100.81.0.0");
	assert_string_equal(node_of_key(k, 201).ipv6, "fd7a:115c:a1e0::2");
	assert_joined(join(k, 3, 301, key_of(k, "bob"), ""));
	assert_string_equal(node_of_key(k, 301).ipv4, "100.64.0.2");
	assert_joined(join(k, 4, 401, ann, WANT("\"tag:p\"")));
	assert_string_equal(node_of_key(k, 401).ipv4, "100.82.0.0");
	/* Whoever has an address keeps it. */
	assert_joined(join(k, 1, 102, ann, WANT("\"tag:p\"")));
	assert_string_equal(node_of_key(k, 102).ipv4, "100.64.0.1");
}

static void
a_pool_runs_out(void **state)
{
	struct asker *k = *state;
	const char *ann = key_of(k, "ann");

	set_policy(k, POOLS);
	for (int i = 1; i <= 5; i++)
		assert_joined(join(k, i, i * 100, ann, ""));
	assert_string_equal(node_of_key(k, 500).ipv4, "100.90.0.7");
	assert_error(join(k, 6, 600, ann, ""), "failed to allocate IP: the policy's ipPool "
	    "for this device is used up; ask your administrator for a larger one");
	STORE(k, store_node_delete(k->db, node_of_key(k, 200).id));
	assert_joined(join(k, 6, 600, ann, ""));
	assert_string_equal(node_of_key(k, 600).ipv4, "100.81.0.1");
	assert_true(prefix_read(STR("100.64.0.0/16"), &k->cfg.v4));
	assert_error(join(k, 7, 700, ann, ""), "failed to allocate IP: the policy's ipPool for "
	    "this device is outside the tailnet's prefix; ask your administrator for a larger one");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(an_owner_gives_tags),
		NET_TEST(whoever_owns_none_is_refused),
		NET_TEST(a_tagged_key_has_its_tags_alone),
		NET_TEST(tags_change_when_it_authenticates_anew),
		NET_TEST(a_login_asks_for_tags),
		NET_TEST(an_admin_gives_tags_that_are_known),
		NET_TEST(the_cache_decides_as_the_database),
		NET_TEST(routes_are_approved_when_it_joins),
		NET_TEST(routes_are_approved_by_its_news),
		NET_TEST(a_new_policy_approves_what_waits),
		NET_TEST(a_policy_of_the_shell_approves_too),
		NET_TEST(a_pool_gives_the_address),
		NET_TEST(a_pool_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
