/* cli/webhooks.c -- headrace webhooks: other programs that are told what happens. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

#define ALL_EVENTS "[\"categoryTailnetManagement\"]"

static enum err
webhooks_list(struct cli *c)
{
	static const char *const heads[] = { "ID", "URL", "PROVIDER", "SUBSCRIPTIONS",
		"CREATED (UTC)", "BY", "FAILURES", "LAST ERROR", NULL };
	struct table t;
	jv *answer, *list, *h;
	enum err e;

	e = cli_call(c, HTTP_GET, "/api/v2/tailnet/-/webhooks", NULL, &answer);
	if (e != OK)
		return e;
	list = json_get(answer, "webhooks");
	if (cli_machine(c, list))
		return OK;
	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < json_len(list); i++) {
		h = json_at(list, i);
		table_put(&t, json_get_str(h, "endpointId", ""));
		table_put(&t, json_get_str(h, "endpointUrl", ""));
		table_put(&t, json_get_str(h, "providerType", ""));
		table_put(&t, table_join(c->arena, json_get(h, "subscriptions")));
		table_put(&t, table_time(c->arena, json_get(h, "created"), ""));
		table_put(&t, json_get_str(h, "creatorLoginName", ""));
		table_put(&t, arena_printf(c->arena, "%lld",
		    (long long)json_get_i64(h, "failures", 0)));
		table_put_in(&t, json_get_str(h, "lastError", ""), RED);
	}
	table_print(&t);
	return OK;
}

/* In text mode only the secret, ready for a shell variable. */
static void
print_secret(struct cli *c, jv *answer)
{
	cli_done(c, answer, "%s", json_get_str(answer, "secret", ""));
}

static enum err
webhooks_create(struct cli *c)
{
	struct body b;
	jv *answer;
	enum err e;

	cli_body_begin(&b);
	cli_body_text(&b, "endpointUrl", c->args[0]);
	cli_body_text(&b, "providerType", cli_get(c, "provider"));
	jw_kraw(&b.w, "subscriptions",
	    cli_has(c, "subscribe") ? cli_list_json(c, "subscribe") : ALL_EVENTS);
	e = cli_call(c, HTTP_POST, "/api/v2/tailnet/-/webhooks", cli_body_end(c, &b), &answer);
	if (e == OK)
		print_secret(c, answer);
	return e;
}

static const char *
path_of(struct cli *c, const char *action)
{
	return arena_printf(c->arena, "/api/v2/webhooks/%s%s", cli_escape(c, c->args[0]), action);
}

static enum err
webhooks_subscribe(struct cli *c)
{
	struct body b;
	jv *answer;
	enum err e;

	if (!cli_has(c, "subscribe"))
		return cli_fail(c, ERR_BADREQ, "--subscribe is missing: say to what events");
	cli_body_begin(&b);
	jw_kraw(&b.w, "subscriptions", cli_list_json(c, "subscribe"));
	e = cli_call(c, HTTP_PATCH, path_of(c, ""), cli_body_end(c, &b), &answer);
	if (e == OK)
		cli_done(c, answer, "Webhook updated");
	return e;
}

static enum err
webhooks_delete(struct cli *c)
{
	jv *answer;
	enum err e;

	if ((e = cli_confirm(c, "Delete webhook %s and what it has not been told yet?",
	    c->args[0])) != OK)
		return e;
	if ((e = cli_call(c, HTTP_DELETE, path_of(c, ""), NULL, &answer)) == OK)
		cli_done(c, answer, "Webhook deleted");
	return e;
}

static enum err
webhooks_test(struct cli *c)
{
	jv *answer;
	enum err e = cli_call(c, HTTP_POST, path_of(c, "/test"), NULL, &answer);

	if (e == OK)
		cli_done(c, answer, "A test event will be sent in a moment");
	return e;
}

static enum err
webhooks_rotate(struct cli *c)
{
	jv *answer;
	enum err e = cli_call(c, HTTP_POST, path_of(c, "/rotate"), NULL, &answer);

	if (e == OK)
		print_secret(c, answer);
	return e;
}

static const struct cli_flag create_flags[] = {
	{ "subscribe", 's', FLAG_LIST, "EVENT",
	    "what to tell: nodeCreated,policyUpdate (default: everything)" },
	{ "provider", 'p', FLAG_TEXT, "NAME",
	    "slack, mattermost, googlechat or discord instead of Tailscale's format" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag subscribe_flags[] = {
	{ "subscribe", 's', FLAG_LIST, "EVENT", "what to tell from now on" },
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_cmd cmds[] = {
	{ "list", "ls show", "", "show webhooks and how sending goes", 0, 0, NULL,
	    webhooks_list },
	{ "create", "c new add", "URL", "tell this address, and print the secret\n"
	    "The secret signs what is sent, and is shown this once.", 1, 1, create_flags,
	    webhooks_create },
	{ "subscribe", "update set", "ID", "say what a webhook is told", 1, 1,
	    subscribe_flags, webhooks_subscribe },
	{ "test", "t", "ID", "send a test event", 1, 1, NULL, webhooks_test },
	{ "rotate", "", "ID", "make a new secret and print it", 1, 1, NULL, webhooks_rotate },
	{ "delete", "remove del rm d", "ID", "end telling it", 1, 1, NULL, webhooks_delete },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_webhooks = {
	"webhooks", "webhook hooks", "other programs that are told what happens", cmds,
};
