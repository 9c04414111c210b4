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

const char **
tags_list(struct arena *a, const char *stored, size_t *n)
{
	jv *array = json_parse(a, str_of(stored), 2, NULL);
	const char **v = arena_array(a, json_len(array), sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < json_len(array); i++)
		if (json_text(json_at(array, i)) != NULL)
			v[(*n)++] = json_text(json_at(array, i));
	return v;
}

const char *
tags_union(struct arena *a, const char *x, const char *y)
{
	size_t n_x, n_y;
	const char **xs = tags_list(a, x, &n_x), **ys = tags_list(a, y, &n_y);
	const char **v = arena_array(a, n_x + n_y, sizeof(*v));

	for (size_t i = 0; i < n_x + n_y; i++)
		v[i] = i < n_x ? xs[i] : ys[i - n_x];
	return tags_json(a, v, n_x + n_y);
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
	size_t n_p, n_w, k;
	const char **p = tags_list(a, part, &n_p), **w = tags_list(a, whole, &n_w);

	for (size_t i = 0; i < n_p; i++) {
		for (k = 0; k < n_w && strcmp(p[i], w[k]) != 0; k++)
			;
		if (k == n_w)
			return false;
	}
	return true;
}
