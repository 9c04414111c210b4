/*
 * tests/fuzz/fuzz_config.c -- any file gives a configuration or an error text;
 * what is printed of an accepted one is accepted again and prints the same.
 */
#include "lib/config/config.h"
#include "tests/fuzz/fuzz.h"

#define TEXT_MAX (4 << 20)

static void
read_again(struct arena *a, const struct config *cfg, struct buf *errors)
{
	struct buf first, second;
	struct config again;

	buf_init(&first, TEXT_MAX);
	buf_init(&second, TEXT_MAX);
	config_print(cfg, &first);
	assert(!first.over);
	if (config_load_text(a, "/x/h.ini", buf_as_str(&first), &again, errors) == OK) {
		config_print(&again, &second);
		assert(first.n == second.n && memcmp(first.p, second.p, first.n) == 0);
	} else {
		/* Only a list that was given in many lines is too long for one. */
		assert(memmem(errors->p, errors->n, "the line is too long", 20) != NULL);
	}
	buf_fini(&first);
	buf_fini(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = { (const char *)data, n };
	struct arena *a = arena_new();
	struct config cfg;
	struct buf errors;
	enum err e;

	buf_init(&errors, TEXT_MAX);
	e = config_load_text(a, "/x/h.ini", text, &cfg, &errors);
	assert((e == OK) == (errors.n == 0));
	cfg.metrics_token = "";		/* is not printed */
	if (e == OK)
		read_again(a, &cfg, &errors);
	buf_fini(&errors);
	arena_free(a);
	return 0;
}
