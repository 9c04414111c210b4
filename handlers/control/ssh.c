/*
 * handlers/control/ssh.c -- GET /machine/ssh/action/…: may this SSH session begin?
 *
 * A rule with a check makes the destination's client ask here (lib/policy/ssh.h).
 * The first answer says where a person approves the session and where to ask
 * next; that request is held until somebody has decided.  What waits is a row in
 * the database and a request in the notifier: no worker waits, nothing is
 * forgotten, and an approval counts for as long as the rule of today says.
 *
 * The client asks again, for half an hour, after any status but 200.  So what is
 * final is an action, and the other statuses are for requests that no client of
 * ours makes.
 */
#include <inttypes.h>
#include <string.h>

#include "handlers/control/logins.h"
#include "handlers/control/netcache.h"
#include "handlers/routes.h"
#include "lib/base/log.h"
#include "lib/crypto/token.h"
#include "lib/json/json.h"
#include "lib/policy/ssh.h"
#include "lib/store/store.h"

#define CHECKS_MAX 1024		/* more wait at a time: the oldest is rejected */
#define LOCAL_USER_MAX 256	/* bytes; what systems allow is shorter */

#define TEXT_REJECTED "# The SSH session was not approved.\n"
#define TEXT_NO_RULE "# The policy does not let this SSH session in any more.\n"

/* Which session is asked about. */
struct session {
	int64_t src, dst;
	const char *local_user;
	const char *check_id;		/* NULL: it is asked for the first time */
	bool checked;			/* a rule with a check matches, now */
	int64_t period_ms;		/* and for so long one holds */
};

enum step { STEP_ACCEPT, STEP_REJECT, STEP_OPEN, STEP_HOLD };

static enum err
read_session(struct req *rq, struct session *s)
{
	enum err e;

	*s = (struct session){ .local_user = req_query(rq, "local_user"),
		.check_id = req_query(rq, "auth_id") };
	if ((e = req_var_i64(rq, "src_node_id", &s->src)) != OK ||
	    (e = req_var_i64(rq, "dst_node_id", &s->dst)) != OK)
		return e;
	if (s->local_user == NULL)
		s->local_user = "";
	if (strlen(s->local_user) > LOCAL_USER_MAX)
		return req_fail(rq, ERR_BADREQ, "local_user has more than %d bytes",
		    LOCAL_USER_MAX);
	if (s->check_id != NULL && !login_id_valid(str_of(s->check_id)))
		return req_fail(rq, ERR_BADREQ, "invalid auth_id");
	return OK;
}

/* Only the destination itself is told. */
static enum err
destination_asks(struct req *rq, const struct session *s)
{
	struct node n;
	enum err e = store_node_by_id(rq->db, rq->arena, s->dst, &n);

	if (e == ERR_NOTFOUND)
		return req_fail(rq, e, "no node %" PRId64, s->dst);
	if (e == OK && strcmp(n.machine_key, rq->machine_key) != 0)
		return req_fail(rq, ERR_AUTH, "node %" PRId64 " is not this machine's", s->dst);
	return e;
}

/* ---- which step is next ---- */

/* Asked for the first time: an approval that still holds spares the question. */
static enum err
first_step(struct req *rq, const struct session *s, enum step *step)
{
	bool passed = false;
	enum err e = OK;

	*step = STEP_REJECT;
	if (!s->checked)
		return OK;
	if (s->period_ms > 0)
		e = store_ssh_check_passed(rq->db, s->src, s->dst, s->local_user,
		    rq->now_ms - s->period_ms, &passed);
	*step = passed ? STEP_ACCEPT : STEP_OPEN;
	return e;
}

/* An id that no check has (any more). */
static enum err
unknown_step(struct req *rq, const struct session *s, enum step *step)
{
	struct login l;
	enum err e = store_login_by_id(rq->db, rq->arena, s->check_id, &l);

	if (e == OK)
		return req_fail(rq, ERR_BADREQ, "auth_id is not of an SSH session");
	if (e != ERR_NOTFOUND)
		return e;
	if (!s->checked)
		return req_fail(rq, ERR_BADREQ, "no SSH session has this auth_id");
	return first_step(rq, s, step);
}

static enum err
known_step(struct req *rq, const struct session *s, const struct ssh_check *c,
    enum step *step)
{
	if (c->src_node != s->src || c->dst_node != s->dst ||
	    strcmp(c->local_user, s->local_user) != 0)
		return req_fail(rq, ERR_AUTH, "auth_id is of another SSH session");
	if (!s->checked)
		*step = STEP_REJECT;
	else if (strcmp(c->state, "approved") == 0)
		*step = STEP_ACCEPT;
	else if (strcmp(c->state, "waiting") == 0 && c->expiry_ms > rq->now_ms)
		*step = STEP_HOLD;
	else
		*step = STEP_REJECT;
	return OK;
}

static enum err
next_step(struct req *rq, const struct session *s, enum step *step)
{
	struct ssh_check c;
	enum err e;

	if (s->check_id != NULL) {
		e = store_ssh_check_by_id(rq->db, rq->arena, s->check_id, &c);
		if (e == ERR_NOTFOUND)
			return unknown_step(rq, s, step);
		return e == OK ? known_step(rq, s, &c, step) : e;
	}
	if (net_node(netcache_net(rq->cache), s->src) == NULL)
		return req_fail(rq, ERR_NOTFOUND, "no node %" PRId64, s->src);
	return first_step(rq, s, step);
}

/* ---- answers ---- */

static void
answer_reject(struct req *rq, const char *message)
{
	struct jw w;

	req_reply(rq, 200, "application/json");
	jw_init(&w, &rq->out);
	jw_obj(&w);
	jw_kbool(&w, "reject", true);
	jw_kstr(&w, "message", message);
	jw_end_obj(&w);
}

static void
answer_accept(struct req *rq, const struct session *s)
{
	req_reply(rq, 200, "application/json");
	if (ssh_passed_json(netcache_net(rq->cache), s->src, s->dst, s->local_user, &rq->out))
		log_info("ssh: node %" PRId64 " lets node %" PRId64 " in, as was approved",
		    s->dst, s->src);
	else
		answer_reject(rq, TEXT_NO_RULE);
}

static void
put_escaped(struct buf *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (strchr("%&+#=$? \"<>", *p) != NULL || (unsigned char)*p <= ' ' ||
		    (unsigned char)*p >= 0x7f)
			buf_printf(out, "%%%02X", (unsigned char)*p);
		else
			buf_byte(out, (uint8_t)*p);
}

/* Where the client asks for the outcome: as it asked now, and with the check's id. */
static const char *
outcome_url(struct req *rq, const struct session *s, const char *id)
{
	struct buf b;
	const char *url;

	buf_init(&b, REQ_QUERY_MAX);
	put_escaped(&b, s->local_user);
	url = arena_printf(rq->arena, "%s/machine/ssh/action/%" PRId64 "/to/%" PRId64
	    "?local_user=%.*s&auth_id=%s", ssh_session_url(rq->arena, rq->cfg->url), s->src, s->dst,
	    (int)b.n, b.n > 0 ? (const char *)b.p : "", id);
	buf_fini(&b);
	return url;
}

static void
answer_wait(struct req *rq, const struct session *s, const char *id)
{
	struct jw w;

	req_reply(rq, 200, "application/json");
	jw_init(&w, &rq->out);
	jw_obj(&w);
	jw_kstr(&w, "message", arena_printf(rq->arena,
	    "# Tailscale SSH requires an additional check.\n"
	    "# To authenticate, visit: %s/auth/%s\n"
	    "# The session begins once an administrator has approved it.\n",
	    rq->cfg->url, id));
	jw_kstr(&w, "holdAndDelegate", outcome_url(rq, s, id));
	jw_end_obj(&w);
}

/* ---- a new check ---- */

static enum err
make_room(struct req *rq)
{
	int64_t n;
	enum err e = store_ssh_check_count(rq->db, &n);

	if (e == OK && n >= CHECKS_MAX)
		e = store_ssh_check_drop_oldest(rq->db, rq->now_ms);
	return e;
}

static enum err
create(struct req *rq, const struct session *s, const char **id)
{
	char text[LOGIN_ID_SIZE];
	struct ssh_check c = {
		.src_node = s->src, .dst_node = s->dst, .local_user = s->local_user,
		.created_ms = rq->now_ms, .expiry_ms = rq->now_ms + rq->cfg->login_timeout_ms,
	};
	enum err e = make_room(rq);

	if (e != OK)
		return e;
	login_id_new(text);
	c.id = *id = arena_strdup(rq->arena, text);
	return store_ssh_check_create(rq->db, &c);
}

/*
 * Sessions that one approval would let in share a check, so that nobody is asked
 * twice for the same; those of a rule that asks each time do not.
 */
static enum err
create_or_share(struct req *rq, const struct session *s, const char **id)
{
	struct ssh_check c;
	enum err e = ERR_NOTFOUND;

	if (s->period_ms > 0)
		e = store_ssh_check_waiting(rq->db, rq->arena, s->src, s->dst,
		    s->local_user, &c);
	if (e == OK && c.expiry_ms > rq->now_ms) {
		*id = c.id;
		return OK;
	}
	return e == OK || e == ERR_NOTFOUND ? create(rq, s, id) : e;
}

static enum err
open_check(struct req *rq, const struct session *s)
{
	const char *id = NULL;
	enum err e = db_begin_write(rq->db);

	if (e != OK)
		return e;
	if ((e = db_end_write(rq->db, create_or_share(rq, s, &id))) != OK)
		return e;
	log_info("ssh: a check waits: node %" PRId64 " to node %" PRId64, s->src, s->dst);
	answer_wait(rq, s, id);
	return OK;
}

/* ---- the request ---- */

/* What is next, by one snapshot of nodes, policy and checks. */
static enum err
look(struct req *rq, struct session *s, enum step *step)
{
	enum err e;

	if ((e = destination_asks(rq, s)) != OK || (e = netcache_sync(rq)) != OK)
		return e;
	s->checked = ssh_check_period(netcache_net(rq->cache), s->src, s->dst,
	    s->local_user, &s->period_ms);
	if ((e = next_step(rq, s, step)) == OK && *step == STEP_HOLD)
		e = logins_hold(rq, s->check_id);
	return e;
}

static enum err
ssh_action(struct req *rq)
{
	enum step step = STEP_REJECT;
	struct session s;
	enum err e;

	if ((e = read_session(rq, &s)) != OK || (e = db_begin_read(rq->db)) != OK)
		return e;
	e = look(rq, &s, &step);
	db_rollback(rq->db);
	if (e != OK)
		return e;
	if (step == STEP_OPEN)
		return open_check(rq, &s);
	if (step == STEP_ACCEPT)
		answer_accept(rq, &s);
	else if (step == STEP_REJECT)
		answer_reject(rq, s.checked ? TEXT_REJECTED : TEXT_NO_RULE);
	return OK;
}

const struct route route_machine_ssh_action = {
	.method = HTTP_GET,
	.path = "/machine/ssh/action/{src_node_id}/to/{dst_node_id}",
	.auth = AUTH_MACHINE,
	.txn = TXN_OWN,
	.body_max = 0,
	.handle = ssh_action,
};
