/* cli/system.c -- headrace configtest, version, and the rows of what is no request. */
#include <stdio.h>

#include "cli/cmd.h"

static jv *
parsed(struct cli *c, const char *json)
{
	return json_parse(c->arena, str_of(json), JSON_DEPTH_DEFAULT, NULL);
}

/* Errors have file and line already; warnings go to standard error. */
static enum err
configtest(struct cli *c)
{
	struct buf text;
	enum err e;

	if ((e = cli_local_only(c)) != OK || (e = cli_config(c)) != OK)
		return e;
	for (size_t i = 0; i < c->cfg->warnings.n; i++)
		fprintf(stderr, "Warning: %s\n",
		    table_clean(c->arena, c->cfg->warnings.v[i]));
	if (cli_has(c, "verbose") && c->mode == OUT_TEXT) {
		buf_init(&text, REQ_OUT_MAX);
		config_print(c->cfg, &text);
		fwrite(text.p, 1, text.n, stdout);
		buf_fini(&text);
	}
	cli_done(c, parsed(c, "{\"valid\":true}"), "configuration is valid%s%s%s",
	    c->cfg->file[0] != '\0' ? " (" : "", c->cfg->file,
	    c->cfg->file[0] != '\0' ? ")" : "");
	return OK;
}

static const struct cli_flag configtest_flags[] = {
	{ "verbose", 'v', FLAG_BOOL, NULL, "print every key with its value" },
	{ NULL, 0, 0, NULL, NULL },
};

const struct cli_cmd cli_configtest = {
	"configtest", "", "", "check the configuration", 0, 0, configtest_flags, configtest,
};

static enum err
version(struct cli *c)
{
	jv *answer;
	enum err e;

	if ((e = cli_call_alone(c, "/version", &answer)) != OK)
		return e;
	cli_done(c, answer, "%s %s", json_get_str(answer, "program", "headrace"),
	    json_get_str(answer, "version", ""));
	return OK;
}

const struct cli_cmd cli_version = {
	"version", "", "", "show the version", 0, 0, NULL, version,
};

/* fcgi/main.c runs these when they are the first word; here they are for help and completion. */
static enum err
first_word(struct cli *c)
{
	return cli_fail(c, ERR_BADREQ, "nothing but -c FILE may stand before \"%s\"", c->cmd->name);
}

const struct cli_cmd cli_serve = {
	"serve", "", "", "run the whole server: sockets, workers, notifier", 0, 0, NULL, first_word,
};

const struct cli_cmd cli_worker = {
	"worker", "", "", "answer FastCGI requests; `serve` starts these\n"
	    "`headrace worker --help` shows its flags, `--routes` the table of endpoints.", 0, 0, NULL,
	first_word,
};
