/* tests/unit/delta_test.c -- the messages between worker and notifier. */
#include "lib/wire/delta.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

static struct buf b;

static int
begin(void **state)
{
	(void)state;
	buf_init(&b, 1 << 20);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	buf_fini(&b);
	return 0;
}

/* ---- open ---- */

static void
open_both_ways(void **state)
{
	const int64_t peers[] = { 1, 2, 900, INT64_MAX };
	struct stream_open o = { .node_id = 7, .seq = 1234567890123, .zstd = true, .alone = true,
	    .peers = peers, .n_peers = 4 }, got;
	int64_t ids[4];

	(void)state;
	stream_open_encode(&b, &o);
	buf_str(&b, "the first message");
	assert_int_equal(stream_open_peek(buf_span(&b)), 4);
	assert_int_equal(stream_open_decode(buf_span(&b), ids, 4, &got), OK);
	assert_int_equal(got.node_id, 7);
	assert_int_equal(got.seq, 1234567890123);
	assert_true(got.zstd);
	assert_true(got.alone);
	assert_int_equal(got.n_peers, 4);
	assert_ptr_equal(got.peers, ids);
	assert_memory_equal(ids, peers, sizeof(peers));
	assert_int_equal(got.first.n, 17);
	assert_memory_equal(got.first.p, "the first message", 17);
	assert_int_equal(stream_open_decode(buf_span(&b), ids, 3, &got), ERR_TOOBIG);
}

static void
open_alone(void **state)
{
	struct stream_open o = { .node_id = 1 }, got;

	(void)state;
	stream_open_encode(&b, &o);
	assert_int_equal(stream_open_peek(buf_span(&b)), 0);
	assert_int_equal(stream_open_decode(buf_span(&b), NULL, 0, &got), OK);
	assert_int_equal(got.n_peers, 0);
	assert_int_equal(got.first.n, 0);
	assert_false(got.zstd);
	assert_false(got.alone);
}

/* Every shorter input is refused. */
static void
open_cut(void **state)
{
	const int64_t peers[] = { 5, 6 };
	struct stream_open o = { .node_id = 1, .peers = peers, .n_peers = 2 }, got;
	int64_t ids[2];

	(void)state;
	stream_open_encode(&b, &o);
	for (size_t n = 0; n < b.n; n++) {
		struct span in = { b.p, n };
		assert_int_equal(stream_open_decode(in, ids, 2, &got), ERR_BADREQ);
		assert_int_equal(stream_open_peek(in), 0);
	}
}

static enum err
open_with(size_t at, uint8_t v)
{
	const int64_t peers[] = { 5, 6 };
	struct stream_open o = { .node_id = 1, .peers = peers, .n_peers = 2 };
	int64_t ids[2];

	buf_clear(&b);
	stream_open_encode(&b, &o);
	b.p[at] = v;
	return stream_open_decode(buf_span(&b), ids, 2, &o);
}

static void
open_refused(void **state)
{
	(void)state;
	assert_int_equal(open_with(0, 'h'), OK);
	assert_int_equal(open_with(0, 'H'), ERR_BADREQ);	/* magic */
	assert_int_equal(open_with(11, 0), ERR_BADREQ);		/* node 0 */
	assert_int_equal(open_with(4, 0x80), ERR_BADREQ);	/* negative */
	assert_int_equal(open_with(12, 0x80), ERR_BADREQ);	/* seq */
	assert_int_equal(open_with(20, 4), ERR_BADREQ);		/* flags */
	assert_int_equal(open_with(21, 0x7f), ERR_BADREQ);	/* count */
	assert_int_equal(open_with(32, 6), ERR_BADREQ);		/* 6, 6 */
	assert_int_equal(open_with(32, 0), ERR_BADREQ);		/* 0, 6 */
}

/* ---- delta ---- */

static void
fragments_both_ways(void **state)
{
	const int64_t list[] = { 3, 4, 5 };
	const struct fragment f[] = {
		{ FRAG_ITEM, SEEN_BY_LIST, 0, 0, STR("UserProfiles"),
		    SPAN("{\"ID\":1}"), NULL, 0 },
		{ FRAG_UPSERT, SEEN_BY_LIST, 9, 1, STR(""), SPAN("{\"ID\":9}"),
		    list, 3 },
		{ FRAG_VALUE, SEEN_BY_EVERYONE, 0, 0, STR("DERPMap"),
		    SPAN("{}"), NULL, 0 },
		{ FRAG_PATCH, SEEN_BY_ALL, 9, 0, STR(""), SPAN("{\"NodeID\":9}"),
		    NULL, 0 },
		{ FRAG_REMOVE, SEEN_BY_ALL, 8, 0, STR(""), SPAN(""), NULL, 0 },
		{ FRAG_REMOVE, SEEN_BY_OTHERS, 7, 0, STR(""), SPAN(""), list, 3 },
		{ FRAG_REFRESH, SEEN_BY_EVERYONE, 0, 0, STR(""), SPAN(""), NULL, 0 },
		{ FRAG_CLOSE, SEEN_BY_SUBJECT, 8, 0, STR(""), SPAN(""), NULL, 0 },
		{ FRAG_WAKE, SEEN_BY_ALL, 0, 0, STR("login:x"), SPAN(""), NULL, 0 },
	};
	struct delta_head h = { 10, 20, COUNT(f) }, got_h;
	struct fragment got;
	int64_t scratch[3];
	struct rd r;

	(void)state;
	delta_head_encode(&b, &h);
	for (size_t i = 0; i < COUNT(f); i++)
		fragment_encode(&b, &f[i]);
	r = rd_of(buf_span(&b));
	assert_int_equal(delta_head_decode(&r, &got_h), OK);
	assert_int_equal(got_h.from, 10);
	assert_int_equal(got_h.to, 20);
	assert_int_equal(got_h.count, COUNT(f));
	for (size_t i = 0; i < COUNT(f); i++) {
		assert_int_equal(fragment_decode(&r, scratch, 3, &got), OK);
		assert_int_equal(got.op, f[i].op);
		assert_int_equal(got.seen_by, f[i].seen_by);
		assert_int_equal(got.subject, f[i].subject);
		assert_int_equal(got.with, f[i].with);
		assert_true(str_eq(got.name, f[i].name));
		assert_int_equal(got.bytes.n, f[i].bytes.n);
		assert_memory_equal(got.bytes.p, f[i].bytes.p, f[i].bytes.n);
		assert_int_equal(got.n_ids, f[i].n_ids);
		for (uint32_t k = 0; k < got.n_ids; k++)
			assert_int_equal(got.ids[k], list[k]);
	}
	assert_int_equal(rd_left(&r), 0);
}

static enum err
decode(const struct fragment *f, uint32_t room)
{
	struct fragment got;
	int64_t scratch[4];
	struct rd r;

	buf_clear(&b);
	fragment_encode(&b, f);
	r = rd_of(buf_span(&b));
	return fragment_decode(&r, scratch, room, &got);
}

static void
fragments_refused(void **state)
{
	const int64_t unsorted[] = { 4, 3 }, sorted[] = { 3, 4 };
	struct fragment good = { FRAG_VALUE, SEEN_BY_LIST, 0, 0, STR("Node"),
	    SPAN("1"), sorted, 2 }, f;

	(void)state;
	assert_int_equal(decode(&good, 2), OK);
	assert_int_equal(decode(&good, 1), ERR_TOOBIG);
	f = good, f.ids = unsorted;
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.op = 0;
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.op = FRAG_WAKE + 1;
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.seen_by = 0, f.n_ids = 0;
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.seen_by = SEEN_BY_NEWCOMERS + 1, f.n_ids = 0;
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.seen_by = SEEN_BY_NEWCOMERS, f.n_ids = 0;	/* only to get a new map */
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.seen_by = SEEN_BY_OTHERS;
	assert_int_equal(decode(&f, 2), OK);
	f = good, f.seen_by = SEEN_BY_OTHERS, f.ids = unsorted;
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.subject = -1;
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.with = DELTA_FRAGMENTS_MAX + 1;
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.name = STR("");
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.name = STR("a\"b");
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.bytes.n = 0;
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.op = FRAG_UPSERT;			/* without subject */
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
	f = good, f.op = FRAG_REMOVE, f.subject = 1;	/* with bytes */
	assert_int_equal(decode(&f, 2), ERR_BADREQ);
}

static void
fragment_cut(void **state)
{
	const int64_t ids[] = { 3, 4 };
	struct fragment f = { FRAG_VALUE, SEEN_BY_LIST, 0, 0, STR("Node"),
	    SPAN("12345"), ids, 2 }, got;
	int64_t scratch[2];
	struct rd r;

	(void)state;
	fragment_encode(&b, &f);
	for (size_t n = 0; n < b.n; n++) {
		uint8_t *copy = malloc(n + 1);
		memcpy(copy, b.p, n);
		r = rd_of((struct span){ copy, n });
		assert_int_equal(fragment_decode(&r, scratch, 2, &got), ERR_BADREQ);
		free(copy);
	}
}

static void
head_refused(void **state)
{
	struct delta_head h = { 5, 4, 0 }, got;
	struct rd r;

	(void)state;
	delta_head_encode(&b, &h);
	r = rd_of(buf_span(&b));
	assert_int_equal(delta_head_decode(&r, &got), ERR_BADREQ);
	h.to = 5;
	buf_clear(&b);
	delta_head_encode(&b, &h);
	b.p[20] = 1;				/* 2^24 fragments */
	r = rd_of(buf_span(&b));
	assert_int_equal(delta_head_decode(&r, &got), ERR_BADREQ);
	b.p[20] = 0;
	r = rd_of(buf_span(&b));
	assert_int_equal(delta_head_decode(&r, &got), OK);
	b.p[3] = '0';				/* another version */
	r = rd_of(buf_span(&b));
	assert_int_equal(delta_head_decode(&r, &got), ERR_BADREQ);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(open_both_ways, begin, end),
		cmocka_unit_test_setup_teardown(open_alone, begin, end),
		cmocka_unit_test_setup_teardown(open_cut, begin, end),
		cmocka_unit_test_setup_teardown(open_refused, begin, end),
		cmocka_unit_test_setup_teardown(fragments_both_ways, begin, end),
		cmocka_unit_test_setup_teardown(fragments_refused, begin, end),
		cmocka_unit_test_setup_teardown(fragment_cut, begin, end),
		cmocka_unit_test_setup_teardown(head_refused, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
