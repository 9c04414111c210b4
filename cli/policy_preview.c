/*
 * cli/policy_preview.c -- headrace policy preview: what a policy would do.
 *
 * With a tailnet in a file neither configuration nor database is looked at;
 * without, the answer is the difference to what is in force.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "lib/policy/preview.h"
#include "lib/policy/tailnet.h"

/* JSON of a document that may be very large goes out as it is. */
static void
print_document(struct cli *c, struct buf *out)
{
	if (c->mode == OUT_YAML)
		(void)cli_machine(c, json_parse(c->arena, buf_as_str(out),
		    JSON_DEPTH_DEFAULT, NULL));
	else
		printf("%.*s\n", (int)out->n, (const char *)out->p);
}

/* A policy that is refused: status 1, as for a test that fails. */
static enum err
refused(struct cli *c, const char *why)
{
	c->errmsg = why;
	return ERR_INTERNAL;
}

struct count {
	struct cli *c;
	struct net *t;
	struct arena *scratch;	/* of one node */
	struct table table;
};

static const char *
tags_of(struct cli *c, const struct net_node *n)
{
	const char *text = "";

	for (size_t i = 0; i < n->n_tags; i++)
		text = arena_printf(c->arena, "%s%s%s", text, i > 0 ? ", " : "", n->tags[i]);
	return text;
}

static void
put_count(void *arg, const struct net_node *n)
{
	struct count *k = arg;
	const struct net_user *u = net_user(k->t, n->user_id);
	struct arena *a = k->c->arena;
	int64_t *ids;
	struct buf b;
	jv *filter;

	buf_init(&b, PREVIEW_BYTES_MAX);
	net_filter(k->t, n->id, &b);
	filter = json_parse(k->scratch, buf_as_str(&b), JSON_DEPTH_DEFAULT, NULL);
	table_put(&k->table, n->name);
	table_put(&k->table, u != NULL ? u->name : tags_of(k->c, n));
	table_put(&k->table, arena_printf(a, "%zu", json_len(filter)));
	table_put(&k->table, arena_printf(a, "%zu",
	    net_visible_ids(k->t, k->scratch, n->id, &ids)));
	buf_fini(&b);
	arena_reset(k->scratch);
}

static enum err
print_summary(struct cli *c, struct net *t, struct str text, const struct policy_context *ctx)
{
	static const char *const heads[] = { "NODE", "OWNER", "FILTER RULES", "PEERS", NULL };
	struct count k = { .c = c, .t = t };
	const char *why;

	if (preview_load(c->arena, t, text, ctx, &why) == NULL)
		return refused(c, why);
	k.scratch = arena_new();
	table_begin(&k.table, c->arena, heads);
	net_each(t, put_count, &k);
	arena_free(k.scratch);
	table_print(&k.table);
	return OK;
}

static enum err
print_all(struct cli *c, struct net *t, struct str text, const struct policy_context *ctx)
{
	const char *why;
	struct buf out;
	bool accepted;

	buf_init(&out, PREVIEW_BYTES_MAX);
	accepted = preview_json(c->arena, t, text, ctx, &out, &why);
	if (out.over) {
		buf_fini(&out);
		return cli_fail(c, ERR_TOOBIG, "the preview has more than %zu bytes",
		    PREVIEW_BYTES_MAX);
	}
	print_document(c, &out);
	buf_fini(&out);
	return accepted ? OK : refused(c, why);
}

static enum err
preview_file(struct cli *c, struct str policy)
{
	struct net *t = net_new();
	struct policy_errors errs = { .n = 0 };
	struct tailnet tailnet;
	struct str text;
	enum err e;

	e = cli_file(c, cli_get(c, "tailnet"), TAILNET_BYTES_MAX, &text);
	if (e == OK && !tailnet_read(c->arena, text, t, &tailnet, &errs)) {
		c->errmsg = arena_printf(c->arena, "%s:\n%s", cli_get(c, "tailnet"),
		    policy_errors_text(c->arena, &errs));
		e = ERR_BADREQ;
	}
	if (e == OK && c->mode == OUT_TEXT)
		e = print_summary(c, t, policy, &tailnet.ctx);
	else if (e == OK)
		e = print_all(c, t, policy, &tailnet.ctx);
	net_free(t);
	return e;
}

#define NAMES_MAX 8	/* in a cell; JSON has all */

static const char *
names_text(struct cli *c, jv *list)
{
	const char *text = "";
	size_t n = json_len(list);

	for (size_t i = 0; i < n && i < NAMES_MAX; i++)
		text = arena_printf(c->arena, "%s%s%s", text, i > 0 ? ", " : "",
		    json_text(json_at(list, i)));
	if (n > NAMES_MAX)
		text = arena_printf(c->arena, "%s and %zu more", text, n - NAMES_MAX);
	return text;
}

static void
put_rows(struct cli *c, struct table *t, jv *list, const char *what, enum colour colour)
{
	jv *one;

	for (size_t i = 0; i < json_len(list); i++) {
		one = json_at(list, i);
		table_put_in(t, what, colour);
		table_put(t, names_text(c, json_get(one, "src")));
		table_put(t, names_text(c, json_get(one, "dst")));
		table_put(t, json_get_str(one, "access", ""));
	}
}

static void
print_difference(struct cli *c, jv *answer)
{
	static const char *const heads[] = { "", "FROM", "TO", "ACCESS", NULL };
	jv *gains = json_get(answer, "gains"), *loses = json_get(answer, "loses");
	int64_t more = json_get_i64(answer, "more", 0);
	struct table t;

	if (json_len(gains) + json_len(loses) == 0) {
		printf("Nobody gains or loses access.\n");
		return;
	}
	table_begin(&t, c->arena, heads);
	put_rows(c, &t, gains, "gains", GREEN);
	put_rows(c, &t, loses, "loses", RED);
	table_print(&t);
	if (more > 0)
		printf("and %lld more differences\n", (long long)more);
}

/* The difference that it would make to the tailnet as it is. */
static enum err
preview_live(struct cli *c, struct str policy)
{
	struct body b;
	jv *answer;
	enum err e;

	if ((e = cli_policy_text(c, cli_get(c, "policy"), policy)) != OK)
		return e;
	cli_body_begin(&b);
	cli_body_text(&b, "policy", policy.p);
	e = cli_call(c, HTTP_POST, "/api/v1/policy/preview", cli_body_end(c, &b), &answer);
	if (e != OK)
		return e;
	if (!cli_machine(c, answer) && json_get_bool(answer, "accepted", false))
		print_difference(c, answer);
	if (!json_get_bool(answer, "accepted", false))
		return refused(c, json_get_str(answer, "error", "the policy is refused"));
	return OK;
}

const struct cli_flag cli_policy_preview_flags[] = {
	{ "policy", 'p', FLAG_TEXT, "FILE", "the policy; - is standard input" },
	{ "tailnet", 't', FLAG_TEXT, "FILE", "users and nodes from this file, not the live ones" },
	{ NULL, 0, 0, NULL, NULL },
};

enum err
cli_policy_preview(struct cli *c)
{
	const char *path = cli_get(c, "policy");
	struct str policy;
	enum err e;

	if (path == NULL)
		return cli_fail(c, ERR_BADREQ, "which policy? give --policy FILE");
	if ((e = cli_file(c, path, POLICY_BYTES_MAX, &policy)) != OK)
		return e;
	if (cli_has(c, "tailnet"))
		return preview_file(c, policy);
	return preview_live(c, policy);
}
