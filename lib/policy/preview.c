/*
 * lib/policy/preview.c -- what a policy gives to each node, as one JSON document.
 *
 * Only the functions that make the map of a client are asked, so that a preview
 * cannot say anything else than what clients would get.
 */
#include "lib/policy/preview.h"

#include "lib/policy/attrs.h"
#include "lib/policy/selftest.h"
#include "lib/policy/ssh.h"

/* Stands in SSH rules where a server would name itself. */
#define NO_SERVER "https://unused"

struct preview {
	struct arena *a;	/* of one node: given back after it */
	struct net *t;
	struct jw *w;
};

static void
put_ip(struct jw *w, const struct ip *ip)
{
	char text[PREFIX_TEXT_SIZE];
	struct prefix p = { *ip, ip->family == 4 ? 32 : 128 };

	if (ip->family != 0)
		jw_str(w, prefix_write(&p, text));
}

static void
put_peer(struct preview *v, int64_t viewer, const struct net_node *n)
{
	char text[PREFIX_TEXT_SIZE];
	struct prefix *routes;
	size_t n_routes = net_routes_seen(v->t, v->a, viewer, n->id, &routes);

	jw_key(v->w, n->name);
	jw_obj(v->w);
	jw_key(v->w, "AllowedIPs");
	jw_arr(v->w);
	if (attrs_ipv4_shown(v->t, net_node(v->t, viewer), n))
		put_ip(v->w, &n->ip4);
	put_ip(v->w, &n->ip6);
	for (size_t i = 0; i < n_routes; i++)
		jw_str(v->w, prefix_write(&routes[i], text));
	jw_end_arr(v->w);
	attrs_peer_json(n, v->w);
	jw_end_obj(v->w);
}

/* The rules of a tailcfg.SSHPolicy, without what is around them. */
static void
put_ssh(struct preview *v, int64_t id)
{
	struct buf b;
	jv *rules;

	buf_init(&b, PREVIEW_BYTES_MAX);
	if (ssh_policy_json(v->t, id, NO_SERVER, &b)) {
		rules = json_get(json_parse(v->a, buf_as_str(&b), JSON_DEPTH_DEFAULT, NULL),
		    "rules");
		jw_kraw(v->w, "ssh", rules != NULL ? json_dump(v->a, rules) : "[]");
	}
	buf_fini(&b);
}

static void
put_node(void *arg, const struct net_node *n)
{
	static const struct attrs_base base = { .taildrop = true, .tailnet = "" };
	struct preview *v = arg;
	int64_t *ids;
	size_t n_ids = net_visible_ids(v->t, v->a, n->id, &ids);

	jw_key(v->w, n->name);
	jw_obj(v->w);
	jw_key(v->w, "filter");
	jw_raw(v->w, (struct str){ NULL, 0 });
	net_filter(v->t, n->id, v->w->out);
	put_ssh(v, n->id);
	jw_key(v->w, "self");
	jw_obj(v->w);
	attrs_self_json(v->t, n, &base, v->w);
	jw_end_obj(v->w);
	jw_key(v->w, "peers");
	jw_obj(v->w);
	for (size_t i = 0; i < n_ids; i++)
		put_peer(v, n->id, net_node(v->t, ids[i]));
	jw_end_obj(v->w);
	jw_end_obj(v->w);
	arena_reset(v->a);
}

struct policy *
preview_load(struct arena *a, struct net *t, struct str text,
    const struct policy_context *ctx, const char **why)
{
	struct policy_errors errs = { .n = 0 };
	struct policy *p = policy_parse(a, text, ctx, &errs);
	struct selftest *tests = arena_alloc(a, sizeof(*tests));

	*why = NULL;
	if (p == NULL) {
		*why = policy_errors_text(a, &errs);
		return NULL;
	}
	net_set_policy(t, p);
	if (selftest_run(a, t, ctx, tests))
		return p;
	*why = selftest_text(a, tests);
	return NULL;
}

bool
preview_json(struct arena *a, struct net *t, struct str text,
    const struct policy_context *ctx, struct buf *out, const char **why)
{
	struct jw w;
	struct preview v = { .t = t, .w = &w };
	bool accepted = preview_load(a, t, text, ctx, why) != NULL;

	jw_init(&w, out);
	jw_obj(&w);
	jw_kbool(&w, "accepted", accepted);
	if (accepted) {
		v.a = arena_new();
		jw_key(&w, "nodes");
		jw_obj(&w);
		net_each(t, put_node, &v);
		jw_end_obj(&w);
		arena_free(v.a);
	} else {
		jw_kstr(&w, "error", *why);
	}
	jw_end_obj(&w);
	return accepted;
}
