/* lib/fetch/fetch.c -- getting a document with libcurl. */
#include "lib/fetch/fetch.h"

#include <curl/curl.h>

#include "lib/base/buf.h"

#ifndef HEADRACE_VERSION
#define HEADRACE_VERSION "dev"
#endif

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct buf *body = arg;

	buf_put(body, p, size * n);
	return body->over ? 0 : size * n;	/* 0 ends the transfer */
}

static void
set_options(CURL *c, const char *url, struct buf *body)
{
	(void)curl_easy_setopt(c, CURLOPT_URL, url);
	(void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	(void)curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)FETCH_TIMEOUT_MS);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)FETCH_TIMEOUT_MS / 3);
	(void)curl_easy_setopt(c, CURLOPT_USERAGENT, "headrace/" HEADRACE_VERSION);
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, body);
}

static enum err
run(CURL *c, struct arena *a, struct buf *body, struct str *out, const char **why)
{
	CURLcode rc = curl_easy_perform(c);
	long status = 0;

	if (body->over) {
		*why = "the document is too large";
		return ERR_TOOBIG;
	}
	if (rc != CURLE_OK) {
		*why = curl_easy_strerror(rc);
		return ERR_UPSTREAM;
	}
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		*why = arena_printf(a, "the server answered with status %ld", status);
		return ERR_UPSTREAM;
	}
	out->p = arena_strndup(a, (const char *)body->p, body->n);
	out->n = body->n;
	return OK;
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
	set_options(c, url, &body);
	e = run(c, a, &body, out, why);
	buf_fini(&body);
	curl_easy_cleanup(c);
	return e;
}
