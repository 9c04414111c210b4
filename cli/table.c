/*
 * cli/table.c -- aligned columns for people.
 *
 * Cells may hold what a client said of itself, so control characters never
 * reach the terminal.  Colour is for terminals only, and not if NO_COLOR is set.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "lib/base/clock.h"

#define GAP 2

void
table_begin(struct table *t, struct arena *a, const char *const *heads)
{
	*t = (struct table){ .arena = a };
	while (heads[t->columns] != NULL)
		t->columns++;
	for (size_t i = 0; i < t->columns; i++)
		table_put_in(t, heads[i], BOLD);
}

void
table_put_in(struct table *t, const char *text, enum colour colour)
{
	t->cells = arena_room(t->arena, t->cells, t->n, &t->room, sizeof(*t->cells));
	t->cells[t->n].text = table_clean(t->arena, text ? text : "");
	t->cells[t->n++].colour = colour;
}

void
table_put(struct table *t, const char *text)
{
	table_put_in(t, text, PLAIN);
}

/* Columns on the screen, one per code point. */
static size_t
width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static size_t
column_width(const struct table *t, size_t column)
{
	size_t most = 0, n;

	for (size_t i = column; i < t->n; i += t->columns)
		if ((n = width(t->cells[i].text)) > most)
			most = n;
	return most;
}

static bool
colours(void)
{
	const char *off = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (off == NULL || *off == '\0');
}

void
table_cell(const char *text, enum colour colour)
{
	static const char *const codes[] = {
		[BOLD] = "1", [GREEN] = "32", [RED] = "31", [DIM] = "2",
	};

	if (colour == PLAIN || !colours())
		fputs(text, stdout);
	else
		printf("\033[%sm%s\033[0m", codes[colour], text);
}

/* Are the cells from 'i' to the end of its row empty? */
static bool
rest_empty(const struct table *t, size_t i)
{
	do
		if (t->cells[i].text[0] != '\0')
			return false;
	while (++i % t->columns != 0);
	return true;
}

void
table_print(const struct table *t)
{
	size_t *widths = arena_array(t->arena, t->columns, sizeof(*widths));
	size_t col;

	for (col = 0; col < t->columns; col++)
		widths[col] = column_width(t, col);
	for (size_t i = 0; i < t->n; i++) {
		col = i % t->columns;
		table_cell(t->cells[i].text, t->cells[i].colour);
		if (col + 1 == t->columns)
			putchar('\n');
		else if (!rest_empty(t, i + 1))
			printf("%*s", (int)(widths[col] - width(t->cells[i].text) + GAP), "");
	}
}

/* C0 and C1 controls (U+0080 to U+009F are c2 80 to c2 9f), DEL. */
static bool
control_at(const char *p)
{
	unsigned char c = (unsigned char)p[0], d = (unsigned char)p[1];

	return c == 0x7f || c < 0x20 || (c == 0xc2 && d >= 0x80 && d < 0xa0);
}

const char *
table_clean(struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, text);

	for (char *p = copy; *p != '\0'; p++)
		if (control_at(p)) {
			if ((unsigned char)*p == 0xc2)
				*p++ = '?';
			*p = *p == '\n' ? ' ' : '?';
		}
	return copy;
}

const char *
table_time(struct arena *a, jv *time, const char *none)
{
	const char *text = json_text(time);

	if (text == NULL || strlen(text) < 19)
		return none;
	return arena_printf(a, "%.10s %.8s", text, text + 11);
}

enum colour
table_time_colour(jv *time)
{
	const char *text = json_text(time);
	int64_t ms;

	if (text == NULL || !rfc3339_read(str_of(text), &ms))
		return PLAIN;
	return ms <= clock_wall_ms() ? RED : PLAIN;
}

const char *
table_join(struct arena *a, jv *list)
{
	const char *all = "";

	for (size_t i = 0; i < json_len(list); i++)
		all = arena_printf(a, "%s%s%s", all, i > 0 ? ", " : "",
		    json_text(json_at(list, i)));
	return all;
}
