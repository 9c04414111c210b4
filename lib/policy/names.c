/*
 * lib/policy/names.c -- from names to numbers: open addressing in an arena.
 */
#include "lib/policy/names.h"

#include <string.h>
#include <sys/random.h>

#include "lib/base/clock.h"

#define START 32

void
names_init(struct names *t)
{
	*t = (struct names){ .n = 0 };
	if (getrandom(&t->seed, sizeof(t->seed), GRND_NONBLOCK) != sizeof(t->seed))
		t->seed = (uint64_t)clock_mono_ms();
}

static uint64_t
hash_of(const struct names *t, struct str s)
{
	uint64_t h = t->seed ^ s.n;

	for (size_t i = 0; i < s.n; i++) {
		h = (h ^ (uint8_t)s.p[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h;
}

/* Where the name is, or would be. */
static struct names_slot *
slot_of(const struct names *t, struct str name, uint64_t hash)
{
	size_t i = hash & (t->cap - 1);

	while (t->v[i].name.p != NULL &&
	    (t->v[i].hash != hash || !str_eq(t->v[i].name, name)))
		i = (i + 1) & (t->cap - 1);
	return &t->v[i];
}

bool
names_find(const struct names *t, struct str name, uint32_t *value)
{
	const struct names_slot *s;

	if (t->n == 0 || name.p == NULL)
		return false;
	s = slot_of(t, name, hash_of(t, name));
	if (s->name.p == NULL)
		return false;
	*value = s->value;
	return true;
}

static void
grow(struct names *t, struct arena *a)
{
	struct names old = *t;

	t->cap = old.cap > 0 ? old.cap * 2 : START;
	t->v = arena_array(a, t->cap, sizeof(*t->v));
	for (size_t i = 0; i < old.cap; i++)
		if (old.v[i].name.p != NULL)
			*slot_of(t, old.v[i].name, old.v[i].hash) = old.v[i];
}

bool
names_add(struct names *t, struct arena *a, struct str name, uint32_t value)
{
	uint64_t hash = hash_of(t, name);
	struct names_slot *s;

	if (2 * (t->n + 1) > t->cap)
		grow(t, a);
	s = slot_of(t, name, hash);
	if (s->name.p != NULL)
		return false;
	*s = (struct names_slot){ name, hash, value };
	t->n++;
	return true;
}
