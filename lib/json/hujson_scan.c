/*
 * lib/json/hujson_scan.c -- the words of HuJSON: blanks, comments, strings, numbers.
 *
 * That all of the text is UTF-8 is seen once, at the start; after that bytes of
 * 0x80 and above need no look.  Messages made here quote nothing but ASCII
 * words of the text, as they end up in logs and on terminals.
 */
#include "lib/json/hujson_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BOM "\xef\xbb\xbf"
#define WHY_MAX 512		/* longer messages are cut */
#define SHOWN_MAX 24		/* of a word that is out of place */

bool
hujson_scan_fault(struct hj_scan *s, struct place at, const char *fmt, ...)
{
	char why[WHY_MAX];
	va_list ap;

	if (s->why != NULL)
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	s->at = at;
	s->why = arena_strdup(s->a, why);
	return false;
}

/* The first byte of 's', which is not all UTF-8, that begins no character. */
static const char *
first_bad(struct str s)
{
	const char *p = s.p, *end = s.p + s.n;
	size_t n;

	while (p < end) {
		for (n = 1; n <= 4 && n <= (size_t)(end - p); n++)
			if (str_utf8_valid((struct str){ p, n }))
				break;
		if (n > 4 || n > (size_t)(end - p))
			break;
		p += n;
	}
	return p;
}

/* Goes to 'p', over line ends. */
static void
advance(struct hj_scan *s, const char *p)
{
	const char *nl;

	while ((nl = memchr(s->p, '\n', (size_t)(p - s->p))) != NULL) {
		s->line++;
		s->p = s->line_start = nl + 1;
	}
	s->p = p;
}

void
hujson_scan_init(struct hj_scan *s, struct arena *a, struct str text)
{
	if (text.p == NULL)
		text = STR("");
	if (str_starts(text, BOM))
		text = (struct str){ text.p + strlen(BOM), text.n - strlen(BOM) };
	*s = (struct hj_scan){ .a = a, .p = text.p, .end = text.p + text.n,
	    .line_start = text.p, .line = 1 };
	if (str_utf8_valid(text))
		return;
	advance(s, first_bad(text));
	(void)hujson_scan_fault(s, hujson_scan_place(s),
	    "byte 0x%02x is not UTF-8: the text has to be", (unsigned char)*s->p);
}

struct place
hujson_scan_place(const struct hj_scan *s)
{
	return (struct place){ s->line, (uint32_t)(s->p - s->line_start) + 1 };
}

bool
hujson_scan_at_end(const struct hj_scan *s)
{
	return s->p == s->end;
}

bool
hujson_scan_at(const struct hj_scan *s, char c)
{
	return s->p < s->end && *s->p == c;
}

bool
hujson_scan_take(struct hj_scan *s, char c)
{
	if (!hujson_scan_at(s, c))
		return false;
	s->p++;
	return true;
}

/* Goes past the comment that begins here, if one does. */
static bool
comment(struct hj_scan *s)
{
	struct str rest = { s->p, (size_t)(s->end - s->p) };
	const char *close;

	if (str_starts(rest, "//")) {
		close = memchr(rest.p, '\n', rest.n);
		advance(s, close != NULL ? close : s->end);
		return true;
	}
	if (!str_starts(rest, "/*"))
		return false;
	close = memmem(rest.p + 2, rest.n - 2, "*/", 2);
	if (close == NULL)
		(void)hujson_scan_fault(s, hujson_scan_place(s),
		    "comment is not closed: \"*/\" is missing");
	advance(s, close != NULL ? close + 2 : s->end);
	return true;
}

void
hujson_scan_blanks(struct hj_scan *s)
{
	while (s->p < s->end) {
		switch (*s->p) {
		case ' ':
		case '\t':
		case '\r':
			s->p++;
			break;
		case '\n':
			advance(s, s->p + 1);
			break;
		case '/':
			if (comment(s))
				break;
			return;
		default:
			return;
		}
	}
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    c == '_' || c == '+' || c == '-' || c == '.';
}

struct str
hujson_scan_word(const struct hj_scan *s, size_t max)
{
	struct str w = { s->p, 0 };

	while (w.n < max && s->p + w.n < s->end && is_word(s->p[w.n]))
		w.n++;
	return w;
}

/* The character that begins at 'p', in text that is UTF-8. */
static uint32_t
code_point(const char *p)
{
	unsigned char c = (unsigned char)*p;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	uint32_t cp = more > 0 ? c & (0x3fu >> more) : c;

	while (more-- > 0)
		cp = cp << 6 | ((unsigned char)*++p & 0x3f);
	return cp;
}

bool
hujson_scan_expected(struct hj_scan *s, const char *what)
{
	struct place here = hujson_scan_place(s);
	struct str w = hujson_scan_word(s, SHOWN_MAX);

	if (s->p == s->end)
		return hujson_scan_fault(s, here, "expected %s, found the end of the text", what);
	if (*s->p == '"')
		return hujson_scan_fault(s, here, "expected %s, found a string", what);
	if (w.n > 0)
		return hujson_scan_fault(s, here, "expected %s, found \"%.*s\"", what,
		    (int)w.n, w.p);
	if (*s->p > ' ' && *s->p < 0x7f)
		return hujson_scan_fault(s, here, "expected %s, found \"%c\"", what, *s->p);
	return hujson_scan_fault(s, here, "expected %s, found the character U+%04X", what,
	    (unsigned)code_point(s->p));
}

/* ---- numbers ---- */

static bool
digits(struct hj_scan *s, const char *what)
{
	if (s->p == s->end || !is_digit(*s->p))
		return hujson_scan_expected(s, what);
	while (s->p < s->end && is_digit(*s->p))
		s->p++;
	return true;
}

static bool
number(struct hj_scan *s)
{
	(void)hujson_scan_take(s, '-');
	if (hujson_scan_take(s, '0')) {
		if (s->p < s->end && is_digit(*s->p))
			return hujson_scan_fault(s, hujson_scan_place(s),
			    "a number cannot begin with 0: leave it out, or write a string");
	} else if (!digits(s, "a digit after \"-\"")) {
		return false;
	}
	if (hujson_scan_take(s, '.') && !digits(s, "a digit after \".\""))
		return false;
	if (!hujson_scan_take(s, 'e') && !hujson_scan_take(s, 'E'))
		return true;
	if (!hujson_scan_take(s, '+'))
		(void)hujson_scan_take(s, '-');
	return digits(s, "a digit in the exponent");
}

const char *
hujson_scan_number(struct hj_scan *s)
{
	const char *from = s->p;

	return number(s) ? arena_strndup(s->a, from, (size_t)(s->p - from)) : NULL;
}

/* ---- strings ---- */

/* The closing quote of the string that begins here; NULL is a fault. */
static const char *
string_end(struct hj_scan *s)
{
	struct place from = hujson_scan_place(s);
	const char *p = s->p + 1;

	while (p < s->end && *p != '"' && (unsigned char)*p >= 0x20)
		p += *p == '\\' && p + 1 < s->end && (p[1] == '"' || p[1] == '\\') ? 2 : 1;
	if (p < s->end && *p == '"')
		return p;
	if (p == s->end || *p == '\n' || *p == '\r') {
		(void)hujson_scan_fault(s, from, "string is not closed on its line");
	} else {
		s->p = p;
		(void)hujson_scan_fault(s, hujson_scan_place(s),
		    "control character in a string: write it as \\u%04x", (unsigned)*p);
	}
	return NULL;
}

static bool
hex_digit(char c, uint32_t *v)
{
	if (is_digit(c))
		*v = *v << 4 | (uint32_t)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		*v = *v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
	else
		return false;
	return true;
}

/* Reads the \uXXXX at 'p', which ends before 'close'. */
static bool
hex_escape(const char *p, const char *close, uint32_t *v)
{
	*v = 0;
	return close - p >= 6 && p[0] == '\\' && p[1] == 'u' && hex_digit(p[2], v) &&
	    hex_digit(p[3], v) && hex_digit(p[4], v) && hex_digit(p[5], v);
}

/* The same as a character, which may take two of them. */
static bool
unicode(struct hj_scan *s, const char *close, uint32_t *cp)
{
	struct place here = hujson_scan_place(s);
	uint32_t low;

	if (!hex_escape(s->p, close, cp))
		return hujson_scan_fault(s, here, "expected four hexadecimal digits after \\u");
	if (*cp == 0)
		return hujson_scan_fault(s, here, "\\u0000 is not allowed in a string");
	s->p += 6;
	if (*cp < 0xd800 || *cp > 0xdfff)
		return true;
	if (*cp >= 0xdc00 || !hex_escape(s->p, close, &low) || low < 0xdc00 || low > 0xdfff)
		return hujson_scan_fault(s, here, "\\u%04x is half a character: expected two,"
		    " \\ud800 to \\udbff and then \\udc00 to \\udfff", (unsigned)*cp);
	*cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
	s->p += 6;
	return true;
}

static char *
put_utf8(char *to, uint32_t cp)
{
	if (cp < 0x80) {
		*to++ = (char)cp;
		return to;
	}
	if (cp < 0x800) {
		*to++ = (char)(0xc0 | cp >> 6);
	} else {
		if (cp < 0x10000) {
			*to++ = (char)(0xe0 | cp >> 12);
		} else {
			*to++ = (char)(0xf0 | cp >> 18);
			*to++ = (char)(0x80 | (cp >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (cp >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (cp & 0x3f));
	return to;
}

/* Decodes the escape that begins here to *to. */
static bool
escape(struct hj_scan *s, const char *close, char **to)
{
	static const char written[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *k = strchr(written, s->p[1]);
	uint32_t cp;

	if (k != NULL) {
		*(*to)++ = meant[k - written];
		s->p += 2;
		return true;
	}
	if (s->p[1] != 'u')
		return hujson_scan_fault(s, hujson_scan_place(s),
		    "unknown escape in a string: a backslash itself is written \\\\");
	if (!unicode(s, close, &cp))
		return false;
	*to = put_utf8(*to, cp);
	return true;
}

const char *
hujson_scan_string(struct hj_scan *s)
{
	const char *close = string_end(s), *run;
	char *text, *to;

	if (close == NULL)
		return NULL;
	s->p++;
	text = to = arena_alloc(s->a, (size_t)(close - s->p) + 1);	/* escapes only shrink */
	while (s->p < close) {
		run = memchr(s->p, '\\', (size_t)(close - s->p));
		run = run != NULL ? run : close;
		to = mempcpy(to, s->p, (size_t)(run - s->p));
		s->p = run;
		if (run < close && !escape(s, close, &to))
			return NULL;
	}
	s->p = close + 1;
	return text;
}
