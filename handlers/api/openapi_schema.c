/*
 * handlers/api/openapi_schema.c -- struct api_field and api_object as JSON Schema.
 *
 * A request's schema says what api_body() takes, no more and no less, as far as the
 * language can: lengths are bytes here and characters there.  An answer's schema says
 * what handlers write; that this is so is tests/handlers/shape.h's to check.
 */
#include <string.h>

#include "handlers/api/openapi.h"

/* ---- names ---- */

/* CreateUserRequest stays; Location is LocationInput where it stands in a request. */
static void
put_name(struct buf *out, const struct openapi_use *u)
{
	buf_str(out, u->object->name);
	if (u->input && !str_ends(str_of(u->object->name), "Request"))
		buf_str(out, "Input");
}

static struct openapi_use *
note_use(struct openapi_uses *u, const struct api_object *o, bool input)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->list[i].object == o && u->list[i].input == input)
			return &u->list[i];
	u->list = arena_room(u->a, u->list, u->n, &u->cap, sizeof(*u->list));
	u->list[u->n] = (struct openapi_use){ o, input };
	return &u->list[u->n++];
}

void
openapi_put_ref(struct jw *w, struct openapi_uses *u, const struct api_object *o, bool input)
{
	struct buf name;

	buf_init(&name, 256);
	buf_str(&name, "#/components/schemas/");
	put_name(&name, note_use(u, o, input));
	jw_obj(w);
	jw_key(w, "$ref");
	jw_strn(w, buf_as_str(&name));
	jw_end_obj(w);
	buf_fini(&name);
}

/* ---- values ---- */

static const char *const type_words[] = {
	[API_TEXT] = "string", [API_ID] = "string", [API_TIME] = "string",
	[API_INT] = "integer", [API_BOOL] = "boolean", [API_LIST] = "array",
	[API_OBJECT] = "object", [API_MAP] = "object",
};

/* In a request null counts as absent, so it may stand for what may be absent. */
static bool
may_be_null(const struct api_field *f, bool input)
{
	return (f->flags & API_NULL) != 0 || (input && (f->flags & API_MUST) == 0);
}

static void
put_type(struct jw *w, const char *type, bool or_null)
{
	jw_key(w, "type");
	if (or_null)
		jw_arr(w);
	jw_str(w, type);
	if (or_null) {
		jw_str(w, "null");
		jw_end_arr(w);
	}
}

static void
put_words(struct jw *w, const char *words, bool or_null)
{
	struct str rest = str_of(words), one;

	jw_key(w, "enum");
	jw_arr(w);
	while (str_cut(&rest, ' ', &one))
		jw_strn(w, one);
	if (or_null)
		jw_null(w);
	jw_end_arr(w);
}

static void
put_text_rules(struct jw *w, const struct api_field *f, bool input)
{
	if (f->words != NULL)
		put_words(w, f->words, may_be_null(f, input));
	else if (f->type == API_ID)
		jw_kstr(w, "pattern", input ? "^[0-9]*$" : "^[0-9]+$");
	else if (f->type == API_TIME)
		jw_kstr(w, "format", "date-time");
	if (input && f->words == NULL)
		jw_ki64(w, "maxLength", f->max > 0 ? f->max : API_TEXT_MAX);
}

static void
put_number_rules(struct jw *w, const struct api_field *f, bool input)
{
	jw_kstr(w, "format", "int64");
	if ((f->flags & API_NEGATIVE) == 0)
		jw_ki64(w, "minimum", 0);
	if (input && f->max > 0)
		jw_ki64(w, "maximum", f->max);
}

/* An item of a list, or a value of a map, has the words and the object of the whole. */
static void
put_item(struct jw *w, struct openapi_uses *u, const struct api_field *f, bool input)
{
	struct api_field item = { .type = f->item, .words = f->words, .of = f->of,
	    .flags = f->type == API_LIST ? API_MUST : 0 };

	openapi_put_field(w, u, &item, input);
}

static void
put_rules(struct jw *w, struct openapi_uses *u, const struct api_field *f, bool input)
{
	switch (f->type) {
	case API_TEXT:
	case API_ID:
	case API_TIME:
		put_text_rules(w, f, input);
		break;
	case API_INT:
		put_number_rules(w, f, input);
		break;
	case API_LIST:
		jw_key(w, "items");
		put_item(w, u, f, input);
		if (input)
			jw_ki64(w, "maxItems", f->max > 0 ? f->max : API_ITEMS_MAX);
		break;
	case API_MAP:
		jw_key(w, "additionalProperties");
		put_item(w, u, f, input);
		break;
	case API_BOOL:
	case API_OBJECT:
	case API_ANY:
		break;
	}
}

static void
put_object_field(struct jw *w, struct openapi_uses *u, const struct api_field *f, bool input)
{
	if (!may_be_null(f, input)) {
		openapi_put_ref(w, u, f->of, input);
		return;
	}
	jw_obj(w);
	jw_key(w, "anyOf");
	jw_arr(w);
	openapi_put_ref(w, u, f->of, input);
	jw_raw(w, STR("{\"type\":\"null\"}"));
	jw_end_arr(w);
	if (f->help != NULL)
		jw_kstr(w, "description", f->help);
	jw_end_obj(w);
}

void
openapi_put_field(struct jw *w, struct openapi_uses *u, const struct api_field *f, bool input)
{
	if (f->type == API_OBJECT) {
		put_object_field(w, u, f, input);
		return;
	}
	jw_obj(w);
	if (f->type != API_ANY)
		put_type(w, type_words[f->type], may_be_null(f, input));
	put_rules(w, u, f, input);
	if (f->help != NULL)
		jw_kstr(w, "description", f->help);
	if (f->example != NULL) {
		jw_key(w, "examples");
		jw_arr(w);
		jw_raw(w, str_of(f->example));
		jw_end_arr(w);
	}
	jw_end_obj(w);
}

/* ---- objects ---- */

/* The field that stands for all members without one; NULL: there may be none such. */
static const struct api_field *
rest_of(const struct api_object *o)
{
	const struct api_field *f = o->fields;

	while (f->name != NULL && *f->name != '\0')
		f++;
	return f->name != NULL ? f : NULL;
}

static void
put_rest(struct jw *w, struct openapi_uses *u, const struct api_field *rest, bool input)
{
	if (rest != NULL)
		openapi_put_field(w, u, rest, input);
	else
		jw_bool(w, false);
}

static bool
is_required(const struct api_field *f, bool input)
{
	if (*f->name == '\0')
		return false;
	return input ? (f->flags & API_MUST) != 0 : (f->flags & API_MAY) == 0;
}

static void
put_required(struct jw *w, const struct openapi_use *use)
{
	bool any = false;

	for (const struct api_field *f = use->object->fields; f->name != NULL; f++)
		any |= is_required(f, use->input);
	if (!any)
		return;
	jw_key(w, "required");
	jw_arr(w);
	for (const struct api_field *f = use->object->fields; f->name != NULL; f++)
		if (is_required(f, use->input))
			jw_str(w, f->name);
	jw_end_arr(w);
}

static void
put_object(struct jw *w, struct openapi_uses *u, struct openapi_use use)
{
	jw_obj(w);
	jw_kstr(w, "type", "object");
	if (use.object->fields != NULL) {
		jw_key(w, "properties");
		jw_obj(w);
		for (const struct api_field *f = use.object->fields; f->name != NULL; f++) {
			if (f == rest_of(use.object))
				continue;
			jw_key(w, f->name);
			openapi_put_field(w, u, f, use.input);
		}
		jw_end_obj(w);
		put_required(w, &use);
		jw_key(w, "additionalProperties");
		put_rest(w, u, rest_of(use.object), use.input);
	}
	jw_end_obj(w);
}

void
openapi_put_schemas(struct jw *w, struct openapi_uses *u)
{
	struct buf name;

	buf_init(&name, 256);
	for (size_t i = 0; i < u->n; i++) {	/* it grows meanwhile */
		buf_clear(&name);
		put_name(&name, &u->list[i]);
		buf_byte(&name, '\0');
		jw_key(w, (const char *)name.p);
		put_object(w, u, u->list[i]);
	}
	buf_fini(&name);
}

/* ---- examples ---- */

static void
put_text_example(struct jw *w, const struct api_field *f)
{
	struct str words = str_of(f->words), first = STR("text");

	if (f->words != NULL)
		(void)str_cut(&words, ' ', &first);
	else if (f->type == API_ID)
		first = STR("7");
	else if (f->type == API_TIME)
		first = STR("2030-12-31T23:59:59Z");
	jw_strn(w, first);
}

static void
put_many_example(struct jw *w, const struct api_field *f, bool input)
{
	struct api_field item = { .type = f->item, .words = f->words, .of = f->of };

	if (f->type == API_LIST) {
		jw_arr(w);
		openapi_put_example(w, &item, input);
		jw_end_arr(w);
		return;
	}
	jw_obj(w);
	jw_key(w, "name");
	openapi_put_example(w, &item, input);
	jw_end_obj(w);
}

void
openapi_put_example(struct jw *w, const struct api_field *f, bool input)
{
	if (f->example != NULL) {
		jw_raw(w, str_of(f->example));
		return;
	}
	switch (f->type) {
	case API_TEXT:
	case API_ID:
	case API_TIME:
		put_text_example(w, f);
		break;
	case API_INT:
		jw_i64(w, 1);
		break;
	case API_BOOL:
		jw_bool(w, true);
		break;
	case API_LIST:
	case API_MAP:
		put_many_example(w, f, input);
		break;
	case API_OBJECT:
		openapi_put_object_example(w, f->of, input);
		break;
	case API_ANY:
		jw_str(w, "value");
		break;
	}
}

void
openapi_put_object_example(struct jw *w, const struct api_object *o, bool input)
{
	jw_obj(w);
	for (const struct api_field *f = o->fields; f != NULL && f->name != NULL; f++) {
		jw_key(w, *f->name != '\0' ? f->name : "name");
		openapi_put_example(w, f, input);
	}
	jw_end_obj(w);
}
