/* lib/netmap/node_json.c -- nodes and users as maps show them. */
#include "lib/netmap/node_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/crypto/key.h"
#include "lib/netmap/endpoints.h"
#include "lib/netmap/hostinfo.h"
#include "lib/netmap/name.h"
#include "lib/netmap/tags.h"

/* Go's zero time: in a patch it takes an expiry away. */
#define GO_ZERO_TIME "0001-01-01T00:00:00Z"

static void
write_name(struct jw *w, const char *name, int64_t id, const char *base_domain)
{
	char label[NAME_LABEL_MAX + 1], fqdn[NAME_LABEL_MAX + NAME_FQDN_MAX + 4];

	name_shown(name, id, label);
	(void)snprintf(fqdn, sizeof(fqdn), base_domain[0] ? "%s.%s." : "%s%s",
	    label, base_domain);
	jw_kstr(w, "Name", fqdn);
}

static void
write_stable_id(struct jw *w, int64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, id);
	jw_kstr(w, "StableID", text);
}

/* ---- addresses and routes ---- */

static void
put_prefix(struct buf *out, size_t start, const struct prefix *p)
{
	char text[PREFIX_TEXT_SIZE];

	buf_printf(out, "%s\"%s\"", out->n > start ? "," : "", prefix_write(p, text));
}

/* One element "a.b.c.d/32" for an address that is one. */
static void
put_address(struct buf *out, size_t start, struct ip ip)
{
	struct prefix p = { ip, ip.family == 4 ? 32 : 128 };

	if (ip.family != 0)
		put_prefix(out, start, &p);
}

void
node_json_addresses(struct buf *out, const struct net_node *n, bool ipv4,
    const struct prefix *routes, size_t n_routes)
{
	size_t start = out->n;

	if (ipv4)
		put_address(out, start, n->ip4);
	put_address(out, start, n->ip6);
	for (size_t i = 0; i < n_routes; i++)
		put_prefix(out, start, &routes[i]);
}

/* Subnets only: every exit node serves the default routes. */
void
node_json_primary(struct buf *out, const struct prefix *routes, size_t n_routes)
{
	size_t start = 0;

	for (size_t i = 0; i < n_routes; i++) {
		if (prefix_is_default(&routes[i]))
			continue;
		if (start == 0) {
			buf_str(out, ",\"PrimaryRoutes\":[");
			start = out->n;
		}
		put_prefix(out, start, &routes[i]);
	}
	if (start > 0)
		buf_byte(out, ']');
}

/* The member, an array; notes where its inside is. */
static void
write_addresses(struct jw *w, const char *key, const struct net_node *n, bool ipv4,
    const struct net_node *routes, size_t mark[static 2])
{
	jw_key(w, key);
	jw_arr(w);
	mark[0] = w->out->n;
	node_json_addresses(w->out, n, ipv4, routes ? routes->primary : NULL,
	    routes ? routes->n_primary : 0);
	mark[1] = w->out->n;
	jw_end_arr(w);
}

static void
write_endpoints(struct jw *w, struct arena *a, const char *json)
{
	jw_kraw(w, "Endpoints", endpoints_clean(a, json));
}

static void
write_tags(struct jw *w, struct arena *a, const char *tags)
{
	if (strcmp(tags, "[]") != 0)
		jw_kraw(w, "Tags", tags_json_of(a, json_parse(a, str_of(tags), 2, NULL)));
}

static void
write_key_expiry(struct jw *w, const struct node *n)
{
	if (n->expiry_ms != TIME_NONE)
		jw_ktime(w, "KeyExpiry", n->expiry_ms);
}

bool
node_showable(const struct node *n)
{
	return key_valid(str_of(n->node_key), NODEKEY_PREFIX) &&
	    key_valid(str_of(n->machine_key), MKEY_PREFIX);
}

/* What both views share. */
static void
write_common(struct jw *w, struct arena *a, const struct node *n,
    const struct node_view *v, struct node_marks *marks)
{
	struct net_node at = { .ip4 = ip_of(n->ipv4), .ip6 = ip_of(n->ipv6) };

	jw_ki64(w, "ID", n->id);
	write_stable_id(w, n->id);
	write_name(w, n->name, n->id, v->base_domain);
	jw_ki64(w, "User", n->user_id ? n->user_id : TAGGED_USER_ID);
	jw_kstr(w, "Key", n->node_key);
	write_key_expiry(w, n);
	jw_kstr(w, "Machine", n->machine_key);
	if (key_valid(str_of(n->disco_key), DISCOKEY_PREFIX))
		jw_kstr(w, "DiscoKey", n->disco_key);
	write_addresses(w, "Addresses", &at, !v->no_ipv4, NULL, marks->addresses);
	write_addresses(w, "AllowedIPs", &at, !v->no_ipv4, v->as, marks->allowed);
	write_endpoints(w, a, n->endpoints);
	if (n->home_derp > 0)
		jw_ki64(w, "HomeDERP", n->home_derp);
	jw_key(w, "Hostinfo");
	marks->hostinfo[0] = w->out->n;
	if (v->hostinfo.n > 0)
		jw_raw(w, v->hostinfo);
	else
		hostinfo_write_peer(w, a, n->hostinfo);
	marks->hostinfo[1] = w->out->n;
	jw_ktime(w, "Created", n->created_ms);
	if (n->cap > 0)
		jw_ki64(w, "Cap", n->cap);
	write_tags(w, a, n->tags);
	marks->primary[0] = w->out->n;
	if (v->as != NULL)
		node_json_primary(w->out, v->as->primary, v->as->n_primary);
	marks->primary[1] = w->out->n;
	jw_kbool(w, "MachineAuthorized", node_admitted(n));
	if (v->expired)
		jw_kbool(w, "Expired", true);
}

void
node_json_peer(struct jw *w, struct arena *a, const struct node *n,
    const struct node_view *v, struct node_marks *marks)
{
	struct node_marks unused;

	jw_obj(w);
	write_common(w, a, n, v, marks ? marks : &unused);
	if (!n->online)
		jw_ktime(w, "LastSeen", n->last_seen_ms);
	jw_kbool(w, "Online", n->online);
	if (v->as != NULL)
		attrs_peer_json(v->as, w);
	jw_end_obj(w);
}

void
node_json_self(struct jw *w, struct arena *a, const struct node *n,
    const struct node_view *v, struct net *t, const struct attrs_base *base)
{
	struct node_marks unused;

	jw_obj(w);
	write_common(w, a, n, v, &unused);
	jw_kbool(w, "Online", true);
	attrs_self_json(t, node_admitted(n) ? v->as : NULL, base, w);
	jw_end_obj(w);
}

void
node_json_gone(struct jw *w, const struct node_gone *g, const char *base_domain)
{
	struct net_node at = { .ip4 = ip_of(g->ipv4), .ip6 = ip_of(g->ipv6) };
	size_t mark[2];

	jw_obj(w);
	jw_ki64(w, "ID", g->id);
	write_stable_id(w, g->id);
	write_name(w, g->name, g->id, base_domain);
	jw_ki64(w, "User", TAGGED_USER_ID);
	jw_kstr(w, "Key", g->node_key);
	jw_ktime(w, "KeyExpiry", g->gone_ms);
	jw_kstr(w, "Machine", g->machine_key);
	write_addresses(w, "Addresses", &at, true, NULL, mark);
	jw_kbool(w, "MachineAuthorized", true);
	jw_kbool(w, "Expired", true);
	jw_end_obj(w);
}

void
node_json_patch(struct jw *w, struct arena *a, const struct node *n, unsigned fields)
{
	jw_obj(w);
	jw_ki64(w, "NodeID", n->id);
	if (fields & PATCH_ENDPOINTS)
		write_endpoints(w, a, n->endpoints);
	if ((fields & PATCH_DERP) && n->home_derp > 0)
		jw_ki64(w, "DERPRegion", n->home_derp);
	if (fields & PATCH_ONLINE) {
		jw_kbool(w, "Online", n->online);
		jw_ktime(w, "LastSeen", n->last_seen_ms);
	}
	if ((fields & PATCH_EXPIRY) && n->expiry_ms == TIME_NONE)
		jw_kstr(w, "KeyExpiry", GO_ZERO_TIME);
	else if (fields & PATCH_EXPIRY)
		write_key_expiry(w, n);
	jw_end_obj(w);
}

const char *
user_login_name(const struct user *u)
{
	if (u->email[0] != '\0')
		return u->email;
	if (u->name[0] != '\0')
		return u->name;
	return u->provider_id != NULL && u->provider_id[0] ? u->provider_id : "user";
}

const char *
user_shown_name(const struct user *u)
{
	return u->display_name[0] != '\0' ? u->display_name : user_login_name(u);
}

static void
write_profile(struct jw *w, int64_t id, const char *login, const char *shown,
    const char *picture)
{
	jw_obj(w);
	jw_ki64(w, "ID", id);
	jw_kstr(w, "LoginName", login);
	jw_kstr(w, "DisplayName", shown);
	if (picture[0] != '\0')
		jw_kstr(w, "ProfilePicURL", picture);
	jw_end_obj(w);
}

void
node_json_profile(struct jw *w, const struct user *u)
{
	write_profile(w, u->id, user_login_name(u), user_shown_name(u), u->picture_url);
}

void
node_json_tagged_profile(struct jw *w)
{
	write_profile(w, TAGGED_USER_ID, TAGGED_USER_NAME, TAGGED_USER_DISPLAY, "");
}
