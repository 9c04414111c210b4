/* lib/fetch/fetch.c -- asking another server with libcurl. */
#include "lib/fetch/fetch.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/fetch/handle.h"

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct buf *body = arg;

	buf_put(body, p, size * n);
	return body->over ? 0 : size * n;	/* 0 ends the transfer */
}

static void
set_options(CURL *c, const char *url, long timeout_ms, struct buf *body)
{
	handle_init(c, url, timeout_ms, timeout_ms / 3);
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, body);
}

static enum err
perform(CURL *c, struct arena *a, struct buf *body, struct fetch_answer *out, const char **why)
{
	char text[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode rc;

	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, text);
	rc = curl_easy_perform(c);
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, NULL);
	if (body->over) {
		*why = "the document is too large";
		return ERR_TOOBIG;
	}
	if (rc != CURLE_OK) {
		*why = text[0] != '\0' ? arena_strdup(a, text) : curl_easy_strerror(rc);
		return ERR_UPSTREAM;
	}
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	out->status = (int)status;
	out->body.p = arena_strndup(a, (const char *)body->p, body->n);
	out->body.n = body->n;
	return OK;
}

static enum err
run(CURL *c, struct arena *a, struct buf *body, struct str *out, const char **why)
{
	struct fetch_answer answer = { 0 };
	enum err e = perform(c, a, body, &answer, why);

	if (e == OK && answer.status != 200) {
		*why = arena_printf(a, "the server answered with status %d", answer.status);
		e = ERR_UPSTREAM;
	}
	*out = answer.body;
	return e;
}

enum err
fetch_url(struct arena *a, const char *url, size_t max, struct str *out, const char **why)
{
	CURL *c = curl_easy_init();
	struct buf body;
	enum err e;

	if (c == NULL) {
		*why = "libcurl does not start";
		return ERR_INTERNAL;
	}
	buf_init(&body, max);
	set_options(c, url, FETCH_TIMEOUT_MS, &body);
	(void)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	(void)curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
	e = run(c, a, &body, out, why);
	buf_fini(&body);
	curl_easy_cleanup(c);
	return e;
}

static void
set_request(CURL *c, const struct fetch_ask *ask, struct curl_slist *headers)
{
	/* A POST without a body says so by its length: some servers ask for one (411). */
	if (ask->body.p != NULL || ask->method[0] == 'P') {
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.n);
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, ask->body.p ? ask->body.p : "");
	}
	(void)curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, ask->method);
	(void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	if (ask->insecure) {
		(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

enum err
fetch_send(struct arena *a, const struct fetch_ask *ask, struct fetch_answer *out,
    const char **why)
{
	struct curl_slist *headers = handle_headers(ask->headers);
	CURL *c = curl_easy_init();
	struct buf body;
	enum err e;

	*out = (struct fetch_answer){ 0 };
	if (c == NULL)
		fatal("libcurl does not start");
	buf_init(&body, ask->max);
	set_options(c, ask->url, ask->timeout_ms > 0 ? ask->timeout_ms : FETCH_TIMEOUT_MS, &body);
	set_request(c, ask, headers);
	e = perform(c, a, &body, out, why);
	buf_fini(&body);
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	return e;
}
