/*
 * lib/http/route.c -- which row answers a path.
 *
 * A few dozen rows are compared one after the other, without allocating until
 * the winner is known: at this size that is faster than a tree and cannot be
 * out of step with the table.
 */
#include "lib/http/route.h"

#include <string.h>

static bool
is_variable(struct str seg)
{
	return seg.n > 2 && seg.p[0] == '{' && seg.p[seg.n - 1] == '}';
}

/*
 * The number of {name} parts if 'path' has the shape of 'pattern', else -1.
 * A {name} takes one whole segment, never an empty one.
 */
static int
path_match(const char *pattern, const char *path)
{
	struct str want = str_of(pattern), have = str_of(path), w, h;
	int vars = 0;

	while (str_cut(&want, '/', &w)) {
		if (!str_cut(&have, '/', &h))
			return -1;
		if (is_variable(w) && h.n > 0)
			vars++;
		else if (!str_eq(w, h))
			return -1;
	}
	return have.p == NULL ? vars : -1;
}

static bool
method_fits(const struct route *r, enum http_method m)
{
	return r->method == m || (r->method == HTTP_GET && m == HTTP_HEAD);
}

static void
fill_vars(struct req *rq, const char *pattern)
{
	struct str want = str_of(pattern), have = str_of(rq->path), w, h;
	size_t n = 0;

	memset(rq->vars, 0, sizeof(rq->vars));
	while (n < REQ_PATH_VARS_MAX && str_cut(&want, '/', &w) &&
	    str_cut(&have, '/', &h)) {
		if (!is_variable(w))
			continue;
		rq->vars[n].name = arena_strndup(rq->arena, w.p + 1, w.n - 2);
		rq->vars[n].value = arena_strndup(rq->arena, h.p, h.n);
		n++;
	}
}

enum err
route_find(const struct route *const *routes, size_t n, struct req *rq,
    const struct route **out)
{
	const struct route *best = NULL;
	bool known = false;
	int vars, fewest = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		vars = path_match(routes[i]->path, rq->path);
		if (vars < 0)
			continue;
		known = true;
		if (!method_fits(routes[i], rq->method))
			continue;
		if (best == NULL || vars < fewest) {
			best = routes[i];
			fewest = vars;
		}
	}
	if (best == NULL)
		return known ? ERR_BADREQ : ERR_NOTFOUND;
	fill_vars(rq, best->path);
	rq->route = best;
	*out = best;
	return OK;
}

const char *
route_allow(const struct route *const *routes, size_t n, const struct req *rq)
{
	const char *list = "";
	bool has[HTTP_OTHER] = { false };
	size_t i;
	int m;

	for (i = 0; i < n; i++)
		if (path_match(routes[i]->path, rq->path) >= 0)
			for (m = HTTP_GET; m < HTTP_OTHER; m++)
				has[m] |= method_fits(routes[i], (enum http_method)m);
	for (m = HTTP_GET; m < HTTP_OTHER; m++)
		if (has[m])
			list = arena_printf(rq->arena, "%s%s%s", list,
			    *list == '\0' ? "" : ", ",
			    http_method_name((enum http_method)m));
	return list;
}
