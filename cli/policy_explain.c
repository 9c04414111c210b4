/* cli/policy_explain.c -- headrace policy explain: which rule lets one reach another. */
#include <stdio.h>

#include "cli/cmd.h"

static const char *
clean(struct cli *c, const char *text)
{
	return table_clean(c->arena, text);
}

static void
print_verdict(struct cli *c, jv *answer)
{
	jv *src = json_get(answer, "src"), *dst = json_get(answer, "dst");
	int64_t port = json_get_i64(answer, "port", 0);
	const char *proto = json_get_str(answer, "proto", "");

	printf("%s -> %s", clean(c, json_get_str(src, "name", "")),
	    clean(c, json_get_str(dst, "name", "")));
	if (port != 0)
		printf(" port %lld", (long long)port);
	printf("%s%s: ", *proto ? " " : "", clean(c, proto));
	if (json_get_bool(answer, "allowed", false))
		printf("ALLOWED\n");
	else if (json_get_bool(answer, "partly", false))
		printf("PARTLY, not for %s\n", clean(c, json_get_str(answer, "left", "")));
	else
		printf("DENIED\n");
}

/* "  line 7 (acls[2]): group:dev -> tag:web, 443" and what is to be said of it. */
static void
print_rule(struct cli *c, jv *rule)
{
	const char *via = table_join(c->arena, json_get(rule, "via"));
	const char *why = json_get_str(rule, "why", "");

	printf("  line %lld (%s[%lld]): %s -> %s, %s", (long long)json_get_i64(rule, "line", 0),
	    json_get_str(rule, "section", ""), (long long)json_get_i64(rule, "number", 0),
	    clean(c, table_join(c->arena, json_get(rule, "src"))),
	    clean(c, table_join(c->arena, json_get(rule, "dst"))),
	    json_get_str(rule, "passes", ""));
	if (*via != '\0')
		printf(", via %s", clean(c, via));
	if (*why != '\0')
		printf(": %s", clean(c, why));
	putchar('\n');
}

static void
print_rules(struct cli *c, jv *rules, const char *head)
{
	if (json_len(rules) > 0)
		printf("%s\n", head);
	for (size_t i = 0; i < json_len(rules); i++)
		print_rule(c, json_at(rules, i));
}

enum err
cli_policy_explain(struct cli *c)
{
	const char *proto = cli_get(c, "proto");
	const char *target;
	jv *answer, *notes;
	enum err e;

	target = arena_printf(c->arena, "/api/v1/policy/explain?src=%s&dst=%s&proto=%s",
	    cli_escape(c, c->args[0]), cli_escape(c, c->args[1]),
	    cli_escape(c, proto != NULL ? proto : ""));
	if ((e = cli_call(c, HTTP_GET, target, NULL, &answer)) != OK || cli_machine(c, answer))
		return e;
	print_verdict(c, answer);
	print_rules(c, json_get(answer, "rules"), "by");
	print_rules(c, json_get(answer, "nearest"), "nearest");
	notes = json_get(answer, "notes");
	for (size_t i = 0; i < json_len(notes); i++)
		printf("note: %s\n", clean(c, json_text(json_at(notes, i))));
	return OK;
}

const struct cli_flag cli_policy_explain_flags[] = {
	{ "proto", 0, FLAG_TEXT, "PROTOCOL", "tcp, udp, icmp or a number; else TCP or UDP" },
	{ NULL, 0, 0, NULL, NULL },
};
