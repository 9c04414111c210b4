/*
 * lib/policy/posture.c -- posture terms, one attribute against one list of values.
 *
 * Which attributes a device has is one table; where a value comes from (device
 * or test) is settled before a term is looked at, so both are judged alike.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/posture.h"

enum kind { KIND_TEXT, KIND_NOCASE, KIND_VERSION };

/* Where an attribute is looked up: one of the two. */
struct source {
	const struct net_posture *of;
	const struct posture_given *given;
};

const struct posture_attr posture_attrs[] = {
	{ "node:os", POSTURE_TEXT }, { "node:osVersion", POSTURE_VERSION },
	{ "node:tsVersion", POSTURE_VERSION }, { "node:tsReleaseTrack", POSTURE_TEXT },
	{ "node:tsAutoUpdate", POSTURE_BOOL }, { "node:tsStateEncrypted", POSTURE_BOOL },
	{ NULL, POSTURE_TEXT },
};

static bool
only(struct str s, const char *further)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) &&
		    (s.p[i] == '\0' || strchr(further, s.p[i]) == NULL))
			return false;
	return true;
}

bool
posture_custom_name(struct str name)
{
	return str_starts(name, POSTURE_CUSTOM) && name.n > strlen(POSTURE_CUSTOM) &&
	    name.n <= POSTURE_CUSTOM_MAX && only(name, "_:");
}

bool
posture_custom_value(struct str value)
{
	return value.n > 0 && value.n <= POSTURE_CUSTOM_MAX && only(value, "_.");
}

static const char *
known(const char *s)
{
	return s && s[0] ? s : NULL;
}

static const char *
truth(bool b)
{
	return b ? "true" : "false";
}

/* The client's odd minor versions are its unstable track. */
static const char *
track(const struct net_posture *of)
{
	const char *dot = of->ts_version ? strchr(of->ts_version, '.') : NULL;

	if (known(of->ts_track) || !dot || !isdigit((unsigned char)dot[1]))
		return known(of->ts_track);
	return strtoul(dot + 1, NULL, 10) % 2 ? "unstable" : "stable";
}

static const char *
custom_value(const struct net_posture *of, const char *attr)
{
	for (size_t i = 0; i < of->n_custom; i++)
		if (strcmp(of->custom[i].name, attr) == 0)
			return of->custom[i].value;
	return NULL;
}

const char *
posture_value(const struct net_posture *of, const char *attr)
{
	if (strcmp(attr, "node:os") == 0)
		return known(of->os);
	if (strcmp(attr, "node:osVersion") == 0)
		return known(of->os_version);
	if (strcmp(attr, "node:tsVersion") == 0)
		return known(of->ts_version);
	if (strcmp(attr, "node:tsReleaseTrack") == 0)
		return track(of);
	if (strcmp(attr, "node:tsAutoUpdate") == 0)
		return truth(of->ts_auto_update);
	if (strcmp(attr, "node:tsStateEncrypted") == 0)
		return truth(of->ts_state_encrypted);
	return custom_value(of, attr);
}

static const char *
value_of(const struct source *s, const char *attr)
{
	if (s->of)
		return posture_value(s->of, attr);
	for (size_t i = 0; i < s->given->n; i++)
		if (strcmp(s->given->v[i].attr, attr) == 0 && s->given->v[i].n_values > 0)
			return s->given->v[i].values[0];
	return NULL;
}

static enum kind
kind_of(const char *attr)
{
	if (strcmp(attr, "node:os") == 0)
		return KIND_NOCASE;
	if (strcmp(attr, "node:osVersion") == 0 || strcmp(attr, "node:tsVersion") == 0)
		return KIND_VERSION;
	return KIND_TEXT;
}

/* The next dotted number of a version; 0 at its end, which is at anything else. */
static uint64_t
component(const char **s)
{
	uint64_t n = 0;

	for (; isdigit((unsigned char)**s); (*s)++)
		n = n > UINT32_MAX ? n : n * 10 + (uint64_t)(**s - '0');
	if (**s == '.')
		(*s)++;
	return n;
}

static bool
is_version(const char *s)
{
	return isdigit((unsigned char)*s);
}

/* "1.102.5-t7ef2" is 1.102.5; a part that is missing counts as 0. */
static int
version_cmp(const char *a, const char *b)
{
	while (is_version(a) || is_version(b)) {
		uint64_t x = component(&a), y = component(&b);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static bool
same(enum kind k, const char *a, const char *b)
{
	if (k == KIND_NOCASE)
		return strcasecmp(a, b) == 0;
	if (k == KIND_VERSION && is_version(a) && is_version(b))
		return version_cmp(a, b) == 0;
	return strcmp(a, b) == 0;
}

static bool
one_of(const struct posture_term *t, const char *have)
{
	for (size_t i = 0; i < t->n_values; i++)
		if (same(kind_of(t->attr), have, t->values[i]))
			return true;
	return false;
}

/* <, <=, >, >=: of numbers only, dotted or not. */
static bool
ordered(const struct posture_term *t, const char *have)
{
	if (t->n_values == 0 || !is_version(have) || !is_version(t->values[0]))
		return false;

	int c = version_cmp(have, t->values[0]);

	switch (t->op) {
	case POSTURE_LT:
		return c < 0;
	case POSTURE_LE:
		return c <= 0;
	case POSTURE_GT:
		return c > 0;
	default:
		return c >= 0;
	}
}

static bool
term_holds(const struct posture_term *t, const struct source *s)
{
	const char *have = value_of(s, t->attr);

	if (t->op == POSTURE_NOT_SET)
		return !have;
	if (!have)
		return false;

	switch (t->op) {
	case POSTURE_IS_SET:
		return true;
	case POSTURE_EQ:
	case POSTURE_IN:
		return one_of(t, have);
	case POSTURE_NE:
	case POSTURE_NOT_IN:
		return !one_of(t, have);
	default:
		return ordered(t, have);
	}
}

static bool
all_hold(const struct policy_posture *p, const struct source *s)
{
	for (size_t i = 0; i < p->n_terms; i++)
		if (!term_holds(&p->terms[i], s))
			return false;
	return true;
}

static bool
any_holds(const struct policy *pol, const uint32_t *postures, size_t n, const struct source *s)
{
	for (size_t i = 0; i < n; i++)
		if (all_hold(&pol->postures[postures[i]], s))
			return true;
	return n == 0;
}

bool
posture_holds(const struct policy_posture *p, const struct net_posture *of)
{
	return all_hold(p, &(struct source){ .of = of });
}

bool
posture_any_holds(const struct policy *pol, const uint32_t *postures, size_t n,
    const struct net_posture *of)
{
	return any_holds(pol, postures, n, &(struct source){ .of = of });
}

bool
posture_any_given(const struct policy *pol, const uint32_t *postures, size_t n,
    const struct posture_given *given)
{
	return any_holds(pol, postures, n, &(struct source){ .given = given });
}
