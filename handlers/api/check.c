/*
 * handlers/api/check.c -- the rules for text that people choose.
 *
 * The rule for user names is the one by which names from an identity provider
 * are accepted too, so that both kinds can be used alike in a policy.  What a
 * letter is comes from the C library's Unicode tables, whatever the locale.
 */
#include "handlers/api/check.h"

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wctype.h>

#include "lib/base/str.h"
#include "lib/model/model.h"
#include "lib/netmap/tags.h"

/* Takes the next code point of valid UTF-8; 0 at the end. */
static uint32_t
next_char(const char **s)
{
	const uint8_t *p = (const uint8_t *)*s;
	uint32_t c = *p;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

	if (c == 0)
		return 0;
	if (more > 0)
		c &= 0x3fu >> more;
	for (p++; more > 0 && *p != 0; more--)
		c = c << 6 | (*p++ & 0x3f);
	*s = (const char *)p;
	return c;
}

static locale_t
unicode(void)
{
	static locale_t loc;

	if (loc == (locale_t)0)
		loc = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return loc;
}

static bool
ascii_alnum(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

static bool
letter(uint32_t c)
{
	if (c < 0x80)
		return ascii_alnum(c) && c > '9';
	return unicode() != (locale_t)0 && iswalpha_l((wint_t)c, unicode());
}

static bool
name_char(uint32_t c)
{
	return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

const char *
api_check_user_name(const char *s)
{
	size_t n = strlen(s);
	unsigned count = 0, ats = 0;
	uint32_t c, last = 0;

	if (n > USER_NAME_MAX || !str_utf8_valid(str_of(s)))
		return "a user name is UTF-8 text of at most 254 bytes";
	if (strcmp(s, TAGGED_USER_NAME) == 0)
		return "this user name stands for tagged nodes; choose another";
	while ((c = next_char(&s)) != 0) {
		if (count++ == 0 && !letter(c))
			return "a user name starts with a letter";
		ats += c == '@';
		if (c != '@' && !name_char(c))
			return "a user name has only letters, digits, '-', '.', '_' "
			    "and at most one '@'";
		last = c;
	}
	if (count < 2)
		return "a user name has at least two characters";
	if (ats > 1 || last == '@')
		return "a user name has at most one '@', and not at its end";
	return NULL;
}

static bool
has_control(const char *s)
{
	uint32_t c;

	while ((c = next_char(&s)) != 0)
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			return true;
	return false;
}

const char *
api_check_display_name(const char *s)
{
	if (strlen(s) > USER_TEXT_MAX || !str_utf8_valid(str_of(s)) || has_control(s))
		return "a display name is one line of at most 254 bytes";
	return NULL;
}

const char *
api_check_email(const char *s)
{
	const char *at = strchr(s, '@');

	if (*s == '\0')
		return NULL;
	if (strlen(s) > USER_TEXT_MAX || !str_utf8_valid(str_of(s)) ||
	    has_control(s) || strpbrk(s, " <>,;\"") != NULL || at == NULL ||
	    at == s || at[1] == '\0' || strchr(at + 1, '@') != NULL)
		return "an e-mail address looks like alice@example.com";
	return NULL;
}

const char *
api_check_url(const char *s)
{
	const char *host = NULL;

	if (*s == '\0')
		return NULL;
	if (strncmp(s, "https://", 8) == 0)
		host = s + 8;
	else if (strncmp(s, "http://", 7) == 0)
		host = s + 7;
	if (host == NULL || *host == '\0' || *host == '/' ||
	    strlen(s) > URL_MAX || !str_utf8_valid(str_of(s)) ||
	    has_control(s) || strpbrk(s, " <>\"") != NULL)
		return "a picture URL starts with https:// or http:// and a host";
	return NULL;
}

const char *
api_check_tag(const char *s)
{
	if (tag_valid(s))
		return NULL;
	if (strncmp(s, "tag:", 4) != 0)
		return "tag must start with the string 'tag:'";
	return "after 'tag:' a tag has a lower-case letter, then lower-case letters, "
	    "digits, '-', '_' or '.', at most 128 characters in all";
}
