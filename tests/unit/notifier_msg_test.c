/* tests/unit/notifier_msg_test.c -- shared messages and queues of them. */
#include "notifier/msg.h"
#include "tests/unit/unit.h"

static struct msg *
text(const char *s)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_str(&b, s);
	return msg_take(&b, 0);
}

static void
pull(struct queue *q, const char *want)
{
	size_t n = strlen(want);
	struct span s;

	while (n > 0) {
		s = queue_next(q);
		assert_true(s.n > 0);
		if (s.n > n)
			s.n = n;
		assert_memory_equal(s.p, want, s.n);
		queue_sent(q, s.n);
		want += s.n;
		n -= s.n;
	}
}

static void
order(void **state)
{
	struct msg *a = text("abc"), *b = text("defg");
	struct queue q = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++) {
		queue_push(&q, a);
		queue_push(&q, b);
	}
	assert_int_equal(a->refs, 11);
	assert_int_equal(q.bytes, 70);
	for (int i = 0; i < 5; i++)
		pull(&q, "abcdefg");
	queue_push(&q, a);
	for (int i = 0; i < 5; i++)
		pull(&q, "abcdefg");
	pull(&q, "abc");
	assert_int_equal(queue_next(&q).n, 0);
	assert_int_equal(q.bytes, 0);
	assert_int_equal(a->refs, 1);
	msg_unref(a);
	msg_unref(b);
	queue_clear(&q);
}

/* A message that was begun is finished; the rest goes. */
static void
cut(void **state)
{
	struct msg *a = text("abc"), *b = text("defg");
	struct queue q = { 0 };

	(void)state;
	queue_push(&q, a);
	queue_push(&q, b);
	queue_push(&q, b);
	pull(&q, "ab");
	queue_cut(&q);
	assert_int_equal(q.bytes, 1);
	assert_int_equal(b->refs, 1);
	pull(&q, "c");
	queue_push(&q, b);
	queue_cut(&q);
	assert_int_equal(q.n, 0);
	assert_int_equal(q.bytes, 0);
	msg_unref(a);
	msg_unref(b);
	queue_clear(&q);
}

static void
budget(void **state)
{
	size_t used = 100;
	struct msg *a = text("abc");
	struct queue q = { 0 }, r = { 0 };

	(void)state;
	msg_charge(a, &used, 50);
	assert_int_equal(used, 150);
	queue_push(&q, a);
	queue_push(&r, a);
	msg_unref(a);
	pull(&q, "abc");
	assert_int_equal(used, 150);
	queue_clear(&r);
	assert_int_equal(used, 100);
	queue_clear(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(cut),
		cmocka_unit_test(budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
