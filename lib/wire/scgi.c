/*
 * lib/wire/scgi.c -- the head of an SCGI request.
 *
 * Strict, because what stands here decides who a client is (REMOTE_ADDR): a
 * name that comes twice, a value without end or a length with leading zeros is
 * refused and never guessed at.
 */
#include "lib/wire/scgi.h"

#include <string.h>

#define LENGTH_DIGITS_MAX 5

/* Reads "<digits>:"; returns its size, 0 for more, -1 for none. */
static ssize_t
length_decode(struct span in, size_t *len)
{
	size_t i;

	*len = 0;
	for (i = 0; i < in.n && in.p[i] >= '0' && in.p[i] <= '9'; i++) {
		if (i == LENGTH_DIGITS_MAX || (i == 1 && in.p[0] == '0'))
			return -1;
		*len = *len * 10 + (size_t)(in.p[i] - '0');
	}
	if (*len > SCGI_HEAD_MAX)
		return -1;
	if (i == in.n)
		return 0;
	return i > 0 && in.p[i] == ':' ? (ssize_t)i + 1 : -1;
}

/* Takes what stands before the next NUL off 'in'. */
static bool
text_next(struct span *in, struct str *out)
{
	const uint8_t *end = in->n ? memchr(in->p, 0, in->n) : NULL;

	if (end == NULL)
		return false;
	*out = (struct str){ (const char *)in->p, (size_t)(end - in->p) };
	in->p = end + 1;
	in->n -= out->n + 1;
	return true;
}

bool
scgi_next(struct span *pairs, struct str *name, struct str *value)
{
	return text_next(pairs, name) && text_next(pairs, value) && name->n > 0;
}

struct str
scgi_get(const struct scgi_head *h, const char *name)
{
	struct span rest = h->pairs;
	struct str k, v;

	while (scgi_next(&rest, &k, &v))
		if (str_is(k, name))
			return v;
	return (struct str){ NULL, 0 };
}

/* Is 'name' among the first 'n' names? */
static bool
seen(const struct str *names, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

/* Are these pairs, to the last byte, each name once? */
static bool
pairs_sound(struct span rest)
{
	struct str names[SCGI_PAIRS_MAX], value;
	size_t n = 0;

	while (rest.n > 0) {
		if (n == SCGI_PAIRS_MAX ||
		    !scgi_next(&rest, &names[n], &value) ||
		    seen(names, n, names[n]))
			return false;
		n++;
	}
	return true;
}

static bool
head_sound(struct scgi_head *h)
{
	struct span rest = h->pairs;
	struct str name, length;

	return scgi_next(&rest, &name, &length) &&
	    str_is(name, "CONTENT_LENGTH") &&
	    !str_starts(length, "-") && str_i64(length, &h->content_length) &&
	    pairs_sound(h->pairs) && str_is(scgi_get(h, "SCGI"), "1");
}

ssize_t
scgi_decode(struct span in, struct scgi_head *h)
{
	size_t len, size;
	ssize_t skip = length_decode(in, &len);

	if (skip <= 0)
		return skip;
	size = (size_t)skip + len + 1;
	if (in.n < size)
		return 0;
	*h = (struct scgi_head){ .pairs = { in.p + skip, len } };
	if (in.p[size - 1] != ',' || !head_sound(h))
		return -1;
	return (ssize_t)size;
}
