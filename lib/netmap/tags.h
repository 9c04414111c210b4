/*
 * lib/netmap/tags.h -- lists of tags ("tag:web"), stored sorted and without doubles.
 */
#ifndef LIB_NETMAP_TAGS_H
#define LIB_NETMAP_TAGS_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/json/json.h"

#define TAGS_MAX 128
#define TAG_LEN_MAX 128

/* "tag:" and lower-case letters, digits, '-', '_' or '.', starting with a letter. */
bool tag_valid(const char *s);

/* The stored form of a JSON array of tags (NULL is empty); invalid ones are dropped. */
const char *tags_json_of(struct arena *a, jv *array);

/* The same from 'n' texts. */
const char *tags_json(struct arena *a, const char *const *tags, size_t n);

/* The tags of either (stored forms). */
const char *tags_union(struct arena *a, const char *x, const char *y);

/* The tags of a stored form one by one, as texts in the arena. */
const char **tags_list(struct arena *a, const char *stored, size_t *n);

/* The stored form as messages have it: "[tag:a tag:b]". */
const char *tags_text(struct arena *a, const char *stored);

/* Are all tags of 'part' (stored form) in 'whole' (stored form)? */
bool tags_within(struct arena *a, const char *part, const char *whole);

#endif
