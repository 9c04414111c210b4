/*
 * handlers/admit.c -- who asks, and may they: the door of the API.
 *
 * It stands in the way of every request, so a right key costs two indexed reads and
 * one fast hash.  An unknown key is compared like a known one, with a hash that
 * nothing has: how long the answer takes does not tell which prefixes there are.
 */
#include "handlers/admit.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "handlers/control/policy_load.h"
#include "handlers/credential.h"
#include "handlers/throttle.h"
#include "lib/crypto/token.h"
#include "lib/http/route.h"
#include "lib/store/store.h"

#define LAST_USE_MS (60 * 1000)	/* how exactly the last use of a key is known */
#define LAST_USE_BUSY_MS 5	/* a reading request does not stand in line to say it */
#define NO_HASH "b2b:0000000000000000000000000000000000000000000000000000000000000000"

/* A key or token in its parts. */
struct shown {
	enum caller_kind kind;
	struct str prefix, secret;
};

/* v1 is the peer's: a bearer of an API key.  v2 is Tailscale's: also Basic, also tokens. */
static bool
read_shown(const struct req *rq, struct shown *out)
{
	bool v2 = str_starts(str_of(rq->path), "/api/v2/");
	struct credential c;
	struct str text;

	if (!credential_read(rq, &c) || (c.scheme == CREDENTIAL_BASIC && !v2))
		return false;
	text = c.scheme == CREDENTIAL_BASIC ? c.user : c.secret;
	out->kind = CALLER_KEY;
	if (token_parse(text, "api", &out->prefix, &out->secret))
		return true;
	out->kind = CALLER_TOKEN;
	return v2 && token_parse(text, "oauthtok", &out->prefix, &out->secret);
}

bool
admit_may_try(const struct req *rq)
{
	struct shown s;

	return rq->origin == ORIGIN_LOCAL || read_shown(rq, &s);
}

/* The system's user that runs the command: "root (command line)". */
static const struct caller *
local_caller(struct req *rq)
{
	static char name[64];	/* asked once: it may be a directory service that knows */
	struct caller *c = arena_alloc(rq->arena, sizeof(*c));
	const struct passwd *pw;

	if (name[0] == '\0') {
		pw = getpwuid(geteuid());
		if (pw != NULL)
			(void)snprintf(name, sizeof(name), "%.40s (command line)", pw->pw_name);
		else
			(void)snprintf(name, sizeof(name), "uid %ju (command line)",
			    (uintmax_t)geteuid());
	}
	*c = (struct caller){ .kind = CALLER_LOCAL, .id = "",
	    .name = arena_strdup(rq->arena, name), .user_name = "", .scopes = SCOPES_ALL };
	return c;
}

/* The rights of a key are its own and no more than those of the user whose it is. */
static enum err
add_user(struct req *rq, struct caller *who)
{
	struct user u;
	enum err e = store_user_by_id(rq->db, rq->arena, who->user_id, &u);

	if (e == ERR_NOTFOUND)
		return ERR_AUTH;
	if (e != OK)
		return e;
	who->user_name = u.name;
	who->scopes &= strcmp(u.status, "active") == 0 ?
	    scope_of_role(role_name(policy_load_role(rq, &u))) : 0;
	return OK;
}

/* Not worth a wait, and no reason to fail: the next request notes it. */
static void
note_use(struct req *rq, const struct apikey *k)
{
	enum err e;

	if (k->last_used_ms != TIME_NONE && k->last_used_ms <= rq->now_ms &&
	    rq->now_ms - k->last_used_ms < LAST_USE_MS)
		return;
	if ((e = db_begin_write_within(rq->db, LAST_USE_BUSY_MS)) == OK)
		e = db_end_write(rq->db, store_apikey_used(rq->db, k->id, rq->now_ms));
	(void)e;
}

static enum err
admit_key(struct req *rq, const struct shown *s, struct caller *who)
{
	struct apikey k = { .hash = NO_HASH };
	enum err e = store_apikey_by_prefix(rq->db, rq->arena, s->prefix, &k);

	if (e != OK && e != ERR_NOTFOUND)
		return e;
	if (!token_matches(s->secret, k.hash) || e != OK ||
	    (k.expiry_ms != TIME_NONE && k.expiry_ms <= rq->now_ms))
		return ERR_AUTH;
	who->id = arena_printf(rq->arena, "%" PRId64, k.id);
	who->name = arena_printf(rq->arena, "hskey-api-%s", k.prefix);
	who->user_id = k.user_id;
	who->scopes = scope_read_known(k.scopes);
	if (k.user_id != 0 && (e = add_user(rq, who)) != OK)
		return e;
	note_use(rq, &k);
	return OK;
}

/* A token that may do all and names no tags may give any. */
static enum err
admit_token(struct req *rq, const struct shown *s, struct caller *who)
{
	struct oauth_token t = { .hash = NO_HASH };
	enum err e = store_oauth_token_by_prefix(rq->db, rq->arena, s->prefix, &t);

	if (e != OK && e != ERR_NOTFOUND)
		return e;
	if (!token_matches(s->secret, t.hash) || e != OK || t.expiry_ms <= rq->now_ms)
		return ERR_AUTH;
	who->id = t.client_id;
	who->name = arena_printf(rq->arena, "client %s", t.client_id);
	who->scopes = scope_read_known(t.scopes);
	if (!scope_has(who->scopes, SCOPE_ALL) || strcmp(t.tags, "[]") != 0)
		who->tags = t.tags;
	return OK;
}

static enum err
admit_web(struct req *rq)
{
	struct caller *who = arena_alloc(rq->arena, sizeof(*who));
	struct shown s;
	enum err e = ERR_AUTH;

	if (req_param(rq, "HTTP_AUTHORIZATION") == NULL)
		return req_fail(rq, ERR_AUTH, "no key");	/* and nothing to count */
	if (rq->db == NULL)
		return req_fail(rq, ERR_STORAGE, "no database to look a key up in");
	*who = (struct caller){ .id = "", .name = "", .user_name = "" };
	if (read_shown(rq, &s)) {
		who->kind = s.kind;
		e = s.kind == CALLER_KEY ? admit_key(rq, &s, who) : admit_token(rq, &s, who);
	}
	if (e == ERR_AUTH)
		return throttle_failure(rq);
	if (e == OK)
		rq->caller = who;
	return e;
}

bool
admit_has(const struct req *rq, enum scope s)
{
	return scope_has(rq->caller->scopes, s);
}

enum err
admit_need(struct req *rq, enum scope s)
{
	if (admit_has(rq, s))
		return OK;
	return req_fail(rq, ERR_FORBIDDEN, "token is missing the required scope %s",
	    scope_name(s));
}

enum err
admit_may_give(struct req *rq, scope_set want)
{
	for (int s = SCOPE_NONE + 1; s < SCOPE_COUNT; s++)
		if (scope_has(want, (enum scope)s) && !admit_has(rq, (enum scope)s))
			return req_fail(rq, ERR_FORBIDDEN, "a key may only give what it has "
			    "itself, and this one has not the scope %s", scope_name((enum scope)s));
	return OK;
}

enum err
admit(struct req *rq)
{
	enum err e = OK;

	if (rq->origin == ORIGIN_LOCAL)
		rq->caller = local_caller(rq);
	else
		e = admit_web(rq);
	return e != OK ? e : admit_need(rq, rq->route->scope);
}
