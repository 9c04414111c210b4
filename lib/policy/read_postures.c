/*
 * lib/policy/read_postures.c -- postures: "node:tsVersion >= '1.40'".
 *
 * An attribute that headrace cannot know of a device is refused here: a term
 * about it would never hold, and nobody would see why.  Custom attributes need not
 * exist yet.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/policy_impl.h"
#include "lib/policy/posture.h"

/* Longer first where one begins like another. */
static const struct {
	const char *text;
	enum posture_op op;
} ops[] = {
	{ "==", POSTURE_EQ }, { "!=", POSTURE_NE }, { "<=", POSTURE_LE }, { ">=", POSTURE_GE },
	{ "<", POSTURE_LT }, { ">", POSTURE_GT }, { "NOT IN", POSTURE_NOT_IN },
	{ "IN", POSTURE_IN }, { "IS SET", POSTURE_IS_SET }, { "NOT SET", POSTURE_NOT_SET },
};

/* A custom attribute may be a number, which has an order as a version has. */
static bool
find_attr(struct arena *a, struct str name, struct posture_attr *out)
{
	if (posture_custom_name(name)) {
		*out = (struct posture_attr){ arena_strndup(a, name.p, name.n),
			POSTURE_VERSION };
		return true;
	}
	for (const struct posture_attr *p = posture_attrs; p->name != NULL; p++)
		if (str_is(name, p->name)) {
			*out = *p;
			return true;
		}
	return false;
}

static const char *
unknown_attr(struct arena *a, struct str name)
{
	if (str_starts(name, POSTURE_CUSTOM))
		return arena_printf(a, "after \"custom:\" come letters, digits, '_' or ':', at "
		    "most %d characters in all", POSTURE_CUSTOM_MAX);
	return arena_printf(a, "headrace does not know the attribute \"%.*s\" of a device; "
	    "it knows custom:…, node:os, node:osVersion, node:tsVersion, node:tsReleaseTrack, "
	    "node:tsAutoUpdate and node:tsStateEncrypted", (int)name.n, name.p);
}

/* ---- a term's words ---- */

static void
skip(struct str *s, size_t n)
{
	s->p += n;
	s->n -= n;
	*s = str_trim(*s);
}

static bool
word_char(char c)
{
	return isalnum((unsigned char)c) || c == ':' || c == '.' || c == '_' || c == '-';
}

static struct str
take_word(struct str *s)
{
	struct str w = { s->p, 0 };

	while (w.n < s->n && word_char(w.p[w.n]))
		w.n++;
	skip(s, w.n);
	return w;
}

static bool
take_op(struct str *s, enum posture_op *op)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t n = strlen(ops[i].text);
		if (s->n < n || strncasecmp(s->p, ops[i].text, n) != 0)
			continue;
		if (isalpha((unsigned char)ops[i].text[0]) && s->n > n && word_char(s->p[n]))
			continue;
		*op = ops[i].op;
		skip(s, n);
		return true;
	}
	return false;
}

/* 'text', "text", or a bare true, false or number. */
static bool
take_value(struct arena *a, struct str *s, const char **out)
{
	const char *end;
	struct str w;

	if (s->n > 0 && (s->p[0] == '\'' || s->p[0] == '"')) {
		end = memchr(s->p + 1, s->p[0], s->n - 1);
		if (end == NULL)
			return false;
		*out = arena_strndup(a, s->p + 1, (size_t)(end - s->p - 1));
		skip(s, (size_t)(end - s->p) + 1);
		return true;
	}
	w = take_word(s);
	if (!str_is(w, "true") && !str_is(w, "false") &&
	    (w.n == 0 || !isdigit((unsigned char)w.p[0])))
		return false;
	*out = arena_strndup(a, w.p, w.n);
	return true;
}

static bool
take_char(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	skip(s, 1);
	return true;
}

/* ['a', 'b'] */
static bool
take_list(struct arena *a, struct str *s, const char **v, size_t *n)
{
	if (!take_char(s, '['))
		return false;
	do {
		if (take_char(s, ']'))
			return *n > 0;
		if (!take_value(a, s, &v[(*n)++]))
			return false;
	} while (take_char(s, ','));
	return take_char(s, ']');
}

/* ---- what a term may say ---- */

static const char *
value_why(const struct posture_attr *attr, enum posture_op op, const char *value)
{
	bool ordered = op == POSTURE_LT || op == POSTURE_LE || op == POSTURE_GT ||
	    op == POSTURE_GE;

	if (ordered && attr->type != POSTURE_VERSION)
		return "only versions have an order";
	if (ordered && !isdigit((unsigned char)value[0]))
		return "a version begins with a digit";
	if (attr->type == POSTURE_BOOL && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return "the value is true or false";
	return NULL;
}

static const char *
read_values(struct reader *r, struct str *s, const struct posture_attr *attr,
    struct posture_term *t)
{
	const char **v = arena_array(r->a, s->n + 1, sizeof(*v));
	bool set = t->op == POSTURE_IS_SET || t->op == POSTURE_NOT_SET;
	bool list = t->op == POSTURE_IN || t->op == POSTURE_NOT_IN, ok = true;
	const char *why = NULL;

	t->values = v;
	if (list)
		ok = take_list(r->a, s, v, &t->n_values);
	else if (!set)
		ok = take_value(r->a, s, &v[t->n_values++]);
	if (!ok || s->n > 0)
		return list ? "expected a list like ['a', 'b'] and nothing behind it" :
		    "expected one value like 'a' and nothing behind it";
	for (size_t i = 0; i < t->n_values && why == NULL; i++)
		why = value_why(attr, t->op, v[i]);
	return why;
}

static const char *
read_term(struct reader *r, struct str text, struct posture_term *t)
{
	struct str name = take_word(&text);
	struct posture_attr attr;

	if (name.n == 0)
		return "a term is like node:os == 'linux'";
	if (!find_attr(r->a, name, &attr))
		return unknown_attr(r->a, name);
	t->attr = attr.name;
	if (!take_op(&text, &t->op))
		return "after the attribute comes one of ==, !=, <, <=, >, >=, IN, NOT IN, "
		    "IS SET, NOT SET";
	return read_values(r, &text, &attr, t);
}

/* ---- sections ---- */

static void
read_posture(struct reader *r, struct policy_posture *p, const struct hj *list)
{
	struct posture_term *v;
	const char *why;

	if (list->type != HJ_ARRAY || list->n == 0) {
		bad(r, list->at, "postures[\"%s\"] must be a list of terms", p->name);
		return;
	}
	if (!read_texts_ok(r, list, "a term of a posture"))
		return;
	v = arena_array(r->a, list->n, sizeof(*v));
	for (const struct hj *e = list->child; e != NULL; e = e->next)
		if ((why = read_term(r, read_text(e), &v[p->n_terms++])) != NULL)
			bad(r, e->at, "postures[\"%s\"]: \"%s\": %s", p->name, e->text, why);
	p->terms = v;
}

void
read_postures(struct reader *r, const struct hj *v)
{
	uint32_t i;

	for (const struct hj *m = v ? v->child : NULL; m != NULL; m = m->next)
		if (names_find(&r->names->postures, str_trim(str_of(m->key)), &i))
			read_posture(r, &r->p->postures[i], m);
}

static size_t
posture_ids(struct reader *r, const struct hj *list, const uint32_t **out)
{
	uint32_t *v = arena_array(r->a, list->n + 1, sizeof(*v));
	size_t n = 0;

	if (!read_texts_ok(r, list, "a posture's name"))
		return 0;
	for (const struct hj *e = list->child; e != NULL; e = e->next)
		if (names_find(&r->names->postures, read_text(e), &v[n]))
			n++;
		else
			bad(r, e->at, "posture not defined in policy: \"%s\"", e->text);
	*out = v;
	return n;
}

void
read_posture_list(struct reader *r, const struct hj *list, const uint32_t **out, size_t *n)
{
	*out = r->postures;
	*n = r->n_postures;
	if (list != NULL && list->n > 0)
		*n = posture_ids(r, list, out);
}

void
read_default_posture(struct reader *r, const struct hj *list)
{
	if (list != NULL)
		r->n_postures = posture_ids(r, list, &r->postures);
}

/* ---- what tests say of a source ---- */

static const char *
given_text(const struct hj *v)
{
	switch (v->type) {
	case HJ_STRING:
	case HJ_NUMBER:
		return v->text;
	case HJ_BOOL:
		return v->b ? "true" : "false";
	default:
		return NULL;
	}
}

size_t
read_posture_given(struct reader *r, const struct hj *o, const struct posture_term **out)
{
	struct posture_term *v;
	const char **value;
	size_t n = 0;

	*out = NULL;
	if (o == NULL)
		return 0;
	v = arena_array(r->a, o->n + 1, sizeof(*v));
	for (const struct hj *m = o->child; m != NULL; m = m->next) {
		struct posture_attr attr;

		value = arena_alloc(r->a, sizeof(*value));
		*value = given_text(m);
		if (!find_attr(r->a, str_of(m->key), &attr))
			bad(r, m->key_at, "%s", unknown_attr(r->a, str_of(m->key)));
		else if (*value == NULL)
			bad(r, m->at, "\"%s\" must be text, a number, true or false", m->key);
		else
			v[n++] = (struct posture_term){ attr.name, POSTURE_EQ, value, 1 };
	}
	*out = v;
	return n;
}
