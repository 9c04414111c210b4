/* handlers/api/v2.c -- what the endpoints of REST v2, Tailscale's API, share. */
#include "handlers/api/v2.h"

#include <string.h>
#include <strings.h>

#include "handlers/control/approve_tags.h"
#include "lib/access/caller.h"
#include "lib/config/config.h"

enum err
v2_not_found(struct req *rq, const char *what)
{
	return req_fail(rq, ERR_NOTFOUND, "%s not found", what);
}

enum err
v2_tailnet(struct req *rq)
{
	const char *name = req_var(rq, "tailnet"), *domain = rq->cfg->base_domain;

	if (strcmp(name, "-") == 0 || (*domain != '\0' && strcasecmp(name, domain) == 0))
		return OK;
	return v2_not_found(rq, "tailnet");
}

enum err
v2_id(struct req *rq, const char *var, const char *what, int64_t *id)
{
	if (str_i64(str_of(req_var(rq, var)), id) && *id > 0)
		return OK;
	return v2_not_found(rq, what);
}

enum err
v2_device(struct req *rq, struct node *out)
{
	int64_t id;
	enum err e = v2_id(rq, "id", "device", &id);

	if (e == OK && (e = store_node_by_id(rq->db, rq->arena, id, out)) == ERR_NOTFOUND)
		return v2_not_found(rq, "device");
	return e;
}

enum err
v2_user(struct req *rq, struct user *out)
{
	int64_t id;
	enum err e = v2_id(rq, "id", "user", &id);

	if (e == OK && (e = store_user_by_id(rq->db, rq->arena, id, out)) == ERR_NOTFOUND)
		return v2_not_found(rq, "user");
	return e;
}

enum err
v2_tags_allowed(struct req *rq, struct net *net, const char *tags)
{
	struct approve_tags ask = {
		.want = tags, .given = rq->caller->tags, .present = "[]",
	};

	return ask.given == NULL ? OK : approve_tags(rq, net, &ask, ERR_FORBIDDEN);
}
