/*
 * lib/fetch/post.c -- sending documents with libcurl, several at once.
 *
 * One that hangs takes no longer than its own time, and holds up none of the others.
 */
#include "lib/fetch/post.h"

#include "lib/fetch/handle.h"

#define POLL_MS 200

/* Nobody reads it; a status is all that counts. */
static size_t
ignore(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

struct sending {
	CURL *c;
	struct curl_slist *headers;
};

static void
set_options(struct sending *s, struct post *p)
{
	s->headers = handle_headers(p->headers);
	handle_init(s->c, p->url, POST_TIMEOUT_MS, POST_TIMEOUT_MS / 2);
	(void)curl_easy_setopt(s->c, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(s->c, CURLOPT_HTTPHEADER, s->headers);
	(void)curl_easy_setopt(s->c, CURLOPT_POSTFIELDS, p->body.p);
	(void)curl_easy_setopt(s->c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.n);
	(void)curl_easy_setopt(s->c, CURLOPT_WRITEFUNCTION, ignore);
	(void)curl_easy_setopt(s->c, CURLOPT_PRIVATE, p);
}

static void
wait_for_all(CURLM *m)
{
	int running = 1;

	while (curl_multi_perform(m, &running) == CURLM_OK && running > 0)
		if (curl_multi_poll(m, NULL, 0, POLL_MS, NULL) != CURLM_OK)
			return;
}

static void
note(struct arena *a, CURL *c, CURLcode rc)
{
	struct post *p = NULL;
	long status = 0;

	(void)curl_easy_getinfo(c, CURLINFO_PRIVATE, &p);
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	p->done = rc == CURLE_OK && status >= 200 && status < 300;
	if (rc != CURLE_OK)
		p->why = curl_easy_strerror(rc);
	else if (!p->done)
		p->why = arena_printf(a, "it answered with status %ld", status);
}

static void
note_all(struct arena *a, CURLM *m)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(m, &left)) != NULL)
		if (msg->msg == CURLMSG_DONE)
			note(a, msg->easy_handle, msg->data.result);
}

void
post_all(struct arena *a, struct post *v, size_t n)
{
	struct sending *s = arena_array(a, n, sizeof(*s));
	CURLM *m = curl_multi_init();

	for (size_t i = 0; i < n; i++) {
		v[i].done = false;
		v[i].why = "libcurl does not start";
		if (m == NULL || (s[i].c = curl_easy_init()) == NULL)
			continue;
		set_options(&s[i], &v[i]);
		(void)curl_multi_add_handle(m, s[i].c);
	}
	if (m != NULL) {
		wait_for_all(m);
		note_all(a, m);
	}
	for (size_t i = 0; i < n; i++) {
		if (s[i].c == NULL)
			continue;
		(void)curl_multi_remove_handle(m, s[i].c);
		curl_easy_cleanup(s[i].c);
		curl_slist_free_all(s[i].headers);
	}
	if (m != NULL)
		(void)curl_multi_cleanup(m);
}
