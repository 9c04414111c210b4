/* lib/policy/box.h -- access as boxes of sources, destinations and traffic. */
#ifndef LIB_POLICY_BOX_H
#define LIB_POLICY_BOX_H

#include "lib/policy/net.h"

#define BOXES_MAX 20000u	/* of one node; what is over is passed over and counted */

/* All of 'src' may do this to all of 'dst'. */
struct box {
	const char *kind;	/* "" for traffic; else "app tailscale.com/cap/drive", "ssh root" */
	struct ipset src, dst;
	uint64_t protos[4];	/* a bit for each */
	uint16_t first, last;	/* ports */
};

struct boxes {
	struct arena *a;
	struct box *v;
	size_t n, room, over;
};

void boxes_add(struct boxes *b, struct box one);

/* What sources may do at this node by its filter and its SSHPolicy (empty: none). */
void boxes_of_node(const struct net_node *n, const struct buf *filter, const struct buf *ssh,
    struct boxes *out);

/* Adds to 'out' what 'x' has and 'y' has not. */
void boxes_minus(const struct boxes *x, const struct boxes *y, struct boxes *out);

/* "tcp:22", "80,443", "app …". */
const char *box_access(struct arena *a, const struct box *b);

#endif
