/*
 * handlers/internal/presence.c -- POST /internal/presence: who came and went.
 *
 * Lines "+ID" and "-ID MS"; with ?sync=1 the "+" lines are the whole truth.
 * Nodes that are gone meanwhile are skipped.
 */
#include <string.h>

#include "handlers/routes.h"
#include "lib/base/ids.h"
#include "lib/store/store.h"

#define PRESENCE_BODY_MAX (1024 * 1024)	/* some 100,000 nodes */

struct report {
	int64_t id;
	bool online;
	int64_t at_ms;
};

static bool
read_line(struct req *rq, struct str line, struct report *r)
{
	struct str id;
	int64_t at = rq->now_ms;

	if (line.n < 2 || (line.p[0] != '+' && line.p[0] != '-'))
		return false;
	r->online = line.p[0] == '+';
	line.p++;
	line.n--;
	if (!str_cut(&line, ' ', &id) || !str_i64(id, &r->id) || r->id < 1)
		return false;
	if (line.p != NULL && !str_i64(line, &at))
		return false;
	r->at_ms = at < rq->now_ms ? at : rq->now_ms;
	return true;
}

static enum err
set(struct req *rq, const struct report *r)
{
	enum err e = store_node_set_presence(rq->db, r->id, r->online, r->at_ms);

	return e == ERR_NOTFOUND ? OK : e;
}

/* Whoever the database believes online and is not in 'here' went unnoticed. */
static enum err
set_others_offline(struct req *rq, int64_t *here, size_t n)
{
	int64_t *online;
	size_t n_online;
	enum err e = store_nodes_online(rq->db, rq->arena, &online, &n_online);

	n = ids_sort_unique(here, n);
	for (size_t i = 0; e == OK && i < n_online; i++) {
		struct report gone = { online[i], false, rq->now_ms };
		if (!ids_has(here, n, online[i]))
			e = set(rq, &gone);
	}
	return e;
}

static enum err
internal_presence(struct req *rq)
{
	struct str rest = { (const char *)rq->body.p, rq->body.n }, line;
	const char *sync = req_query(rq, "sync");
	int64_t *here = arena_array(rq->arena, rq->body.n / 3 + 1, sizeof(*here));
	size_t n = 0;
	enum err e = OK;

	while (e == OK && str_cut(&rest, '\n', &line)) {
		struct report r;
		if (line.n == 0)
			continue;
		if (!read_line(rq, line, &r))
			return req_fail(rq, ERR_BADREQ, "a line must be +ID or -ID MS");
		if (r.online)
			here[n++] = r.id;
		e = set(rq, &r);
	}
	if (e == OK && sync != NULL && strcmp(sync, "1") == 0)
		e = set_others_offline(rq, here, n);
	if (e == OK)
		req_reply(rq, 200, NULL);
	return e;
}

const struct route route_internal_presence = {
	.method = HTTP_POST,
	.path = "/internal/presence",
	.auth = AUTH_NOTIFIER,
	.txn = TXN_WRITE,
	.body_max = PRESENCE_BODY_MAX,
	.handle = internal_presence,
};
