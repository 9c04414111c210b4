/*
 * tests/unit/notifier_batch_test.c -- who gets which fragments of a delta, as
 * which message, and the ring of recent deltas.
 */
#include "lib/base/log.h"
#include "notifier/ring.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

/* ---- making deltas ---- */

#define TEXT(s) ((struct span){ (const uint8_t *)(s), strlen(s) })

static struct fragment
item(const char *name, const char *json)
{
	return (struct fragment){ .op = FRAG_ITEM, .seen_by = SEEN_BY_LIST,
	    .name = str_of(name), .bytes = TEXT(json) };
}

static struct fragment
value(const char *name, const char *json, enum audience who, int64_t subject)
{
	return (struct fragment){ .op = FRAG_VALUE, .seen_by = who,
	    .subject = subject, .name = str_of(name), .bytes = TEXT(json) };
}

static struct fragment
peer(enum frag_op op, int64_t subject, const char *json, uint32_t with)
{
	return (struct fragment){ .op = op, .seen_by = SEEN_BY_ALL,
	    .subject = subject, .bytes = TEXT(json), .with = with };
}

static struct batch *
batch_of(int64_t from, int64_t to, const struct fragment *f, uint32_t n)
{
	struct delta_head h = { .from = from, .to = to, .count = n };
	struct buf b;

	buf_init(&b, 1 << 20);
	delta_head_encode(&b, &h);
	for (uint32_t i = 0; i < n; i++)
		fragment_encode(&b, &f[i]);
	return batch_new(&b);
}

#define BATCH(frags) batch_of(10, 20, frags, COUNT(frags))

/* ---- one viewer ---- */

struct fixture {
	struct slots slots;
	struct held held;
	bool alone, newcomer;
	struct batch *batch;
	struct choice choice;
};

static void
viewer_holds(struct fixture *fx, const int64_t *ids, uint32_t n)
{
	held_set(&fx->slots, &fx->held, ids, n);
}

static void
choose(struct fixture *fx, struct batch *b, int64_t node)
{
	struct viewer v = { node, fx->alone, fx->newcomer, &fx->held };

	fx->batch = b;
	free(fx->choice.bits);
	fx->choice.bits = xcalloc(b->words + 1, 8);
	batch_resolve(b, &fx->slots);
	batch_choose(b, &v, &fx->choice);
}

static const uint64_t *
bits_of(const struct fixture *fx)
{
	return fx->choice.common ? fx->batch->common : fx->choice.bits;
}

/* What 'node' is sent; "" for nothing. */
static void
assert_message(struct fixture *fx, struct batch *b, int64_t node,
    const char *want)
{
	struct buf out;

	choose(fx, b, node);
	buf_init(&out, 1 << 20);
	assert_int_equal(batch_join(b, bits_of(fx), &out), *want != '\0');
	assert_str(buf_as_str(&out), want);
	buf_fini(&out);
}

static int
setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	slots_init(&fx->slots);
	*state = fx;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fx = *state;

	held_clear(&fx->slots, &fx->held);
	slots_fini(&fx->slots);
	free(fx->choice.bits);
	free(fx);
	return 0;
}

/* ---- choosing ---- */

static void
upserts_and_companions(void **state)
{
	const struct fragment f[] = {
		item("UserProfiles", "{u1}"),
		peer(FRAG_UPSERT, 1, "{n1}", 1),
		peer(FRAG_UPSERT, 2, "{n2}", 1),
		item("UserProfiles", "{u2}"),
		peer(FRAG_UPSERT, 3, "{n3}", 4),
		value("Node", "{self2}", SEEN_BY_SUBJECT, 2),
	};
	struct batch *b = BATCH(f);

	assert_message(*state, b, 9, "{\"PeersChanged\":[{n1},{n2},{n3}],"
	    "\"UserProfiles\":[{u1},{u2}]}");
	assert_message(*state, b, 3, "{\"PeersChanged\":[{n1},{n2}],"
	    "\"UserProfiles\":[{u1}]}");
	assert_message(*state, b, 2, "{\"PeersChanged\":[{n1},{n3}],"
	    "\"UserProfiles\":[{u1},{u2}],\"Node\":{self2}}");
	batch_free(b);
}

static void
patches_only_for_holders(void **state)
{
	static const int64_t both[] = { 1, 2 };
	const struct fragment f[] = {
		peer(FRAG_PATCH, 1, "{p1}", 0),
		peer(FRAG_PATCH, 2, "{p2}", 0),
	};
	struct fixture *fx = *state;
	struct batch *b = BATCH(f);

	assert_message(fx, b, 9, "");
	viewer_holds(fx, both, 1);
	assert_message(fx, b, 9, "{\"PeersChangedPatch\":[{p1}]}");
	assert_false(fx->choice.common);
	viewer_holds(fx, both, 2);
	assert_message(fx, b, 9, "{\"PeersChangedPatch\":[{p1},{p2}]}");
	assert_true(fx->choice.common);
	assert_message(fx, b, 1, "{\"PeersChangedPatch\":[{p2}]}");
	batch_free(b);
}

static void
what_is_held_afterwards(void **state)
{
	static const int64_t ids[] = { 1, 2 };
	struct fragment f[] = {
		peer(FRAG_UPSERT, 3, "{n3}", 0),
		peer(FRAG_REMOVE, 1, "", 0),
		peer(FRAG_REMOVE, 7, "", 0),
	};
	struct fixture *fx = *state;
	struct batch *b = BATCH(f);

	viewer_holds(fx, ids, 2);
	assert_message(fx, b, 9, "{\"PeersChanged\":[{n3}],"
	    "\"PeersRemoved\":[1]}");
	batch_apply(b, bits_of(fx), &fx->slots, &fx->held);
	assert_int_equal(slots_find(&fx->slots, 1), SLOT_NONE);
	assert_true(held_has(&fx->held, slots_find(&fx->slots, 2)));
	assert_true(held_has(&fx->held, slots_find(&fx->slots, 3)));
	/* Once more: there is nothing left to remove. */
	assert_message(fx, b, 9, "{\"PeersChanged\":[{n3}]}");
	batch_free(b);
}

static void
audiences(void **state)
{
	static const int64_t list[] = { 4, 5, 6 };
	struct fragment f[] = {
		value("A", "1", SEEN_BY_ALL, 5),
		value("B", "2", SEEN_BY_SUBJECT, 5),
		value("C", "3", SEEN_BY_LIST, 5),
		value("D", "4", SEEN_BY_EVERYONE, 5),
		value("E", "5", SEEN_BY_OTHERS, 5),
	};
	struct batch *b;

	f[2].ids = f[4].ids = list;
	f[2].n_ids = f[4].n_ids = 3;
	b = BATCH(f);
	assert_message(*state, b, 9, "{\"A\":1,\"D\":4,\"E\":5}");
	assert_message(*state, b, 4, "{\"A\":1,\"C\":3,\"D\":4}");
	assert_message(*state, b, 5, "{\"B\":2,\"D\":4}");
	((struct fixture *)*state)->alone = true;
	assert_message(*state, b, 9, "{\"D\":4}");
	assert_message(*state, b, 4, "{\"D\":4}");
	assert_message(*state, b, 5, "{\"B\":2,\"D\":4}");
	batch_free(b);
}

static void
refresh_close_wake(void **state)
{
	const struct fragment f[] = {
		{ .op = FRAG_CLOSE, .seen_by = SEEN_BY_SUBJECT, .subject = 5 },
		{ .op = FRAG_REFRESH, .seen_by = SEEN_BY_ALL, .subject = 6 },
		{ .op = FRAG_WAKE, .seen_by = SEEN_BY_EVERYONE,
		    .name = STR("login:x") },
		{ .op = FRAG_REFRESH, .seen_by = SEEN_BY_NEWCOMERS },
	};
	struct fixture *fx = *state;
	struct batch *b = BATCH(f);

	choose(fx, b, 9);
	assert_true(fx->choice.refresh && !fx->choice.close);
	choose(fx, b, 5);
	assert_true(fx->choice.refresh && fx->choice.close);
	choose(fx, b, 6);
	assert_true(!fx->choice.refresh && !fx->choice.close);
	assert_message(fx, b, 6, "");
	fx->newcomer = true;
	choose(fx, b, 6);
	assert_true(fx->choice.refresh);
	assert_true(batch_wakes(b, STR("login:x")));
	assert_false(batch_wakes(b, STR("login:")));
	batch_free(b);
}

static void
last_value_wins(void **state)
{
	static const int64_t list[] = { 4 };
	struct fragment f[] = {
		value("Filter", "1", SEEN_BY_ALL, 0),
		value("DNS", "{}", SEEN_BY_ALL, 0),
		value("Filter", "2", SEEN_BY_LIST, 0),
		value("Filter", "3", SEEN_BY_SUBJECT, 5),
	};
	struct batch *b;

	f[2].ids = list;
	f[2].n_ids = 1;
	b = BATCH(f);
	assert_message(*state, b, 9, "{\"Filter\":1,\"DNS\":{}}");
	assert_message(*state, b, 4, "{\"Filter\":2,\"DNS\":{}}");
	assert_message(*state, b, 5, "{\"Filter\":3,\"DNS\":{}}");
	batch_free(b);
}

/*
 * The quick way and the plain one agree: any viewer's choice is what testing
 * each fragment gives.
 */
static bool
plainly(const struct fixture *fx, const struct fragment *f, int64_t node)
{
	uint32_t slot = slots_find(&fx->slots, f->subject);
	bool listed = false, see = f->seen_by == SEEN_BY_EVERYONE ||
	    (f->seen_by == SEEN_BY_SUBJECT && node == f->subject) ||
	    (f->seen_by == SEEN_BY_ALL && node != f->subject);

	for (uint32_t i = 0; i < f->n_ids; i++)
		listed = listed || f->ids[i] == node;
	see = see || (f->seen_by == SEEN_BY_LIST && listed && node != f->subject) ||
	    (f->seen_by == SEEN_BY_OTHERS && !listed && node != f->subject);
	if (f->op == FRAG_PATCH || f->op == FRAG_REMOVE)
		see = see && slot != SLOT_NONE && held_has(&fx->held, slot);
	return see;
}

static struct fragment
random_fragment(const int64_t *list)
{
	static const enum frag_op ops[] = { FRAG_VALUE, FRAG_ITEM, FRAG_UPSERT,
	    FRAG_PATCH, FRAG_REMOVE };
	struct fragment f = {
		.op = ops[rand() % 5], .seen_by = (enum audience)(1 + rand() % 5),
		.subject = 1 + rand() % 8, .ids = list,
	};

	f.n_ids = f.seen_by == SEEN_BY_LIST || f.seen_by == SEEN_BY_OTHERS ?
	    (uint32_t)rand() % 40 : 0;
	if (f.op == FRAG_VALUE || f.op == FRAG_ITEM)
		f.name = STR("Field");
	if (f.op != FRAG_REMOVE)
		f.bytes = TEXT("x");
	return f;
}

static void
random_viewer(struct fixture *fx, struct batch *b, int64_t node)
{
	int64_t ids[8];
	uint32_t n = 0;

	for (int64_t id = 1; id <= 8; id++)
		if (rand() % 3)
			ids[n++] = id;
	viewer_holds(fx, ids, n);
	choose(fx, b, node);
	for (uint32_t i = 0; i < b->n; i++)
		assert_int_equal(bits_of(fx)[i / 64] >> (i % 64) & 1,
		    plainly(fx, &b->frags[i], node));
}

static void
agrees_with_the_plain_way(void **state)
{
	struct fragment f[100];
	int64_t list[40] = { 2, 5, 7 };

	for (size_t i = 3; i < COUNT(list); i++)	/* long and short ones are kept otherwise */
		list[i] = 5 + (int64_t)i;
	srand(1);
	for (int round = 0; round < 200; round++) {
		uint32_t n = 1 + (uint32_t)rand() % COUNT(f);
		struct batch *b;

		for (uint32_t i = 0; i < n; i++)
			f[i] = random_fragment(list);
		b = batch_of(1, 2, f, n);
		assert_non_null(b);
		for (int64_t node = 1; node <= 10; node++)
			random_viewer(*state, b, node);
		batch_free(b);
	}
}

static void
refuses(void **state)
{
	struct fragment f[] = { peer(FRAG_UPSERT, 1, "{}", 1) };
	struct fragment g[] = { peer(FRAG_UPSERT, 1, "{}", 0),
	    peer(FRAG_UPSERT, 2, "{}", 1) };
	struct buf b;

	(void)state;
	assert_null(BATCH(f));		/* its own companion */
	assert_null(BATCH(g));		/* a companion that is no item */
	buf_init(&b, 100);
	assert_null(batch_new(&b));
	buf_str(&b, "nonsense that is longer than a head of a delta");
	assert_null(batch_new(&b));
	buf_fini(&b);
}

/* ---- the ring ---- */

static void
ring_replays(void **state)
{
	const struct fragment f[] = { { .op = FRAG_WAKE,
	    .seen_by = SEEN_BY_EVERYONE, .name = STR("t") } };
	const struct fragment g[] = { value("A", "1", SEEN_BY_ALL, 0) };
	struct ring *r = xcalloc(1, sizeof(*r));

	(void)state;
	ring_init(r, 10);
	assert_true(ring_reaches(r, 10) && !ring_reaches(r, 9));
	assert_null(ring_after(r, 10));
	ring_push(r, batch_of(10, 20, f, 1));
	ring_push(r, batch_of(20, 25, g, 1));
	r->position = 30;		/* a delta without fragments */
	ring_push(r, batch_of(30, 40, g, 1));
	assert_int_equal(ring_after(r, 10)->to, 20);
	assert_int_equal(ring_after(r, 15)->to, 20);
	assert_int_equal(ring_after(r, 20)->to, 25);
	assert_int_equal(ring_after(r, 25)->to, 40);
	assert_int_equal(ring_after(r, 39)->to, 40);
	assert_null(ring_after(r, 40));
	assert_true(ring_woke(r, STR("t"), 10));
	assert_true(ring_woke(r, STR("t"), 19));
	assert_false(ring_woke(r, STR("t"), 20));
	assert_false(ring_woke(r, STR("u"), 0));
	ring_fini(r);
	free(r);
}

static void
ring_forgets(void **state)
{
	const struct fragment f[] = { value("A", "1", SEEN_BY_ALL, 0) };
	struct ring *r = xcalloc(1, sizeof(*r));
	int64_t at = 0;

	(void)state;
	ring_init(r, 0);
	for (; at < 3 * RING_BATCHES; at++)
		ring_push(r, batch_of(at, at + 1, f, 1));
	assert_int_equal(r->n, RING_BATCHES);
	assert_int_equal(r->floor, at - RING_BATCHES);
	assert_true(ring_reaches(r, at - RING_BATCHES));
	assert_false(ring_reaches(r, at - RING_BATCHES - 1));
	assert_int_equal(ring_after(r, 0)->from, r->floor);
	ring_fini(r);
	assert_int_equal(r->bytes, 0);
	free(r);
}

static void
ring_follows_only_what_joins(void **state)
{
	static const struct { int64_t from, to; bool follows; } c[] = {
		{ 10, 12, true }, { 10, 10, true }, { 5, 12, true },
		{ 11, 12, false }, { 5, 9, false },
	};
	const struct fragment f[] = { value("A", "1", SEEN_BY_ALL, 0) };
	struct ring *r = xcalloc(1, sizeof(*r));

	(void)state;
	ring_init(r, 10);
	for (size_t i = 0; i < COUNT(c); i++) {
		struct batch *b = batch_of(c[i].from, c[i].to, f, 1);

		assert_int_equal(ring_follows(r, b), c[i].follows);
		batch_free(b);
	}
	free(r);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(upserts_and_companions),
		TEST(patches_only_for_holders),
		TEST(what_is_held_afterwards),
		TEST(audiences),
		TEST(refresh_close_wake),
		TEST(last_value_wins),
		TEST(agrees_with_the_plain_way),
		cmocka_unit_test(refuses),
		cmocka_unit_test(ring_replays),
		cmocka_unit_test(ring_forgets),
		cmocka_unit_test(ring_follows_only_what_joins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
