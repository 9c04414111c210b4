/* tests/unit/notifier_slots_test.c -- which peers a stream holds. */
#include "notifier/slots.h"
#include "tests/unit/unit.h"

static void
sets(void **state)
{
	static const int64_t some[] = { 1, 2, 3, 70, 700 };
	struct held a = { 0 }, b = { 0 };
	struct slots s;

	(void)state;
	slots_init(&s);
	held_set(&s, &a, some, COUNT(some));
	held_set(&s, &b, some, 3);
	assert_int_equal(slots_used(&s), 5);
	for (size_t i = 0; i < COUNT(some); i++) {
		uint32_t slot = slots_find(&s, some[i]);

		assert_true(held_has(&a, slot));
		assert_int_equal(held_has(&b, slot), i < 3);
	}
	assert_int_equal(slots_find(&s, 4), SLOT_NONE);
	held_clear(&s, &a);
	assert_int_equal(slots_used(&s), 3);
	assert_int_equal(slots_find(&s, 700), SLOT_NONE);
	held_clear(&s, &b);
	assert_int_equal(slots_used(&s), 0);
	slots_fini(&s);
}

/* Replacing a set keeps what both have, and its slots. */
static void
replace(void **state)
{
	static const int64_t first[] = { 1, 2, 3 }, then[] = { 2, 3, 4 };
	struct held h = { 0 };
	struct slots s;
	uint32_t two;

	(void)state;
	slots_init(&s);
	held_set(&s, &h, first, 3);
	two = slots_find(&s, 2);
	held_set(&s, &h, then, 3);
	assert_int_equal(slots_find(&s, 2), two);
	assert_int_equal(slots_find(&s, 1), SLOT_NONE);
	assert_true(held_has(&h, slots_find(&s, 4)));
	held_clear(&s, &h);
	slots_fini(&s);
}

static void
walk(void **state)
{
	static const int64_t ids[] = { 1, 2, 3, 64, 65, 128, 500, 600, 700 };
	int64_t id, sum = 0;
	uint32_t slot = 0;
	struct held h = { 0 };
	struct slots s;

	(void)state;
	slots_init(&s);
	assert_false(held_next(&s, &h, &slot, &id));
	for (int64_t i = 1; i <= 200; i++)
		(void)slots_intern(&s, i);
	held_set(&s, &h, ids, COUNT(ids));
	for (slot = 0; held_next(&s, &h, &slot, &id); slot++)
		sum += id;
	assert_int_equal(sum, 1 + 2 + 3 + 64 + 65 + 128 + 500 + 600 + 700);
	held_clear(&s, &h);
	slots_fini(&s);
}

/* Slots are used again: ten thousand nodes that come and go need one. */
static void
reuse(void **state)
{
	struct held h = { 0 };
	struct slots s;
	uint32_t slot;

	(void)state;
	slots_init(&s);
	held_add(&s, &h, slots_intern(&s, 99999));
	for (int64_t id = 1; id <= 10000; id++) {
		slot = slots_intern(&s, id);
		held_add(&s, &h, slot);
		held_add(&s, &h, slot);
		held_remove(&s, &h, slot);
		held_remove(&s, &h, slot);
	}
	assert_int_equal(s.n, 2);
	assert_int_equal(slots_used(&s), 1);
	held_clear(&s, &h);
	assert_int_equal(s.n, 0);
	slots_fini(&s);
}

static void
release(void **state)
{
	struct held h = { 0 };
	struct slots s;
	uint32_t slot;

	(void)state;
	slots_init(&s);
	slot = slots_intern(&s, 9);
	held_add(&s, &h, slot);
	slots_release(&s, slot);	/* somebody holds it */
	assert_int_equal(slots_find(&s, 9), slot);
	held_clear(&s, &h);
	slot = slots_intern(&s, 9);
	slots_release(&s, slot);
	assert_int_equal(slots_find(&s, 9), SLOT_NONE);
	slots_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets),
		cmocka_unit_test(replace),
		cmocka_unit_test(walk),
		cmocka_unit_test(reuse),
		cmocka_unit_test(release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
