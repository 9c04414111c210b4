/* lib/base/client.c -- where a client is, behind however many proxies. */
#include "lib/base/client.h"

#include <string.h>

#define MAPPED_BYTES 12		/* ::ffff:0:0/96 holds the IPv4 addresses */

struct ip
client_unmapped(struct ip ip)
{
	static const uint8_t mapped[MAPPED_BYTES] = { [10] = 0xff, [11] = 0xff };

	if (ip.family == 6 && memcmp(ip.b, mapped, sizeof(mapped)) == 0) {
		ip.family = 4;
		memmove(ip.b, ip.b + MAPPED_BYTES, 4);
		memset(ip.b + 4, 0, sizeof(ip.b) - 4);
	}
	return ip;
}

bool
client_trusted(const struct prefix_list *trusted, const struct ip *ip)
{
	for (size_t i = 0; i < trusted->n; i++)
		if (prefix_contains(&trusted->v[i], ip))
			return true;
	return false;
}

/* Takes the last entry off; false if there is none. */
static bool
last_entry(struct str *list, struct str *out)
{
	size_t at = list->n;

	if (list->n == 0)
		return false;
	while (at > 0 && list->p[at - 1] != ',')
		at--;
	*out = str_trim((struct str){ list->p + at, list->n - at });
	list->n = at > 0 ? at - 1 : 0;
	return true;
}

/* "192.0.2.1", "2001:db8::1", and the forms with brackets or a port that some proxies write. */
static bool
read_entry(struct str s, struct ip *out)
{
	struct str host = s;

	if (s.n > 2 && s.p[0] == '[') {
		host = (struct str){ s.p + 1, s.n - 1 };
		return str_cut(&host, ']', &s) && host.p != NULL && ip_read(s, out);
	}
	if (ip_read(s, out))
		return true;
	return str_cut(&host, ':', &s) && ip_read(s, out) && out->family == 4;
}

struct ip
client_of(struct ip peer, struct str forwarded, const struct prefix_list *trusted)
{
	struct ip at = client_unmapped(peer), before;
	struct str entry;

	while (at.family != 0 && client_trusted(trusted, &at) && last_entry(&forwarded, &entry) &&
	    read_entry(entry, &before))
		at = client_unmapped(before);
	return at;
}

struct ip
client_last(struct str forwarded, const struct prefix_list *trusted)
{
	struct ip peer = { 0 };
	struct str entry;

	if (!last_entry(&forwarded, &entry) || !read_entry(entry, &peer))
		return (struct ip){ 0 };
	return client_of(peer, forwarded, trusted);
}
