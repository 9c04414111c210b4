/*
 * lib/config/list.c -- values that are lists.
 *
 * A list may be given in one line, parted by commas, or in several lines with
 * the same key: the reader appends.
 */
#include <string.h>

#include "lib/config/key.h"
#include "lib/config/value.h"

/* 'v' with room for one item more; arrays are moved at powers of two only. */
static void *
grown(struct arena *a, void *v, size_t n, size_t size)
{
	void *more;

	if (n > 0 && (n & (n - 1)) != 0)
		return v;
	more = arena_array(a, n ? 2 * n : 1, size);
	if (n > 0)
		memcpy(more, v, n * size);
	return more;
}

static void
append(struct arena *a, struct text_list *l, const char *text)
{
	l->v = grown(a, l->v, l->n, sizeof(l->v[0]));
	l->v[l->n++] = text;
}

/* Turns one item into the text that is kept, or answers what is wrong. */
typedef const char *item_fn(struct config_reading *rd, struct str v, const char **out);

/* Names the item if the list has several. */
static const char *
item_wrong(struct config_reading *rd, struct str list, struct str item, const char *wrong)
{
	if (item.n == list.n)
		return wrong;
	return arena_printf(rd->arena, "has an item '%.*s' that %s",
	    (int)(item.n < 80 ? item.n : 80), item.p, wrong);
}

static const char *
read_list(struct config_reading *rd, struct str v, struct text_list *l, item_fn *fn)
{
	struct str left = str_trim(v), item;
	const char *text, *wrong;

	while (left.n > 0 && str_cut(&left, ',', &item)) {
		item = str_trim(item);
		if (item.n == 0)
			return "has an empty item";
		if (l->n >= CONFIG_LIST_MAX)
			return "has too many items";
		wrong = fn(rd, item, &text);
		if (wrong != NULL)
			return item_wrong(rd, v, item, wrong);
		append(rd->arena, l, text);
	}
	return NULL;
}

static void
put_list(struct buf *out, const struct text_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		buf_printf(out, "%s%s", i ? ", " : "", l->v[i]);
}

static void
print_list(const struct config_key *k, const void *field, struct buf *out)
{
	(void)k;
	put_list(out, field);
}

static const char *
item_domain(struct config_reading *rd, struct str v, const char **out)
{
	return config_domain_read(rd->arena, v, out);
}

static const char *
item_resolver(struct config_reading *rd, struct str v, const char **out)
{
	*out = arena_strndup(rd->arena, v.p, v.n);
	return config_resolver_check(v);
}

static const char *
item_url(struct config_reading *rd, struct str v, const char **out)
{
	*out = arena_strndup(rd->arena, v.p, v.n);
	return config_url_any(v);
}

static const char *
item_origin(struct config_reading *rd, struct str v, const char **out)
{
	*out = arena_strndup(rd->arena, v.p, v.n);
	return config_origin_check(v);
}

static const char *
read_origins(struct config_reading *rd, struct str v, void *field)
{
	return read_list(rd, v, field, item_origin);
}

static const char *
read_domains(struct config_reading *rd, struct str v, void *field)
{
	return read_list(rd, v, field, item_domain);
}

static const char *
read_resolvers(struct config_reading *rd, struct str v, void *field)
{
	return read_list(rd, v, field, item_resolver);
}

static const char *
read_urls(struct config_reading *rd, struct str v, void *field)
{
	return read_list(rd, v, field, item_url);
}

static const char *
read_paths(struct config_reading *rd, struct str v, void *field)
{
	return read_list(rd, v, field, config_path_read);
}

/* ---- dns.split.<domain> ---- */

/* The two fields that follow each other in struct config. */
struct splits { struct split_dns *v; size_t n; };
struct records { struct dns_record *v; size_t n; };
_Static_assert(offsetof(struct config, n_split) - offsetof(struct config, split) ==
    offsetof(struct splits, n), "split and n_split stand together");
_Static_assert(offsetof(struct config, n_extra) - offsetof(struct config, extra) ==
    offsetof(struct records, n), "extra and n_extra stand together");

static struct split_dns *
split_of(struct arena *a, struct splits *s, const char *domain)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].domain, domain) == 0)
			return &s->v[i];
	s->v = grown(a, s->v, s->n, sizeof(s->v[0]));
	s->v[s->n] = (struct split_dns){ .domain = domain };
	return &s->v[s->n++];
}

/* In the environment the domain stands in the value: "corp.example=10.0.0.1,10.0.0.2". */
static const char *
read_split(struct config_reading *rd, struct str v, void *field)
{
	struct splits *s = field;
	struct str name = str_of(rd->sub);
	const char *domain, *wrong;

	if (rd->sub == NULL && str_trim(v).n == 0)
		return NULL;
	if (rd->sub == NULL && (!str_cut(&v, '=', &name) || v.p == NULL))
		return "is not of the form domain=server,server";
	wrong = config_domain_read(rd->arena, str_trim(name), &domain);
	if (wrong != NULL)
		return arena_printf(rd->arena, "is for '%.*s', which %s",
		    (int)(name.n < 80 ? name.n : 80), name.p, wrong);
	if (s->n >= CONFIG_LIST_MAX)
		return "is one domain too many";
	if (str_trim(v).n == 0)
		return "names no server";
	return read_list(rd, v, &split_of(rd->arena, s, domain)->servers, item_resolver);
}

static void
print_split(const struct config_key *k, const void *field, struct buf *out)
{
	const struct splits *s = field;

	(void)k;
	for (size_t i = 0; i < s->n; i++) {
		buf_printf(out, "split.%s = ", s->v[i].domain);
		put_list(out, &s->v[i].servers);
		buf_str(out, "\n");
	}
}

/* ---- dns.extra_record ---- */

/* The next word of 's', parted by blanks; empty at the end. */
static struct str
next_word(struct str *s)
{
	struct str w;

	*s = str_trim(*s);
	w = (struct str){ s->p, 0 };
	while (w.n < s->n && s->p[w.n] != ' ' && s->p[w.n] != '\t')
		w.n++;
	s->p += w.n;
	s->n -= w.n;
	return w;
}

static const char *
read_record(struct arena *a, struct str item, struct dns_record *r)
{
	struct str name = next_word(&item), type = next_word(&item), value = next_word(&item);
	const char *wrong;
	struct ip ip;

	if (value.n == 0 || str_trim(item).n != 0)
		return "is not: name type address";
	if ((wrong = config_domain_read(a, name, &r->name)) != NULL)
		return "does not start with a domain name";
	if (!str_is(type, "A") && !str_is(type, "AAAA"))
		return "is of another type than A and AAAA, which is all that clients answer";
	if (!ip_read(value, &ip) || (ip.family == 6) != str_is(type, "AAAA"))
		return "has an address that does not fit its type";
	r->type = arena_strndup(a, type.p, type.n);
	r->value = arena_strndup(a, value.p, value.n);
	return NULL;
}

static const char *
read_records(struct config_reading *rd, struct str v, void *field)
{
	struct records *l = field;
	struct str left = str_trim(v), item;
	struct dns_record r;
	const char *wrong;

	while (left.n > 0 && str_cut(&left, ',', &item)) {
		if (l->n >= CONFIG_LIST_MAX)
			return "is one record too many";
		wrong = read_record(rd->arena, item, &r);
		if (wrong != NULL)
			return item_wrong(rd, v, str_trim(item), wrong);
		l->v = grown(rd->arena, l->v, l->n, sizeof(l->v[0]));
		l->v[l->n++] = r;
	}
	return NULL;
}

static void
print_records(const struct config_key *k, const void *field, struct buf *out)
{
	const struct records *l = field;

	(void)k;
	for (size_t i = 0; i < l->n; i++)
		buf_printf(out, "%s%s %s %s", i ? ", " : "", l->v[i].name,
		    l->v[i].type, l->v[i].value);
}

/* A single address is the network of itself. */
static bool
read_network(struct str s, struct prefix *out)
{
	if (prefix_read(s, out))
		return !prefix_has_host_bits(out);
	if (!ip_read(s, &out->ip))
		return false;
	out->bits = out->ip.family == 4 ? 32 : 128;
	return true;
}

static const char *
read_prefixes(struct config_reading *rd, struct str v, void *field)
{
	struct prefix_list *l = field;
	struct str left = str_trim(v), item;
	struct prefix p;

	while (left.n > 0 && str_cut(&left, ',', &item)) {
		item = str_trim(item);
		if (l->n >= CONFIG_LIST_MAX)
			return "has too many items";
		if (!read_network(item, &p))
			return item_wrong(rd, v, item, "is no address and no network");
		if (p.bits == 0)
			return item_wrong(rd, v, item, "would believe everybody");
		l->v = grown(rd->arena, l->v, l->n, sizeof(l->v[0]));
		l->v[l->n++] = p;
	}
	return NULL;
}

static void
print_prefixes(const struct config_key *k, const void *field, struct buf *out)
{
	const struct prefix_list *l = field;
	char text[PREFIX_TEXT_SIZE];

	(void)k;
	for (size_t i = 0; i < l->n; i++)
		buf_printf(out, "%s%s", i ? ", " : "", prefix_write(&l->v[i], text));
}

#define LIST(type) .list_size = sizeof(type)

const struct config_type
    config_domains = { .read = read_domains, .print = print_list, LIST(struct text_list) },
    config_resolvers = { .read = read_resolvers, .print = print_list, LIST(struct text_list) },
    config_urls = { .read = read_urls, .print = print_list, LIST(struct text_list) },
    config_origins = { .read = read_origins, .print = print_list, LIST(struct text_list) },
    config_prefixes = { .read = read_prefixes, .print = print_prefixes, LIST(struct prefix_list) },
    config_paths = { .read = read_paths, .print = print_list, LIST(struct text_list) },
    config_split = { .read = read_split, .print = print_split, LIST(struct splits),
	.env_sep = ';', .whole_lines = true },
    config_records = { .read = read_records, .print = print_records, LIST(struct records) };
