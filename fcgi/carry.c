/* fcgi/carry.c -- from CGI variables and a body to a struct req, and back. */
#include "fcgi/carry.h"

#include <inttypes.h>
#include <string.h>

#include "fcgi/limits.h"
#include "fcgi/params.h"
#include "handlers/dispatch.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/crypto/key.h"

/* "/path?query" of the request line; older servers give it in parts. */
static struct str
target_of(struct req *rq)
{
	const char *uri = req_param(rq, "REQUEST_URI");
	const char *script = req_param(rq, "SCRIPT_NAME");
	const char *info = req_param(rq, "PATH_INFO");
	const char *query = req_param(rq, "QUERY_STRING");

	if (uri != NULL)
		return str_of(uri);
	return str_of(arena_printf(rq->arena, "%s%s?%s", script ? script : "",
	    info ? info : "", query ? query : ""));
}

/* Said once: with a web server that gives none, each request would say it. */
static void
miss_address(const struct req *rq)
{
	static bool said;
	const char *given = req_param(rq, "REMOTE_ADDR");

	if (!said)
		log_warn("the web server gives no address of clients in REMOTE_ADDR (%.60s): all "
		    "clients count as one where keys are guessed, and the audit log has none",
		    given != NULL ? given : "there is none");
	said = true;
}

/*
 * The client's address: who spoke to the web server, or whom a proxy that we know speaks
 * for.  The notifier has found that out itself.
 */
static const char *
address_of(struct req *rq)
{
	struct str before = { NULL, 0 };
	char *text = arena_alloc(rq->arena, IP_TEXT_SIZE);
	struct ip ip;

	if (rq->origin != ORIGIN_CONTROL)
		before = str_of(req_param(rq, "HTTP_X_FORWARDED_FOR"));
	ip = client_of(ip_of(req_param(rq, "REMOTE_ADDR")), before, &rq->cfg->trusted_proxies);
	if (ip.family == 0 && rq->origin != ORIGIN_CONTROL)
		miss_address(rq);
	return ip.family != 0 ? ip_write(&ip, text) : "";
}

/* What every request has; NULL, or what is missing. */
static const char *
missing(struct req *rq)
{
	if (req_param(rq, "REQUEST_METHOD") == NULL)
		return "the web server gave no REQUEST_METHOD";
	if (req_param(rq, "REQUEST_URI") == NULL && req_param(rq, "SCRIPT_NAME") == NULL &&
	    req_param(rq, "PATH_INFO") == NULL)
		return "the web server gave no REQUEST_URI, and neither SCRIPT_NAME nor PATH_INFO";
	return NULL;
}

/* False, with an answer, if what was given makes no request. */
static bool
take_params(struct req *rq, char *const *env)
{
	const char *wrong = params_take(rq, env);

	if (wrong == NULL)
		wrong = missing(rq);
	if (wrong == NULL)
		return true;
	log_info("refused a request: %s", wrong);
	dispatch_refuse(rq, ERR_BADREQ, wrong);
	return false;
}

/* False, with an answer, if the notifier's variables make no sense. */
static bool
take_machine_key(struct req *rq)
{
	const char *key = req_param(rq, "HEADRACE_MACHINE_KEY");

	if (rq->origin != ORIGIN_CONTROL || key == NULL)
		return true;
	if (!key_valid(str_of(key), MKEY_PREFIX)) {
		log_warn("refused a request with a malformed machine key");
		dispatch_refuse(rq, ERR_BADREQ, "malformed machine key");
		return false;
	}
	rq->machine_key = key;
	return true;
}

static bool
begin(struct req *rq, struct backend *b, struct arena *a, enum origin origin,
    char *const *env)
{
	*rq = (struct req){
		.arena = a,
		.cfg = b->cfg,
		.now_ms = clock_wall_ms(),
		.origin = origin,
		.query = "", .remote_addr = "",
	};
	req_begin(rq);
	if (!take_params(rq, env))
		return false;
	rq->method = http_method_of(req_param(rq, "REQUEST_METHOD"));
	rq->remote_addr = address_of(rq);
	req_target(rq, target_of(rq));
	return true;
}

/* Reads and forgets, so that the web server can finish sending and then reads our answer. */
static void
drain(const struct carry_source *src)
{
	char waste[16384];
	long total = 0;
	size_t n;

	while (total < CARRY_DRAIN_MAX && (n = src->read(src->arg, waste, sizeof(waste))) > 0)
		total += (long)n;
}

static size_t
read_full(const struct carry_source *src, uint8_t *to, size_t n)
{
	size_t got = 0, part;

	while (got < n && (part = src->read(src->arg, to + got, n - got)) > 0)
		got += part;
	return got;
}

#define LENGTH_UNKNOWN (-1)
#define LENGTH_BAD (-2)

/* Plain CGI has no end of its own: without CONTENT_LENGTH there is no body. */
static int64_t
length_of(const struct req *rq, const struct carry_source *src)
{
	const char *text = req_param(rq, "CONTENT_LENGTH");
	int64_t n;

	if (text == NULL || text[0] == '\0')
		return src->has_end ? LENGTH_UNKNOWN : 0;
	return str_i64(str_of(text), &n) && n >= 0 ? n : LENGTH_BAD;
}

/*
 * Reads the body if the endpoint wants one; false if there is an answer
 * already.  Without a length (chunked bodies behind some servers) it reads
 * until the end, one byte past the limit at most.
 */
static bool
take_body(struct req *rq, const struct carry_source *src)
{
	size_t max = rq->path ? dispatch_body_max(rq) : 0, want, got;
	int64_t len = length_of(rq, src);
	uint8_t *body;

	max = max < REQ_BODY_MAX ? max : REQ_BODY_MAX;
	if (len == LENGTH_BAD) {
		dispatch_refuse(rq, ERR_BADREQ, "malformed Content-Length");
		return false;
	}
	if (max == 0 || len > (int64_t)max) {
		if (len != 0)
			drain(src);
		if (max > 0)
			dispatch_too_big(rq);
		return max == 0;
	}
	want = len >= 0 ? (size_t)len : max + 1;
	body = arena_alloc(rq->arena, want + 1);
	got = read_full(src, body, want);
	rq->body = (struct span){ body, got };
	if (len >= 0 && got < want) {
		dispatch_refuse(rq, ERR_BADREQ, "the body is shorter than its Content-Length");
		return false;
	}
	if (got > max) {
		drain(src);
		dispatch_too_big(rq);
		return false;
	}
	return true;
}

bool
carry_read(struct backend *b, struct arena *a, enum origin origin,
    const struct carry_source *src, struct req *rq)
{
	return begin(rq, b, a, origin, src->env) && take_machine_key(rq) && take_body(rq, src);
}

void
carry_dispatch(struct backend *b, struct req *rq)
{
	if (backend_db(b)) {
		rq->db = b->db;
		rq->cache = b->cache;
	}
	dispatch(rq);
}

void
carry_head(const struct req *rq, struct buf *out)
{
	buf_printf(out, "Status: %d %s\r\n", rq->status, http_status_text(rq->status));
	if (rq->ctype != NULL)
		buf_printf(out, "Content-Type: %s\r\n", rq->ctype);
	buf_put(out, rq->head.p, rq->head.n);
	if (rq->method != HTTP_HEAD && rq->status != 204 && rq->status != 304)
		buf_printf(out, "Content-Length: %zu\r\n", rq->out.n);
	buf_str(out, "\r\n");
}
