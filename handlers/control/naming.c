/* handlers/control/naming.c -- giving nodes names that nobody else has. */
#include "handlers/control/naming.h"

#include <string.h>

#include "lib/netmap/name.h"
#include "lib/store/store.h"

#define NUMBER_MAX (1u << 24)

struct search {
	struct req *rq;
	const char *label, *own;
	enum err e;
};

/* Is "<label>-<n>" (n = 0: the bare label) free?  Sets s->e on failure. */
static bool
is_free(struct search *s, unsigned n, char name[static NAME_LABEL_MAX + 1])
{
	bool taken = true;

	if (n == 0)
		memcpy(name, s->label, strlen(s->label) + 1);
	else
		name_numbered(s->label, n, name);
	if (s->own != NULL && strcmp(name, s->own) == 0)
		return true;
	if (s->e == OK)
		s->e = store_node_name_taken(s->rq->db, name, &taken);
	return s->e != OK || !taken;
}

/* Doubles until a free number is found, then halves back to the lowest edge. */
static unsigned
first_free(struct search *s, char name[static NAME_LABEL_MAX + 1])
{
	unsigned low = 0, high = 1, mid;

	while (high < NUMBER_MAX && !is_free(s, high, name)) {
		low = high;
		high *= 2;
	}
	while (low + 1 < high) {	/* low is taken, high is free */
		mid = low + (high - low) / 2;
		if (is_free(s, mid, name))
			high = mid;
		else
			low = mid;
	}
	return high;
}

enum err
naming_free(struct req *rq, const char *hostname, const char *own, const char **out)
{
	char label[NAME_LABEL_MAX + 1], name[NAME_LABEL_MAX + 1];
	struct search s = { rq, label, own, OK };

	name_from_hostname(hostname, label);
	if (!is_free(&s, 0, name))
		name_numbered(label, first_free(&s, name), name);
	*out = arena_strdup(rq->arena, name);
	return s.e;
}

enum err
naming_follow(struct req *rq, struct node *n, const char *hostname)
{
	bool follows = name_follows_hostname(n->name, n->hostname);
	const char *old = n->hostname;

	n->hostname = hostname;
	if (!follows || name_follows_hostname(n->name, hostname) ||
	    strcmp(old, hostname) == 0)
		return OK;
	return naming_free(rq, hostname, n->name, &n->name);
}
