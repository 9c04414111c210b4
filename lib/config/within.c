/*
 * lib/config/within.c -- the server as something within its own tailnet.
 *
 * Devices learn of the tailnet from the server, so nothing on their way to it may
 * need the tailnet: not its address, not its name, not who resolves the name.  And
 * what a device may say there must not count as a proxy's word.
 */
#include <string.h>
#include <strings.h>

#include "lib/config/key.h"

/* Is 'host' the domain itself or a name below it? */
static bool
inside_domain(struct str host, const char *domain)
{
	size_t n = strlen(domain);

	if (n == 0 || host.n < n || strncasecmp(host.p + host.n - n, domain, n) != 0)
		return false;
	return host.n == n || host.p[host.n - n - 1] == '.';
}

bool
config_is_device(const struct config *cfg, const struct ip *ip)
{
	return (cfg->have_v4 && prefix_contains(&cfg->v4, ip)) ||
	    (cfg->have_v6 && prefix_contains(&cfg->v6, ip));
}

/* Does every server that is asked live in the tailnet? */
static bool
only_devices(const struct config *cfg, const struct text_list *servers)
{
	for (size_t i = 0; i < servers->n; i++) {
		struct ip ip = ip_of(servers->v[i]);

		if (!config_is_device(cfg, &ip))
			return false;
	}
	return servers->n > 0;
}

static void
check_address(const struct config_check *c, struct str host)
{
	struct ip ip;

	if (ip_read(host, &ip) && config_is_device(c->cfg, &ip))
		c->fail(c, "server", "url", arena_printf(c->arena,
		    "is at an address of the tailnet, %.*s, which nobody reaches who is not in it "
		    "yet; give one that is there without", (int)host.n, host.p));
}

/* metrics.listen may wait for the tailnet; what devices come in by may not. */
static void
check_notifier(const struct config_check *c)
{
	struct str host = str_of(c->cfg->notifier_listen);
	const char *colon = strrchr(host.p, ':');
	struct ip ip;

	if (colon == NULL)
		return;
	host.n = (size_t)(colon - host.p);
	if (host.n > 2 && host.p[0] == '[')
		host = (struct str){ host.p + 1, host.n - 2 };
	if (ip_read(host, &ip) && config_is_device(c->cfg, &ip))
		c->fail(c, "notifier", "listen", arena_printf(c->arena,
		    "is at an address of the tailnet, %.*s, which is there only once devices have "
		    "come in by this socket; give an address that is there without", (int)host.n, host.p));
}

static void
check_names(const struct config_check *c, struct str host)
{
	const struct config *cfg = c->cfg;

	if (inside_domain(host, cfg->base_domain))
		c->fail(c, "dns", "base_domain", arena_printf(c->arena,
		    "is the domain of server.url %s, which devices could then no longer "
		    "find; give a domain that does not hold the server", cfg->url));
	for (size_t i = 0; i < cfg->n_extra; i++) {
		struct ip ip = ip_of(cfg->extra[i].value);

		if (strlen(cfg->extra[i].name) == host.n && inside_domain(host, cfg->extra[i].name) &&
		    config_is_device(cfg, &ip))
			c->fail(c, "dns", "extra_record", arena_printf(c->arena,
			    "leads from the name of server.url to an address of the tailnet, %s, which "
			    "devices reach only once they are connected; leave it out",
			    cfg->extra[i].value));
	}
}

static void
check_resolvers(const struct config_check *c, struct str host)
{
	const struct config *cfg = c->cfg;
	struct ip ip;

	if (ip_read(host, &ip))
		return;
	if (cfg->override_local_dns && only_devices(cfg, &cfg->nameservers))
		c->warn(c, "dns", "nameservers", "are all in the tailnet: while none of them answers, no "
		    "device finds the server, nor does its own machine; give one outside, too");
	for (size_t i = 0; i < cfg->n_split; i++) {
		const struct split_dns *sp = &cfg->split[i];

		if (!inside_domain(host, sp->domain) || !only_devices(cfg, &sp->servers))
			continue;
		c->warn(c, "dns", arena_printf(c->arena, "split.%s", sp->domain), "has only resolvers in the "
		    "tailnet, but the server's name is in this domain: while none of them answers, no device "
		    "finds the server; give one outside, too");
		return;
	}
}

static bool
overlap(const struct prefix *a, const struct prefix *b)
{
	return prefix_contains(a, &b->ip) || prefix_contains(b, &a->ip);
}

static void
check_proxies(const struct config_check *c)
{
	const struct config *cfg = c->cfg;
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < cfg->trusted_proxies.n; i++) {
		const struct prefix *p = &cfg->trusted_proxies.v[i];

		if (p->bits == (p->ip.family == 4 ? 32 : 128))
			continue;
		if ((cfg->have_v4 && overlap(p, &cfg->v4)) || (cfg->have_v6 && overlap(p, &cfg->v6)))
			c->fail(c, "server", "trusted_proxies", arena_printf(c->arena,
			    "holds addresses of devices with %s: each of them could say that it is somebody "
			    "else; give the proxies' own addresses, one by one", prefix_write(p, text)));
	}
}

void
config_check_within(const struct config_check *c)
{
	struct str host = config_url_host(c->cfg->url);

	check_address(c, host);
	check_notifier(c);
	check_names(c, host);
	check_resolvers(c, host);
	check_proxies(c);
}
