/*
 * handlers/control/approve_tags.c -- which tags a device may have: what tagOwners says.
 *
 * One tag that may not be had refuses the whole wish: a device with half of its
 * tags would be let in somewhere, and nobody would know why not elsewhere.
 */
#include "handlers/control/approve_tags.h"

#include <string.h>

#include "lib/netmap/tags.h"

static enum err
refuse(struct req *rq, const char *const *bad, size_t n, enum err refusal)
{
	if (n == 0)
		return OK;
	return req_fail(rq, refusal, "requested tags %s are invalid or not permitted",
	    tags_text(rq->arena, tags_json(rq->arena, bad, n)));
}

enum err
approve_tags(struct req *rq, struct net *net, const struct approve_tags *ask,
    enum err refusal)
{
	size_t n, n_bad = 0;
	const char **want = tags_list(rq->arena, ask->want, &n);
	const struct net_user *u = net ? net_user(net, ask->user_id) : NULL;
	const char *has = tags_union(rq->arena, ask->given, ask->present);
	struct net_node device = { .name = "" };

	device.tags = tags_list(rq->arena, has, &device.n_tags);
	for (size_t i = 0; i < n; i++)
		if (!tags_within(rq->arena, tags_json(rq->arena, &want[i], 1), ask->given) &&
		    (net == NULL || !net_owns_tag(net, u, &device, want[i])))
			want[n_bad++] = want[i];
	return refuse(rq, want, n_bad, refusal);
}

static bool
is_known(const struct policy *p, const char *tag)
{
	for (size_t i = 0; i < p->n_tags; i++)
		if (strcmp(p->tags[i].name, tag) == 0)
			return true;
	return false;
}

enum err
approve_tags_known(struct req *rq, struct net *net, const char *tags)
{
	const struct policy *p = net ? net_policy(net) : NULL;
	size_t n, n_bad = 0;
	const char **v = tags_list(rq->arena, tags, &n);

	for (size_t i = 0; p != NULL && i < n; i++)
		if (!is_known(p, v[i]))
			v[n_bad++] = v[i];
	return refuse(rq, v, n_bad, ERR_BADREQ);
}
