/* tests/store/setting_test.c -- settings that go before the configuration. */
#include "tests/store/fixture.h"

static const char *
value_of(struct fixture *f, const char *name)
{
	const char *json;

	assert_ok(store_setting(f->db, f->a, name, &json));
	return json;
}

static void
test_setting(void **state)
{
	struct fixture *f = *state;
	struct setting *all;
	size_t n;

	assert_null(value_of(f, "magicDNS"));
	assert_ok(store_settings(f->db, f->a, &all, &n));
	assert_int_equal(n, 0);

	assert_ok(store_setting_put(f->db, "magicDNS", "true", T0));
	assert_ok(store_setting_put(f->db, "devicesApprovalOn", "false", T0));
	assert_ok(store_setting_put(f->db, "magicDNS", "true", T0 + 5));
	assert_ok(store_settings(f->db, f->a, &all, &n));
	assert_int_equal(n, 2);
	assert_string_equal(all[0].name, "devicesApprovalOn");
	assert_string_equal(all[1].name, "magicDNS");
	assert_int_equal(all[1].updated_ms, T0);	/* the same value is no change */

	assert_ok(store_setting_put(f->db, "magicDNS", "false", T0 + 7));
	assert_string_equal(value_of(f, "magicDNS"), "false");
	assert_ok(store_setting_delete(f->db, "magicDNS"));
	assert_ok(store_setting_delete(f->db, "magicDNS"));
	assert_null(value_of(f, "magicDNS"));
}

static void
test_value_is_json(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(store_setting_put(f->db, "magicDNS", "{", T0), ERR_BADREQ);
	assert_null(value_of(f, "magicDNS"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_setting, setup_memory, teardown),
		cmocka_unit_test_setup_teardown(test_value_is_json, setup_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
