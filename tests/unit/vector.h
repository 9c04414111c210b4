/* tests/unit/vector.h -- the worked example of a ts2021 handshake, opened. */
#ifndef TESTS_UNIT_VECTOR_H
#define TESTS_UNIT_VECTOR_H

#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/crypto/noise.h"
#include "lib/json/json.h"
#include "tests/unit/unit.h"

#define VECTOR_FILE "tests/unit/data/noise_vector.json"

static struct arena *vector_arena;
static jv *vector;

static inline int
vector_open(void **state)
{
	static char text[65536];
	FILE *f = fopen(VECTOR_FILE, "r");
	size_t n;

	(void)state;
	if (f == NULL)
		fail_msg("%s is missing: run from the top folder", VECTOR_FILE);
	n = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	vector_arena = arena_new();
	vector = json_parse(vector_arena, (struct str){ text, n }, 8, NULL);
	return vector == NULL ? -1 : 0;
}

static inline int
vector_close(void **state)
{
	(void)state;
	arena_free(vector_arena);
	return 0;
}

/* The text at vector[section][name]. */
static inline const char *
vector_text(const char *section, const char *name)
{
	const char *s = json_get_str(json_get(vector, section), name, NULL);

	if (s == NULL)
		fail_msg("the vector has no %s.%s", section, name);
	return s;
}

static inline struct key32
vector_key(const char *name)
{
	struct key32 k;

	assert_int_equal(unhex(vector_text("inputs", name), k.b, KEY_BYTES),
	    KEY_BYTES);
	return k;
}

/* Does the whole handshake with the vector's keys; NULL: not wanted. */
static inline void
vector_handshake(struct noise_session *server, struct noise_session *client)
{
	struct key32 priv = vector_key("control_static_priv");
	struct key32 eph = vector_key("control_ephemeral_priv");
	struct key32 machine = vector_key("machine_static_priv");
	struct key32 machine_eph = vector_key("machine_ephemeral_priv");
	uint8_t hello[NOISE_INITIATION_SIZE], answer[NOISE_RESPONSE_SIZE];
	struct noise_static self;
	struct noise_initiator i = { .version = 142 };
	struct noise_peer peer;

	noise_static_init(&self, &priv);
	noise_static_init(&i.self, &machine);
	i.control = self.pub;
	assert_int_equal(noise_initiate_with(&i, &machine_eph, hello), OK);
	assert_int_equal(noise_respond_with(&self, &eph, hello, answer, server,
	    &peer), OK);
	assert_int_equal(noise_finish(&i, answer, client), OK);
	assert_int_equal(peer.version, 142);
}

#endif
