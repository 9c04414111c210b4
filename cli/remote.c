/*
 * cli/remote.c -- a command's request, sent to a server elsewhere.
 *
 * $HEADRACE_ADDRESS says where, $HEADRACE_API_KEY (or the file that
 * $HEADRACE_API_KEY_FILE names) who asks.  The key is never an argument, as those
 * are for everybody on the machine to see.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/fetch/fetch.h"

#define TIMEOUT_DEFAULT_MS 30000	/* the preview of a large policy takes some seconds */
#define KEY_FILE_MAX 4096

static const char *
env(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && *v != '\0' ? v : NULL;
}

bool
cli_remote(void)
{
	return env("HEADRACE_ADDRESS") != NULL;
}

enum err
cli_local_only(struct cli *c)
{
	if (!cli_remote())
		return OK;
	return cli_fail(c, ERR_BADREQ, "this command works on the machine of the server only; "
	    "unset HEADRACE_ADDRESS to use it here");
}

/* "head.example.com" is https; no slash at the end. */
static enum err
read_address(struct cli *c, const char **out)
{
	const char *v = env("HEADRACE_ADDRESS");
	size_t n = strlen(v);

	while (n > 0 && v[n - 1] == '/')
		n--;
	v = arena_strndup(c->arena, v, n);
	if (strstr(v, "://") == NULL)
		v = arena_printf(c->arena, "https://%s", v);
	if (memchr(strstr(v, "://") + 3, '@', strcspn(strstr(v, "://") + 3, "/?#")) != NULL)
		return cli_fail(c, ERR_BADREQ, "HEADRACE_ADDRESS must not have a name or password "
		    "in it, as it is shown in errors; a key goes into HEADRACE_API_KEY");
	if (strncmp(v, "https://", 8) != 0 && strncmp(v, "http://", 7) != 0)
		return cli_fail(c, ERR_BADREQ, "HEADRACE_ADDRESS must be the address of a server, "
		    "like https://headrace.example.com, not \"%.200s\"", v);
	*out = v;
	return OK;
}

enum err
cli_api_key(struct cli *c, const char **out)
{
	const char *file = env("HEADRACE_API_KEY_FILE"), *why;
	struct str text = str_of(env("HEADRACE_API_KEY"));

	if (text.p == NULL && file == NULL)
		return cli_fail(c, ERR_AUTH, "HEADRACE_ADDRESS is set, but no key: put one into "
		    "HEADRACE_API_KEY, or its file's name into HEADRACE_API_KEY_FILE (on the server: "
		    "headrace apikeys create)");
	if (text.p == NULL && (why = file_read(c->arena, file, KEY_FILE_MAX, &text)) != NULL)
		return cli_fail(c, ERR_BADREQ, "HEADRACE_API_KEY_FILE: %s: %s", file, why);
	text = str_trim(text);
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] <= ' ' || (unsigned char)text.p[i] >= 0x7f)
			return cli_fail(c, ERR_BADREQ, "the API key is one word, like hskey-api-...");
	*out = arena_strndup(c->arena, text.p, text.n);
	return OK;
}

static enum err
read_timeout(struct cli *c, long *out)
{
	const char *v = env("HEADRACE_TIMEOUT");
	int64_t ms = TIMEOUT_DEFAULT_MS;

	if (v != NULL && (!duration_read(str_of(v), &ms) || ms < 1 || ms > 3600 * 1000))
		return cli_fail(c, ERR_BADREQ, "HEADRACE_TIMEOUT must be a time like 30s, at most "
		    "1h, not \"%.40s\"", v);
	*out = (long)ms;
	return OK;
}

/* Once in a run, however many requests the command makes. */
static bool
insecure(const struct cli *c)
{
	static bool warned;
	const char *v = env("HEADRACE_INSECURE");

	if (v == NULL || (strcmp(v, "1") != 0 && strcmp(v, "true") != 0))
		return false;
	if (!warned && c->mode == OUT_TEXT)
		fprintf(stderr, "Warning: HEADRACE_INSECURE is set: whoever answers may be anybody\n");
	warned = true;
	return true;
}

static enum err
ask(struct cli *c, struct fetch_ask *q, const char *target, struct fetch_answer *out)
{
	const char *address = "", *key = "", *why = "", *headers[3] = { NULL, "Content-Type: application/json", NULL };
	enum err e;

	if ((e = read_address(c, &address)) != OK || (e = cli_api_key(c, &key)) != OK ||
	    (e = read_timeout(c, &q->timeout_ms)) != OK)
		return e;
	q->insecure = insecure(c);
	q->url = arena_printf(c->arena, "%s%s", address, target);
	headers[0] = arena_printf(c->arena, "Authorization: Bearer %s", key);
	q->headers = headers;
	if ((e = fetch_send(c->arena, q, out, &why)) != OK)
		return cli_fail(c, e, "%s does not answer: %s", address, why);
	return OK;
}

enum err
cli_remote_send(struct cli *c, enum http_method method, const char *target, const char *body,
    struct cli_answer *out)
{
	struct fetch_ask q = {
		.method = http_method_name(method), .body = str_of(body), .max = REQ_OUT_MAX,
	};
	struct fetch_answer got;
	enum err e = ask(c, &q, target, &got);

	if (e != OK)
		return e;
	out->status = got.status;
	out->json = json_parse(c->arena, got.body, JSON_DEPTH_DEFAULT, NULL);
	if (got.status == 401)
		out->detail = "the server does not know this API key; it may have expired or been "
		    "deleted (on the server: headrace apikeys list)";
	else if (out->json == NULL || got.status >= 500)
		out->detail = arena_printf(c->arena, "%s answered with status %d%s", q.url,
		    got.status, out->json == NULL && got.status < 400 ?
		    " and something that is no answer of headrace: is this its address?" : "");
	return OK;
}
