/* lib/policy/internet.c -- the public addresses, as Tailscale's exit nodes have them. */
#include "lib/policy/internet.h"

#include "lib/base/log.h"

static struct ipset
prefixes(struct arena *a, const char *const *v, size_t n)
{
	struct iprange *r = arena_array(a, n, sizeof(*r));
	struct prefix p;

	for (size_t i = 0; i < n; i++) {
		if (!prefix_read(str_of(v[i]), &p))
			fatal("internet_ranges: %s is no prefix", v[i]);
		r[i] = iprange_of_prefix(p);
	}
	return ipset_of(a, r, n);
}

struct ipset
internet_ranges(struct arena *a)
{
	static const char *const all[] = { "0.0.0.0/0", "2000::/3" };
	static const char *const not[] = {
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
		"100.64.0.0/10", "fc00::/7", "fe80::/10",
	};

	return ipset_minus(a, prefixes(a, all, sizeof(all) / sizeof(all[0])),
	    prefixes(a, not, sizeof(not) / sizeof(not[0])));
}
