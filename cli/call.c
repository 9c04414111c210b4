/*
 * cli/call.c -- a command's request, answered in this process or by a server.
 *
 * Here no server has to run: the request goes through the same dispatcher as one
 * from the network, with the rights of whoever may write to the database.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "handlers/dispatch.h"
#include "lib/base/clock.h"
#include "lib/store/db.h"

#define ERRORS_MAX (64 * 1024)

enum err
cli_fail(struct cli *c, enum err e, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->errmsg = arena_strdup(c->arena, text);
	return e;
}

enum err
cli_fail_with(struct cli *c, enum err e, struct buf *why)
{
	while (why->n > 0 && why->p[why->n - 1] == '\n')
		why->n--;
	c->errmsg = arena_strndup(c->arena, (const char *)why->p, why->n);
	buf_fini(why);
	return e;
}

enum err
cli_config(struct cli *c)
{
	struct config *cfg;
	struct buf why;
	enum err e;

	if (c->cfg != NULL)
		return OK;
	cfg = arena_alloc(c->arena, sizeof(*cfg));
	buf_init(&why, ERRORS_MAX);
	e = config_load(c->arena, cli_get(c, "config"), cfg, &why);
	if (e != OK)
		return cli_fail_with(c, e, &why);
	buf_fini(&why);
	c->cfg = cfg;
	return OK;
}

/* The code behind an answer's status; the first that has it. */
static enum err
err_of_status(int status)
{
	for (int e = OK + 1; e < ERR_COUNT; e++)
		if (http_status_of((enum err)e) == status)
			return (enum err)e;
	return ERR_INTERNAL;
}

/* Whoever runs the command on the server's machine may know why the database failed. */
static const char *
own_failure(struct cli *c, const struct req *rq)
{
	const char *db = c->db != NULL ? db_errmsg(c->db) : "";

	if (rq->status < 500 || (rq->errmsg[0] == '\0' && db[0] == '\0'))
		return NULL;
	if (strstr(rq->errmsg, db) != NULL)
		return arena_strdup(c->arena, rq->errmsg);
	return arena_printf(c->arena, "%s%s%s", rq->errmsg,
	    rq->errmsg[0] != '\0' ? ": " : "", db);
}

static void
answer_here(struct cli *c, enum http_method method, const char *target, const char *body,
    struct cli_answer *out)
{
	struct req rq = {
		.arena = c->arena,
		.db = c->db,
		.cfg = c->cfg,
		.now_ms = clock_wall_ms(),
		.origin = ORIGIN_LOCAL,
		.method = method,
		.body = { (const uint8_t *)body, body != NULL ? strlen(body) : 0 },
		.remote_addr = "",
	};

	req_begin(&rq);
	req_target(&rq, str_of(target));
	dispatch(&rq);
	out->status = rq.status;
	out->json = json_parse(c->arena, buf_as_str(&rq.out), JSON_DEPTH_DEFAULT, NULL);
	out->detail = own_failure(c, &rq);
	out->storage_fails = rq.storage_fails;
	req_end(&rq);
}

/* The error that an answer is, in its own words: v1 calls them "detail", v2 "message". */
static enum err
read_answer(struct cli *c, const struct cli_answer *a, const char *target, jv **out)
{
	const char *text = a->detail;

	*out = a->json;
	if (a->status < 300 && a->json != NULL)
		return OK;
	if (a->status < 300)
		return cli_fail(c, ERR_INTERNAL, "%s", text != NULL ? text :
		    arena_printf(c->arena, "the answer to %s is not JSON", target));
	if (text == NULL)
		text = json_get_str(a->json, "detail", json_get_str(a->json, "message",
		    http_status_text(a->status)));
	c->errmsg = arena_strdup(c->arena, text);	/* may be long */
	return a->storage_fails ? ERR_STORAGE : err_of_status(a->status);
}

enum err
cli_call(struct cli *c, enum http_method method, const char *target,
    const char *body, jv **out)
{
	struct cli_answer a = { 0 };
	enum err e;

	if (cli_remote())
		e = cli_remote_send(c, method, target, body, &a);
	else if ((e = cli_config(c)) == OK && (e = cli_database(c)) == OK)
		answer_here(c, method, target, body, &a);
	return e != OK ? e : read_answer(c, &a, target, out);
}

enum err
cli_call_alone(struct cli *c, const char *target, jv **out)
{
	struct cli_answer a = { 0 };

	answer_here(c, HTTP_GET, target, NULL, &a);
	return read_answer(c, &a, target, out);
}

const char *
cli_escape(struct cli *c, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	char *out = arena_alloc(c->arena, 3 * strlen(text) + 1), *p = out;

	for (; *text != '\0'; text++)
		if (strchr(plain, *text) != NULL)
			*p++ = *text;
		else
			p += snprintf(p, 4, "%%%02X", (unsigned char)*text);
	return out;
}

void
cli_body_begin(struct body *b)
{
	buf_init(&b->buf, REQ_BODY_MAX);
	jw_init(&b->w, &b->buf);
	jw_obj(&b->w);
}

void
cli_body_text(struct body *b, const char *key, const char *text)
{
	if (text != NULL)
		jw_kstr(&b->w, key, text);
}

const char *
cli_body_end(struct cli *c, struct body *b)
{
	const char *text;

	jw_end_obj(&b->w);
	text = arena_strndup(c->arena, (const char *)b->buf.p, b->buf.n);
	buf_fini(&b->buf);
	return text;
}
