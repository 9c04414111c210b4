/*
 * cli/policy.c -- headrace policy: the rules of the tailnet.
 *
 * Like every other command these answer in this process; the flag by which
 * headscale's command passes its server by is taken and changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "lib/policy/policy.h"

/* A policy that is refused: status 1, as for a test that fails. */
static enum err
refused(enum err e)
{
	return e == ERR_BADREQ ? ERR_INTERNAL : e;
}

enum err
cli_policy_text(struct cli *c, const char *path, struct str text)
{
	struct policy_errors errs = { .n = 0 };

	if (str_utf8_valid(text) && memchr(text.p, '\0', text.n) == NULL)
		return OK;
	if (policy_parse(c->arena, text, NULL, &errs) != NULL)
		return cli_fail(c, ERR_INTERNAL, "%s is not text in UTF-8", path);
	c->errmsg = policy_errors_text(c->arena, &errs);
	return ERR_INTERNAL;
}

static enum err
policy_file(struct cli *c, const char *path, struct str *out)
{
	enum err e = cli_file(c, path, POLICY_BYTES_MAX, out);

	return e != OK ? e : cli_policy_text(c, path, *out);
}

/* The file of --file or of the argument. */
static enum err
chosen_file(struct cli *c, struct str *out)
{
	const char *path = cli_get(c, "file");

	if (path != NULL && c->n_args > 0)
		return cli_fail(c, ERR_BADREQ, "give the file once, not --file and \"%s\"",
		    c->args[0]);
	if (path == NULL && c->n_args > 0)
		path = c->args[0];
	if (path == NULL)
		return cli_fail(c, ERR_BADREQ,
		    "which policy? give --file FILE; - is standard input");
	return policy_file(c, path, out);
}

void
cli_policy_author(struct cli *c, struct body *b)
{
	static const char *const names[] = { "SUDO_USER", "LOGNAME", "USER" };
	const char *who = NULL;

	for (size_t i = 0; i < 3 && (who == NULL || *who == '\0'); i++)
		who = getenv(names[i]);
	if (who == NULL || *who == '\0')
		who = arena_printf(c->arena, "uid %u", (unsigned)getuid());
	cli_body_text(b, "author", table_clean(c->arena, arena_strndup(c->arena, who,
	    strnlen(who, 128))));
	cli_body_text(b, "comment", cli_get(c, "comment"));
}

enum err
cli_policy_expect(struct cli *c, struct body *b)
{
	const char *text = cli_get(c, "expect");
	int64_t version;

	if (text == NULL)
		return OK;
	if (!str_i64(str_of(text), &version) || version < 0)
		return cli_fail(c, ERR_BADREQ, "--expect needs the number of a version, "
		    "or 0 for none yet");
	jw_ki64(&b->w, "expectVersion", version);
	return OK;
}

void
cli_policy_done(struct cli *c, jv *answer)
{
	long long version = (long long)json_get_i64(answer, "version", 0);

	if (json_get_bool(answer, "unchanged", false))
		cli_done(c, answer, "Policy unchanged: version %lld says the same", version);
	else
		cli_done(c, answer, "Policy updated: version %lld", version);
}

/* ---- commands ---- */

#define BYPASS_NAME "bypass-server-and-access-database-directly"

/* Without a server elsewhere every command uses the database directly. */
static void
take_bypass(struct cli *c)
{
	if (cli_has(c, BYPASS_NAME))
		(void)unsetenv("HEADRACE_ADDRESS");
}

/* The text as it is, whatever -o says: scripts that come from headscale read it so. */
static enum err
policy_get(struct cli *c)
{
	const char *version = cli_get(c, "version"), *target = "/api/v1/policy", *text;
	jv *answer;
	enum err e;

	take_bypass(c);
	if (version != NULL)
		target = arena_printf(c->arena, "/api/v1/policy/history/%s",
		    cli_escape(c, version));
	if ((e = cli_call(c, HTTP_GET, target, NULL, &answer)) != OK)
		return e;
	if (version != NULL)
		answer = json_get(answer, "version");
	text = json_get_str(answer, "policy", "");
	fputs(text, stdout);
	if (*text != '\0' && text[strlen(text) - 1] != '\n')
		putchar('\n');
	return OK;
}

/* A body that begins with the policy that was named. */
static enum err
begin_text(struct cli *c, struct body *b)
{
	struct str text;
	enum err e = chosen_file(c, &text);

	if (e != OK)
		return e;
	cli_body_begin(b);
	cli_body_text(b, "policy", text.p);
	return OK;
}

static enum err
policy_set(struct cli *c)
{
	struct body b;
	jv *answer;
	enum err e;

	take_bypass(c);
	if ((e = begin_text(c, &b)) != OK)
		return e;
	cli_policy_author(c, &b);
	e = cli_policy_expect(c, &b);
	if (e == OK)
		e = refused(cli_call(c, HTTP_PUT, "/api/v1/policy", cli_body_end(c, &b), &answer));
	if (e == OK)
		cli_policy_done(c, answer);
	return e;
}

static enum err
policy_check(struct cli *c)
{
	struct body b;
	jv *answer;
	enum err e;

	take_bypass(c);
	if ((e = begin_text(c, &b)) != OK)
		return e;
	e = cli_call(c, HTTP_POST, "/api/v1/policy/check", cli_body_end(c, &b), &answer);
	if (e != OK)
		return refused(e);
	cli_done(c, answer, "Policy is valid");
	return OK;
}

static enum err
policy_test(struct cli *c)
{
	const char *why;
	jv *answer;
	bool machine;
	enum err e;

	if ((e = cli_call(c, HTTP_GET, "/api/v1/policy/test", NULL, &answer)) != OK)
		return e;
	machine = cli_machine(c, answer);
	why = json_get_str(answer, "error", NULL);
	if (!machine && why == NULL)
		printf("version %lld: all tests pass (%lld checks)\n",
		    (long long)json_get_i64(answer, "version", 0),
		    (long long)json_get_i64(answer, "checks", 0));
	if (why != NULL) {
		c->errmsg = why;
		return ERR_INTERNAL;
	}
	return OK;
}

/* ---- rows ---- */

#define BYPASS { BYPASS_NAME, 0, FLAG_BOOL, NULL, \
	"use the database of this machine, even if $HEADRACE_ADDRESS is set" }

static const struct cli_flag get_flags[] = {
	{ "version", 0, FLAG_TEXT, "N", "this version instead of the one in force" },
	BYPASS,
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag set_flags[] = {
	{ "file", 'f', FLAG_TEXT, "FILE", "the policy; - is standard input" },
	{ "comment", 'm', FLAG_TEXT, "TEXT", "what the change is for; the history shows it" },
	{ "expect", 0, FLAG_TEXT, "N", "only if the newest version still is N" },
	BYPASS,
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_flag check_flags[] = {
	{ "file", 'f', FLAG_TEXT, "FILE", "the policy; - is standard input" },
	BYPASS,
	{ NULL, 0, 0, NULL, NULL },
};

static const struct cli_cmd cmds[] = {
	{ "get", "show view fetch", "", "print the policy in force", 0, 0, get_flags, policy_get },
	{ "set", "put update", "[FILE]", "set another policy, from a file or - for standard input\n"
	    "It must read, and its own tests must hold; else nothing changes.", 0, 1,
	    set_flags, policy_set },
	{ "check", "", "[FILE]", "say whether a policy could be set, without setting it", 0, 1,
	    check_flags, policy_check },
	{ "test", "", "", "run the tests of the policy in force against the tailnet as it is",
	    0, 0, NULL, policy_test },
	{ "history", "log versions", "", "list the versions of the policy, newest first", 0, 0,
	    cli_policy_history_flags, cli_policy_history },
	{ "diff", "", "N [M]", "show what differs from version N to M, or to the one in force",
	    1, 2, NULL, cli_policy_diff },
	{ "rollback", "revert", "N", "put version N back in force, as a new version", 1, 1,
	    cli_policy_rollback_flags, cli_policy_rollback },
	{ "preview", "", "", "show what a policy would do, without changing anything", 0, 0,
	    cli_policy_preview_flags, cli_policy_preview },
	{ "explain", "", "SRC DST[:PORT]", "say which rule lets one reach another, or that none does\n"
	    "SRC and DST are nodes (name or id), users, or names as policies have them.", 2, 2,
	    cli_policy_explain_flags, cli_policy_explain },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

const struct cli_group cli_policy = {
	"policy", "acl", "who may reach what", cmds,
};
