/*
 * tests/fuzz/fuzz_json.c -- whatever json_parse() takes can be written back and
 * is taken again; whatever json_check() passes is built.
 */
#include "lib/json/check.h"
#include "lib/json/json.h"
#include "tests/fuzz/fuzz.h"

#define DEPTH 8

static void
touch(void *arg, const char *key, jv *value)
{
	const char *text = json_text(value);

	(void)arg;
	(void)strlen(key);
	if (text != NULL)
		(void)strlen(text);
	(void)json_int(value);
	json_each(value, touch, NULL);
}

static void
write_back(struct arena *a, struct str text)
{
	struct buf out;
	struct jw w;

	buf_init(&out, 1 << 20);
	jw_init(&w, &out);
	jw_strn(&w, text);
	assert(out.over || json_parse(a, buf_as_str(&out), 0, NULL) != NULL);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = { (const char *)data, n };
	struct arena *a = arena_new();
	const char *why = NULL, *dump;
	size_t at;
	jv *v = json_parse(a, text, DEPTH, &why);

	assert(v != NULL || why != NULL);
	if (v != NULL) {
		touch(NULL, "", v);
		dump = json_dump(a, v);
		assert(json_parse(a, str_of(dump), DEPTH, NULL) != NULL);
	} else if (json_check(text, DEPTH, &at, &why)) {
		assert(memmem(data, n, "null", 4) != NULL);
	}
	write_back(a, text);
	arena_free(a);
	return 0;
}
