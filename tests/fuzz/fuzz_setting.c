/*
 * tests/fuzz/fuzz_setting.c -- values of settings.
 *
 * What is read is written in one form, which reads again as the same.
 */
#include "handlers/control/setting.h"
#include "tests/fuzz/fuzz.h"

static const char *
written(struct arena *a, const struct setting_row *row, const struct settings *s)
{
	struct buf out;
	struct jw w;

	buf_init(&out, SIZE_MAX);
	jw_init(&w, &out);
	setting_write(&w, row, s);
	return buf_text(&out, a);
}

static void
check(struct arena *a, const struct setting_row *row, jv *value)
{
	struct settings s = { .devices_approval = false }, again = { .devices_approval = false };
	const char *text;
	bool mistyped;
	jv *second;

	if (setting_read(a, row, value, &s, &mistyped) != NULL)
		return;
	text = written(a, row, &s);
	second = json_parse(a, str_of(text), JSON_DEPTH_DEFAULT, NULL);
	assert(second != NULL);
	assert(setting_read(a, row, second, &again, &mistyped) == NULL);
	assert(strcmp(text, written(a, row, &again)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	jv *value = json_parse(a, (struct str){ (const char *)data, n }, JSON_DEPTH_DEFAULT, NULL);

	for (size_t i = 0; value != NULL && i < SETTING_COUNT; i++)
		check(a, &setting_rows[i], value);
	arena_free(a);
	return 0;
}
