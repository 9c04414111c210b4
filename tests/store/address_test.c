/* tests/store/address_test.c -- which address comes next. */
#include "tests/store/fixture.h"

/* The next address as text, "full" if there is none. */
static const char *
take(struct fixture *f, const char *prefix, enum allocation how)
{
	struct prefix p;
	struct ip ip;
	char text[IP_TEXT_SIZE];
	enum err e;

	assert_true(prefix_read(str_of(prefix), &p));
	e = store_address_take(f->db, &p, how, &ip);
	if (e == ERR_TOOBIG)
		return "full";
	assert_ok(e);
	return arena_strdup(f->a, ip_write(&ip, text));
}

/* Takes one and gives it to a new node, whose id it returns. */
static int64_t
settle(struct fixture *f, const char *prefix, enum allocation how)
{
	static int serial;
	struct node n = node_like(f->a, 1, ++serial);
	const char *ip = take(f, prefix, how);

	n.ipv4 = strchr(ip, ':') ? NULL : ip;
	n.ipv6 = strchr(ip, ':') ? ip : NULL;
	assert_ok(store_node_insert(f->db, &n, &n.id));
	return n.id;
}

static int
setup(void **state)
{
	setup_memory(state);
	assert_int_equal(add_user(((struct fixture *)*state)->db, "a"), 1);
	return 0;
}

static void
sequential(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(take(f, "100.64.0.0/10", ALLOC_SEQUENTIAL), "100.64.0.1");
	assert_string_equal(take(f, "100.64.0.0/10", ALLOC_SEQUENTIAL), "100.64.0.2");
	assert_string_equal(take(f, "fd7a:115c:a1e0::/48", ALLOC_SEQUENTIAL),
	    "fd7a:115c:a1e0::1");
	assert_string_equal(take(f, "fd7a:115c:a1e0::/48", ALLOC_SEQUENTIAL),
	    "fd7a:115c:a1e0::2");
	/* Host bits do not make another prefix. */
	assert_string_equal(take(f, "100.64.3.3/10", ALLOC_SEQUENTIAL), "100.64.0.3");
}

static void
holes_oldest_first(void **state)
{
	struct fixture *f = *state;
	int64_t id[5];

	for (int i = 0; i < 5; i++)
		id[i] = settle(f, "10.0.0.0/24", ALLOC_SEQUENTIAL);
	assert_ok(store_node_delete(f->db, id[3]));
	assert_ok(store_node_delete(f->db, id[1]));
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.4");
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.2");
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.6");
}

/* A hole that is of another prefix, taken again, reserved or nonsense is dropped. */
static void
useless_holes(void **state)
{
	struct fixture *f = *state;

	settle(f, "10.0.0.0/24", ALLOC_SEQUENTIAL);
	assert_int_equal(sql(f->db, "INSERT INTO address_free (family, address) VALUES"
	    "(4, '10.0.0.1'), (4, '192.0.2.1'), (4, '10.0.0.0'), (4, '10.0.0.255'),"
	    "(4, 'nonsense'), (4, 'fd7a::1'), (4, '10.0.0.9'), (6, 'fd7a::7')"), SQLITE_OK);
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.9");
	assert_int_equal(number(f->db, "SELECT count(*) FROM address_free"), 1);
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.2");
	assert_string_equal(take(f, "fd7a::/64", ALLOC_SEQUENTIAL), "fd7a::7");
}

/* However many useless holes there are, one address is found in bounded time. */
static void
many_useless_holes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sql(f->db, "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1"
	    " FROM i WHERE n < 1000) INSERT INTO address_free (family, address)"
	    " SELECT 4, '192.168.' || (n / 256) || '.' || (n % 256) FROM i"), SQLITE_OK);
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.1");
	assert_true(number(f->db, "SELECT count(*) FROM address_free") > 900);
}

static void
address_given_by_hand(void **state)
{
	struct fixture *f = *state;
	int64_t id = settle(f, "10.0.0.0/24", ALLOC_SEQUENTIAL);
	struct ip ip;

	assert_true(ip_read(STR("10.0.0.2"), &ip));
	assert_ok(store_node_set_address(f->db, id, &ip));
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.1");
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.3");
}

static void
excluded(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(take(f, "100.100.100.96/29", ALLOC_SEQUENTIAL), "100.100.100.97");
	assert_int_equal(sql(f->db, "UPDATE address_next SET next = '100.100.100.100'"),
	    SQLITE_OK);
	assert_string_equal(take(f, "100.100.100.96/29", ALLOC_SEQUENTIAL), "100.100.100.101");
	assert_int_equal(sql(f->db, "INSERT INTO address_next (prefix, next) VALUES"
	    "('100.64.0.0/10', '100.115.92.0'), ('fd7a:115c:a1e0::/48', 'fd7a:115c:a1e0::53')"),
	    SQLITE_OK);
	assert_string_equal(take(f, "100.64.0.0/10", ALLOC_SEQUENTIAL), "100.115.94.0");
	assert_string_equal(take(f, "fd7a:115c:a1e0::/48", ALLOC_SEQUENTIAL),
	    "fd7a:115c:a1e0::54");
	assert_string_equal(take(f, "100.115.92.0/24", ALLOC_SEQUENTIAL), "full");
	assert_string_equal(take(f, "100.115.92.0/24", ALLOC_RANDOM), "full");
	assert_string_equal(take(f, "100.115.92.0/22", ALLOC_SEQUENTIAL), "100.115.94.0");
}

/* What an administrator may choose by hand. */
static void
allowed(void **state)
{
	static const struct { const char *prefix, *ip; bool want; } cases[] = {
		{ "100.64.0.0/10", "100.64.0.1", true },
		{ "100.64.0.0/10", "100.64.0.0", false },
		{ "100.64.0.0/10", "100.127.255.255", false },
		{ "100.64.0.0/10", "100.100.100.100", false },
		{ "100.64.0.0/10", "100.115.93.7", false },
		{ "100.64.0.0/10", "100.115.94.0", true },
		{ "100.64.0.0/10", "10.0.0.1", false },
		{ "100.64.0.0/10", "fd7a:115c:a1e0::1", false },
		{ "fd7a:115c:a1e0::/48", "fd7a:115c:a1e0::1", true },
		{ "fd7a:115c:a1e0::/48", "fd7a:115c:a1e0::53", false },
		{ "10.0.0.7/32", "10.0.0.7", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix p;
		struct ip ip;

		assert_true(prefix_read(str_of(cases[i].prefix), &p));
		assert_true(ip_read(str_of(cases[i].ip), &ip));
		if (store_address_allowed(&p, &ip) != cases[i].want)
			fail_msg("%s in %s", cases[i].ip, cases[i].prefix);
	}
}

static void
tiny_prefixes(void **state)
{
	struct fixture *f = *state;
	static const struct { const char *prefix; int n; } tiny[] = {
		{ "10.0.0.7/32", 1 }, { "10.0.1.6/31", 2 }, { "10.0.2.0/30", 2 },
		{ "10.0.3.0/29", 6 }, { "fd00::7/128", 1 }, { "fd00:1::/127", 2 },
		{ "fd00:2::/126", 2 }, { "255.255.255.252/30", 2 },
	};

	for (size_t i = 0; i < sizeof(tiny) / sizeof(tiny[0]); i++) {
		int64_t last = 0;

		for (int k = 0; k < tiny[i].n; k++)
			last = settle(f, tiny[i].prefix, k % 2 ? ALLOC_RANDOM : ALLOC_SEQUENTIAL);
		assert_string_equal(take(f, tiny[i].prefix, ALLOC_SEQUENTIAL), "full");
		assert_non_null(strstr(db_errmsg(f->db), "are taken"));
		assert_string_equal(take(f, tiny[i].prefix, ALLOC_RANDOM), "full");
		assert_ok(store_node_delete(f->db, last));
		settle(f, tiny[i].prefix, ALLOC_SEQUENTIAL);
		assert_string_equal(take(f, tiny[i].prefix, ALLOC_SEQUENTIAL), "full");
	}
}

/* Holes that were lost are found when the cursor comes round. */
static void
goes_round(void **state)
{
	struct fixture *f = *state;
	int64_t id[254];

	for (int i = 0; i < 254; i++)
		id[i] = settle(f, "10.0.0.0/24", ALLOC_SEQUENTIAL);
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "full");
	assert_ok(store_node_delete(f->db, id[100]));
	assert_int_equal(sql(f->db, "DELETE FROM address_free"), SQLITE_OK);
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.101");
	assert_int_equal(sql(f->db, "UPDATE address_next SET next = 'nonsense'"), SQLITE_OK);
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.101");
	assert_int_equal(sql(f->db, "UPDATE address_next SET next = '192.0.2.1'"), SQLITE_OK);
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.101");
}

static void
random_ones(void **state)
{
	struct fixture *f = *state;
	const char *last = "";
	struct prefix p;
	struct ip ip;
	int same = 0;

	for (int i = 0; i < 14; i++)
		settle(f, "10.0.0.0/28", ALLOC_RANDOM);
	assert_string_equal(take(f, "10.0.0.0/28", ALLOC_RANDOM), "full");
	assert_true(prefix_read(STR("fd7a:115c:a1e0::/48"), &p));
	for (int i = 0; i < 50; i++) {
		const char *ip_text = take(f, "fd7a:115c:a1e0::/48", ALLOC_RANDOM);

		assert_true(ip_read(str_of(ip_text), &ip));
		assert_true(prefix_contains(&p, &ip));
		same += strcmp(ip_text, last) == 0;
		last = ip_text;
	}
	assert_int_equal(same, 0);
	assert_int_equal(number(f->db, "SELECT count(*) FROM address_next"), 0);
}

/* What a rolled-back registration took is there again. */
static void
rollback_gives_back(void **state)
{
	struct fixture *f = *state;

	assert_ok(db_begin_write(f->db));
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.1");
	db_rollback(f->db);
	assert_ok(db_begin_write(f->db));
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.1");
	assert_ok(db_commit(f->db));
}

/* The next address of a pool in 10.0.0.0/8, with a node that has it from now on. */
static const char *
settle_pool(struct fixture *f, const struct iprange *v, size_t n, enum allocation how)
{
	static int serial = 100000;
	struct node nd = node_like(f->a, 1, ++serial);
	char text[IP_TEXT_SIZE];
	struct prefix p;
	struct ip ip;
	enum err e;

	assert_true(prefix_read(STR("10.0.0.0/8"), &p));
	e = store_address_take_pool(f->db, &p, v, n, how, &ip);
	if (e == ERR_TOOBIG)
		return "full";
	assert_ok(e);
	nd.ipv4 = arena_strdup(f->a, ip_write(&ip, text));
	assert_ok(store_node_insert(f->db, &nd, &nd.id));
	return nd.ipv4;
}

static struct iprange
range(const char *lo, const char *hi)
{
	struct iprange r;

	assert_true(ip_read(str_of(lo), &r.lo) && ip_read(str_of(hi), &r.hi));
	return r;
}

static void
a_pool_of_ranges(void **state)
{
	struct fixture *f = *state;
	struct iprange v[] = { range("10.0.0.9", "10.0.0.10"), range("10.0.5.0", "10.0.5.1") };
	struct node n;

	/* A hole of the prefix is none of the pool's business. */
	assert_ok(store_node_delete(f->db, settle(f, "10.0.0.0/24", ALLOC_SEQUENTIAL)));
	assert_string_equal(settle_pool(f, v, 2, ALLOC_SEQUENTIAL), "10.0.0.9");
	assert_string_equal(settle_pool(f, v, 2, ALLOC_SEQUENTIAL), "10.0.0.10");
	assert_string_equal(settle_pool(f, v, 2, ALLOC_SEQUENTIAL), "10.0.5.0");
	assert_string_equal(settle_pool(f, v, 2, ALLOC_SEQUENTIAL), "10.0.5.1");
	assert_string_equal(settle_pool(f, v, 2, ALLOC_SEQUENTIAL), "full");
	assert_ok(store_node_by_address(f->db, f->a, "10.0.0.10", &n));
	assert_ok(store_node_delete(f->db, n.id));
	assert_string_equal(settle_pool(f, v, 2, ALLOC_SEQUENTIAL), "10.0.0.10");
	assert_string_equal(settle_pool(f, v, 2, ALLOC_SEQUENTIAL), "full");
	assert_string_equal(take(f, "10.0.0.0/24", ALLOC_SEQUENTIAL), "10.0.0.1");
}

static void
a_pool_at_random(void **state)
{
	struct fixture *f = *state;
	struct iprange v[] = { range("10.1.0.5", "10.1.0.9"), range("10.2.0.0", "10.2.0.4") };
	struct ip ip;

	for (int i = 0; i < 10; i++) {
		assert_true(ip_read(str_of(settle_pool(f, v, 2, ALLOC_RANDOM)), &ip));
		assert_true(ip.b[1] == 1 ? ip.b[3] >= 5 && ip.b[3] <= 9 : ip.b[3] <= 4);
	}
	assert_string_equal(settle_pool(f, v, 2, ALLOC_RANDOM), "full");
}

/* Reserved ranges and the ends of the prefix are in no pool. */
static void
a_pool_without_an_address(void **state)
{
	struct fixture *f = *state;
	struct iprange edge = range("10.0.0.0", "10.0.0.0");
	struct iprange reserved = range("100.115.92.0", "100.115.93.9");

	assert_string_equal(settle_pool(f, &edge, 1, ALLOC_SEQUENTIAL), "full");
	assert_string_equal(settle_pool(f, &edge, 1, ALLOC_RANDOM), "full");
	assert_string_equal(settle_pool(f, &reserved, 1, ALLOC_SEQUENTIAL), "full");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sequential, setup, teardown),
		cmocka_unit_test_setup_teardown(holes_oldest_first, setup, teardown),
		cmocka_unit_test_setup_teardown(useless_holes, setup, teardown),
		cmocka_unit_test_setup_teardown(many_useless_holes, setup, teardown),
		cmocka_unit_test_setup_teardown(address_given_by_hand, setup, teardown),
		cmocka_unit_test_setup_teardown(excluded, setup, teardown),
		cmocka_unit_test_setup_teardown(allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(tiny_prefixes, setup, teardown),
		cmocka_unit_test_setup_teardown(goes_round, setup, teardown),
		cmocka_unit_test_setup_teardown(random_ones, setup, teardown),
		cmocka_unit_test_setup_teardown(rollback_gives_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pool_of_ranges, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pool_at_random, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pool_without_an_address, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
