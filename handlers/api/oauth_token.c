/*
 * handlers/api/oauth_token.c -- POST /api/v2/oauth/token: a client gets itself a token.
 *
 * RFC 6749, 4.4: the secret of a client for a token that works an hour, with the scopes
 * and tags of the client or fewer.  The client's id is part of its secret, so one that
 * is sent along is not looked at.  Errors have the form of RFC 6749, 5.2, which differs
 * from all others of this API; a wrong secret counts like a wrong key.
 */
#include <string.h>
#include <strings.h>

#include "handlers/admit.h"
#include "handlers/api/api.h"
#include "handlers/api/check.h"
#include "handlers/api/shapes.h"
#include "handlers/credential.h"
#include "handlers/routes.h"
#include "handlers/throttle.h"
#include "lib/crypto/token.h"
#include "lib/http/form.h"
#include "lib/netmap/tags.h"

#define TOKEN_LIFE_S 3600
#define TOKENS_MAX 10000	/* that one client has at a time */
#define SOME_HASH "b2b:0000000000000000000000000000000000000000000000000000000000000000"

/* What is asked for, and what comes of it. */
struct grant {
	struct form form;
	struct str secret;
	struct oauth_client client;
	scope_set have, scopes;	/* the client's, the token's */
	const char *tags;	/* stored form */
	bool refused;		/* an answer with an error has been made */
};

static void
reply(struct req *rq, int status, struct jw *w)
{
	req_reply(rq, status, "application/json");
	req_header(rq, "Cache-Control", "no-store");
	req_header(rq, "Pragma", "no-cache");
	jw_init(w, &rq->out);
	jw_obj(w);
}

/* Answers with an error of RFC 6749; the handler has nothing more to do then. */
static enum err
refuse(struct req *rq, struct grant *g, int status, const char *error, const char *why)
{
	struct jw w;

	g->refused = true;
	reply(rq, status, &w);
	if (status == 401)
		req_header(rq, "WWW-Authenticate", "Basic realm=\"headrace\"");
	if (status == 429)
		req_header(rq, "Retry-After", ADMIT_RETRY_AFTER_S);
	jw_kstr(&w, "error", error);
	jw_kstr(&w, "error_description", why);
	jw_end_obj(&w);
	return OK;
}

static enum err
bad_request(struct req *rq, struct grant *g, const char *why)
{
	return refuse(rq, g, 400, "invalid_request", why);
}

static bool
is_form(const struct req *rq)
{
	struct str rest = str_of(req_param(rq, "CONTENT_TYPE")), type = { "", 0 };
	static const char want[] = "application/x-www-form-urlencoded";

	(void)str_cut(&rest, ';', &type);
	type = str_trim(type);
	return type.n == sizeof(want) - 1 && strncasecmp(type.p, want, type.n) == 0;
}

static enum err
read_form(struct req *rq, struct grant *g)
{
	static const char *const once[] = { "grant_type", "client_id", "client_secret",
		"scope", "tags" };
	struct str body = { (const char *)rq->body.p, rq->body.n };
	const char *why, *type;

	if (body.n > 0 && !is_form(rq))
		return bad_request(rq, g, "the body must be application/x-www-form-urlencoded");
	if ((why = form_read(rq->arena, body, &g->form)) != NULL)
		return bad_request(rq, g, arena_printf(rq->arena, "the body %s", why));
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (form_count(&g->form, once[i]) > 1)
			return bad_request(rq, g,
			    arena_printf(rq->arena, "%s is given twice", once[i]));
	type = form_get(&g->form, "grant_type");
	if (type != NULL && strcmp(type, "client_credentials") != 0)
		return refuse(rq, g, 400, "unsupported_grant_type",
		    "grant_type must be client_credentials");
	return OK;
}

static enum err
read_secret(struct req *rq, struct grant *g)
{
	const char *header = req_param(rq, "HTTP_AUTHORIZATION");
	const char *field = form_get(&g->form, "client_secret");
	struct credential c;

	if (header != NULL && field != NULL)
		return bad_request(rq, g, "the client's secret comes in the form or in the "
		    "Authorization header, not in both");
	if (field != NULL)
		g->secret = str_of(field);
	else if (header != NULL && credential_read(rq, &c) && c.scheme == CREDENTIAL_BASIC)
		g->secret = c.secret;
	if (header == NULL && field == NULL)
		return refuse(rq, g, 401, "invalid_client", "the client's secret is missing");
	return OK;
}

/* One text for all that can be wrong with a secret, and the same work for it. */
static enum err
find_client(struct req *rq, struct grant *g)
{
	struct str id = { "", 0 }, secret = { "", 0 };
	bool formed = token_parse(g->secret, "client", &id, &secret);
	enum err e;

	g->client = (struct oauth_client){ .hash = SOME_HASH };
	e = formed ? store_oauth_client_by_id(rq->db, rq->arena, id, &g->client) : ERR_NOTFOUND;
	if (e != OK && e != ERR_NOTFOUND)
		return e;
	if (token_matches(secret, g->client.hash) && e == OK)
		return OK;
	if (throttle_failure(rq) == ERR_LIMITED)
		return refuse(rq, g, 429, "temporarily_unavailable", rq->errmsg);
	return refuse(rq, g, 401, "invalid_client", "there is no client with this secret");
}

static enum err
choose_scopes(struct req *rq, struct grant *g)
{
	struct str want = str_of(form_get(&g->form, "scope")), bad;

	g->have = g->scopes = scope_read_known(g->client.scopes);
	if (str_trim(want).n == 0)
		return OK;
	if (!scope_read_list(want, &g->scopes, &bad))
		return refuse(rq, g, 400, "invalid_scope", arena_printf(rq->arena,
		    "there is no scope '%.64s'", arena_strndup(rq->arena, bad.p, bad.n)));
	if (!scope_within(g->scopes, g->have))
		return refuse(rq, g, 400, "invalid_scope",
		    "the client has not all of the scopes that are asked for");
	return OK;
}

/* A client that may do all may give any tag; others only narrow what they have. */
static enum err
choose_tags(struct req *rq, struct grant *g)
{
	struct str rest = str_of(form_get(&g->form, "tags")), one;
	const char **v = arena_array(rq->arena, TAGS_MAX, sizeof(*v)), *why;
	size_t n = 0;

	g->tags = g->client.tags;
	while (str_cut(&rest, ' ', &one)) {
		if (one.n == 0)
			continue;
		if (n == TAGS_MAX)
			return refuse(rq, g, 400, "invalid_target", "too many tags");
		v[n] = arena_strndup(rq->arena, one.p, one.n);
		if ((why = api_check_tag(v[n])) != NULL)
			return refuse(rq, g, 400, "invalid_target",
			    arena_printf(rq->arena, "%s: \"%.64s\"", why, v[n]));
		n++;
	}
	if (n == 0)
		return OK;
	g->tags = tags_json(rq->arena, v, n);
	if (!scope_has(g->have, SCOPE_ALL) && !tags_within(rq->arena, g->tags, g->client.tags))
		return refuse(rq, g, 400, "invalid_target",
		    "the client has not all of the tags that are asked for");
	return OK;
}

static enum err
keep_token(struct req *rq, struct grant *g, const struct token *t)
{
	struct oauth_token row = { .prefix = t->prefix, .client_id = g->client.id,
	    .hash = t->hash, .scopes = scope_text(rq->arena, g->scopes), .tags = g->tags,
	    .created_ms = rq->now_ms, .expiry_ms = rq->now_ms + TOKEN_LIFE_S * 1000 };
	int64_t n;
	enum err e;

	if ((e = store_oauth_tokens_prune(rq->db, rq->now_ms)) != OK ||
	    (e = store_oauth_token_count(rq->db, g->client.id, &n)) != OK)
		return e;
	if (n >= TOKENS_MAX)
		return refuse(rq, g, 429, "temporarily_unavailable",
		    "the client has too many tokens; use them, or wait until they run out");
	return store_oauth_token_create(rq->db, &row);
}

static enum err
give_token(struct req *rq, struct grant *g)
{
	struct token t;
	struct jw w;
	enum err e;

	token_new("oauthtok", &t);
	if ((e = db_begin_write(rq->db)) == OK)
		e = db_end_write(rq->db, keep_token(rq, g, &t));
	if (e == OK && !g->refused) {
		reply(rq, 200, &w);
		jw_kstr(&w, "access_token", t.text);
		jw_kstr(&w, "token_type", "Bearer");
		jw_ki64(&w, "expires_in", TOKEN_LIFE_S);
		jw_kstr(&w, "scope", scope_text(rq->arena, g->scopes));
		jw_end_obj(&w);
	}
	token_wipe(&t);
	return e;
}

static enum err
oauth_token(struct req *rq)
{
	static enum err (*const steps[])(struct req *, struct grant *) = {
		read_form, read_secret, find_client, choose_scopes, choose_tags, give_token,
	};
	struct grant *g = arena_alloc(rq->arena, sizeof(*g));
	enum err e = OK;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && e == OK && !g->refused; i++)
		e = steps[i](rq, g);
	return e;
}

static const struct api_field token_fields[] = {
	{ .name = "grant_type", .type = API_TEXT, .words = "client_credentials" },
	{ .name = "client_id", .type = API_TEXT, .help = "not looked at: it is in the secret" },
	{ .name = "client_secret", .type = API_TEXT, .help = "or as the password of Basic" },
	{ .name = "scope", .type = API_TEXT, .help = "fewer than the client's, parted by blanks" },
	{ .name = "tags", .type = API_TEXT, .help = "fewer than the client's, parted by blanks" },
	{ .name = NULL },
};
static const struct api_object token_body = { "OAuthTokenRequest", token_fields };

const struct route route_oauth_token = {
	.method = HTTP_POST,
	.path = "/api/v2/oauth/token",
	.auth = AUTH_PUBLIC,
	.txn = TXN_OWN,
	.body_max = FORM_BODY_MAX,
	.handle = oauth_token,
	.op = &(const struct api_op){
		.id = "createOAuthToken", .tag = "OAuth", .summary = "Get an access token",
		.help = "Client credentials, RFC 6749 section 4.4; errors as section 5.2 has them.",
		.body = &token_body, .form = API_FORM, .body_optional = true,
		.answer = &shape_oauth_token, .errors = "400 401 429",
		.problem = &shape_oauth_error,
	},
};
