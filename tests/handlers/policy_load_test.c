/* tests/handlers/policy_load_test.c -- which policy is in force; whose domains and which role count. */
#include "tests/handlers/api.h"

#include "handlers/control/policy_load.h"

static const char bad[] = "{\"acls\": [{\"action\": \"maybe\"}]}";

static void
store(struct asker *k, const char *text)
{
	struct policy_version v = { .text = text, .source = "api", .created_ms = ASK_NOW };
	int64_t id;

	assert_int_equal(db_begin_write(k->db), OK);
	assert_int_equal(store_policy_add(k->db, &v, &id), OK);
	assert_int_equal(db_commit(k->db), OK);
}

static struct policy_loaded
load(struct asker *k)
{
	struct req rq = { .arena = k->a, .db = k->db, .cfg = &k->cfg };
	struct policy_loaded p;

	assert_int_equal(policy_load(&rq, k->a, &p), OK);
	return p;
}

static void
none_allows_everything(void **state)
{
	struct policy_loaded p = load(*state);

	assert_null(p.policy);
	assert_int_equal(p.version, 0);
	assert_int_equal(p.newest, 0);
	assert_null(p.problem);
	assert_string_equal(p.text, "");
}

static void
newest_is_in_force(void **state)
{
	struct asker *k = *state;
	struct policy_loaded p;

	store(k, "{}");
	store(k, "{\"acls\": []}");
	p = load(k);
	assert_non_null(p.policy);
	assert_true(p.policy->has_rules);
	assert_int_equal(p.version, 2);
	assert_int_equal(p.newest, 2);
	assert_int_equal(p.since_ms, ASK_NOW);
	assert_string_equal(p.text, "{\"acls\": []}");
	assert_null(p.problem);
}

static void
last_good_one_stays(void **state)
{
	struct asker *k = *state;
	struct policy_loaded p;

	store(k, "{\"acls\": []}");
	store(k, "{\"groups\": 1}");
	store(k, bad);
	p = load(k);
	assert_int_equal(p.version, 1);
	assert_int_equal(p.newest, 3);
	assert_true(p.policy->has_rules);
	assert_has(p.problem, "line 1, column 22");	/* of the newest */
}

static void
nothing_good_denies_everything(void **state)
{
	struct asker *k = *state;
	struct policy_loaded p;

	store(k, bad);
	p = load(k);
	assert_int_equal(p.version, 0);
	assert_true(p.policy->has_rules);
	assert_int_equal(p.policy->n_rules, 0);
	assert_has(p.problem, "everything is denied");
	assert_has(p.problem, "maybe");
}

/* Who has the policy in a file wants one: before it is read nothing is open. */
static void
a_file_not_read_yet_denies_everything(void **state)
{
	struct asker *k = *state;
	struct policy_loaded p;

	k->cfg.policy_mode = POLICY_FILE;
	k->cfg.policy_path = "/nowhere/p";
	p = load(k);
	assert_true(p.policy->has_rules);
	assert_has(p.problem, "/nowhere/p");
	store(k, "{}");
	p = load(k);
	assert_false(p.policy->has_rules);
	assert_null(p.problem);
}

/* Whether it reads does not hang on who is there. */
static void
users_may_go(void **state)
{
	struct asker *k = *state;

	store(k, "{\"acls\": [{\"action\": \"accept\", \"src\": [\"user:*@gone.example\"], "
	    "\"dst\": [\"*:*\"]}]}");
	assert_int_equal(load(k).version, 1);
	k->cfg.owner = "ann@example.com";
	assert_int_equal(load(k).version, 1);
}

static const char *
domains(struct asker *k)
{
	struct req rq = { .arena = k->a, .db = k->db, .cfg = &k->cfg };
	struct policy_context ctx;
	const char *all = "";

	assert_int_equal(policy_load_context(&rq, k->a, &ctx), OK);
	for (size_t i = 0; i < ctx.n_domains; i++)
		all = arena_printf(k->a, "%s%s ", all, ctx.domains[i]);
	return all;
}

static void
domains_by_settings_or_users(void **state)
{
	struct asker *k = *state;
	const char *set[] = { "corp.example", "b.example" };

	assert_string_equal(domains(k), "");
	assert_status(k, 200, "POST", "/api/v1/user", "{\"name\":\"ann\",\"email\":\"ann@A.example\"}");
	assert_status(k, 200, "POST", "/api/v1/user", "{\"name\":\"bob\",\"email\":\"bob@a.example\"}");
	assert_status(k, 200, "POST", "/api/v1/user", "{\"name\":\"eve\"}");
	assert_string_equal(domains(k), "A.example ");
	k->cfg.owner = "o@own.example";
	assert_string_equal(domains(k), "own.example ");
	k->cfg.owner = "eve@";
	assert_string_equal(domains(k), "A.example ");
	k->cfg.domains = (struct text_list){ set, 2 };
	assert_string_equal(domains(k), "corp.example b.example ");
}

static void
owner_by_settings(void **state)
{
	struct asker *k = *state;
	struct req rq = { .cfg = &k->cfg };
	struct user ann = { .name = "ann", .email = "ann@x.example", .provider = "",
		.role = "auditor" };
	struct user other = { .name = "eve", .email = "", .provider = "oidc", .role = "member" };

	assert_int_equal(policy_load_role(&rq, &ann), ROLE_AUDITOR);
	k->cfg.owner = "Ann@x.example";
	assert_int_equal(policy_load_role(&rq, &ann), ROLE_OWNER);
	assert_int_equal(policy_load_role(&rq, &other), ROLE_MEMBER);
	k->cfg.owner = "ann@";
	assert_int_equal(policy_load_role(&rq, &ann), ROLE_OWNER);
	k->cfg.owner = "eve@";		/* not by a name chosen elsewhere */
	assert_int_equal(policy_load_role(&rq, &other), ROLE_MEMBER);
	other.role = "nonsense";
	assert_int_equal(policy_load_role(&rq, &other), ROLE_MEMBER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(none_allows_everything),
		ASK_TEST(newest_is_in_force),
		ASK_TEST(last_good_one_stays),
		ASK_TEST(nothing_good_denies_everything),
		ASK_TEST(a_file_not_read_yet_denies_everything),
		ASK_TEST(users_may_go),
		ASK_TEST(domains_by_settings_or_users),
		ASK_TEST(owner_by_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
