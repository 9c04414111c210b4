/*
 * lib/config/check.c -- what one key alone cannot say.
 *
 * Files with a place of their own are put below server.data and server.run;
 * then keys are held against each other.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/config/key.h"

static const char *
below(struct arena *a, const char *dir, const char *file)
{
	return file[0] == '/' ? file : arena_printf(a, "%s/%s", dir, file);
}

/* "unix:name" gets the folder of the sockets; an address stays. */
static const char *
socket_below(const struct config_check *c, const char *listen)
{
	if (strncmp(listen, "unix:", 5) != 0)
		return listen;
	return arena_printf(c->arena, "unix:%s", below(c->arena, c->cfg->run_dir, listen + 5));
}

static void
derive_paths(const struct config_check *c)
{
	struct config *cfg = c->cfg;

	cfg->db_path = below(c->arena, cfg->data_dir, cfg->db_path);
	cfg->noise_key_path = below(c->arena, cfg->data_dir, cfg->noise_key_path);
	cfg->notifier_listen = socket_below(c, cfg->notifier_listen);
	cfg->metrics_listen = socket_below(c, cfg->metrics_listen);
	cfg->have_v4 = cfg->v4.ip.family != 0;
	cfg->have_v6 = cfg->v6.ip.family != 0;
}

static void
check_listen(const struct config_check *c, const char *section, const char *listen)
{
	if (strncmp(listen, "unix:", 5) == 0 && strlen(listen + 5) > CONFIG_SOCKET_MAX)
		c->fail(c, section, "listen", arena_printf(c->arena,
		    "is too long for a socket; give a path of at most %d bytes",
		    CONFIG_SOCKET_MAX));
}

/* A socket's name is cut off by the kernel's struct at 107 bytes. */
static void
check_sockets(const struct config_check *c)
{
	size_t longest = strlen(config_socket(c->arena, c->cfg, "notifier.sock"));

	if (longest > CONFIG_SOCKET_MAX)
		c->fail(c, "server", "run", arena_printf(c->arena,
		    "is too long for the sockets in it; give a path of at most %zu bytes",
		    CONFIG_SOCKET_MAX - strlen("/notifier.sock")));
	else
		check_listen(c, "notifier", c->cfg->notifier_listen);
	check_listen(c, "metrics", c->cfg->metrics_listen);
}

/* What happened last month must be there to be looked at. */
static void
check_audit(const struct config_check *c)
{
	int64_t ms = c->cfg->audit_keep_ms;

	if (ms != 0 && ms < AUDIT_KEEP_MIN_MS)
		c->fail(c, "audit", "keep", "is less than 30 days");
}

static void
check_dns(const struct config_check *c)
{
	struct config *cfg = c->cfg;

	if (!c->is_set(c, "dns", "override_local_dns"))
		cfg->override_local_dns = cfg->nameservers.n > 0;
	if (cfg->override_local_dns && cfg->nameservers.n == 0)
		c->fail(c, "dns", "override_local_dns", "would leave devices without "
		    "name resolution; set dns.nameservers, or give false");
	if (cfg->magic_dns && cfg->base_domain[0] == '\0')
		c->fail(c, "dns", "magic_dns", "needs a domain for the names; "
		    "set dns.base_domain, or give false");
	if (cfg->n_extra > 0 && cfg->extra_records_path[0] != '\0')
		c->fail(c, "dns", "extra_records_path", "is set together with "
		    "dns.extra_record; give the records in one of the two places");
}

static void
check_prefix(const struct config_check *c, const char *name, const struct prefix *p,
    const char *range, const char *what)
{
	struct prefix all;

	if (p->ip.family == 0 || !prefix_read(str_of(range), &all))
		return;
	if (!prefix_contains(&all, &p->ip) || p->bits < all.bits)
		c->warn(c, "prefixes", name, arena_printf(c->arena,
		    "is not within %s; clients treat only that range as the tailnet's, "
		    "so %s; give a network within it", range, what));
}

static void
check_prefixes(const struct config_check *c)
{
	const struct config *cfg = c->cfg;

	if (!cfg->have_v4 && !cfg->have_v6)
		c->fail(c, "prefixes", "v4", "is empty, and so is prefixes.v6; "
		    "give at least one network, like 100.64.0.0/10");
	check_prefix(c, "v4", &cfg->v4, "100.64.0.0/10",
	    "SSH, status and exit nodes may misbehave");
	check_prefix(c, "v6", &cfg->v6, "fd7a:115c:a1e0::/48",
	    "SSH, status and exit nodes may misbehave");
}

static void
check_derp(const struct config_check *c)
{
	const struct config *cfg = c->cfg;

	if (cfg->derp_urls.n == 0 && cfg->derp_paths.n == 0)
		c->warn(c, "derp", "urls", "is empty, and so is derp.paths; without a "
		    "relay devices talk only where a direct way exists; give at least one "
		    "DERP map");
	if (cfg->derp_update_ms > 0 && cfg->derp_update_ms < 10000)
		c->fail(c, "derp", "update_frequency", "asks the servers of the maps too "
		    "often; give at least 10s, or 0 for never");
}

/* A path without the mode is a policy that its author believes to be in force. */
static void
check_policy(const struct config_check *c)
{
	const struct config *cfg = c->cfg;

	if (cfg->policy_mode == POLICY_FILE && cfg->policy_path[0] == '\0')
		c->fail(c, "policy", "path", "is empty, but policy.mode is file; "
		    "give the policy's file");
	if (cfg->policy_mode == POLICY_FILE || cfg->policy_path[0] == '\0')
		return;
	if (c->is_set(c, "policy", "mode"))
		c->warn(c, "policy", "path", "is not read, as policy.mode is database; "
		    "`headrace policy set` sets the policy");
	else
		c->fail(c, "policy", "path", "is read only with policy.mode = file; "
		    "set that too, or use `headrace policy set`");
}

/* Counts are no secret, but who has how many devices is nobody's business. */
static void
check_metrics(const struct config_check *c)
{
	const char *listen = c->cfg->metrics_listen;

	if (listen[0] == '\0' || c->cfg->metrics_token[0] != '\0' ||
	    strncmp(listen, "unix:", 5) == 0 || strncmp(listen, "127.", 4) == 0 ||
	    strncmp(listen, "[::1]:", 6) == 0)
		return;
	c->warn(c, "metrics", "listen", "can be reached from other machines, and without "
	    "metrics.token whoever reaches it may read; set that too, or listen on 127.0.0.1");
}

void
config_check_all(const struct config_check *c)
{
	derive_paths(c);
	check_sockets(c);
	check_audit(c);
	check_dns(c);
	config_check_within(c);
	check_prefixes(c);
	check_derp(c);
	check_policy(c);
	check_metrics(c);
}
