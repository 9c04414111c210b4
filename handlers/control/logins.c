/*
 * handlers/control/logins.c -- logins that wait for a person.
 *
 * They live in the database, so a restart of anything forgets none of them.
 */
#include "handlers/control/logins.h"

#include <string.h>

#include "lib/crypto/token.h"
#include "lib/store/store.h"

static enum err
make_room(struct req *rq)
{
	int64_t n;
	enum err e = store_login_count(rq->db, &n);

	if (e == OK && n >= LOGINS_MAX)
		e = store_login_drop_oldest(rq->db);
	return e;
}

enum err
logins_add(struct req *rq, const struct login *l)
{
	enum err e = make_room(rq);

	return e != OK ? e : store_login_create(rq->db, l);
}

enum err
logins_open(struct req *rq, struct login *l)
{
	char id[LOGIN_ID_SIZE];
	struct login old;
	enum err e = store_login_waiting(rq->db, rq->arena, l->machine_key,
	    l->node_key, &old);

	if (e == OK && old.expiry_ms > rq->now_ms) {
		*l = old;
		return OK;
	}
	if (e != OK && e != ERR_NOTFOUND)
		return e;
	login_id_new(id);
	l->id = arena_strdup(rq->arena, id);
	return logins_add(rq, l);
}

enum err
logins_of_url(struct req *rq, const char *url, struct login *out)
{
	static const char marker[] = "/register/";
	const char *at = strstr(url, marker);
	enum err e;

	if (at == NULL)
		return req_fail(rq, ERR_BADREQ, "invalid followup URL");
	at += strlen(marker);
	if (!login_id_valid(str_of(at)))
		return req_fail(rq, ERR_BADREQ, "invalid registration ID");
	e = store_login_by_id(rq->db, rq->arena, at, out);
	if (e == OK && (out->expiry_ms <= rq->now_ms ||
	    strcmp(out->machine_key, rq->machine_key) != 0))
		return ERR_NOTFOUND;
	return e;
}

enum err
logins_hold(struct req *rq, const char *id)
{
	int64_t seq;
	enum err e = store_change_last(rq->db, &seq);

	if (e != OK)
		return e;
	req_reply(rq, 200, NULL);
	req_header(rq, "Headrace-Hold",
	    arena_printf(rq->arena, "login/%s %lld", id, (long long)seq));
	return OK;
}
