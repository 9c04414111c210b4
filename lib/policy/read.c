/*
 * lib/policy/read.c -- objects by their members, and lists of text.
 *
 * Null is the same as absent, everywhere: whoever writes policies by program
 * has it where a field is not set.
 */
#include <string.h>
#include <strings.h>

#include "lib/policy/policy_impl.h"

static const char *const type_names[] = {
	[HJ_NULL] = "null",
	[HJ_BOOL] = "true or false",
	[HJ_NUMBER] = "a number",
	[HJ_STRING] = "text",
	[HJ_ARRAY] = "a list",
	[HJ_OBJECT] = "an object",
};

static void
read_field(struct reader *r, const struct hj *m, const struct field *f, const struct hj **slots)
{
	if (m->type == HJ_NULL)
		return;
	if (m->type != f->type)
		bad(r, m->at, "\"%s\" must be %s", f->name, type_names[f->type]);
	else if (slots[f->slot] != NULL)
		bad(r, m->key_at, "\"%s\" and \"%s\" are the same", m->key,
		    slots[f->slot]->key);
	else
		slots[f->slot] = m;
}

bool
read_fields(struct reader *r, const struct hj *o, const char *what,
    const struct field *fields, size_t n, const struct hj **slots)
{
	size_t i;

	for (i = 0; i < n; i++)
		slots[fields[i].slot] = NULL;
	if (o->type != HJ_OBJECT) {
		bad(r, o->at, "%s must be an object", what);
		return false;
	}
	for (const struct hj *m = o->child; m != NULL; m = m->next) {
		for (i = 0; i < n && strcasecmp(m->key, fields[i].name) != 0; i++)
			;
		if (i < n)
			read_field(r, m, &fields[i], slots);
		else
			bad(r, m->key_at, "unknown field: \"%s\"", m->key);
	}
	return true;
}

struct str
read_text(const struct hj *v)
{
	return v != NULL ? str_trim(str_of(v->text)) : (struct str){ "", 0 };
}

const char *
read_trimmed(struct reader *r, const struct hj *v)
{
	struct str s = read_text(v);

	return s.n > 0 ? arena_strndup(r->a, s.p, s.n) : "";
}

bool
read_texts_ok(struct reader *r, const struct hj *list, const char *what)
{
	bool ok = true;

	for (const struct hj *e = list ? list->child : NULL; e != NULL; e = e->next)
		if (e->type != HJ_STRING) {
			bad(r, e->at, "%s must be text", what);
			ok = false;
		}
	return ok;
}

size_t
read_texts(struct reader *r, const struct hj *list, const char *what, const char *const **out)
{
	const char **v;
	size_t n = 0;

	*out = NULL;
	if (list == NULL || !read_texts_ok(r, list, what))
		return 0;
	v = arena_array(r->a, list->n + 1, sizeof(*v));
	for (const struct hj *e = list->child; e != NULL; e = e->next)
		v[n++] = read_trimmed(r, e);
	*out = v;
	return n;
}

bool
read_too_many(struct reader *r, const struct hj *list, const char *what, size_t max)
{
	if (list->n <= max)
		return false;
	bad(r, list->at, "more than %zu %s", max, what);
	return true;
}
