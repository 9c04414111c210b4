/*
 * handlers/control/setting_value.c -- the kinds of value that a setting may hold.
 *
 * A kind is a reader of JSON into a field of struct settings and a writer of that field.
 * What is stored went through both, so it is in one form only; what somebody has put
 * into the table with a shell goes through the reader too, and is left out if it does
 * not fit.  Resolvers and domains are checked as the configuration file's are.
 */
#include <string.h>

#include "handlers/control/setting.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

struct setting_kind {
	enum json_type_wanted type;
	const char *(*read)(struct arena *a, jv *value, void *field);
	void (*write)(struct jw *w, const void *field);
};

/* The value of a 'split' field and the one after it in struct config. */
struct splits { struct split_dns *v; size_t n; };
_Static_assert(offsetof(struct config, n_split) - offsetof(struct config, split) ==
    offsetof(struct splits, n), "split and n_split stand together");

/* ---- true or false ---- */

static const char *
read_flag(struct arena *a, jv *value, void *field)
{
	*(bool *)field = strcmp(json_dump(a, value), "true") == 0;
	return NULL;
}

static void
write_flag(struct jw *w, const void *field)
{
	jw_bool(w, *(const bool *)field);
}

/* ---- a time in days ---- */

static const char *
read_days(struct arena *a, jv *value, void *field)
{
	int64_t days = json_int(value);

	if (days < 0 || days > SETTING_KEY_DAYS_MAX)
		return arena_printf(a, "must be from 1 to %d, or 0 for keys that do not run out",
		    SETTING_KEY_DAYS_MAX);
	*(int64_t *)field = days * DAY_MS;
	return NULL;
}

/* A file may say hours: any part of a day is one. */
static void
write_days(struct jw *w, const void *field)
{
	jw_i64(w, (*(const int64_t *)field + DAY_MS - 1) / DAY_MS);
}

/* ---- lists of text ---- */

typedef const char *item_fn(struct arena *a, struct str v, const char **out);

static const char *
item_resolver(struct arena *a, struct str v, const char **out)
{
	*out = arena_strndup(a, v.p, v.n);
	return config_resolver_check(v);
}

/* Each once, in their order. */
static bool
listed(const struct text_list *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], text) == 0)
			return true;
	return false;
}

static const char *
read_list(struct arena *a, jv *list, item_fn *fn, struct text_list *l)
{
	size_t n = json_len(list);
	const char *text, *wrong;

	if (n > CONFIG_LIST_MAX)
		return arena_printf(a, "has more than %d items", CONFIG_LIST_MAX);
	*l = (struct text_list){ arena_array(a, n, sizeof(l->v[0])), 0 };
	for (size_t i = 0; i < n; i++) {
		text = json_text(json_at(list, i));
		if (text == NULL)
			return "must be a list of texts";
		if ((wrong = fn(a, str_of(text), &text)) != NULL)
			return arena_printf(a, "has an item \"%.80s\" that %s",
			    json_text(json_at(list, i)), wrong);
		if (!listed(l, text))
			l->v[l->n++] = text;
	}
	return NULL;
}

static void
write_list(struct jw *w, const void *field)
{
	const struct text_list *l = field;

	jw_arr(w);
	for (size_t i = 0; i < l->n; i++)
		jw_str(w, l->v[i]);
	jw_end_arr(w);
}

static const char *
read_resolvers(struct arena *a, jv *value, void *field)
{
	return read_list(a, value, item_resolver, field);
}

static const char *
read_domains(struct arena *a, jv *value, void *field)
{
	return read_list(a, value, config_domain_read, field);
}

/* ---- domains with resolvers of their own ---- */

struct split_reading {
	struct arena *a;
	struct splits s;
	size_t cap;
	const char *wrong;
};

static const char *
read_one_split(struct split_reading *r, const char *name, jv *servers)
{
	struct split_dns one = { .domain = NULL };
	const char *wrong = config_domain_read(r->a, str_of(name), &one.domain);

	if (wrong == NULL && !json_is(servers, JSON_ARR))
		wrong = "has no list of resolvers";
	if (wrong == NULL)
		wrong = read_list(r->a, servers, item_resolver, &one.servers);
	if (wrong == NULL && one.servers.n == 0)
		wrong = "has no resolvers";
	for (size_t i = 0; wrong == NULL && i < r->s.n; i++)
		if (strcmp(r->s.v[i].domain, one.domain) == 0)
			wrong = "is there twice";
	if (wrong == NULL && r->s.n >= CONFIG_LIST_MAX)
		wrong = "is one domain too many";
	if (wrong != NULL)
		return arena_printf(r->a, "has a domain \"%.80s\" that %s", name, wrong);
	r->s.v = arena_room(r->a, r->s.v, r->s.n, &r->cap, sizeof(one));
	r->s.v[r->s.n++] = one;
	return NULL;
}

static void
read_split_member(void *arg, const char *name, jv *servers)
{
	struct split_reading *r = arg;

	if (r->wrong == NULL)
		r->wrong = read_one_split(r, name, servers);
}

static const char *
read_split(struct arena *a, jv *value, void *field)
{
	struct split_reading r = { .a = a };

	json_each(value, read_split_member, &r);
	*(struct splits *)field = r.s;
	return r.wrong;
}

static void
write_split(struct jw *w, const void *field)
{
	const struct splits *s = field;

	jw_obj(w);
	for (size_t i = 0; i < s->n; i++) {
		jw_key(w, s->v[i].domain);
		write_list(w, &s->v[i].servers);
	}
	jw_end_obj(w);
}

/* ---- any ---- */

static const char *const type_texts[] = {
	[JSON_STR] = "text", [JSON_INT] = "a number", [JSON_BOOL] = "true or false",
	[JSON_ARR] = "a list of texts", [JSON_OBJ] = "an object with lists of texts",
};

void
setting_write(struct jw *w, const struct setting_row *row, const struct settings *s)
{
	row->kind->write(w, (const char *)s + row->at);
}

const char *
setting_read(struct arena *a, const struct setting_row *row, jv *value,
    struct settings *s, bool *mistyped)
{
	*mistyped = !json_is(value, row->kind->type);
	if (*mistyped)
		return arena_printf(a, "must be %s", type_texts[row->kind->type]);
	return row->kind->read(a, value, (char *)s + row->at);
}

const struct setting_kind
    setting_flag = { JSON_BOOL, read_flag, write_flag },
    setting_days = { JSON_INT, read_days, write_days },
    setting_resolvers = { JSON_ARR, read_resolvers, write_list },
    setting_domains = { JSON_ARR, read_domains, write_list },
    setting_split = { JSON_OBJ, read_split, write_split };
