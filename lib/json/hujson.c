/*
 * lib/json/hujson.c -- HuJSON as a tree: values, arrays, objects.
 *
 * Recursive descent, one function per level, so that the depth limit is also a
 * limit on the stack.  That keys are unique is seen when an object ends, by
 * sorting: a hash table could be made slow by whoever chooses the keys.
 */
#include "lib/json/hujson.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/json/hujson_scan.h"
#include "lib/json/json.h"

#define KEY_SHOWN_MAX 64	/* bytes of a key in a message */

struct entry {			/* a key in the order in which equals are neighbours */
	uint64_t hash;
	const struct hj *member;
};

struct reader {
	struct hj_scan s;
	int depth;		/* levels that are open */
	struct entry *entries;	/* for the object that ends just now */
	size_t room;
};

static bool value(struct reader *r, struct hj *v, const char *expected);

/* ---- keys ---- */

static unsigned char
fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static int
key_cmp(const char *a, const char *b)
{
	while (*a != '\0' && fold(*a) == fold(*b))
		a++, b++;
	return (int)fold(*a) - (int)fold(*b);
}

static uint64_t
key_hash(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);	/* FNV-1a */

	for (; *key != '\0'; key++)
		h = (h ^ fold(*key)) * UINT64_C(0x100000001b3);
	return h;
}

static int
place_cmp(struct place a, struct place b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.col < b.col ? -1 : a.col > b.col;
}

/* By hash, which is quick and mostly decides; then by key; equal keys as they stand. */
static int
entry_cmp(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	c = key_cmp(x->member->key, y->member->key);
	return c != 0 ? c : place_cmp(x->member->key_at, y->member->key_at);
}

static void
sort_keys(struct reader *r, const struct hj *o)
{
	const struct hj *m;
	size_t n = 0;

	if (o->n > r->room) {
		r->room = o->n * 2;
		r->entries = xrealloc(r->entries, r->room * sizeof(*r->entries));
	}
	for (m = o->child; m != NULL; m = m->next)
		r->entries[n++] = (struct entry){ key_hash(m->key), m };
	qsort(r->entries, n, sizeof(*r->entries), entry_cmp);
}

/* A string as JSON has it: nothing in it that a terminal would obey. */
static void
put_string(struct buf *out, struct str s)
{
	struct jw w;

	jw_init(&w, out);
	jw_strn(&w, s);
}

static bool
duplicate(struct reader *r, const struct hj *first, const struct hj *again)
{
	struct str key = str_of(again->key);
	struct buf shown;

	if (key.n > KEY_SHOWN_MAX)
		for (key.n = KEY_SHOWN_MAX; (key.p[key.n] & 0xc0) == 0x80;)
			key.n--;
	buf_init(&shown, 8 * KEY_SHOWN_MAX);
	put_string(&shown, key);
	return hujson_scan_fault(&r->s, again->key_at, "duplicate key %s (first on line %u)",
	    buf_text(&shown, r->s.a), (unsigned)first->key_at.line);
}

/* Reports the first key of the object that stood there before. */
static bool
keys_are_unique(struct reader *r, const struct hj *o)
{
	const struct hj *first = NULL, *again = NULL;
	const struct entry *e;

	if (o->n < 2)
		return true;
	sort_keys(r, o);
	for (e = r->entries + 1; e < r->entries + o->n; e++) {
		if (e->hash != e[-1].hash || key_cmp(e->member->key, e[-1].member->key) != 0)
			continue;
		if (again == NULL || place_cmp(e->member->key_at, again->key_at) < 0) {
			first = e[-1].member;
			again = e->member;
		}
	}
	return again == NULL || duplicate(r, first, again);
}

/* ---- values ---- */

/* What differs between the two that have brackets. */
struct brackets {
	const char *name;
	char close;
	bool (*item)(struct reader *, struct hj *);
	const char *expected;		/* behind an item */
};

static bool
fault_inside(struct reader *r, const struct hj *v, const struct brackets *k)
{
	if (!hujson_scan_at_end(&r->s))
		return hujson_scan_expected(&r->s, k->expected);
	return hujson_scan_fault(&r->s, hujson_scan_place(&r->s),
	    "the text ends inside the %s that begins on line %u: \"%c\" is missing", k->name,
	    (unsigned)v->at.line, k->close);
}

static bool
items(struct reader *r, struct hj *v, const struct brackets *k)
{
	struct hj **tail = &v->child;

	if (r->depth == HUJSON_DEPTH_MAX)
		return hujson_scan_fault(&r->s, v->at, "nested deeper than %d levels",
		    HUJSON_DEPTH_MAX);
	r->depth++;
	r->s.p++;
	hujson_scan_blanks(&r->s);
	while (!hujson_scan_take(&r->s, k->close)) {
		if (hujson_scan_at_end(&r->s))
			return fault_inside(r, v, k);
		*tail = arena_alloc(r->s.a, sizeof(**tail));
		if (!k->item(r, *tail))
			return false;
		tail = &(*tail)->next;
		v->n++;
		hujson_scan_blanks(&r->s);
		if (hujson_scan_take(&r->s, ','))
			hujson_scan_blanks(&r->s);
		else if (!hujson_scan_at(&r->s, k->close))
			return fault_inside(r, v, k);
	}
	r->depth--;
	return true;
}

static bool
element(struct reader *r, struct hj *v)
{
	return value(r, v, "a value or \"]\"");
}

static bool
array(struct reader *r, struct hj *v)
{
	static const struct brackets k = { "array", ']', element,
	    "\",\" or \"]\" after an element" };

	v->type = HJ_ARRAY;
	return items(r, v, &k);
}

static bool
member(struct reader *r, struct hj *v)
{
	v->key_at = hujson_scan_place(&r->s);
	if (!hujson_scan_at(&r->s, '"'))
		return hujson_scan_expected(&r->s, "a key in double quotes or \"}\"");
	if ((v->key = hujson_scan_string(&r->s)) == NULL)
		return false;
	hujson_scan_blanks(&r->s);
	if (!hujson_scan_take(&r->s, ':'))
		return hujson_scan_expected(&r->s, "\":\" after the key");
	hujson_scan_blanks(&r->s);
	return value(r, v, "a value");
}

static bool
object(struct reader *r, struct hj *v)
{
	static const struct brackets k = { "object", '}', member,
	    "\",\" or \"}\" after a member" };

	v->type = HJ_OBJECT;
	return items(r, v, &k) && keys_are_unique(r, v);
}

static bool
word(struct reader *r, struct hj *v, const char *expected)
{
	struct str w = hujson_scan_word(&r->s, sizeof("false"));	/* one more shows a longer */

	if (str_is(w, "true") || str_is(w, "false")) {
		v->type = HJ_BOOL;
		v->b = *w.p == 't';
	} else if (str_is(w, "null")) {
		v->type = HJ_NULL;
	} else {
		return hujson_scan_expected(&r->s, expected);
	}
	r->s.p += w.n;
	return true;
}

static bool
bare_value(struct reader *r, struct hj *v, const char *expected)
{
	switch (hujson_scan_at_end(&r->s) ? '\0' : *r->s.p) {
	case '{':
		return object(r, v);
	case '[':
		return array(r, v);
	case '"':
		v->type = HJ_STRING;
		return (v->text = hujson_scan_string(&r->s)) != NULL;
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		v->type = HJ_NUMBER;
		return (v->text = hujson_scan_number(&r->s)) != NULL;
	default:
		return word(r, v, expected);
	}
}

/* 'expected' names what might stand here, for the message. */
static bool
value(struct reader *r, struct hj *v, const char *expected)
{
	v->at = hujson_scan_place(&r->s);
	v->raw.p = r->s.p;
	if (!bare_value(r, v, expected))
		return false;
	v->raw.n = (size_t)(r->s.p - v->raw.p);
	return true;
}

/* ---- what others call ---- */

/* Blanks, a value, blanks.  A fault may be one of the last blanks. */
static bool
document(struct reader *r, struct hj *v)
{
	if (r->s.why != NULL)
		return false;
	hujson_scan_blanks(&r->s);
	if (hujson_scan_at_end(&r->s))
		return hujson_scan_fault(&r->s, (struct place){ 0, 0 }, "the document is empty");
	if (!value(r, v, "a value"))
		return false;
	hujson_scan_blanks(&r->s);
	if (!hujson_scan_at_end(&r->s))
		return hujson_scan_expected(&r->s, "nothing more after the value");
	return r->s.why == NULL;
}

struct hj *
hujson_parse(struct arena *a, struct str text, struct place *at, const char **why)
{
	struct hj *v = arena_alloc(a, sizeof(*v));
	struct reader r = { 0 };
	bool ok;

	hujson_scan_init(&r.s, a, text);
	ok = document(&r, v);
	free(r.entries);
	*at = r.s.at;
	*why = r.s.why;
	return ok ? v : NULL;
}

const struct hj *
hujson_get(const struct hj *o, const char *name)
{
	const struct hj *m = o != NULL && o->type == HJ_OBJECT ? o->child : NULL;

	while (m != NULL && key_cmp(m->key, name) != 0)
		m = m->next;
	return m;
}

static void put_value(struct buf *out, const struct hj *v);

/* Not by jw's levels: it has fewer than a document may have. */
static void
put_items(struct buf *out, const struct hj *v, const char brackets[static 2])
{
	const struct hj *m;

	buf_byte(out, (uint8_t)brackets[0]);
	for (m = v->child; m != NULL; m = m->next) {
		if (m != v->child)
			buf_byte(out, ',');
		if (m->key != NULL) {
			put_string(out, str_of(m->key));
			buf_byte(out, ':');
		}
		put_value(out, m);
	}
	buf_byte(out, (uint8_t)brackets[1]);
}

static void
put_value(struct buf *out, const struct hj *v)
{
	switch (v->type) {
	case HJ_NULL:
		buf_str(out, "null");
		break;
	case HJ_BOOL:
		buf_str(out, v->b ? "true" : "false");
		break;
	case HJ_NUMBER:
		buf_str(out, v->text);
		break;
	case HJ_STRING:
		put_string(out, str_of(v->text));
		break;
	case HJ_ARRAY:
		put_items(out, v, "[]");
		break;
	case HJ_OBJECT:
		put_items(out, v, "{}");
		break;
	}
}

const char *
hujson_json(struct arena *a, const struct hj *v)
{
	struct buf out;

	buf_init(&out, v->raw.n);	/* no value is shorter in the text than in this form */
	put_value(&out, v);
	assert(!out.over);
	return buf_text(&out, a);
}
