/*
 * lib/json/hujson_scan.h -- the words of HuJSON: blanks, comments, strings, numbers.
 *
 * For hujson.c alone.  A cursor that knows its line, and whose first fault
 * sticks: a comment that is not closed moves it to the end, where nothing more
 * can be read, so that skipping blanks needs no check of its own.
 */
#ifndef LIB_JSON_HUJSON_SCAN_H
#define LIB_JSON_HUJSON_SCAN_H

#include "lib/base/err.h"
#include "lib/json/hujson.h"

struct hj_scan {
	struct arena *a;
	const char *p, *end;
	const char *line_start;		/* only blanks and comments contain line ends */
	uint32_t line;
	struct place at;		/* of the first fault */
	const char *why;		/* NULL: none so far */
};

/* Stands behind a byte order mark; has a fault at once if the text is not UTF-8. */
void hujson_scan_init(struct hj_scan *s, struct arena *a, struct str text);

struct place hujson_scan_place(const struct hj_scan *s);
bool hujson_scan_at_end(const struct hj_scan *s);

/* Is the next byte 'c'?  hujson_scan_take() also goes past it. */
bool hujson_scan_at(const struct hj_scan *s, char c);
bool hujson_scan_take(struct hj_scan *s, char c);

/* Whitespace and comments. */
void hujson_scan_blanks(struct hj_scan *s);

/* Letters, digits and what stands with them, at most 'max' bytes; may be empty. */
struct str hujson_scan_word(const struct hj_scan *s, size_t max);

/* The string or number that begins here, decoded, in the arena; NULL is a fault. */
const char *hujson_scan_string(struct hj_scan *s);
const char *hujson_scan_number(struct hj_scan *s);

/* Keep the first fault; always false.  The second says also what is here instead. */
bool hujson_scan_fault(struct hj_scan *s, struct place at, const char *fmt, ...) printf_like(3, 4);
bool hujson_scan_expected(struct hj_scan *s, const char *what);

#endif
