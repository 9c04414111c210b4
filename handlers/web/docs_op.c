/*
 * handlers/web/docs_op.c -- one row of the API as people want to see it.
 */
#include "handlers/web/docs.h"

#include <inttypes.h>
#include <string.h>

#include "handlers/web/page.h"
#include "lib/access/scope.h"

#define DEPTH_MAX 3	/* of objects in objects that are shown */
#define EXAMPLE_MAX (64 * 1024)

/* ---- tables of fields ---- */

static void
put_words(struct buf *out, const char *words)
{
	struct str rest = str_of(words), one;
	const char *sep = "one of ";

	while (str_cut(&rest, ' ', &one)) {
		buf_str(out, sep);
		buf_put(out, one.p, one.n);
		sep = ", ";
	}
}

static void
put_type(struct buf *out, const struct api_field *f, bool input)
{
	static const char *const names[] = {
		[API_TEXT] = "text", [API_ID] = "id", [API_TIME] = "time", [API_INT] = "number",
		[API_BOOL] = "true or false", [API_LIST] = "list", [API_OBJECT] = "object",
		[API_MAP] = "map", [API_ANY] = "anything",
	};

	if (f->words != NULL && f->type == API_TEXT)
		put_words(out, f->words);
	else
		buf_str(out, names[f->type]);
	if (f->type == API_LIST || f->type == API_MAP)
		buf_printf(out, " of %s", names[f->item]);
	if (input && f->max > 0 && f->type == API_INT)
		buf_printf(out, ", up to %" PRId64, f->max);
	if (!input && (f->flags & API_NULL) != 0)
		buf_str(out, " or null");
}

static bool
holds_objects(const struct api_field *f)
{
	return f->type == API_OBJECT ||
	    ((f->type == API_LIST || f->type == API_MAP) && f->item == API_OBJECT);
}

static void
put_row(struct buf *out, const struct api_field *f, bool input, int depth)
{
	buf_printf(out, "<tr><td class=\"d%d\"><code>", depth);
	page_escape(out, *f->name != '\0' ? f->name : "(any name)");
	buf_str(out, "</code></td><td>");
	put_type(out, f, input);
	if (input && (f->flags & API_MUST) != 0)
		buf_str(out, " <span class=\"must\">needed</span>");
	if (!input && (f->flags & API_MAY) != 0)
		buf_str(out, " <span class=\"none\">not always</span>");
	buf_str(out, "</td><td>");
	page_escape(out, f->help != NULL ? f->help : "");
	buf_str(out, "</td></tr>\n");
}

static void
put_rows(struct buf *out, const struct api_field *fields, bool input, int depth)
{
	for (const struct api_field *f = fields; f != NULL && f->name != NULL; f++) {
		put_row(out, f, input, depth);
		if (holds_objects(f) && depth < DEPTH_MAX)
			put_rows(out, f->of->fields, input, depth + 1);
	}
}

static void
begin_table(struct buf *out, const char *title)
{
	buf_printf(out, "<h3>%s</h3>\n<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">"
	    "Name</th><th scope=\"col\">What</th><th scope=\"col\">Meaning</th></tr></thead>\n"
	    "<tbody>\n", title);
}

static void
end_table(struct buf *out)
{
	buf_str(out, "</tbody></table></div>\n");
}

static void
put_table(struct buf *out, const char *title, const struct api_field *fields, bool input)
{
	if (fields == NULL || fields->name == NULL)
		return;
	begin_table(out, title);
	put_rows(out, fields, input, 0);
	end_table(out);
}

static void
put_path_table(struct buf *out, struct arena *a, const struct route *r)
{
	struct str rest = str_of(r->path), part;
	struct api_field f;

	if (strchr(r->path, '{') == NULL)
		return;
	begin_table(out, "Path");
	while (str_cut(&rest, '/', &part)) {
		if (!str_starts(part, "{"))
			continue;
		f = openapi_path_field(r, (struct str){ part.p + 1, part.n - 2 });
		f.name = arena_strndup(a, part.p + 1, part.n - 2);
		f.flags |= API_MUST;
		put_row(out, &f, true, 0);
	}
	end_table(out);
}

/* ---- examples ---- */

static void
put_line(struct buf *out, int depth)
{
	buf_byte(out, '\n');
	for (int i = 0; i < depth; i++)
		buf_str(out, "  ");
}

static bool
opens(char c)
{
	return c == '{' || c == '[';
}

static bool
closes(char c)
{
	return c == '}' || c == ']';
}

/* Compact JSON of ours, spread over lines; what is empty stays in one. */
static void
spread(struct buf *out, struct str json)
{
	bool in_text = false;
	int depth = 0;
	char c, before = ' ';

	for (size_t i = 0; i < json.n; before = json.p[i++]) {
		c = json.p[i];
		if (!in_text && closes(c))
			depth--;
		if (!in_text && opens(before) != closes(c))
			put_line(out, depth);
		buf_byte(out, (uint8_t)c);
		if (c == '"' && before != '\\')
			in_text = !in_text;
		else if (!in_text && opens(c))
			depth++;
		else if (!in_text && c == ':')
			buf_byte(out, ' ');
		else if (!in_text && c == ',')
			put_line(out, depth);
	}
	buf_byte(out, '\0');
}

static void
put_answer(struct buf *out, const struct api_object *o)
{
	struct buf compact, text;
	struct jw w;

	if (o == NULL || o->fields == NULL)
		return;
	buf_init(&compact, EXAMPLE_MAX);
	buf_init(&text, EXAMPLE_MAX);
	jw_init(&w, &compact);
	openapi_put_object_example(&w, o, false);
	spread(&text, buf_as_str(&compact));
	buf_str(out, "<pre><code>");
	page_escape(out, (const char *)text.p);
	buf_str(out, "</code></pre>\n");
	buf_fini(&text);
	buf_fini(&compact);
}

/* The path with an example for each {name}. */
static const char *
example_path(struct arena *a, const struct route *r)
{
	struct str rest = str_of(r->path), part, value;
	const char *path = "";
	struct api_field f;

	(void)str_cut(&rest, '/', &part);
	while (str_cut(&rest, '/', &part)) {
		value = part;
		if (str_starts(part, "{")) {
			f = openapi_path_field(r, (struct str){ part.p + 1, part.n - 2 });
			value = str_of(f.example != NULL ? f.example : "name");
			if (str_starts(value, "\""))
				value = (struct str){ value.p + 1, value.n - 2 };
		}
		path = arena_printf(a, "%s/%.*s", path, (int)value.n, value.p);
	}
	return path;
}

static void
put_body_example(struct buf *out, enum http_method method, const struct api_op *op)
{
	struct buf json;
	struct jw w;

	if (op->form == API_RAW)
		buf_str(out, " \\\n  --data-binary @FILE");
	else if (op->body == NULL && method != HTTP_GET && method != HTTP_DELETE)
		buf_str(out, " -d &#39;&#39;");	/* or there would be no length, which web servers want */
	if (op->form != API_JSON || op->body == NULL)
		return;
	buf_init(&json, EXAMPLE_MAX);
	jw_init(&w, &json);
	openapi_put_object_example(&w, op->body, true);
	buf_byte(&json, '\0');
	buf_str(out, " \\\n  -H &#39;Content-Type: application/json&#39; \\\n  -d &#39;");
	page_escape(out, (const char *)json.p);
	buf_str(out, "&#39;");
	buf_fini(&json);
}

static void
put_curl(struct buf *out, struct arena *a, const char *url, const struct route *r)
{
	buf_str(out, "<h3>Example</h3>\n<pre><code>curl ");
	if (r->method != HTTP_GET)
		buf_printf(out, "-X %s ", http_method_name(r->method));
	if (r->auth == AUTH_API)
		buf_str(out, "-H &quot;Authorization: Bearer $KEY&quot; ");
	page_escape(out, url);
	page_escape(out, example_path(a, r));
	put_body_example(out, r->method, r->op);
	buf_str(out, "</code></pre>\n");
}

/* ---- the whole ---- */

static void
put_errors(struct buf *out, const struct route *r)
{
	int statuses[OPENAPI_PROBLEMS + 1];

	openapi_statuses(r, statuses);
	buf_str(out, "<h3>Errors</h3>\n<div class=\"table\"><table><tbody>\n");
	for (const int *s = statuses; *s != 0; s++)
		for (size_t p = 0; p < OPENAPI_PROBLEMS; p++)
			if (openapi_problems[p].status == *s)
				buf_printf(out, "<tr><td>%d</td><td>%s</td></tr>\n", *s,
				    openapi_problems[p].when);
	buf_str(out, "</tbody></table></div>\n");
}

static void
put_about(struct buf *out, const struct route *r)
{
	if (r->op->help != NULL) {
		buf_str(out, "<p>");
		page_escape(out, r->op->help);
		buf_str(out, "</p>\n");
	}
	if (r->auth != AUTH_API)
		buf_str(out, "<p>Needs no key.</p>\n");
	else if (r->scope == SCOPE_NONE)
		buf_str(out, "<p>Any key will do.</p>\n");
	else
		buf_printf(out, "<p>Needs the scope <code>%s</code>.</p>\n", scope_name(r->scope));
}

/* The line that is always seen; the script searches in data-text. */
static void
put_summary(struct buf *out, const struct route *r)
{
	const char *method = http_method_name(r->method);

	buf_str(out, "<details class=\"op\" id=\"");
	page_escape(out, r->op->id);
	buf_printf(out, "\" data-text=\"%s %s ", method, r->path);
	page_escape(out, r->op->id);
	buf_byte(out, ' ');
	page_escape(out, r->op->summary);
	buf_byte(out, ' ');
	page_escape(out, r->op->help != NULL ? r->op->help : "");
	buf_printf(out, " %s\"><summary><span class=\"method %s\">%s</span> <code>%s</code> <span>",
	    scope_name(r->scope), method, method, r->path);
	page_escape(out, r->op->summary);
	buf_str(out, "</span></summary>\n<div class=\"body\">\n");
}

void
docs_put_operation(struct buf *out, struct arena *a, const char *url, const struct route *r)
{
	const struct api_op *op = r->op;

	put_summary(out, r);
	put_about(out, r);
	put_path_table(out, a, r);
	put_table(out, "Query", op->query, true);
	put_table(out, "Headers", op->headers, true);
	if (op->body != NULL)
		put_table(out, "Body", op->body->fields, true);
	put_curl(out, a, url, r);
	if (op->answer != NULL) {
		put_table(out, "Answer", op->answer->fields, false);
		put_answer(out, op->answer);
	}
	put_errors(out, r);
	buf_str(out, "</div></details>\n");
}
