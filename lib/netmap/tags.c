/* lib/netmap/tags.c -- lists of tags. */
#include "lib/netmap/tags.h"

#include <stdlib.h>
#include <string.h>

bool
tag_valid(const char *s)
{
	size_t n = strlen(s);

	if (n < 5 || n > TAG_LEN_MAX || strncmp(s, "tag:", 4) != 0 ||
	    s[4] < 'a' || s[4] > 'z')
		return false;
	return strspn(s + 4, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == n - 4;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *
tags_json(struct arena *a, const char *const *tags, size_t n)
{
	const char **v = arena_array(a, n, sizeof(*v));
	char *text, *p;
	size_t kept = 0;

	for (size_t i = 0; i < n && kept < TAGS_MAX; i++)
		if (tags[i] != NULL && tag_valid(tags[i]))
			v[kept++] = tags[i];
	if (kept > 1)
		qsort(v, kept, sizeof(*v), by_text);
	p = text = arena_alloc(a, kept * (TAG_LEN_MAX + 3) + 3);
	*p++ = '[';
	for (size_t i = 0; i < kept; i++) {
		if (i > 0 && strcmp(v[i], v[i - 1]) == 0)
			continue;
		if (p[-1] != '[')
			*p++ = ',';
		*p++ = '"';
		p = stpcpy(p, v[i]);
		*p++ = '"';
	}
	*p = ']';
	return text;
}

const char *
tags_json_of(struct arena *a, jv *array)
{
	size_t n = json_len(array);
	const char **v = arena_array(a, n, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = json_text(json_at(array, i));
	return tags_json(a, v, n);
}

const char *
tags_text(struct arena *a, const char *stored)
{
	char *text = arena_alloc(a, strlen(stored) + 1), *p = text;

	for (; *stored != '\0'; stored++)	/* no tag has either character in it */
		if (*stored != '"')
			*p++ = *stored == ',' ? ' ' : *stored;
	*p = '\0';
	return text;
}

bool
tags_within(struct arena *a, const char *part, const char *whole)
{
	jv *p = json_parse(a, str_of(part), 2, NULL);
	jv *w = json_parse(a, str_of(whole), 2, NULL);

	for (size_t i = 0; i < json_len(p); i++) {
		bool found = false;
		for (size_t k = 0; k < json_len(w) && !found; k++)
			found = strcmp(json_text(json_at(p, i)), json_text(json_at(w, k))) == 0;
		if (!found)
			return false;
	}
	return true;
}
