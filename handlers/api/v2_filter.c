/*
 * handlers/api/v2_filter.c -- which devices a list is asked for.
 *
 * As Tailscale has it, a parameter with the name of a device's member asks for that
 * member: of several values of one name any will do, of several names all must hold.
 * Parameters of other names are not looked at.
 */
#include <string.h>
#include <strings.h>

#include "handlers/api/v2_device.h"
#include "lib/netmap/tags.h"

#define VALUES_MAX 64	/* of one member */

enum member {
	M_NAME, M_HOSTNAME, M_ID, M_NODE_ID, M_USER, M_OS, M_CLIENT_VERSION, M_MACHINE_KEY,
	M_NODE_KEY, M_AUTHORIZED, M_KEY_EXPIRY_DISABLED, M_BLOCKS_INCOMING, M_IS_EPHEMERAL,
	M_IS_EXTERNAL, M_UPDATE_AVAILABLE, M_CONNECTED, M_ADDRESSES, M_TAGS, M_COUNT
};

static const char *const names[M_COUNT] = {
	[M_NAME] = "name", [M_HOSTNAME] = "hostname", [M_ID] = "id", [M_NODE_ID] = "nodeId",
	[M_USER] = "user", [M_OS] = "os", [M_CLIENT_VERSION] = "clientVersion",
	[M_MACHINE_KEY] = "machineKey", [M_NODE_KEY] = "nodeKey",
	[M_AUTHORIZED] = "authorized", [M_KEY_EXPIRY_DISABLED] = "keyExpiryDisabled",
	[M_BLOCKS_INCOMING] = "blocksIncomingConnections", [M_IS_EPHEMERAL] = "isEphemeral",
	[M_IS_EXTERNAL] = "isExternal", [M_UPDATE_AVAILABLE] = "updateAvailable",
	[M_CONNECTED] = "connectedToControl", [M_ADDRESSES] = "addresses", [M_TAGS] = "tags",
};

struct v2_filter {
	struct { const char *v[VALUES_MAX]; size_t n; } of[M_COUNT];
};

struct v2_filter *
v2_filter_read(struct req *rq)
{
	struct v2_filter *f;
	const char *value;
	bool any = false;

	if (*rq->query == '\0')
		return NULL;
	f = arena_alloc(rq->arena, sizeof(*f));
	for (int m = 0; m < M_COUNT; m++)
		while (f->of[m].n < VALUES_MAX &&
		    (value = req_query_nth(rq, names[m], f->of[m].n)) != NULL) {
			f->of[m].v[f->of[m].n++] = value;
			any = true;
		}
	return any ? f : NULL;
}

static bool
text_is(const char *have, const char *want)
{
	return have != NULL && strcmp(have, want) == 0;
}

static bool
flag_is(bool have, const char *want)
{
	return strcmp(want, have ? "true" : "false") == 0 || strcmp(want, have ? "1" : "0") == 0;
}

static bool
id_is(int64_t have, const char *want)
{
	int64_t id;

	return str_i64(str_of(want), &id) && id == have;
}

static bool
has_tag(struct arena *a, const struct node *n, const char *want)
{
	size_t count;
	const char **tags = tags_list(a, n->tags, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(tags[i], want) == 0)
			return true;
	return false;
}

/* The members that are true or false. */
static bool
flag_of(enum member m, const struct v2_device *d)
{
	switch (m) {
	case M_AUTHORIZED:
		return !d->n->waits;
	case M_KEY_EXPIRY_DISABLED:
		return d->n->expiry_ms == TIME_NONE;
	case M_BLOCKS_INCOMING:
		return d->shields_up;
	case M_IS_EPHEMERAL:
		return d->n->ephemeral;
	case M_CONNECTED:
		return d->n->online;
	default:	/* isExternal, updateAvailable */
		return false;
	}
}

static bool
is(enum member m, struct arena *a, const struct v2_device *d, const char *want)
{
	const struct node *n = d->n;

	switch (m) {
	case M_NAME:
		return strcasecmp(d->name, want) == 0 || strcasecmp(n->name, want) == 0;
	case M_HOSTNAME:
		return text_is(n->hostname, want);
	case M_ID:
	case M_NODE_ID:
		return id_is(n->id, want);
	case M_USER:
		return text_is(d->user, want);
	case M_OS:
		return strcasecmp(n->os, want) == 0;
	case M_CLIENT_VERSION:
		return text_is(n->client_version, want);
	case M_MACHINE_KEY:
		return text_is(n->machine_key, want);
	case M_NODE_KEY:
		return text_is(n->node_key, want);
	case M_ADDRESSES:
		return text_is(n->ipv4, want) || text_is(n->ipv6, want);
	case M_TAGS:
		return has_tag(a, n, want);
	default:
		return flag_is(flag_of(m, d), want);
	}
}

bool
v2_filter_passes(const struct v2_filter *f, struct arena *a, const struct v2_device *d)
{
	for (int m = 0; f != NULL && m < M_COUNT; m++) {
		size_t i = 0, n = f->of[m].n;

		while (i < n && !is((enum member)m, a, d, f->of[m].v[i]))
			i++;
		if (n > 0 && i == n)
			return false;
	}
	return true;
}
