/* lib/netmap/routes.c -- sorted lists of prefixes and their JSON form. */
#include "lib/netmap/routes.h"

#include <stdlib.h>
#include <string.h>

static int
by_prefix(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

static void
sort_unique(struct routes *r)
{
	size_t kept = 0;

	if (r->n > 1)
		qsort(r->v, r->n, sizeof(r->v[0]), by_prefix);
	for (size_t i = 0; i < r->n; i++)
		if (kept == 0 || !prefix_eq(&r->v[kept - 1], &r->v[i]))
			r->v[kept++] = r->v[i];
	r->n = kept;
}

struct routes
routes_of(struct arena *a, jv *array)
{
	size_t n = json_len(array);
	struct routes r = { 0 };

	n = n > ROUTES_MAX ? ROUTES_MAX : n;
	r.v = arena_array(a, n, sizeof(r.v[0]));
	for (size_t i = 0; i < n; i++) {
		struct prefix p;
		if (prefix_read(str_of(json_text(json_at(array, i))), &p))
			r.v[r.n++] = prefix_masked(p);
	}
	sort_unique(&r);
	return r;
}

struct routes
routes_parse(struct arena *a, const char *json)
{
	if (strcmp(json, "[]") == 0)	/* nearly every node */
		return (struct routes){ 0 };
	return routes_of(a, json_parse(a, str_of(json), 2, NULL));
}

const char *
routes_json(struct arena *a, const struct routes *r)
{
	char *text = arena_alloc(a, r->n * (PREFIX_TEXT_SIZE + 3) + 3), *p = text;
	char one[PREFIX_TEXT_SIZE];

	*p++ = '[';
	for (size_t i = 0; i < r->n; i++) {
		const char *s = prefix_write(&r->v[i], one);
		size_t len = strlen(s);
		if (i > 0)
			*p++ = ',';
		*p++ = '"';
		memcpy(p, s, len);
		p += len;
		*p++ = '"';
	}
	*p = ']';
	return text;
}

struct routes
routes_union(struct arena *a, const struct routes *x, const struct routes *y)
{
	struct routes r = { .v = arena_array(a, x->n + y->n, sizeof(*r.v)), .n = x->n + y->n };

	if (x->n > 0)
		memcpy(r.v, x->v, x->n * sizeof(*r.v));
	if (y->n > 0)
		memcpy(r.v + x->n, y->v, y->n * sizeof(*r.v));
	sort_unique(&r);
	return r;
}

void
routes_add(struct arena *a, struct routes *r, struct prefix p)
{
	struct prefix masked = prefix_masked(p);
	struct routes one = { .v = &masked, .n = 1 };

	*r = routes_union(a, r, &one);
}

bool
routes_has(const struct routes *r, const struct prefix *p)
{
	return r->n > 0 &&
	    bsearch(p, r->v, r->n, sizeof(r->v[0]), by_prefix) != NULL;
}

struct routes
routes_both(struct arena *a, const struct routes *x, const struct routes *y)
{
	struct routes r = { .v = arena_array(a, x->n, sizeof(r.v[0])) };

	for (size_t i = 0; i < x->n; i++)
		if (routes_has(y, &x->v[i]))
			r.v[r.n++] = x->v[i];
	return r;
}

void
routes_pair_defaults(struct arena *a, struct routes *r)
{
	struct prefix v4 = { .ip = { .family = 4 } }, v6 = { .ip = { .family = 6 } };

	if (routes_has(r, &v4) == routes_has(r, &v6))
		return;
	routes_add(a, r, v4);
	routes_add(a, r, v6);
}

const char *
routes_clean(struct arena *a, const char *json)
{
	struct routes r;

	if (strcmp(json, "[]") == 0)
		return json;
	r = routes_parse(a, json);
	return routes_json(a, &r);
}
