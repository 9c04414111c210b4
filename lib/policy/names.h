/* lib/policy/names.h -- from names to numbers: a table that makes a long document no slower. */
#ifndef LIB_POLICY_NAMES_H
#define LIB_POLICY_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"

struct names_slot {
	struct str name;	/* p is NULL: free */
	uint64_t hash;
	uint32_t value;
};

struct names {
	struct names_slot *v;
	size_t cap, n;		/* cap is a power of two, or 0 */
	uint64_t seed;		/* so that nobody can choose names that collide */
};

/* Zeroed storage is an empty table once it has a seed. */
void names_init(struct names *t);

must_check bool names_find(const struct names *t, struct str name, uint32_t *value);

/* False if the name is there already; the text must live as long as the table. */
must_check bool names_add(struct names *t, struct arena *a, struct str name, uint32_t value);

#endif
