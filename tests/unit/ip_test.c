/* tests/unit/ip_test.c -- addresses and prefixes. */
#include "lib/base/ip.h"
#include "tests/unit/unit.h"

static struct ip
ip(const char *text)
{
	struct ip a;

	if (!ip_read(str_of(text), &a))
		fail_msg("no address: %s", text);
	return a;
}

static struct prefix
prefix(const char *text)
{
	struct prefix p;

	if (!prefix_read(str_of(text), &p))
		fail_msg("no prefix: %s", text);
	return p;
}

static void
ip_is(struct ip a, const char *want)
{
	char text[IP_TEXT_SIZE];

	assert_string_equal(ip_write(&a, text), want);
}

static void
addresses(void **state)
{
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "1.2.3.256",
	    "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/8", "fd7a:::1", "fe80::1%lo",
	    "[::1]", "::1:", "g::", "1.2.3.4:80", "1.2.3.-4",
	    "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000" };
	struct ip a, none = { 0 };

	(void)state;
	ip_is(ip("100.64.0.1"), "100.64.0.1");
	ip_is(ip("fd7a:115C:a1e0::0001"), "fd7a:115c:a1e0::1");
	assert_int_equal(ip("::").family, 6);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(ip_read(str_of(bad[i]), &a));
		assert_int_equal(a.family, 0);
	}
	assert_false(ip_read(STR("1.2.3.4\0"), &a));
	assert_false(ip_read(str_of(NULL), &a));
	ip_is(none, "");
}

static void
order(void **state)
{
	static const char *const sorted[] = { "0.0.0.0", "9.255.255.255",
	    "100.64.0.1", "255.255.255.255", "::", "::1", "fd7a::" };
	struct ip a, b;

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++)
		for (size_t k = 0; k < COUNT(sorted); k++) {
			a = ip(sorted[i]);
			b = ip(sorted[k]);
			assert_int_equal(ip_eq(&a, &b), i == k);
			assert_int_equal(ip_cmp(&a, &b) < 0, i < k);
		}
}

static void
added(const char *from, uint64_t n, const char *want)
{
	struct ip a = ip(from);

	ip_add(&a, n);
	ip_is(a, want);
}

static void
addition(void **state)
{
	struct ip a = ip("100.64.0.255");

	(void)state;
	ip_next(&a);
	ip_is(a, "100.64.1.0");
	added("0.0.0.0", 0, "0.0.0.0");
	added("10.255.255.255", 1, "11.0.0.0");
	added("255.255.255.255", 1, "0.0.0.0");
	added("10.0.0.0", 0x01020304, "11.2.3.4");
	added("10.0.0.1", 1ull << 32, "10.0.0.1");
	added("::1", UINT64_MAX, "0:0:0:1::");
	added("::ffff:ffff:ffff:ffff", UINT64_MAX, "::1:ffff:ffff:ffff:fffe");
	added("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 2, "::1");
}

static void
prefixes(void **state)
{
	static const char *const bad[] = { "", "/", "10.0.0.0", "10.0.0.0/",
	    "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/-0", "10.0.0.0/08", "10.0.0.0/8 ",
	    "10.0.0.0/8/8", "::/129", "::/0x1", "/8", "10.0.0.0/+8", "::/1000" };
	char text[PREFIX_TEXT_SIZE];
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (prefix_read(str_of(bad[i]), &p))
			fail_msg("accepted \"%s\"", bad[i]);
	p = prefix("10.1.2.3/8");
	assert_string_equal(prefix_write(&p, text), "10.1.2.3/8");
	assert_true(prefix_has_host_bits(&p));
	p = prefix_masked(p);
	assert_string_equal(prefix_write(&p, text), "10.0.0.0/8");
	assert_false(prefix_has_host_bits(&p));
	ip_is(prefix_last(&p), "10.255.255.255");
	p = prefix("fd7a:115c:a1e0::/47");
	ip_is(prefix_last(&p), "fd7a:115c:a1e1:ffff:ffff:ffff:ffff:ffff");
	p = prefix("1.2.3.4/32");
	ip_is(prefix_last(&p), "1.2.3.4");
}

static bool
contains(const char *p, const char *a)
{
	struct prefix pp = prefix(p);
	struct ip aa = ip(a);

	return prefix_contains(&pp, &aa);
}

static void
containment(void **state)
{
	struct prefix none = { 0 }, p4 = prefix("0.0.0.0/0"), p6 = prefix("::/0");
	struct prefix one = prefix("10.0.0.0/8"), longer = prefix("10.0.0.0/9");
	struct ip nothing = { 0 };

	(void)state;
	assert_true(contains("10.0.0.0/8", "10.255.0.1"));
	assert_false(contains("10.0.0.0/8", "11.0.0.0"));
	assert_true(contains("100.64.0.0/10", "100.127.255.255"));
	assert_false(contains("100.64.0.0/10", "100.128.0.0"));
	assert_true(contains("0.0.0.0/0", "1.2.3.4"));
	assert_false(contains("0.0.0.0/0", "::1"));
	assert_true(contains("::/0", "::1"));
	assert_true(contains("1.2.3.4/32", "1.2.3.4"));
	assert_false(contains("1.2.3.4/32", "1.2.3.5"));
	assert_false(prefix_contains(&none, &nothing));
	assert_true(prefix_is_default(&p4) && prefix_is_default(&p6));
	assert_false(prefix_is_default(&none) || prefix_is_default(&one));
	assert_true(prefix_cmp(&one, &longer) < 0 && prefix_cmp(&p4, &p6) < 0);
	assert_false(prefix_eq(&one, &longer));
	assert_true(prefix_eq(&one, &one));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(order),
		cmocka_unit_test(addition),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(containment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
