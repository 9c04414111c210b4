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

/* One element "a.b.c.d/32" for an address that is one. */
static void
write_address(struct jw *w, const char *text)
{
	char out[PREFIX_TEXT_SIZE];
	struct prefix p;

	if (text == NULL || !ip_read(str_of(text), &p.ip))
		return;
	p.bits = p.ip.family == 4 ? 32 : 128;
	jw_str(w, prefix_write(&p, out));
}

static void
write_addresses(struct jw *w, const char *key, const char *ipv4, const char *ipv6,
    const struct routes *more)
{
	char out[PREFIX_TEXT_SIZE];

	jw_key(w, key);
	jw_arr(w);
	write_address(w, ipv4);
	write_address(w, ipv6);
	for (size_t i = 0; more != NULL && i < more->n; i++)
		jw_str(w, prefix_write(&more->v[i], out));
	jw_end_arr(w);
}

/* Subnets only: every exit node serves the default routes. */
static void
write_primary_routes(struct jw *w, const struct routes *serving)
{
	char out[PREFIX_TEXT_SIZE];
	bool any = false;

	for (size_t i = 0; i < serving->n; i++) {
		if (prefix_is_default(&serving->v[i]))
			continue;
		if (!any) {
			jw_key(w, "PrimaryRoutes");
			jw_arr(w);
			any = true;
		}
		jw_str(w, prefix_write(&serving->v[i], out));
	}
	if (any)
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
    const struct node_view *v)
{
	jw_ki64(w, "ID", n->id);
	write_stable_id(w, n->id);
	write_name(w, n->name, n->id, v->base_domain);
	jw_ki64(w, "User", n->user_id ? n->user_id : TAGGED_USER_ID);
	jw_kstr(w, "Key", n->node_key);
	write_key_expiry(w, n);
	jw_kstr(w, "Machine", n->machine_key);
	if (key_valid(str_of(n->disco_key), DISCOKEY_PREFIX))
		jw_kstr(w, "DiscoKey", n->disco_key);
	write_addresses(w, "Addresses", n->ipv4, n->ipv6, NULL);
	write_addresses(w, "AllowedIPs", n->ipv4, n->ipv6, &v->serving);
	write_endpoints(w, a, n->endpoints);
	if (n->home_derp > 0)
		jw_ki64(w, "HomeDERP", n->home_derp);
	jw_key(w, "Hostinfo");
	hostinfo_write_peer(w, a, n->hostinfo);
	jw_ktime(w, "Created", n->created_ms);
	if (n->cap > 0)
		jw_ki64(w, "Cap", n->cap);
	write_tags(w, a, n->tags);
	write_primary_routes(w, &v->serving);
	jw_kbool(w, "MachineAuthorized", true);
	if (v->expired)
		jw_kbool(w, "Expired", true);
}

void
node_json_peer(struct jw *w, struct arena *a, const struct node *n,
    const struct node_view *v)
{
	jw_obj(w);
	write_common(w, a, n, v);
	if (!n->online)
		jw_ktime(w, "LastSeen", n->last_seen_ms);
	jw_kbool(w, "Online", n->online);
	jw_end_obj(w);
}

/* A capability that is there and has no value. */
static void
cap_present(struct jw *w, const char *name)
{
	jw_kraw(w, name, "[]");
}

static void
write_cap_map(struct jw *w, const struct config *cfg)
{
	jw_key(w, "CapMap");
	jw_obj(w);
	cap_present(w, "https://tailscale.com/cap/is-admin");
	cap_present(w, "https://tailscale.com/cap/ssh");
	if (cfg->taildrop)
		cap_present(w, "https://tailscale.com/cap/file-sharing");
	jw_kraw(w, "default-auto-update", cfg->auto_update ? "[true]" : "[false]");
	jw_end_obj(w);
}

void
node_json_self(struct jw *w, struct arena *a, const struct node *n,
    const struct node_view *v, const struct config *cfg)
{
	jw_obj(w);
	write_common(w, a, n, v);
	jw_kbool(w, "Online", true);
	write_cap_map(w, cfg);
	jw_end_obj(w);
}

void
node_json_gone(struct jw *w, const struct node_gone *g, const char *base_domain)
{
	jw_obj(w);
	jw_ki64(w, "ID", g->id);
	write_stable_id(w, g->id);
	write_name(w, g->name, g->id, base_domain);
	jw_ki64(w, "User", TAGGED_USER_ID);
	jw_kstr(w, "Key", g->node_key);
	jw_ktime(w, "KeyExpiry", g->gone_ms);
	jw_kstr(w, "Machine", g->machine_key);
	write_addresses(w, "Addresses", g->ipv4, g->ipv6, NULL);
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
