/* tests/store/counts_test.c -- how many there are of what: each node is in one state. */
#include "tests/store/fixture.h"

static struct counts
counted(struct fixture *f)
{
	struct counts c;

	assert_ok(store_counts(f->db, T0, &c));
	return c;
}

static void
nothing_is_zero(void **state)
{
	struct counts c = counted(*state);

	assert_int_equal(c.online + c.offline + c.expired + c.waiting + c.suspended, 0);
	assert_int_equal(c.users_active + c.users_suspended + c.users_waiting, 0);
	assert_int_equal(c.authkeys + c.apikeys + c.logins + c.ssh_checks, 0);
	assert_int_equal(c.policy_version, 0);
}

/* As the view for people has it. */
static void
states_are_those_of_the_view(void **state)
{
	struct fixture *f = *state;
	struct counts c;

	(void)add_user(f->db, "ann");
	(void)add_user(f->db, "bob");
	for (int i = 1; i <= 16; i++)
		(void)add_node(f, i <= 8 ? 1 : 2, i);
	assert_int_equal(sql(f->db, "UPDATE nodes SET online = 1 WHERE id & 1;"
	    "UPDATE nodes SET expired = 1 WHERE id & 2;"
	    "UPDATE nodes SET authorized = 0 WHERE id & 4;"
	    "UPDATE nodes SET ephemeral = 1 WHERE id > 13;"
	    "UPDATE nodes SET user_id = NULL, tags = '[\"tag:a\"]' WHERE id < 3;"
	    "UPDATE users SET status = 'suspended' WHERE id = 2"), 0);
	c = counted(f);
	assert_int_equal(c.online, number(f->db, "SELECT count(*) FROM show_nodes WHERE state = 'online'"));
	assert_int_equal(c.offline, number(f->db, "SELECT count(*) FROM show_nodes WHERE state = 'offline'"));
	assert_int_equal(c.expired, number(f->db, "SELECT count(*) FROM show_nodes WHERE state = 'expired'"));
	assert_int_equal(c.waiting, number(f->db, "SELECT count(*) FROM show_nodes WHERE state = 'waiting'"));
	assert_int_equal(c.suspended, 8);
	assert_int_equal(c.online + c.offline + c.expired + c.waiting + c.suspended, 16);
	assert_int_equal(c.ephemeral, 3);
	assert_int_equal(c.tagged, 2);
	assert_int_equal(c.users_active, 1);
	assert_int_equal(c.users_suspended, 1);
	assert_true(c.change_seq > 0);
}

/* Only what would let somebody in counts. */
static void
keys_that_are_good(void **state)
{
	struct fixture *f = *state;
	struct counts c;

	(void)add_user(f->db, "ann");
	assert_int_equal(sql(f->db,
	    "INSERT INTO authkeys (user_id, prefix, hash, created_ms, expiry_ms, revoked_ms,"
	    " reusable, used) VALUES (1, 'a', '', 0, NULL, NULL, 0, 0),"
	    " (1, 'b', '', 0, NULL, NULL, 0, 1), (1, 'c', '', 0, NULL, NULL, 1, 1),"
	    " (1, 'd', '', 0, 1, NULL, 1, 0), (1, 'e', '', 0, 1790000000001, NULL, 0, 0),"
	    " (1, 'f', '', 0, NULL, 1, 1, 0);"
	    "INSERT INTO apikeys (prefix, hash, created_ms, expiry_ms)"
	    " VALUES ('a', '', 0, NULL), ('b', '', 0, 1), ('c', '', 0, 1790000000001)"), 0);
	c = counted(f);
	assert_int_equal(c.authkeys, 3);
	assert_int_equal(c.apikeys, 2);
}

static void
events_that_wait(void **state)
{
	struct fixture *f = *state;
	struct counts c = counted(f);

	assert_int_equal(c.outbox, 0);
	assert_true(c.outbox_since_ms == TIME_NONE);
	assert_int_equal(sql(f->db,
	    "INSERT INTO webhooks (id, url, subscriptions, secret, failures, dropped)"
	    " VALUES (1, 'https://a', '[]', 's', 0, 2), (2, 'https://b', '[]', 's', 3, 5);"
	    "INSERT INTO webhook_outbox (webhook_id, type, at_ms) VALUES (2, 'x', 1000),"
	    " (2, 'y', 2000), (2, 'z', 3000)"), 0);
	c = counted(f);
	assert_int_equal(c.webhooks_ok, 1);
	assert_int_equal(c.webhooks_failing, 1);
	assert_int_equal(c.webhooks_dropped, 7);
	assert_int_equal(c.outbox, 3);
	assert_int_equal(c.outbox_since_ms, 1000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_memory, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_zero),
		TEST(states_are_those_of_the_view),
		TEST(keys_that_are_good),
		TEST(events_that_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
