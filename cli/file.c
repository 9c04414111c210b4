/*
 * cli/file.c -- what a command reads from a file or from standard input.
 *
 * Never more than the caller can use: a path may be a pipe or /dev/zero.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

static void
read_all(FILE *f, struct buf *b)
{
	char part[16 * 1024];
	size_t got;

	while (!b->over && (got = fread(part, 1, sizeof(part), f)) > 0)
		buf_put(b, part, got);
}

enum err
cli_file(struct cli *c, const char *path, size_t max, struct str *out)
{
	bool in = strcmp(path, "-") == 0;
	FILE *f = in ? stdin : fopen(path, "re");
	enum err e = OK;
	struct buf b;

	if (f == NULL)
		return cli_fail(c, ERR_BADREQ, "%s: %s", path, strerror(errno));
	buf_init(&b, max);
	read_all(f, &b);
	if (b.over)
		e = cli_fail(c, ERR_TOOBIG, "%s has more than %zu bytes", path, max);
	else if (ferror(f))
		e = cli_fail(c, ERR_BADREQ, "%s: cannot be read", path);
	if (!in)
		(void)fclose(f);
	out->n = b.n;
	out->p = buf_text(&b, c->arena);
	return e;
}
