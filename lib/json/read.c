/*
 * lib/json/read.c -- reading JSON by type, over json-c.
 *
 * json-c builds the tree, after check.c has said that the text is JSON.  Values
 * that cannot be read back whole (an integer above INT64_MAX, text with a NUL
 * inside) count as values of another type, so that no handler meets them.
 */
#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "lib/json/check.h"
#include "lib/json/json.h"

static void
put_object(void *o)
{
	json_object_put(o);
}

/* Builds what json_check() has passed; NULL if json-c does not want it. */
static jv *
build(struct str text, int depth)
{
	struct json_tokener *tok = json_tokener_new_ex(depth + 1);
	jv *v;

	if (tok == NULL)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	v = json_tokener_parse_ex(tok, text.p, (int)text.n);
	if (json_tokener_get_error(tok) == json_tokener_continue)
		v = json_tokener_parse_ex(tok, "", 1);	/* a number ends at the NUL */
	json_tokener_free(tok);
	return v;
}

jv *
json_parse(struct arena *a, struct str text, int depth, const char **why)
{
	const char *reason = "the text is empty or too long";
	size_t at = 0;
	jv *v = NULL;

	if (text.n > 0 && text.n < INT_MAX && json_check(text, depth, &at, &reason)) {
		reason = "it is null";
		v = build(text, depth);
	}
	if (v != NULL)
		arena_defer(a, put_object, v);
	else if (why != NULL)
		*why = arena_printf(a, "not valid JSON: %s (at byte %zu)", reason, at);
	return v;
}

jv *
json_get(jv *o, const char *name)
{
	jv *v = NULL;

	if (json_object_is_type(o, json_type_object))
		(void)json_object_object_get_ex(o, name, &v);
	return v;
}

/* json-c keeps numbers above INT64_MAX as unsigned, and saturates on reading. */
static bool
is_int(jv *v)
{
	return json_object_is_type(v, json_type_int) &&
	    (json_object_get_int64(v) < 0 || json_object_get_uint64(v) <= INT64_MAX);
}

/* Text with an embedded NUL would be cut there by everybody else. */
static bool
is_text(jv *v)
{
	return json_object_is_type(v, json_type_string) &&
	    strlen(json_object_get_string(v)) == (size_t)json_object_get_string_len(v);
}

bool
json_is(jv *v, enum json_type_wanted t)
{
	if (v == NULL)
		return false;
	switch (t) {
	case JSON_STR:
		return is_text(v);
	case JSON_INT:
		return is_int(v);
	case JSON_BOOL:
		return json_object_is_type(v, json_type_boolean);
	case JSON_ARR:
		return json_object_is_type(v, json_type_array);
	case JSON_OBJ:
		return json_object_is_type(v, json_type_object);
	}
	return false;
}

bool
json_wrong(jv *o, const char *name, enum json_type_wanted t)
{
	jv *v = json_get(o, name);

	return v != NULL && !json_is(v, t);
}

const char *
json_text(jv *v)
{
	return json_is(v, JSON_STR) ? json_object_get_string(v) : NULL;
}

double
json_num(jv *v)
{
	return json_object_is_type(v, json_type_double) || json_is(v, JSON_INT) ?
	    json_object_get_double(v) : 0;
}

int64_t
json_int(jv *v)
{
	return json_is(v, JSON_INT) ? json_object_get_int64(v) : 0;
}

const char *
json_get_str(jv *o, const char *name, const char *dflt)
{
	const char *s = json_text(json_get(o, name));

	return s == NULL ? dflt : s;
}

int64_t
json_get_i64(jv *o, const char *name, int64_t dflt)
{
	jv *v = json_get(o, name);

	return json_is(v, JSON_INT) ? json_object_get_int64(v) : dflt;
}

bool
json_get_bool(jv *o, const char *name, bool dflt)
{
	jv *v = json_get(o, name);

	return json_is(v, JSON_BOOL) ? json_object_get_boolean(v) : dflt;
}

size_t
json_len(jv *arr)
{
	return json_is(arr, JSON_ARR) ? json_object_array_length(arr) : 0;
}

jv *
json_at(jv *arr, size_t i)
{
	return i < json_len(arr) ? json_object_array_get_idx(arr, i) : NULL;
}

const char *
json_dump(struct arena *a, jv *v)
{
	return arena_strdup(a, json_object_to_json_string_ext(v,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

void
json_del(jv *o, const char *name)
{
	if (json_is(o, JSON_OBJ))
		json_object_object_del(o, name);
}

void
json_each(jv *o, void (*fn)(void *arg, const char *key, jv *value), void *arg)
{
	if (!json_is(o, JSON_OBJ))
		return;
	json_object_object_foreach(o, key, value)
		fn(arg, key, value);
}

void
jw_copy_str(struct jw *w, jv *o, const char *name)
{
	const char *s = json_get_str(o, name, "");

	if (s[0] != '\0')
		jw_kstr(w, name, s);
}

void
jw_copy_bool(struct jw *w, jv *o, const char *name)
{
	if (json_get_bool(o, name, false))
		jw_kbool(w, name, true);
}

void
jw_copy_i64(struct jw *w, jv *o, const char *name)
{
	if (json_get_i64(o, name, 0) != 0)
		jw_ki64(w, name, json_get_i64(o, name, 0));
}
