/*
 * lib/store/address.c -- which address a new node gets.
 *
 * address_next and address_free are hints: whether an address is free is asked
 * of the nodes table each time, so an edit by hand cannot give one twice.  The
 * cursor goes round; it meets as many taken addresses as there are in a row, and
 * a prefix is used up only when it has come back to where it began.
 */
#include "lib/store/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/log.h"

#define HOLES_MAX 64	/* tried per address: a row that is of no use goes for good */

/* Never given to a node: Tailscale's own services live there. */
static const struct prefix reserved[] = {
	{ { 4, { 100, 100, 100, 100 } }, 32 },
	{ { 4, { 100, 115, 92, 0 } }, 23 },		/* ChromeOS's virtual machines */
	{ { 6, { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0, [15] = 0x53 } }, 128 },
};

/*
 * What is walked: a prefix, or the ranges of a pool in it.  Masked; with its
 * ends and where to look next.
 */
struct walk {
	struct prefix p;
	struct iprange whole;	/* the one range of a walk over all of the prefix */
	const struct iprange *v;
	size_t n;
	struct ip at;
	char key[IP_TEXT_SIZE + IP_TEXT_SIZE];	/* of its row in address_next */
};

static void
walk_prefix(struct walk *w, const struct prefix *p)
{
	w->p = prefix_masked(*p);
	w->whole = (struct iprange){ w->p.ip, prefix_last(&w->p) };
	w->v = &w->whole;
	w->n = 1;
	w->at = w->p.ip;
	(void)prefix_write(&w->p, w->key);
}

/* Pools with the same ends share a row, which is no more than a hint. */
static void
walk_pool(struct walk *w, const struct prefix *p, const struct iprange *v, size_t n)
{
	char lo[IP_TEXT_SIZE], hi[IP_TEXT_SIZE];

	walk_prefix(w, p);
	w->v = v;
	w->n = n;
	w->at = v[0].lo;
	(void)snprintf(w->key, sizeof(w->key), "%s-%s", ip_write(&v[0].lo, lo),
	    ip_write(&v[n - 1].hi, hi));
}

/* From an address that is in no range on to the next that is, or round. */
static void
walk_settle(struct walk *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (ip_cmp(&w->at, &w->v[i].hi) > 0)
			continue;
		if (ip_cmp(&w->at, &w->v[i].lo) < 0)
			w->at = w->v[i].lo;
		return;
	}
	w->at = w->v[0].lo;
}

/* Network and broadcast address, but for a prefix of one or two addresses. */
static bool
is_edge(const struct walk *w, const struct ip *ip)
{
	unsigned width = w->p.ip.family == 4 ? 32 : 128;

	return w->p.bits + 1u < width &&
	    (ip_eq(ip, &w->whole.lo) || ip_eq(ip, &w->whole.hi));
}

/* The reserved range that holds 'ip'; NULL if none does. */
static const struct prefix *
reserved_for(const struct ip *ip)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (prefix_contains(&reserved[i], ip))
			return &reserved[i];
	return NULL;
}

static bool
is_allowed(const struct walk *w, const struct ip *ip)
{
	return prefix_contains(&w->p, ip) && !is_edge(w, ip) && reserved_for(ip) == NULL;
}

bool
store_address_allowed(const struct prefix *p, const struct ip *ip)
{
	struct walk w;

	walk_prefix(&w, p);
	return is_allowed(&w, ip);
}

static const char q_ipv4_taken[] =
	"SELECT 1 FROM nodes WHERE tailnet_id = " TAILNET " AND ipv4 = ?1";
static const char q_ipv6_taken[] =
	"SELECT 1 FROM nodes WHERE tailnet_id = " TAILNET " AND ipv6 = ?1";

static enum err
is_taken(struct db *db, const struct ip *ip, bool *taken)
{
	struct stmt *s = ip->family == 4 ? db_stmt(db, q_ipv4_taken) :
	    db_stmt(db, q_ipv6_taken);
	char text[IP_TEXT_SIZE];

	bind_text(s, 1, ip_write(ip, text));
	*taken = stmt_row(s);
	return stmt_end(s);
}

/* May 'ip' be given to a node now? */
static enum err
is_usable(struct db *db, const struct walk *w, const struct ip *ip, bool *usable)
{
	bool taken;
	enum err e;

	*usable = false;
	if (!is_allowed(w, ip))
		return OK;
	e = is_taken(db, ip, &taken);
	*usable = !taken;
	return e;
}

/* ---- holes ---- */

static const char q_hole_take[] =
	"DELETE FROM address_free WHERE id = (SELECT id FROM address_free"
	" WHERE tailnet_id = " TAILNET " AND family = ?1 ORDER BY id LIMIT 1)"
	" RETURNING address";

static enum err
hole_take(struct db *db, uint8_t family, struct ip *out)
{
	struct stmt *s = db_stmt(db, q_hole_take);
	char text[IP_TEXT_SIZE] = "";

	bind_i64(s, 1, family);
	if (stmt_row(s))
		col_text_into(s, 0, text, sizeof(text));
	if (!ip_read(str_of(text), out))
		*out = (struct ip){ 0 };
	(void)stmt_row(s);	/* RETURNING is done only after its last row */
	return stmt_end_row(s);
}

/* ERR_NOTFOUND if no hole is of use. */
static enum err
take_hole(struct db *db, const struct walk *w, struct ip *out)
{
	bool usable = false;
	enum err e = OK;

	for (int i = 0; i < HOLES_MAX && e == OK && !usable; i++)
		if ((e = hole_take(db, w->p.ip.family, out)) == OK)
			e = is_usable(db, w, out, &usable);
	return e == OK && !usable ? ERR_NOTFOUND : e;
}

/* ---- the cursor ---- */

static const char q_next[] =
	"SELECT next FROM address_next WHERE tailnet_id = " TAILNET " AND prefix = ?1";

/* Where the last one stopped; the start of it all if that is unknown or wrong. */
static enum err
cursor_read(struct db *db, struct walk *w)
{
	struct stmt *s = db_stmt(db, q_next);
	char text[IP_TEXT_SIZE] = "";
	struct ip at;

	bind_text(s, 1, w->key);
	if (stmt_row(s))
		col_text_into(s, 0, text, sizeof(text));
	if (ip_read(str_of(text), &at) && prefix_contains(&w->p, &at)) {
		w->at = at;
		walk_settle(w);
	}
	return stmt_end(s);
}

static const char q_next_put[] =
	"INSERT INTO address_next (tailnet_id, prefix, next) VALUES (" TAILNET ", ?1, ?2)"
	" ON CONFLICT (tailnet_id, prefix) DO UPDATE SET next = excluded.next";

static enum err
cursor_write(struct db *db, const struct walk *w)
{
	struct stmt *s = db_stmt(db, q_next_put);
	char text[IP_TEXT_SIZE];

	bind_text(s, 1, w->key);
	bind_text(s, 2, ip_write(&w->at, text));
	return stmt_run(s);
}

/* Moves past 'ip', over a reserved range as a whole, and round at the end. */
static void
move_past(struct walk *w, struct ip ip)
{
	const struct prefix *r = reserved_for(&ip);

	w->at = r != NULL ? prefix_last(r) : ip;
	if (ip_cmp(&w->at, &w->v[w->n - 1].hi) >= 0) {
		w->at = w->v[0].lo;
		return;
	}
	ip_next(&w->at);
	walk_settle(w);
}

/* The first free address from w->at on, round to it; w->at is then the one after. */
static enum err
take_next(struct db *db, struct walk *w, struct ip *out)
{
	struct ip start = w->at;
	bool usable;
	int rounds = 0;
	enum err e;

	for (;;) {
		*out = w->at;
		if ((e = is_usable(db, w, out, &usable)) != OK)
			return e;
		move_past(w, *out);
		if (usable)
			return OK;
		rounds += ip_cmp(&w->at, out) <= 0;
		/* A reserved range may lead over 'start' and round again. */
		if (rounds > 1 || (rounds == 1 && ip_cmp(&w->at, &start) >= 0))
			return ERR_TOOBIG;
	}
}

static void
random_bytes(void *out, size_t n)
{
	if (getrandom(out, n, 0) != (ssize_t)n)
		fatal("getrandom: no random bytes");
}

/* Somewhere in one of the ranges: random bits where its ends differ. */
static void
random_start(struct walk *w)
{
	struct ip r = { .family = w->p.ip.family };
	const struct iprange *in;
	uint32_t which;

	random_bytes(&which, sizeof(which));
	random_bytes(r.b, sizeof(r.b));
	in = &w->v[which % w->n];
	w->at = in->lo;
	for (size_t i = 0; i < sizeof(r.b); i++)
		w->at.b[i] |= r.b[i] & (in->lo.b[i] ^ in->hi.b[i]);
	walk_settle(w);	/* a range that is no prefix may have been left */
}

static enum err
take_in_turn(struct db *db, struct walk *w, struct ip *out)
{
	enum err e;

	if ((e = cursor_read(db, w)) != OK || (e = take_next(db, w, out)) != OK)
		return e;
	return cursor_write(db, w);
}

static enum err
take_random(struct db *db, struct walk *w, struct ip *out)
{
	random_start(w);
	return take_next(db, w, out);
}

static enum err
used_up(struct db *db, const struct walk *w, enum err e)
{
	if (e == ERR_TOOBIG)
		return db_error(db, e, "all addresses of %s are taken", w->key);
	return e;
}

enum err
store_address_take(struct db *db, const struct prefix *p, enum allocation how,
    struct ip *out)
{
	struct walk w;
	enum err e;

	walk_prefix(&w, p);
	if (how == ALLOC_RANDOM)
		e = take_random(db, &w, out);
	else if ((e = take_hole(db, &w, out)) == ERR_NOTFOUND)
		e = take_in_turn(db, &w, out);
	return used_up(db, &w, e);
}

enum err
store_address_take_pool(struct db *db, const struct prefix *p, const struct iprange *v,
    size_t n, enum allocation how, struct ip *out)
{
	struct walk w;

	walk_pool(&w, p, v, n);
	return used_up(db, &w, how == ALLOC_RANDOM ? take_random(db, &w, out) :
	    take_in_turn(db, &w, out));
}
