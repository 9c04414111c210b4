/*
 * lib/policy/error.c -- what is wrong with a policy, collected.
 *
 * The texts quote the document and end up in terminals and logs, so control
 * characters do not get through, and a name of a megabyte is cut.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/policy/policy.h"

#define ERROR_BYTES_MAX 1024

/* Cuts at a whole character and takes control characters out. */
static const char *
clean(struct arena *a, char *text, size_t n)
{
	while (n > 0 && !str_utf8_valid((struct str){ text, n }))
		n--;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
	return arena_strndup(a, text, n);
}

void
policy_error_add(struct arena *a, struct policy_errors *errs, struct place at,
    const char *fmt, ...)
{
	char text[ERROR_BYTES_MAX];
	va_list ap;
	int n;

	if (errs->n == POLICY_ERRORS_MAX) {
		errs->more++;
		return;
	}
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(text))
		n = sizeof(text) - 1;
	errs->v[errs->n++] = (struct policy_error){ at, clean(a, text, (size_t)n) };
}

const char *
policy_errors_text(struct arena *a, const struct policy_errors *errs)
{
	struct buf b;

	buf_init(&b, POLICY_ERRORS_MAX * (ERROR_BYTES_MAX + 64));
	for (size_t i = 0; i < errs->n; i++) {
		const struct policy_error *e = &errs->v[i];
		if (i > 0)
			buf_byte(&b, '\n');
		if (e->at.line > 0)
			buf_printf(&b, "line %u, column %u: ", e->at.line, e->at.col);
		buf_str(&b, e->text);
	}
	if (errs->more > 0)
		buf_printf(&b, "\nand %zu more", errs->more);
	return buf_text(&b, a);
}
