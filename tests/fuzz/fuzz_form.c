/* tests/fuzz/fuzz_form.c -- forms, and what an Authorization header may hold. */
#include "handlers/credential.h"
#include "lib/http/form.h"
#include "tests/fuzz/fuzz.h"

static void
check_form(struct arena *a, struct str text)
{
	struct form *f = arena_alloc(a, sizeof(*f));

	if (form_read(a, text, f) != NULL)
		return;
	assert(f->n <= FORM_FIELDS_MAX && text.n <= FORM_BODY_MAX);
	for (size_t i = 0; i < f->n; i++) {
		assert(str_utf8_valid(str_of(f->v[i].name)));
		assert(str_utf8_valid(str_of(f->v[i].value)));
		assert(form_get(f, f->v[i].name) != NULL);
		assert(form_count(f, f->v[i].name) >= 1);
	}
}

static void
check_header(struct arena *a, struct str text)
{
	struct req_param params[] = {
		{ "HTTP_AUTHORIZATION", arena_strndup(a, text.p, text.n) }, { NULL, NULL },
	};
	struct req rq = { .arena = a, .params = params };
	struct credential c;

	if (!credential_read(&rq, &c))
		return;
	assert(c.user.n + c.secret.n <= CREDENTIAL_MAX);
	if (c.scheme == CREDENTIAL_BEARER)
		assert(c.secret.n > 0 && memchr(c.secret.p, ' ', c.secret.n) == NULL);
	if (c.scheme == CREDENTIAL_BASIC && c.user.n > 0)
		assert(memchr(c.user.p, ':', c.user.n) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct str text = { (const char *)data, n };

	check_form(a, text);
	check_header(a, text);
	arena_free(a);
	return 0;
}
