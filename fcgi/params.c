/* fcgi/params.c -- the variables of a request, as a web server gives them. */
#include "fcgi/params.h"

#include <string.h>

#include "fcgi/limits.h"

static struct req_param *
find(struct req_param *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, list[i].name))
			return &list[i];
	return NULL;
}

/* NULL, or what is wrong. */
static const char *
join(struct arena *a, struct req_param *p, struct str value)
{
	if (str_starts(str_of(p->name), "HTTP_"))
		p->value = arena_printf(a, "%s, %.*s", p->value, (int)value.n, value.p);
	else if (!str_is(value, p->value))
		return arena_printf(a, "the web server gave %.80s twice, with different values",
		    p->name);
	return NULL;
}

const char *
params_take(struct req *rq, char *const *env)
{
	static const struct req_param none[1];
	struct req_param *list = arena_array(rq->arena, CARRY_PARAMS_MAX + 1, sizeof(*list)), *p;
	struct str left, name;
	const char *wrong = NULL;
	size_t n = 0, bytes = 0;

	rq->params = none;
	for (; *env != NULL && wrong == NULL; env++) {
		left = str_of(*env);
		bytes += left.n;
		if (bytes > CARRY_PARAMS_BYTES_MAX || n == CARRY_PARAMS_MAX)
			return "the web server gave too much: the request has too many "
			    "headers, or too large ones";
		if (!str_cut(&left, '=', &name) || left.p == NULL)
			continue;
		if (rq->origin != ORIGIN_CONTROL && str_starts(name, "HEADRACE_"))
			continue;
		if ((p = find(list, n, name)) != NULL) {
			wrong = join(rq->arena, p, left);
			continue;
		}
		list[n].name = arena_strndup(rq->arena, name.p, name.n);
		list[n++].value = arena_strndup(rq->arena, left.p, left.n);
	}
	if (wrong == NULL)
		rq->params = list;
	return wrong;
}
