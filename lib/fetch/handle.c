/* lib/fetch/handle.c -- what every handle of libcurl has in headrace. */
#include "lib/fetch/handle.h"

#include "lib/base/log.h"
#include "lib/fetch/agent.h"

void
handle_init(CURL *c, const char *url, long timeout_ms, long connect_ms)
{
	(void)curl_easy_setopt(c, CURLOPT_URL, url);
	(void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout_ms);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	(void)curl_easy_setopt(c, CURLOPT_USERAGENT, FETCH_AGENT);
}

struct curl_slist *
handle_headers(const char *const *headers)
{
	struct curl_slist *list = NULL, *more;

	for (; headers != NULL && *headers != NULL; headers++) {
		if ((more = curl_slist_append(list, *headers)) == NULL)
			fatal("out of memory");
		list = more;
	}
	return list;
}
