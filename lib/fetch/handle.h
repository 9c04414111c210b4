/* lib/fetch/handle.h -- what every handle of libcurl has in headrace. */
#ifndef LIB_FETCH_HANDLE_H
#define LIB_FETCH_HANDLE_H

#include <curl/curl.h>

/* http and https only, limits on time, no signals, our name. */
void handle_init(CURL *c, const char *url, long timeout_ms, long connect_ms);

/* "Name: value" each, ends with NULL; may be NULL.  The caller frees the list. */
struct curl_slist *handle_headers(const char *const *headers);

#endif
