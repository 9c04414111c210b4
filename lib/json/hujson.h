/*
 * lib/json/hujson.h -- HuJSON ("JWCC"): JSON with comments and trailing commas, as policies are written.
 *
 * A reader that keeps the place of every value and key, because whoever writes
 * a policy by hand is told the line of what is wrong in it.  Strict besides:
 * valid UTF-8, no duplicate keys (compared as policies compare them, without
 * case), a depth limit.  // and block comments and a comma before a closing
 * bracket are all that it allows beyond RFC 8259.
 */
#ifndef LIB_JSON_HUJSON_H
#define LIB_JSON_HUJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"

#define HUJSON_DEPTH_MAX 100

enum hj_type { HJ_NULL, HJ_BOOL, HJ_NUMBER, HJ_STRING, HJ_ARRAY, HJ_OBJECT };

/* Where something stands: both count from 1; column in bytes.  Line 0: nowhere. */
struct place {
	uint32_t line, col;
};

struct hj {
	enum hj_type type;
	struct place at;
	bool b;			/* HJ_BOOL */
	const char *text;	/* HJ_STRING: decoded, NUL-terminated (a \u0000 inside is refused);
				   HJ_NUMBER: as written */
	const char *key;	/* of a member of an object; NULL else */
	struct place key_at;
	struct hj *child;	/* HJ_ARRAY, HJ_OBJECT: the first */
	struct hj *next;	/* the next of the same array or object */
	size_t n;		/* children */
	struct str raw;		/* the value as it stands in the text, comments and all */
};

/*
 * Reads one document of at most HUJSON_DEPTH_MAX levels.  NULL if it is none:
 * then *at and *why (in the arena) say where and what.  'text' must live as
 * long as the arena.  Empty or only comments: NULL with at->line 0.
 */
struct hj *hujson_parse(struct arena *a, struct str text, struct place *at, const char **why);

/* Member by name, compared without ASCII case; NULL if absent. */
const struct hj *hujson_get(const struct hj *o, const char *name);

/* Plain compact JSON of a value, in the arena (an app capability's argument). */
const char *hujson_json(struct arena *a, const struct hj *v);

#endif
