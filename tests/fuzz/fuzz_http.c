/*
 * tests/fuzz/fuzz_http.c -- request targets: decoding, parameters and routing.
 *
 * The first byte chooses the method, the rest is the target.
 */
#include "lib/http/route.h"
#include "tests/fuzz/fuzz.h"

static const struct route rows[] = {
	{ .method = HTTP_GET, .path = "/" },
	{ .method = HTTP_GET, .path = "/register/{auth_id}" },
	{ .method = HTTP_POST, .path = "/{a}/{b}/{c}/{d}" },
	{ .method = HTTP_DELETE, .path = "/node/{id}" },
};
static const struct route *const table[] = { &rows[0], &rows[1], &rows[2], &rows[3] };

static void
check_routing(struct req *rq)
{
	const struct route *r = NULL;
	const struct req_param *v;
	int64_t number;

	if (route_find(table, 4, rq, &r) == OK)
		for (v = rq->vars; v->name != NULL; v++) {
			assert(*v->value != '\0' && strchr(v->value, '/') == NULL);
			if (req_var_i64(rq, v->name, &number) == OK)
				rq->now_ms += number & 1;
		}
	(void)route_allow(table, 4, rq);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct req rq = { .arena = arena_new() };
	const char *value;

	req_begin(&rq);
	if (n > 0) {
		rq.method = (enum http_method)(data[0] % (HTTP_OTHER + 1));
		req_target(&rq, (struct str){ (const char *)data + 1, n - 1 });
	} else {
		req_target(&rq, (struct str){ NULL, 0 });
	}
	if (rq.path != NULL) {
		assert(rq.path[0] == '/' && str_utf8_valid(str_of(rq.path)));
		check_routing(&rq);
		value = req_query(&rq, "v");
		assert(value == NULL || str_utf8_valid(str_of(value)));
		req_header(&rq, "X", rq.path);
		assert(memchr(rq.head.p, '\n', rq.head.n) == rq.head.p + rq.head.n - 1);
	} else {
		assert(rq.errmsg[0] != '\0');
	}
	req_end(&rq);
	arena_free(rq.arena);
	return 0;
}
