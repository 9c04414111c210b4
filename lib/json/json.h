/*
 * lib/json/json.h -- writing JSON into a buffer, and reading it by type.
 *
 * The writer puts the commas; the reader is json-c behind a few typed
 * accessors, with a depth and size limit, so that a handler never sees a type
 * that it did not ask for.  The only place with json-c's header.
 */
#ifndef LIB_JSON_JSON_H
#define LIB_JSON_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

/* ---- writer ---- */

#define JW_DEPTH_MAX 32

struct jw {
	struct buf *out;
	unsigned depth;
	bool comma[JW_DEPTH_MAX];	/* at this depth a value has been written */
	bool after_key;
};

void jw_init(struct jw *w, struct buf *out);
void jw_obj(struct jw *w);		/* { */
void jw_end_obj(struct jw *w);
void jw_arr(struct jw *w);		/* [ */
void jw_end_arr(struct jw *w);
void jw_key(struct jw *w, const char *name);
void jw_str(struct jw *w, const char *s);	/* NULL writes null */
void jw_strn(struct jw *w, struct str s);	/* escapes; bad UTF-8 becomes U+FFFD */
void jw_i64(struct jw *w, int64_t v);
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
void jw_raw(struct jw *w, struct str json);	/* one ready value */
void jw_time(struct jw *w, int64_t ms);		/* RFC 3339 text */

/* Key and value in one. */
void jw_kstr(struct jw *w, const char *k, const char *s);
void jw_ki64(struct jw *w, const char *k, int64_t v);
void jw_kbool(struct jw *w, const char *k, bool v);
void jw_kraw(struct jw *w, const char *k, const char *json);
void jw_ktime(struct jw *w, const char *k, int64_t ms);

/* ---- reader ---- */

#define JSON_DEPTH_DEFAULT 32

/* A value inside a parsed document; the arena of json_parse() owns it. */
typedef struct json_object jv;

/*
 * Parses one whole document, strictly, nested at most 'depth' deep.  NULL if it
 * is none; then 'why' (may be NULL) holds a short reason with the offset.
 */
jv *json_parse(struct arena *a, struct str text, int depth, const char **why);

/* Member of an object; NULL if absent, null, or 'o' is no object. */
jv *json_get(jv *o, const char *name);

/* Typed members; the default if absent, null or of another type. */
const char *json_get_str(jv *o, const char *name, const char *dflt);
int64_t json_get_i64(jv *o, const char *name, int64_t dflt);
bool json_get_bool(jv *o, const char *name, bool dflt);

/* Is the member there with a type other than the wanted one? */
enum json_type_wanted { JSON_STR, JSON_INT, JSON_BOOL, JSON_ARR, JSON_OBJ };
bool json_is(jv *v, enum json_type_wanted t);
bool json_wrong(jv *o, const char *name, enum json_type_wanted t);

size_t json_len(jv *arr);		/* 0 if 'arr' is no array */
jv *json_at(jv *arr, size_t i);
const char *json_text(jv *v);		/* NULL if not text */
int64_t json_int(jv *v);		/* 0 if not an integer */
double json_num(jv *v);			/* 0 if not a number */

/* Compact text of 'v' in the arena. */
const char *json_dump(struct arena *a, jv *v);

/* Removes a member; used before a document is stored without it. */
void json_del(jv *o, const char *name);

/* Calls fn(arg, key, value) for each member, in order. */
void json_each(jv *o, void (*fn)(void *arg, const char *key, jv *value), void *arg);

/*
 * Member by member from a document of somebody else's into one of ours: written
 * only if it is there, of that type, and not "", false or 0.
 */
void jw_copy_str(struct jw *w, jv *o, const char *name);
void jw_copy_bool(struct jw *w, jv *o, const char *name);
void jw_copy_i64(struct jw *w, jv *o, const char *name);

#endif
