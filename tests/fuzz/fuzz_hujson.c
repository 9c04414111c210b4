/*
 * tests/fuzz/fuzz_hujson.c -- what hujson_parse() takes can be written as JSON
 * and is the same again; what it refuses has a reason and a place in the text;
 * what is JSON to the letter it takes.
 */
#include "lib/json/check.h"
#include "lib/json/hujson.h"
#include "tests/fuzz/fuzz.h"

#define WALK_MAX 4096		/* bytes of a text whose places are counted again */

static struct str text;		/* without a byte order mark, as places are counted */

static void
check_place(struct place at, const char *p)
{
	uint32_t line = 1;
	const char *from = text.p, *nl;

	while ((nl = memchr(from, '\n', (size_t)(p - from))) != NULL) {
		line++;
		from = nl + 1;
	}
	assert(at.line == line && at.col == (uint32_t)(p - from) + 1);
}

static void
check_value(struct arena *a, const struct hj *v)
{
	struct place at;
	const char *why;
	const struct hj *m, *again = hujson_parse(a, v->raw, &at, &why);
	size_t n = 0;

	assert(again != NULL && again->type == v->type && again->n == v->n);
	assert((v->type == HJ_STRING || v->type == HJ_NUMBER) == (v->text != NULL));
	check_place(v->at, v->raw.p);
	for (m = v->child; m != NULL; m = m->next, n++) {
		assert((m->key != NULL) == (v->type == HJ_OBJECT));
		assert(m->key == NULL || hujson_get(v, m->key) == m);
		if (n < 4)	/* a value is read again once per level above it */
			check_value(a, m);
	}
	assert(n == v->n);
}

static void
taken(struct arena *a, const struct hj *v)
{
	const char *json = hujson_json(a, v), *why;
	struct place at;
	const struct hj *again = hujson_parse(a, str_of(json), &at, &why);
	size_t offset;

	assert(again != NULL);
	assert(strcmp(hujson_json(a, again), json) == 0);
	if (!json_check(str_of(json), HUJSON_DEPTH_MAX, &offset, &why))
		assert(strcmp(why, "number out of range") == 0);
	if (text.n <= WALK_MAX)
		check_value(a, v);
}

static void
refused(struct place at, const char *why)
{
	const char *reason;
	size_t offset;

	assert(why != NULL && *why != '\0');
	assert((at.line == 0) == (at.col == 0));
	assert(at.line <= text.n + 1 && at.col <= text.n + 1);
	if (json_check(text, HUJSON_DEPTH_MAX, &offset, &reason))
		assert(strstr(why, "duplicate key") != NULL || strstr(why, "\\u") != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	const char *why;
	struct place at;
	const struct hj *v;

	text = (struct str){ (const char *)data, n };
	v = hujson_parse(a, text, &at, &why);
	if (str_starts(text, "\xef\xbb\xbf"))
		text = (struct str){ text.p + 3, text.n - 3 };
	if (v != NULL)
		taken(a, v);
	else
		refused(at, why);
	arena_free(a);
	return 0;
}
