/* tests/unit/notifier_wheel_test.c -- timers. */
#include "notifier/wheel.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

static int64_t now;

struct thing {
	struct wheel_timer timer;
	int fired;
	int64_t fired_ms;
	struct wheel *again;	/* set itself again after 'every_ms' */
	int64_t every_ms;
	struct thing *cancel;	/* cancels that one */
};

static void
fire(struct wheel_timer *t)
{
	struct thing *x = wheel_owner(t, struct thing, timer);

	assert_false(wheel_is_set(t));
	x->fired++;
	x->fired_ms = now;
	if (x->every_ms)
		wheel_set(x->again, t, now + x->every_ms);
	if (x->cancel)
		wheel_cancel(x->again, &x->cancel->timer);
}

static void
run(struct wheel *w, int64_t until)
{
	for (; now <= until; now += 100)
		wheel_advance(w, now);
}

/* Each fires once, not early, and at most a tick and a step late. */
static void
punctual(void **state)
{
	static struct thing x[1000];
	struct wheel w;

	(void)state;
	now = 1000000;
	wheel_init(&w, now);
	for (size_t i = 0; i < COUNT(x); i++) {
		x[i].timer.fire = fire;
		wheel_set(&w, &x[i].timer, now + rand() % 200000);
	}
	run(&w, now + 201000);
	for (size_t i = 0; i < COUNT(x); i++) {
		assert_int_equal(x[i].fired, 1);
		assert_true(x[i].fired_ms >= x[i].timer.due_ms);
		assert_true(x[i].fired_ms <= x[i].timer.due_ms +
		    WHEEL_TICK_MS + 100);
	}
	assert_int_equal(w.n, 0);
}

static void
moved_and_cancelled(void **state)
{
	struct thing a = { .timer.fire = fire }, b = { .timer.fire = fire };
	struct wheel w;

	(void)state;
	now = 5;
	wheel_init(&w, now);
	wheel_set(&w, &a.timer, 1000);
	wheel_set(&w, &a.timer, 3000);
	wheel_set(&w, &b.timer, 1000);
	wheel_cancel(&w, &b.timer);
	wheel_cancel(&w, &b.timer);
	assert_int_equal(w.n, 1);
	run(&w, 2900);
	assert_int_equal(a.fired, 0);
	run(&w, 4000);
	assert_int_equal(a.fired, 1);
	assert_int_equal(b.fired, 0);
}

static void
set_while_firing(void **state)
{
	struct wheel w;
	struct thing b = { .timer.fire = fire }, a = { .timer.fire = fire,
	    .again = &w, .every_ms = 500, .cancel = &b };

	(void)state;
	now = 0;
	wheel_init(&w, now);
	wheel_set(&w, &a.timer, 400);
	wheel_set(&w, &b.timer, 450);	/* same slot, cancelled by the first */
	run(&w, 10000);
	assert_int_equal(b.fired, 0);
	assert_true(a.fired >= 12 && a.fired <= 20);
	wheel_cancel(&w, &a.timer);
}

/* A machine that slept: everything is late, nothing is lost. */
static void
long_sleep(void **state)
{
	struct thing x[3] = { { .timer.fire = fire }, { .timer.fire = fire },
	    { .timer.fire = fire } };
	struct wheel w;

	(void)state;
	now = 0;
	wheel_init(&w, now);
	wheel_set(&w, &x[0].timer, 100);
	wheel_set(&w, &x[1].timer, 90000);
	wheel_set(&w, &x[2].timer, 50000000);
	now = 40000000;
	wheel_advance(&w, now);
	assert_int_equal(x[0].fired + x[1].fired, 2);
	assert_int_equal(x[2].fired, 0);
	now = 50000300;
	wheel_advance(&w, now);
	assert_int_equal(x[2].fired, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(punctual),
		cmocka_unit_test(moved_and_cancelled),
		cmocka_unit_test(set_while_firing),
		cmocka_unit_test(long_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
