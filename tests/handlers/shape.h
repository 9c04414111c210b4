/*
 * tests/handlers/shape.h -- is an answer of the API what its document says?
 *
 * Whoever asks by api() or ask_key() checks the row's tables by the way: every
 * member is described, of its type, and there unless it may be missing; every
 * status is among those that the row names.
 */
#ifndef TESTS_HANDLERS_SHAPE_H
#define TESTS_HANDLERS_SHAPE_H

#include "tests/handlers/ask.h"

#include "handlers/api/openapi.h"
#include "lib/base/clock.h"
#include "lib/http/route.h"
#include "lib/json/json.h"

/* An object whose members are being looked at. */
struct shape_look {
	struct asker *k;
	const struct api_object *o;
	const struct api_field *field;	/* of a map: what all values are; else NULL */
	const char *at;
	const char *find;		/* a member to find ... */
	bool found;			/* ... and whether it is there */
};

static void shape_value(struct asker *k, const struct api_field *f, const char *at, jv *v);

static const struct api_field *
shape_field(const struct api_object *o, const char *name)
{
	for (const struct api_field *f = o->fields; f->name != NULL; f++)
		if (*f->name == '\0' || strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static void
shape_member(void *arg, const char *key, jv *value)
{
	struct shape_look *l = arg;
	const struct api_field *f = l->field != NULL ? l->field : shape_field(l->o, key);

	if (f == NULL)
		fail_msg("%s has a member \"%s\" that its shape %s has not: %s", l->at, key,
		    l->o->name, ask_body(l->k));
	shape_value(l->k, f, arena_printf(l->k->a, "%s.%s", l->at, key), value);
}

static void
shape_find(void *arg, const char *key, jv *value)
{
	struct shape_look *l = arg;

	(void)value;
	l->found |= strcmp(key, l->find) == 0;
}

static void
shape_object(struct asker *k, const struct api_object *o, const char *at, jv *v)
{
	struct shape_look l = { .k = k, .o = o, .at = at };

	if (!json_is(v, JSON_OBJ))
		fail_msg("%s is no object: %s", at, ask_body(k));
	if (o->fields == NULL)
		return;
	json_each(v, shape_member, &l);
	for (const struct api_field *f = o->fields; f->name != NULL; f++) {
		l.find = f->name;
		l.found = false;
		json_each(v, shape_find, &l);
		if (!l.found && (f->flags & API_MAY) == 0 && *f->name != '\0')
			fail_msg("%s has no member \"%s\": %s", at, f->name, ask_body(k));
	}
}

static void
shape_words(struct asker *k, const struct api_field *f, const char *at, const char *text)
{
	struct str rest = str_of(f->words), one;

	while (str_cut(&rest, ' ', &one))
		if (str_is(one, text))
			return;
	fail_msg("%s is \"%s\", none of: %s: %s", at, text, f->words, ask_body(k));
}

static void
shape_text(struct asker *k, const struct api_field *f, const char *at, const char *text)
{
	int64_t n;

	if (f->type == API_ID && !str_i64(str_of(text), &n))
		fail_msg("%s is no id: %s", at, ask_body(k));
	if (f->type == API_TIME && !rfc3339_read(str_of(text), &n))
		fail_msg("%s is no time: %s", at, ask_body(k));
	if (f->words != NULL)
		shape_words(k, f, at, text);
}

static void
shape_items(struct asker *k, const struct api_field *f, const char *at, jv *v)
{
	const struct api_field item = { .name = "", .type = f->item, .of = f->of,
	    .words = f->words };
	struct shape_look l = { .k = k, .field = &item, .at = at };

	if (f->type == API_MAP) {
		json_each(v, shape_member, &l);
		return;
	}
	for (size_t i = 0; i < json_len(v); i++)
		shape_value(k, &item, arena_printf(k->a, "%s[%zu]", at, i), json_at(v, i));
}

static void
shape_value(struct asker *k, const struct api_field *f, const char *at, jv *v)
{
	static const enum json_type_wanted types[] = {
		[API_TEXT] = JSON_STR, [API_ID] = JSON_STR, [API_TIME] = JSON_STR,
		[API_INT] = JSON_INT, [API_BOOL] = JSON_BOOL, [API_LIST] = JSON_ARR,
		[API_OBJECT] = JSON_OBJ, [API_MAP] = JSON_OBJ,
	};

	if (f->type == API_ANY || (v == NULL && (f->flags & API_NULL) != 0))
		return;
	if (v == NULL || !json_is(v, types[f->type]))
		fail_msg("%s is of another type than described: %s", at, ask_body(k));
	if (f->type == API_INT && json_int(v) < 0 && (f->flags & API_NEGATIVE) == 0)
		fail_msg("%s is less than 0: %s", at, ask_body(k));
	if (json_is(v, JSON_STR))
		shape_text(k, f, at, json_text(v));
	else if (f->type == API_OBJECT)
		shape_object(k, f->of, at, v);
	else
		shape_items(k, f, at, v);
}

static void
shape_status(struct asker *k)
{
	int statuses[OPENAPI_PROBLEMS + 1];

	openapi_statuses(k->rq.route, statuses);
	for (const int *s = statuses; *s != 0; s++)
		if (*s == k->rq.status)
			return;
	fail_msg("%s %s answers %d, which its row does not name: %s",
	    http_method_name(k->rq.route->method), k->rq.route->path, k->rq.status, ask_body(k));
}

/* The last answer, if a row of the API has given it, is as the row says. */
__attribute__((unused)) static void
assert_shape(struct asker *k)
{
	static const struct api_field nothing[] = { { .name = NULL } };
	static const struct api_object empty = { "Nothing", nothing };
	const struct route *r = k->rq.route;
	jv *v;

	if (r == NULL || r->op == NULL || k->rq.method == HTTP_HEAD)
		return;
	if (k->rq.status != 200) {
		shape_status(k);
		return;
	}
	if (k->rq.ctype == NULL || strcmp(k->rq.ctype, "application/json") != 0 ||
	    (r->op->answer == NULL && r->op->answer_type != NULL))
		return;
	v = json_parse(k->a, str_of(ask_body(k)), JSON_DEPTH_DEFAULT, NULL);
	if (v == NULL)
		fail_msg("not JSON: %s", ask_body(k));
	shape_object(k, r->op->answer != NULL ? r->op->answer : &empty, r->op->id, v);
}

#endif
