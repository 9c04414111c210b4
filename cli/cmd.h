/*
 * cli/cmd.h -- a command is a const row: names, flags, arguments, function.
 *
 * Parsing, help, and the check of arguments come from the rows.  A command asks
 * the API with cli_call() and prints the answer's JSON: as it is for programs,
 * as a table for people.  It never sees the database, so that the same command
 * can ask a server elsewhere ($HEADRACE_ADDRESS).
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/http/req.h"
#include "lib/json/json.h"

enum flag_kind { FLAG_BOOL, FLAG_TEXT, FLAG_LIST };

struct cli_flag {
	const char *name;
	char letter;		/* 0 if none */
	enum flag_kind kind;
	const char *arg;	/* what stands for the value in the help */
	const char *help;
};

struct cli;

struct cli_cmd {
	const char *name;
	const char *aliases;	/* separated by blanks */
	const char *args;	/* for the help: "NAME" */
	const char *help;	/* one line; then, after a newline, more */
	size_t args_min, args_max;
	const struct cli_flag *flags;	/* ends with a NULL name; may be NULL */
	enum err (*run)(struct cli *c);
};

struct cli_group {
	const char *name, *aliases, *help;
	const struct cli_cmd *cmds;	/* ends with a NULL name */
};

enum out_mode { OUT_TEXT, OUT_JSON, OUT_JSON_LINE, OUT_YAML };

#define CLI_VALUES_MAX 64	/* flags given in one call */
#define CLI_WORDS_MAX 1024	/* of a command line that is to be completed */

struct cli {
	struct arena *arena;
	enum out_mode mode;
	const struct cli_group *group;	/* NULL for a command without one */
	const struct cli_cmd *cmd;
	struct { const struct cli_flag *flag; const char *text; } values[CLI_VALUES_MAX];
	size_t n_values;
	const char **args;
	size_t n_args;
	struct config *cfg;		/* NULL until cli_config() */
	struct db *db;			/* NULL until the first cli_call() */
	const char *errmsg;
};

/* ---- rows (main.c) ---- */
extern const struct cli_group cli_users, cli_preauthkeys, cli_nodes, cli_auth,
    cli_policy, cli_apikeys, cli_oauth_clients, cli_settings, cli_webhooks;
extern const struct cli_group cli_db, cli_debug, cli_generate;
extern const struct cli_cmd cli_audit;
extern const struct cli_cmd cli_configtest, cli_health, cli_doctor, cli_setup, cli_version, cli_backup, cli_restore;
extern const struct cli_cmd cli_serve, cli_worker, cli_completion;
extern const struct cli_cmd cli_complete, cli_man;	/* in no list: for shells and packages */
extern const struct cli_group *const cli_groups[];	/* end with NULL */
extern const struct cli_cmd *const cli_commands[];

/* By name or alias; of a group, or with NULL of those without one.  NULL: none. */
const struct cli_group *cli_find_group(const char *word);
const struct cli_cmd *cli_find_command(const struct cli_group *g, const char *word);

/* The nodes commands that only look; their rows stand with the others. */
must_check enum err cli_nodes_list(struct cli *c);
must_check enum err cli_nodes_show(struct cli *c);
must_check enum err cli_nodes_list_routes(struct cli *c);

/* Those that bring nodes in or complete them (nodes_join.c). */
must_check enum err cli_nodes_register(struct cli *c);
must_check enum err cli_nodes_backfillips(struct cli *c);
extern const struct cli_flag cli_nodes_register_flags[];

/* The policy commands that only look. */
must_check enum err cli_policy_preview(struct cli *c);
must_check enum err cli_policy_explain(struct cli *c);
extern const struct cli_flag cli_policy_preview_flags[], cli_policy_explain_flags[];

/* Its versions (policy_history.c). */
must_check enum err cli_policy_history(struct cli *c);
must_check enum err cli_policy_diff(struct cli *c);
must_check enum err cli_policy_rollback(struct cli *c);
extern const struct cli_flag cli_policy_history_flags[], cli_policy_rollback_flags[];

struct body;

/* Can JSON carry the text of this file as it is?  If not, the error says where not. */
must_check enum err cli_policy_text(struct cli *c, const char *path, struct str text);

/* What goes with a change: who and why (--comment), on which version (--expect). */
void cli_policy_author(struct cli *c, struct body *b);
must_check enum err cli_policy_expect(struct cli *c, struct body *b);
void cli_policy_done(struct cli *c, jv *answer);

/* ---- parsing (args.c) ---- */

/* The flags that every command has. */
extern const struct cli_flag cli_global_flags[];

/*
 * Reads flags (of the command, or only the global ones if 'cmd' is NULL) and
 * arguments.  With 'first_only' it stops at the first argument.  Answers the
 * index in argv at which it stopped.
 */
must_check enum err cli_parse(struct cli *c, int argc, char **argv,
    const struct cli_cmd *cmd, bool first_only, int *next);

/* Is 'word' the name or one of the aliases? */
bool cli_named(const char *word, const char *name, const char *aliases);

/* A flag's last value, NULL if it was not given; the name must be in the row. */
const char *cli_get(const struct cli *c, const char *name);
bool cli_has(const struct cli *c, const char *name);

/* All values of a list flag as a JSON array: repeated, or separated by commas. */
const char *cli_list_json(struct cli *c, const char *name);

/* "90d" from now, or a time, as the API wants it; NULL for "never" or "0". */
must_check enum err cli_time(struct cli *c, const char *text, const char **out);

/* ---- help (help.c) ---- */
void cli_help_all(void);
void cli_help_group(const struct cli_group *g);
void cli_help_cmd(const struct cli_group *g, const struct cli_cmd *cmd);

/*
 * Prints the n bytes of text in lines that fit the terminal, where the first begins at the
 * column 'left', at which we are, and the others below it.  A newline in the text is a
 * blank: two, where a sentence has ended.
 */
void cli_fill(int left, const char *text, size_t n);

/* "-u, --user USER", as wide without a letter. */
#define CLI_FLAG_FORM_SIZE 128
void cli_flag_form(const struct cli_flag *f, char out[static CLI_FLAG_FORM_SIZE]);

/* ---- the API (call.c) ---- */

/* Reads the configuration, once. */
must_check enum err cli_config(struct cli *c);

/*
 * Sends a request and parses the answer.  'target' is path and query, escaped;
 * 'body' is JSON or NULL.
 */
must_check enum err cli_call(struct cli *c, enum http_method method,
    const char *target, const char *body, jv **out);

/* The same for what needs neither configuration nor database. */
must_check enum err cli_call_alone(struct cli *c, const char *target, jv **out);

/* Percent-escapes a part of a path or a query value. */
const char *cli_escape(struct cli *c, const char *text);

/* A request's body: an object, begun, filled with jw_k…(&b.w, …), ended. */
struct body {
	struct buf buf;
	struct jw w;
};
void cli_body_begin(struct body *b);
void cli_body_text(struct body *b, const char *key, const char *text);	/* not if NULL */
const char *cli_body_end(struct cli *c, struct body *b);

/* Takes a text of several lines over as the error, frees it and returns 'e'. */
enum err cli_fail_with(struct cli *c, enum err e, struct buf *why);

/* Sets the error text and returns 'e'. */
enum err cli_fail(struct cli *c, enum err e, const char *fmt, ...) printf_like(3, 4);

/* ---- a server elsewhere (remote.c) ---- */

/* Is there a $HEADRACE_ADDRESS?  Then every request goes there. */
bool cli_remote(void);

/* The key of $HEADRACE_API_KEY, or of the file that $HEADRACE_API_KEY_FILE names. */
must_check enum err cli_api_key(struct cli *c, const char **out);

/* An error that says so, for commands that are about this machine's files. */
must_check enum err cli_local_only(struct cli *c);

struct cli_answer {
	int status;
	jv *json;		/* NULL if it is none */
	const char *detail;	/* what to say instead of the answer's own text; NULL: nothing */
	bool storage_fails;	/* why the status is 503, if it was answered here */
};
must_check enum err cli_remote_send(struct cli *c, enum http_method method,
    const char *target, const char *body, struct cli_answer *out);

/* ---- the database of this machine (database.c) ---- */

/* Opens c->db, once.  One that is not there is made. */
must_check enum err cli_database(struct cli *c);

/* Makes a folder and those above it, for the owner alone. */
must_check enum err cli_make_folder(struct cli *c, const char *path);

/* What root makes in a folder of somebody else's, that user must be able to open. */
void cli_give_to_owner(const char *path, const char *folder);

/* ---- who is meant (find.c) ---- */

/* The node or user with this id or name, as the API shows it. */
must_check enum err cli_node(struct cli *c, const char *id_or_name, jv **out);
must_check enum err cli_user(struct cli *c, const char *id_or_name, jv **out);

/* The node of --identifier or, if more than 'spare' arguments are there, of the first. */
must_check enum err cli_node_chosen(struct cli *c, size_t spare, jv **out);

/*
 * Asks a person before something is lost; OK if --force says so.  Without a
 * terminal there is nobody to ask: an error that names --force.
 */
must_check enum err cli_confirm(struct cli *c, const char *fmt, ...) printf_like(2, 3);

/* ---- files (file.c) ---- */

/* All of a file of at most 'max' bytes, in the arena; "-" is standard input. */
must_check enum err cli_file(struct cli *c, const char *path, size_t max, struct str *out);

/* ---- line by line (diff.c) ---- */

/* What differs, as `diff -u` has it; "" if no line does.  A last line need not end. */
const char *diff_unified(struct arena *a, const char *name_x, struct str x,
    const char *name_y, struct str y);

/* ---- output (out.c) ---- */

/* In the modes for programs: prints 'v' and answers true. */
bool cli_machine(struct cli *c, jv *v);

/* In text mode a line; in the others 'v'. */
void cli_done(struct cli *c, jv *v, const char *fmt, ...) printf_like(3, 4);

/* Prints the error on standard error as the mode wants it. */
void cli_print_error(const struct cli *c);

/* ---- tables (table.c) ---- */

enum colour { PLAIN, BOLD, GREEN, RED, DIM };

struct table {
	struct arena *arena;
	size_t columns, n, room;
	struct { const char *text; enum colour colour; } *cells;
};

/* 'heads' are the columns' titles, NULL at the end. */
void table_begin(struct table *t, struct arena *a, const char *const *heads);
void table_put(struct table *t, const char *text);	/* row by row; NULL is "" */
void table_put_in(struct table *t, const char *text, enum colour colour);
void table_print(const struct table *t);

/* Prints one text in a colour, as table_print() does. */
void table_cell(const char *text, enum colour colour);

/* Without control characters, which a client may have put there. */
const char *table_clean(struct arena *a, const char *text);

/* A time of the API as "YYYY-MM-DD HH:MM:SS" (UTC), 'none' if it is null. */
const char *table_time(struct arena *a, jv *time, const char *none);

/* Red for a time that is past. */
enum colour table_time_colour(jv *time);

/* "a, b" from a list of text. */
const char *table_join(struct arena *a, jv *list);

#endif
