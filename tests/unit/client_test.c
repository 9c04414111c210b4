/* tests/unit/client_test.c -- where a client is, behind proxies that are known or not. */
#include "lib/base/client.h"
#include "tests/unit/unit.h"

static struct prefix nets[2];
static const struct prefix_list proxies = { nets, 2 }, nobody = { NULL, 0 };

static void
is(const char *want, const char *peer, const char *forwarded, const struct prefix_list *trusted)
{
	char text[IP_TEXT_SIZE] = "";
	struct ip ip = client_of(ip_of(peer), str_of(forwarded), trusted);

	if (ip.family != 0)
		(void)ip_write(&ip, text);
	assert_string_equal(text, want);
}

static void
nobody_is_believed_unasked(void **state)
{
	(void)state;
	is("192.0.2.9", "192.0.2.9", "6.6.6.6", &nobody);
	is("192.0.2.9", "192.0.2.9", "6.6.6.6", &proxies);
	is("", NULL, "6.6.6.6", &proxies);
	is("", "nonsense", "6.6.6.6", &proxies);
}

static void
proxies_speak_for_clients(void **state)
{
	(void)state;
	is("192.0.2.1", "10.0.0.5", "192.0.2.1", &proxies);
	is("192.0.2.1", "10.0.0.5", "6.6.6.6, 192.0.2.1", &proxies);
	is("192.0.2.1", "10.0.0.5", "6.6.6.6, 192.0.2.1, 2001:db8::5,10.0.0.6", &proxies);
	is("2001:db9::1", "2001:db8::5", "2001:db9::1", &proxies);
	is("10.0.0.5", "10.0.0.5", NULL, &proxies);
	is("10.0.0.7", "10.0.0.5", "10.0.0.7", &proxies);	/* all known: the first of them */
}

static void
other_spellings(void **state)
{
	(void)state;
	is("192.0.2.1", "::ffff:10.0.0.5", "::ffff:192.0.2.1", &proxies);
	is("192.0.2.1", "10.0.0.5", "192.0.2.1:4711", &proxies);
	is("2001:db9::1", "10.0.0.5", "[2001:db9::1]:4711", &proxies);
	is("2001:db9::1", "10.0.0.5", " [2001:db9::1] ", &proxies);
}

static void
what_is_no_address_ends_the_walk(void **state)
{
	static const char *const bad[] = { "", ",", "unknown", "6.6.6.6,", "6.6.6.6, _hidden",
		"[", "[::1", "1.2.3", "\x01", "6.6.6.6 7.7.7.7" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is("10.0.0.5", "10.0.0.5", bad[i], &proxies);
	is("10.0.0.6", "10.0.0.5", "6.6.6.6, junk, 10.0.0.6", &proxies);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_believed_unasked),
		cmocka_unit_test(proxies_speak_for_clients),
		cmocka_unit_test(other_spellings),
		cmocka_unit_test(what_is_no_address_ends_the_walk),
	};

	if (!prefix_read(STR("10.0.0.0/8"), &nets[0]) || !prefix_read(STR("2001:db8::/32"), &nets[1]))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
