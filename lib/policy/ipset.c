/*
 * lib/policy/ipset.c -- sets of addresses, as sorted ranges that do not touch.
 *
 * One form per set: ranges in order, with a gap between any two.  So equal sets
 * are equal arrays, questions are one binary search, and two sets combine in one
 * walk.  IPv4 and IPv6 are one line of addresses, as ip_cmp() orders them, but
 * nothing joins across the border.
 */
#include "lib/policy/ipset.h"

#include <stdio.h>
#include <stdlib.h>

/* Address before 'ip', which is not the first of its family. */
static struct ip
before(struct ip ip)
{
	size_t i = ip.family == 4 ? 4 : 16;

	while (i > 0 && ip.b[--i]-- == 0)
		;
	return ip;
}

static struct ip
after(struct ip ip)
{
	ip_next(&ip);
	return ip;
}

static bool
is_range(const struct iprange *r)
{
	return r->lo.family != 0 && r->lo.family == r->hi.family &&
	    ip_cmp(&r->lo, &r->hi) <= 0;
}

/* Does 'r', which begins no earlier than 'last', leave no gap behind it? */
static bool
continues(const struct iprange *last, const struct iprange *r)
{
	struct ip next;

	if (last->hi.family != r->lo.family)
		return false;
	if (ip_cmp(&r->lo, &last->hi) <= 0)
		return true;
	next = after(last->hi);		/* there is one: r->lo is higher */
	return ip_eq(&next, &r->lo);
}

/* Adds a range that begins no earlier than all that are in. */
static void
append(struct ipset *s, const struct iprange *r)
{
	struct iprange *last = s->n > 0 ? &s->v[s->n - 1] : NULL;

	if (last == NULL || !continues(last, r))
		s->v[s->n++] = *r;
	else if (ip_cmp(&r->hi, &last->hi) > 0)
		last->hi = r->hi;
}

static int
by_lo(const void *a, const void *b)
{
	const struct iprange *x = a, *y = b;

	return ip_cmp(&x->lo, &y->lo);
}

static struct ipset
with_room(struct arena *a, size_t n)
{
	return (struct ipset){ .v = arena_array(a, n, sizeof(struct iprange)) };
}

struct ipset
ipset_of(struct arena *a, const struct iprange *v, size_t n)
{
	struct ipset s = with_room(a, n);
	struct iprange r;
	size_t valid = 0;

	for (size_t i = 0; i < n; i++)
		if (is_range(&v[i]))
			s.v[valid++] = v[i];
	if (valid > 1)
		qsort(s.v, valid, sizeof(*s.v), by_lo);
	for (size_t i = 0; i < valid; i++) {
		r = s.v[i];		/* append() writes no further than here */
		append(&s, &r);
	}
	return s;
}

struct iprange
iprange_of_prefix(struct prefix p)
{
	return (struct iprange){ prefix_masked(p).ip, prefix_last(&p) };
}

struct iprange
iprange_of_ip(struct ip ip)
{
	return (struct iprange){ ip, ip };
}

bool
iprange_read(struct str s, struct iprange *out)
{
	struct str hi = s, lo;
	struct prefix p;

	*out = (struct iprange){ 0 };
	if (!str_cut(&hi, '-', &lo))
		return false;
	if (hi.p != NULL)		/* there is a '-' */
		return ip_read(lo, &out->lo) && ip_read(hi, &out->hi) && is_range(out);
	if (prefix_read(s, &p)) {
		*out = iprange_of_prefix(p);
		return true;
	}
	if (!ip_read(s, &out->lo))
		return false;
	out->hi = out->lo;
	return true;
}

struct ipset
ipset_union(struct arena *a, struct ipset x, struct ipset y)
{
	struct ipset s = with_room(a, x.n + y.n);
	size_t i = 0, j = 0;

	while (i < x.n || j < y.n) {
		if (j == y.n || (i < x.n && by_lo(&x.v[i], &y.v[j]) <= 0))
			append(&s, &x.v[i++]);
		else
			append(&s, &y.v[j++]);
	}
	return s;
}

/* Adds what 'y', from its range *j on, leaves of 'r'; *j moves past what is below it. */
static void
append_rest(struct ipset *s, struct iprange r, struct ipset y, size_t *j)
{
	while (*j < y.n && ip_cmp(&y.v[*j].hi, &r.lo) < 0)
		++*j;
	for (; *j < y.n && ip_cmp(&y.v[*j].lo, &r.hi) <= 0; ++*j) {
		if (ip_cmp(&y.v[*j].lo, &r.lo) > 0)
			s->v[s->n++] = (struct iprange){ r.lo, before(y.v[*j].lo) };
		if (ip_cmp(&y.v[*j].hi, &r.hi) >= 0)
			return;
		r.lo = after(y.v[*j].hi);
	}
	s->v[s->n++] = r;
}

struct ipset
ipset_minus(struct arena *a, struct ipset x, struct ipset y)
{
	struct ipset s = with_room(a, x.n + y.n);
	size_t j = 0;

	for (size_t i = 0; i < x.n; i++)
		append_rest(&s, x.v[i], y, &j);
	return s;
}

struct ipset
ipset_both(struct arena *a, struct ipset x, struct ipset y)
{
	struct ipset s = with_room(a, x.n + y.n);
	const struct iprange *p, *q;
	struct iprange r;
	size_t i = 0, j = 0;

	while (i < x.n && j < y.n) {
		p = &x.v[i];
		q = &y.v[j];
		r.lo = ip_cmp(&p->lo, &q->lo) > 0 ? p->lo : q->lo;
		r.hi = ip_cmp(&p->hi, &q->hi) < 0 ? p->hi : q->hi;
		if (ip_cmp(&r.lo, &r.hi) <= 0)
			s.v[s.n++] = r;
		if (ip_cmp(&p->hi, &q->hi) < 0)
			i++;
		else
			j++;
	}
	return s;
}

/* The first range that does not end before 'ip', or NULL. */
static const struct iprange *
first_from(struct ipset s, const struct ip *ip)
{
	size_t lo = 0, hi = s.n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (ip_cmp(&s.v[mid].hi, ip) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s.n ? &s.v[lo] : NULL;
}

bool
ipset_has(struct ipset s, const struct ip *ip)
{
	const struct iprange *f = first_from(s, ip);

	return f != NULL && ip_cmp(&f->lo, ip) <= 0;
}

bool
ipset_overlaps(struct ipset s, struct iprange r)
{
	const struct iprange *f = first_from(s, &r.lo);

	return f != NULL && ip_cmp(&f->lo, &r.hi) <= 0;
}

bool
ipset_covers(struct ipset s, struct iprange r)
{
	const struct iprange *f = first_from(s, &r.lo);

	return f != NULL && ip_cmp(&f->lo, &r.lo) <= 0 && ip_cmp(&r.hi, &f->hi) <= 0;
}

bool
ipset_meets(struct ipset x, struct ipset y)
{
	struct ipset few = x.n < y.n ? x : y, many = x.n < y.n ? y : x;

	for (size_t i = 0; i < few.n; i++)	/* mostly a node's two addresses */
		if (ipset_overlaps(many, few.v[i]))
			return true;
	return false;
}

bool
ipset_eq(struct ipset x, struct ipset y)
{
	if (x.n != y.n)
		return false;
	for (size_t i = 0; i < x.n; i++)
		if (!ip_eq(&x.v[i].lo, &y.v[i].lo) || !ip_eq(&x.v[i].hi, &y.v[i].hi))
			return false;
	return true;
}

/* How many bits the two have in common from the left; of one family. */
static uint8_t
common_bits(const struct ip *a, const struct ip *b)
{
	unsigned width = a->family == 4 ? 32 : 128, n = 0;

	while (n < width && a->b[n / 8] == b->b[n / 8])
		n += 8;
	while (n < width && ((a->b[n / 8] ^ b->b[n / 8]) & (0x80 >> n % 8)) == 0)
		n++;
	return (uint8_t)n;
}

bool
iprange_is_prefix(struct iprange r, struct prefix *out)
{
	struct iprange whole;

	if (!is_range(&r))
		return false;
	*out = (struct prefix){ r.lo, common_bits(&r.lo, &r.hi) };
	whole = iprange_of_prefix(*out);
	return ip_eq(&whole.lo, &r.lo) && ip_eq(&whole.hi, &r.hi);
}

const char *
iprange_write_ends(struct iprange r, char out[static IPRANGE_TEXT_SIZE])
{
	char lo[IP_TEXT_SIZE], hi[IP_TEXT_SIZE];

	(void)snprintf(out, IPRANGE_TEXT_SIZE, "%s-%s", ip_write(&r.lo, lo),
	    ip_write(&r.hi, hi));
	return out;
}

const char *
iprange_write(struct iprange r, char out[static IPRANGE_TEXT_SIZE])
{
	struct prefix p;

	if (ip_eq(&r.lo, &r.hi))
		return ip_write(&r.lo, out);
	if (iprange_is_prefix(r, &p))
		return prefix_write(&p, out);
	return iprange_write_ends(r, out);
}

void
ipset_json(struct jw *w, struct ipset s)
{
	char text[IPRANGE_TEXT_SIZE];

	for (size_t i = 0; i < s.n; i++)
		jw_str(w, iprange_write(s.v[i], text));
}

/* ---- gathering ---- */

void
ranges_add(struct ranges *r, struct iprange one)
{
	r->v = arena_room(r->a, r->v, r->n, &r->cap, sizeof(*r->v));
	r->v[r->n++] = one;
}

void
ranges_add_ips(struct ranges *r, const struct ip *ip4, const struct ip *ip6)
{
	if (ip4->family != 0)
		ranges_add(r, iprange_of_ip(*ip4));
	if (ip6->family != 0)
		ranges_add(r, iprange_of_ip(*ip6));
}
