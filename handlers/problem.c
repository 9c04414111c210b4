/*
 * handlers/problem.c -- how an answer says what is wrong.
 *
 * Whoever has no valid key is told nothing: the whole answer is fixed text.
 */
#include "handlers/problem.h"

#include "lib/json/json.h"

/* What a client may know of a failure. */
static const char *
public_text(const struct req *rq, int status)
{
	switch (status) {
	case 401:
		return http_status_text(status);
	case 500:
		return "internal error";
	case 502:
		return "a server that this one depends on did not answer";
	case 503:
		return rq->storage_fails ? "storage: the server cannot write to its disk, or not "
		    "reach its database; its log says why" :
		    "busy, try again";
	default:
		return rq->errmsg[0] != '\0' ? rq->errmsg : http_status_text(status);
	}
}

/* "errors": what is wrong and where, for programs; only where a place is known. */
static void
put_errors(struct jw *w, const struct req *rq, const char *text)
{
	if (rq->err_at == NULL)
		return;
	jw_key(w, "errors");
	jw_arr(w);
	jw_obj(w);
	jw_kstr(w, "message", text);
	jw_kstr(w, "location", rq->err_at);
	jw_end_obj(w);
	jw_end_arr(w);
}

static void
put_v1(struct jw *w, const struct req *rq, int status, const char *text)
{
	jw_obj(w);
	jw_kstr(w, "title", http_status_text(status));
	jw_ki64(w, "status", status);
	jw_kstr(w, "detail", text);
	put_errors(w, rq, text);
	jw_end_obj(w);
}

static void
put_v2(struct jw *w, const struct req *rq, int status, const char *text)
{
	jw_obj(w);
	jw_kstr(w, "message", status == 401 ? "unauthorized" : text);
	jw_ki64(w, "status", status);
	if (rq->err_at != NULL) {
		jw_key(w, "data");
		jw_arr(w);
		jw_obj(w);
		jw_key(w, "errors");
		jw_arr(w);
		jw_str(w, arena_printf(rq->arena, "%s: %s", rq->err_at, text));
		jw_end_arr(w);
		jw_end_obj(w);
		jw_end_arr(w);
	}
	jw_end_obj(w);
}

void
problem_reply(struct req *rq, int status)
{
	const char *text = public_text(rq, status);
	struct str path = str_of(rq->path != NULL ? rq->path : rq->path_begin);
	struct jw w;

	if (!str_starts(path, "/api/")) {
		req_reply_text(rq, status, text);
		buf_byte(&rq->out, '\n');
		return;
	}
	req_reply(rq, status, "application/problem+json");
	jw_init(&w, &rq->out);
	if (str_starts(path, "/api/v2/"))
		put_v2(&w, rq, status, text);
	else
		put_v1(&w, rq, status, text);
}
