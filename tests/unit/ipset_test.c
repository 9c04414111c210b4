/*
 * tests/unit/ipset_test.c -- sets of addresses against a model of 64 bits.
 *
 * The model cuts all addresses into 64 places: in each family the first 16, all
 * that lies between as one, and the last 15.  A set of ranges with ends at the
 * edges of places is then a number, and union, minus and both are | & ~.
 */
#include "lib/policy/ipset.h"
#include "tests/unit/unit.h"

#define PLACES 64
#define ROUNDS 20000

static struct arena *a;
static struct iprange places[PLACES];
static uint64_t seed = 88172645463325252;

/* A fixed sequence: what fails once fails again. */
static uint64_t
draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct ip
ip(const char *text)
{
	struct ip out;

	assert_true(ip_read(str_of(text), &out));
	return out;
}

static struct iprange
range(const char *text)
{
	struct iprange r;

	assert_true(iprange_read(str_of(text), &r));
	return r;
}

/* The 'n'-th address from the low end of a family, or from its high end. */
static struct ip
near_edge(int family, bool high, unsigned n)
{
	struct ip out = ip(family == 4 ? "0.0.0.0" : "::");

	if (high)
		for (unsigned i = 0; i < (family == 4 ? 4u : 16u); i++)
			out.b[i] = 0xff;
	out.b[family == 4 ? 3 : 15] = (uint8_t)(high ? 0xff - n : n);
	return out;
}

static int
setup(void **state)
{
	struct iprange *p = places;

	(void)state;
	a = arena_new();
	for (int family = 4; family <= 6; family += 2) {
		for (unsigned i = 0; i < 16; i++)
			*p++ = iprange_of_ip(near_edge(family, false, i));
		*p++ = (struct iprange){ near_edge(family, false, 16), near_edge(family, true, 15) };
		for (unsigned i = 15; i-- > 0;)
			*p++ = iprange_of_ip(near_edge(family, true, i));
	}
	return p == places + PLACES ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* A range of places within one family, and its bits. */
static struct iprange
draw_range(uint64_t *bits)
{
	unsigned half = draw() % 2 ? 32 : 0, x = draw() % 32, y = draw() % 32;
	unsigned lo = half + (x < y ? x : y), hi = half + (x < y ? y : x);

	if (draw() % 2)
		hi = lo + (hi - lo) / 8;	/* short ones leave more gaps */
	*bits = 0;
	for (unsigned i = lo; i <= hi; i++)
		*bits |= UINT64_C(1) << i;
	return (struct iprange){ places[lo].lo, places[hi].hi };
}

static struct ipset
draw_set(uint64_t *bits)
{
	struct iprange v[10];
	size_t n = draw() % COUNT(v);
	uint64_t b;

	*bits = 0;
	for (size_t i = 0; i < n; i++) {
		v[i] = draw_range(&b);
		*bits |= b;
	}
	return ipset_of(a, v, n);
}

static bool
bit(uint64_t bits, unsigned i)
{
	return bits >> i & 1;
}

/* The one form that a set has: each run of bits a range, none across the families. */
static struct ipset
model(uint64_t bits)
{
	struct ipset s = { .v = arena_array(a, PLACES, sizeof(*s.v)) };

	for (unsigned i = 0; i < PLACES; i++) {
		if (!bit(bits, i))
			continue;
		if (i % 32 == 0 || !bit(bits, i - 1))
			s.v[s.n++].lo = places[i].lo;
		s.v[s.n - 1].hi = places[i].hi;
	}
	return s;
}

static void
assert_model(struct ipset s, uint64_t bits)
{
	assert_true(ipset_eq(s, model(bits)));
	for (unsigned i = 0; i < PLACES; i++) {
		assert_int_equal(ipset_has(s, &places[i].lo), bit(bits, i));
		assert_int_equal(ipset_has(s, &places[i].hi), bit(bits, i));
	}
}

static void
sets_are_what_the_model_says(void **state)
{
	uint64_t x, y, r;
	struct ipset sx, sy;
	struct iprange range_r;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		sx = draw_set(&x);
		sy = draw_set(&y);
		range_r = draw_range(&r);
		assert_model(sx, x);
		assert_model(ipset_union(a, sx, sy), x | y);
		assert_model(ipset_minus(a, sx, sy), x & ~y);
		assert_model(ipset_both(a, sx, sy), x & y);
		assert_int_equal(ipset_meets(sx, sy), (x & y) != 0);
		assert_int_equal(ipset_eq(sx, sy), x == y);
		assert_int_equal(ipset_overlaps(sx, range_r), (x & r) != 0);
		assert_int_equal(ipset_covers(sx, range_r), (r & ~x) == 0);
		arena_reset(a);
	}
}

static void
whole_families(void **state)
{
	struct iprange all[] = { range("::/0"), range("0.0.0.0/0") };
	struct iprange holes[] = { range("0.0.0.0"), range("255.255.255.255"), range("::"),
	    range("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") };
	struct ipset s = ipset_of(a, all, 2), h = ipset_of(a, holes, 4), rest;

	(void)state;
	assert_int_equal(s.n, 2);
	assert_int_equal(s.v[0].lo.family, 4);
	assert_int_equal(ipset_minus(a, s, s).n, 0);
	rest = ipset_minus(a, s, h);
	assert_int_equal(rest.n, 2);
	assert_true(ipset_eq(ipset_union(a, rest, h), s));
	assert_true(ipset_eq(ipset_minus(a, s, rest), h));
	assert_false(ipset_meets(rest, h));
	assert_false(ipset_covers(rest, all[0]));
	assert_true(ipset_covers(s, all[0]));
}

static void
empty_sets(void **state)
{
	struct iprange r = range("10.0.0.0/8");
	struct ipset none = ipset_of(a, NULL, 0), ten = ipset_of(a, &r, 1);

	(void)state;
	assert_int_equal(none.n, 0);
	assert_true(ipset_eq(none, (struct ipset){ 0 }));
	assert_true(ipset_eq(ipset_union(a, none, ten), ten));
	assert_true(ipset_eq(ipset_minus(a, ten, none), ten));
	assert_int_equal(ipset_both(a, ten, none).n, 0);
	assert_false(ipset_meets(none, ten));
	assert_false(ipset_has(none, &r.lo));
	assert_false(ipset_overlaps(none, r));
	assert_false(ipset_covers(none, r));
}

static void
what_is_no_range_is_left_out(void **state)
{
	struct iprange v[] = {
		{ ip("10.0.0.9"), ip("10.0.0.1") },
		{ ip("10.0.0.1"), ip("::1") },
		{ { 0 }, { 0 } },
		{ ip("10.0.0.1"), ip("10.0.0.9") },
	};
	struct ipset s = ipset_of(a, v, COUNT(v));
	struct prefix p;

	(void)state;
	assert_int_equal(s.n, 1);
	assert_true(ip_eq(&s.v[0].lo, &v[3].lo) && ip_eq(&s.v[0].hi, &v[3].hi));
	assert_false(iprange_is_prefix(v[0], &p));
	assert_false(iprange_is_prefix(v[1], &p));
	assert_false(iprange_is_prefix(v[2], &p));
	assert_false(ipset_has(s, &(struct ip){ 0 }));
}

static void
reads_and_writes(void **state)
{
	static const struct { const char *in, *out; } t[] = {
		{ "10.0.0.1", "10.0.0.1" },
		{ "10.0.0.1/32", "10.0.0.1" },
		{ "10.0.0.1-10.0.0.1", "10.0.0.1" },
		{ "10.1.2.3/8", "10.0.0.0/8" },
		{ "10.0.0.0-10.255.255.255", "10.0.0.0/8" },
		{ "10.0.0.2-10.0.0.3", "10.0.0.2/31" },
		{ "10.0.0.1-10.0.0.2", "10.0.0.1-10.0.0.2" },
		{ "10.0.0.0-10.0.0.2", "10.0.0.0-10.0.0.2" },
		{ "10.0.0.1-10.0.0.3", "10.0.0.1-10.0.0.3" },
		{ "0.0.0.0-255.255.255.255", "0.0.0.0/0" },
		{ "0.0.0.0-127.255.255.255", "0.0.0.0/1" },
		{ "0.0.0.1-255.255.255.255", "0.0.0.1-255.255.255.255" },
		{ "100.64.0.0-100.115.91.255", "100.64.0.0-100.115.91.255" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::", "::" },
		{ "::/0", "::/0" },
		{ "fd7a:115c:a1e0::1/128", "fd7a:115c:a1e0::1" },
		{ "fd7a:115c:a1e0:ab::/48", "fd7a:115c:a1e0::/48" },
		{ "2000::-3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::/3" },
		{ "2000::-3fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
		    "2000::-3fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe" },
		{ "8000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "8000::/1" },
	};
	char text[IPRANGE_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_string_equal(iprange_write(range(t[i].in), text), t[i].out);
}

static void
reads_nothing_else(void **state)
{
	static const char *const t[] = {
		"", "-", "*", "10.0.0.1-", "-10.0.0.1", "10.0.0.9-10.0.0.1", "10.0.0.1-::1",
		"::1-10.0.0.1", "10.0.0.1 - 10.0.0.9", "10.0.0.1-10.0.0.2-10.0.0.3",
		"10.0.0.0/8-10.0.0.9", "10.0.0.0-10.0.0.0/8", "10.0.0.0/33", "::/129", "10.0.0.0/",
		"10.0.0/8", "10.0.0.256", "010.0.0.1", "fe80::1%eth0", "[::1]", "host", " 10.0.0.1",
		"10.0.0.1:80", "1-2",
	};
	struct iprange r;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (iprange_read(str_of(t[i]), &r))
			fail_msg("\"%s\" was read", t[i]);
	assert_false(iprange_read((struct str){ "10.0.0.1\0", 9 }, &r));
	assert_false(iprange_read((struct str){ NULL, 0 }, &r));
}

static void
written_as_json(void **state)
{
	struct iprange v[] = { range("fd7a::1"), range("10.0.0.7-10.0.0.9"), range("10.0.0.0/30"),
	    range("10.0.0.4-10.0.0.6") };
	struct buf out;
	struct jw w;

	(void)state;
	buf_init(&out, 4096);
	jw_init(&w, &out);
	jw_arr(&w);
	ipset_json(&w, ipset_of(a, v, COUNT(v)));
	jw_str(&w, "more");
	jw_end_arr(&w);
	assert_str(buf_as_str(&out), "[\"10.0.0.0-10.0.0.9\",\"fd7a::1\",\"more\"]");
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_are_what_the_model_says),
		cmocka_unit_test(whole_families),
		cmocka_unit_test(empty_sets),
		cmocka_unit_test(what_is_no_range_is_left_out),
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(reads_nothing_else),
		cmocka_unit_test(written_as_json),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
