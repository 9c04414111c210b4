/* lib/netmap/endpoints.c -- lists of "ip:port". */
#include "lib/netmap/endpoints.h"

#include <string.h>

#include "lib/base/ip.h"

bool
endpoint_valid(const char *s)
{
	struct str host = str_of(s), port;
	const char *colon = strrchr(s, ':');
	struct ip ip;
	int64_t n;

	if (host.n > ENDPOINT_TEXT_MAX || colon == NULL)
		return false;
	port = str_of(colon + 1);
	host.n = (size_t)(colon - s);
	if (port.n > 5 || !str_i64(port, &n) || n < 0 || n > UINT16_MAX ||
	    (port.n > 1 && port.p[0] == '0'))
		return false;
	if (host.n < 2 || host.p[0] != '[')
		return ip_read(host, &ip) && ip.family == 4;
	return host.p[host.n - 1] == ']' &&
	    ip_read((struct str){ host.p + 1, host.n - 2 }, &ip) && ip.family == 6;
}

const char *
endpoints_json_of(struct arena *a, jv *array)
{
	size_t n = json_len(array), kept = 0;
	char *text = arena_alloc(a, ENDPOINTS_MAX * (ENDPOINT_TEXT_MAX + 3) + 3);
	char *p = text;

	*p++ = '[';
	for (size_t i = 0; i < n && kept < ENDPOINTS_MAX; i++) {
		const char *s = json_text(json_at(array, i));
		if (s == NULL || !endpoint_valid(s))
			continue;
		if (kept++ > 0)
			*p++ = ',';
		*p++ = '"';
		p = stpcpy(p, s);
		*p++ = '"';
	}
	*p = ']';
	return text;
}

const char *
endpoints_clean(struct arena *a, const char *json)
{
	if (strcmp(json, "[]") == 0)
		return json;
	return endpoints_json_of(a, json_parse(a, str_of(json), 2, NULL));
}

static bool
all_in(jv *x, jv *y)
{
	for (size_t i = 0; i < json_len(x); i++) {
		const char *s = json_text(json_at(x, i));
		bool found = false;
		for (size_t k = 0; k < json_len(y) && !found; k++)
			found = s != NULL && json_text(json_at(y, k)) != NULL &&
			    strcmp(s, json_text(json_at(y, k))) == 0;
		if (!found)
			return false;
	}
	return true;
}

bool
endpoints_same(struct arena *a, const char *x, const char *y)
{
	jv *jx, *jy;

	if (strcmp(x, y) == 0)
		return true;
	jx = json_parse(a, str_of(x), 2, NULL);
	jy = json_parse(a, str_of(y), 2, NULL);
	return json_len(jx) == json_len(jy) && all_in(jx, jy) && all_in(jy, jx);
}
