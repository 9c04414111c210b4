/*
 * lib/config/config.c -- reads the file, then the environment, then checks the whole.
 *
 * inih does the INI syntax.  It knows no line numbers and skips what it cannot
 * parse, so the lines are handed to it one by one by a reader of ours, which
 * counts them and says what is wrong with a line that is none.
 */
#include "lib/config/config.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/config/key.h"

enum rank { RANK_DEFAULT, RANK_FILE, RANK_ENV };

#define KEYS_MAX 64		/* rows of config_keys; checked at the start */

struct loader {
	struct arena *arena;
	struct config *cfg;
	struct buf *errors;
	size_t n_errors;
	struct str left;		/* of the file's text */
	int line;
	const char *dir;
	struct {
		enum rank rank;
		struct config_place place;
	} key[KEYS_MAX];		/* by row of config_keys */
};

/* ---- errors ---- */

static void
put_place(struct loader *ld, struct buf *out, const struct config_place *at)
{
	const char *source = at->source ? at->source : ld->cfg->file;

	if (at->line > 0)
		buf_printf(out, "%s:%d: ", source, at->line);
	else
		buf_printf(out, "%s: ", source[0] ? source : "configuration");
}

static void
report(struct loader *ld, const struct config_place *at, const char *text)
{
	if (ld->n_errors++ >= CONFIG_ERRORS_MAX)
		return;
	put_place(ld, ld->errors, at);
	buf_printf(ld->errors, "%s\n", text);
}

/* 'v' as it can be shown: short and without control characters. */
static const char *
shown(struct arena *a, struct str v)
{
	char *s = arena_printf(a, "%.*s%s", (int)(v.n < 80 ? v.n : 80), v.p,
	    v.n > 80 ? "..." : "");

	for (char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return s;
}

static void
report_unknown(struct loader *ld, const struct config_place *at, const char *section,
    const char *name)
{
	struct arena *a = ld->arena;
	const char *full = section[0] ? arena_printf(a, "%s.%s", section, name) : name;
	const struct config_key *near = config_key_nearest(a, full);

	full = shown(a, str_of(full));
	if (near != NULL)
		report(ld, at, arena_printf(a, "%s: unknown key; did you mean %s in [%s]?",
		    full, near->name, near->section));
	else
		report(ld, at, arena_printf(a, "%s: unknown key; conf/headrace.ini "
		    "lists all of them", full));
}

/* ---- one setting ---- */

static const char *
key_name(struct arena *a, const struct config_key *k, const char *sub)
{
	if (sub != NULL)
		return arena_printf(a, "%s.split.%s", k->section, sub);
	return arena_printf(a, "%s.%s", k->section, k->name);
}

/*
 * Stores one value.  A higher rank replaces what a lower one set; at the same
 * rank lists grow and anything else is a mistake.
 */
static void
set(struct loader *ld, const struct config_key *k, const char *sub, struct str v,
    enum rank rank, struct config_place at)
{
	struct config_reading rd = { ld->arena, k, ld->dir, sub };
	size_t row = (size_t)(k - config_keys);
	void *field = (char *)ld->cfg + k->offset;
	const char *wrong;

	if (ld->key[row].rank < rank && k->type->list_size > 0)
		memset(field, 0, k->type->list_size);
	if (ld->key[row].rank == rank && rank == RANK_FILE && k->type->list_size == 0) {
		report(ld, &at, arena_printf(ld->arena, "%s: is set twice, first in "
		    "line %d; give it once", key_name(ld->arena, k, sub),
		    ld->key[row].place.line));
		return;
	}
	ld->key[row].rank = rank;
	ld->key[row].place = at;
	wrong = k->type->read(&rd, v, field);
	if (wrong != NULL && k->type->secret)
		report(ld, &at, arena_printf(ld->arena, "%s: the secret %s; %s",
		    key_name(ld->arena, k, sub), wrong, k->help));
	else if (wrong != NULL)
		report(ld, &at, arena_printf(ld->arena, "%s: '%s' %s; %s",
		    key_name(ld->arena, k, sub), shown(ld->arena, v), wrong, k->help));
}

static void
set_defaults(struct loader *ld)
{
	struct config_place at = { NULL, 0 };	/* the file, for what it lacks */

	assert(config_n_keys <= KEYS_MAX);
	for (size_t i = 0; i < config_n_keys; i++)
		set(ld, &config_keys[i], NULL, str_of(config_keys[i].def), RANK_DEFAULT, at);
}

/* ---- the file ---- */

/* What is wrong with a line that inih would skip; NULL if nothing is. */
static const char *
line_wrong(struct str line)
{
	struct str s = str_trim(line);

	if (line.n > CONFIG_LINE_MAX)
		return "the line is too long; give lists in several lines with the same key";
	if (memchr(line.p, '\0', line.n) != NULL)
		return "there is a zero byte in the line; this is not a text file";
	if (s.n == 0 || s.p[0] == ';' || s.p[0] == '#')
		return NULL;
	if (s.p[0] == '[')
		return memchr(s.p, ']', s.n) ? NULL : "a section without its ']'; "
		    "write [section]";
	if (memchr(s.p, '=', s.n) == NULL && memchr(s.p, ':', s.n) == NULL)
		return "neither a section nor a setting; write key = value";
	return NULL;
}

/* inih's fgets(): the next line that is worth parsing. */
static char *
next_line(char *out, int room, void *arg)
{
	struct loader *ld = arg;
	struct str line;
	const char *wrong;

	while (ld->left.n > 0 && str_cut(&ld->left, '\n', &line)) {
		ld->line++;
		wrong = line_wrong(line);
		if (wrong == NULL && line.n + 2 > (size_t)room)
			wrong = "the line is too long";
		if (wrong != NULL) {
			report(ld, &(struct config_place){ ld->cfg->file, ld->line }, wrong);
			continue;
		}
		memcpy(out, line.p, line.n);
		memcpy(out + line.n, "\n", 2);
		return out;
	}
	return NULL;
}

static int
on_setting(void *arg, const char *section, const char *name, const char *value)
{
	struct loader *ld = arg;
	const struct config_key *k = config_key_find(section, name);
	struct config_place at = { ld->cfg->file, ld->line };
	const char *sub = NULL;

	if (k == NULL) {
		report_unknown(ld, &at, section, name);
		return 1;
	}
	if (strchr(k->name, '<') != NULL)
		sub = arena_strdup(ld->arena, strchr(name, '.') + 1);
	set(ld, k, sub, str_of(value), RANK_FILE, at);
	return 1;
}

static void
parse(struct loader *ld, struct str text)
{
	ini_use_stack = false;
	ini_initial_alloc = CONFIG_LINE_MAX + 3;
	ini_max_line = CONFIG_LINE_MAX + 3;
	ini_allow_multiline = false;	/* an indented key is a key */
	ld->left = text;
	if (str_starts(ld->left, "\xef\xbb\xbf")) {
		ld->left.p += 3;
		ld->left.n -= 3;
	}
	if (ini_parse_stream(next_line, ld, on_setting, ld) == -2)
		report(ld, &(struct config_place){ ld->cfg->file, 0 }, "out of memory");
}

/* ---- the environment ---- */

static void
set_from_env(struct loader *ld, const struct config_key *k)
{
	const char *name = config_key_env(ld->arena, k), *value = getenv(name);
	struct config_place at = { arena_printf(ld->arena, "environment %s", name), 0 };
	struct str left, part;

	if (value == NULL)
		return;
	left = str_of(value);
	if (left.n > CONFIG_FILE_MAX) {
		report(ld, &at, "is too long");
		return;
	}
	if (k->type->env_sep == '\0') {
		set(ld, k, NULL, str_trim(left), RANK_ENV, at);
		return;
	}
	while (str_cut(&left, k->type->env_sep, &part))
		set(ld, k, NULL, str_trim(part), RANK_ENV, at);
}

/* "DNS_MAGICDNS" -> "dns.magicdns" if it starts with one of our sections, else NULL. */
static const char *
env_as_key(struct arena *a, const char *rest)
{
	for (size_t i = 0; i < config_n_keys; i++) {
		size_t n = strlen(config_keys[i].section);

		if (strncasecmp(rest, config_keys[i].section, n) == 0 && rest[n] == '_') {
			char *s = arena_strdup(a, rest);

			for (char *p = s; *p != '\0'; p++)
				*p = (char)tolower((unsigned char)*p);
			s[n] = '.';
			return s;
		}
	}
	return NULL;
}

/* What the command line reads (cli/remote.c) and looks like a key of [api]. */
static const char *const env_of_others[] = { "HEADRACE_API_KEY", "HEADRACE_API_KEY_FILE" };

static bool
env_known(struct arena *a, const char *name)
{
	for (size_t i = 0; i < sizeof(env_of_others) / sizeof(env_of_others[0]); i++)
		if (strcmp(env_of_others[i], name) == 0)
			return true;
	for (size_t i = 0; i < config_n_keys; i++)
		if (strcmp(config_key_env(a, &config_keys[i]), name) == 0)
			return true;
	return false;
}

/* A misspelt variable would be ignored in silence: look for those of our sections. */
static void
check_env_names(struct loader *ld)
{
	struct arena *a = ld->arena;

	for (char **e = environ; *e != NULL; e++) {
		struct str left = str_of(*e), head;
		const char *name, *key;

		if (strncmp(*e, "HEADRACE_", 9) != 0 || !str_cut(&left, '=', &head))
			continue;
		name = arena_strndup(a, head.p, head.n);
		key = env_as_key(a, name + 9);
		if (key != NULL && !env_known(a, name))
			report_unknown(ld, &(struct config_place){
			    arena_printf(a, "environment %s", shown(a, head)), 0 }, "", key);
	}
}

static void
parse_env(struct loader *ld)
{
	for (size_t i = 0; i < config_n_keys; i++)
		set_from_env(ld, &config_keys[i]);
	check_env_names(ld);
}

/* ---- the whole ---- */

static struct loader *
loader_of(const struct config_check *c, const char *section, const char *name, size_t *row)
{
	*row = (size_t)(config_key_find(section, name) - config_keys);
	return c->arg;
}

static bool
check_is_set(const struct config_check *c, const char *section, const char *name)
{
	size_t row;
	struct loader *ld = loader_of(c, section, name, &row);

	return ld->key[row].rank != RANK_DEFAULT;
}

static void
check_fail(const struct config_check *c, const char *section, const char *name,
    const char *text)
{
	size_t row;
	struct loader *ld = loader_of(c, section, name, &row);

	report(ld, &ld->key[row].place, arena_printf(c->arena, "%s.%s: %s", section, name, text));
}

static void
check_warn(const struct config_check *c, const char *section, const char *name,
    const char *text)
{
	size_t row;
	struct loader *ld = loader_of(c, section, name, &row);
	struct text_list *w = &ld->cfg->warnings;
	struct buf b;

	buf_init(&b, CONFIG_LINE_MAX);
	put_place(ld, &b, &ld->key[row].place);
	buf_printf(&b, "%s.%s: %s", section, name, text);
	w->v[w->n++] = arena_strndup(c->arena, (const char *)b.p, b.n);
	buf_fini(&b);
}

#define WARNINGS_MAX 8		/* more than check.c has */

enum err
config_load_text(struct arena *a, const char *name, struct str text,
    struct config *cfg, struct buf *errors)
{
	struct loader ld = { .arena = a, .cfg = cfg, .errors = errors };
	const struct config_check check = { a, cfg, check_is_set, check_fail, check_warn, &ld };
	const char *slash = strrchr(name, '/');

	*cfg = (struct config){ .file = arena_strdup(a, name) };
	cfg->warnings.v = arena_array(a, WARNINGS_MAX, sizeof(cfg->warnings.v[0]));
	ld.dir = slash ? arena_strndup(a, name, (size_t)(slash - name)) : ".";
	set_defaults(&ld);
	parse(&ld, text);
	parse_env(&ld);
	if (ld.n_errors == 0)
		config_check_all(&check);
	if (ld.n_errors > CONFIG_ERRORS_MAX)
		buf_printf(errors, "... and %zu more\n", ld.n_errors - CONFIG_ERRORS_MAX);
	return ld.n_errors == 0 ? OK : ERR_BADREQ;
}

#define READ_STEP 16384

/* Appends the file; too long a one sets text->over. */
static bool
read_all(FILE *f, struct buf *text)
{
	uint8_t *to;
	size_t n;

	while ((to = buf_room(text, READ_STEP)) != NULL &&
	    (n = fread(to, 1, READ_STEP, f)) > 0)
		text->n += n;
	return !ferror(f);
}

/* The whole file, or false with a line in 'errors'. */
static bool
read_file(const char *path, struct buf *text, struct buf *errors)
{
	FILE *f = fopen(path, "re");
	bool ok = f != NULL && read_all(f, text);

	if (!ok)
		buf_printf(errors, "%s: cannot read the configuration: %s; give a "
		    "readable file with -c or $HEADRACE_CONFIG\n", path, strerror(errno));
	else if (text->over)
		buf_printf(errors, "%s: is larger than %d bytes; this is no "
		    "configuration file\n", path, CONFIG_FILE_MAX);
	if (f != NULL)
		(void)fclose(f);
	return ok && !text->over;
}

/* An absolute form, so that a program may change its folder. */
static const char *
absolute(struct arena *a, const char *path)
{
	char full[PATH_MAX];

	if (path[0] == '/' || getcwd(full, sizeof(full)) == NULL)
		return path;
	return arena_printf(a, "%s/%s", full, path);
}

enum err
config_load(struct arena *a, const char *path, struct config *cfg, struct buf *errors)
{
	struct buf text;
	enum err e = ERR_BADREQ;

	if (path == NULL)
		path = getenv("HEADRACE_CONFIG");
	if (path == NULL && access(CONFIG_FILE_DEFAULT, F_OK) == 0)
		path = CONFIG_FILE_DEFAULT;
	if (path == NULL)
		return config_load_text(a, "", STR(""), cfg, errors);
	buf_init(&text, CONFIG_FILE_MAX + READ_STEP);
	if (read_file(path, &text, errors))
		e = config_load_text(a, absolute(a, path), buf_as_str(&text), cfg, errors);
	buf_fini(&text);
	return e;
}

const char *
config_socket(struct arena *a, const struct config *cfg, const char *name)
{
	return arena_printf(a, "%s/%s", cfg->run_dir, name);
}

const char *
config_lock(struct arena *a, const struct config *cfg, const char *who)
{
	char real[PATH_MAX];
	const char *path = realpath(cfg->db_path, real) != NULL ? real : cfg->db_path;

	return arena_printf(a, "%s.%s.lock", path, who);
}

static void
print_key(const struct config *cfg, const struct config_key *k, struct buf *out)
{
	const void *field = (const char *)cfg + k->offset;

	if (k->type->whole_lines) {
		k->type->print(k, field, out);
		return;
	}
	buf_printf(out, "%s = ", k->name);
	k->type->print(k, field, out);
	buf_str(out, "\n");
}

void
config_print(const struct config *cfg, struct buf *out)
{
	const char *section = "";

	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];

		if (strcmp(section, k->section) != 0)
			buf_printf(out, "%s[%s]\n", i ? "\n" : "", k->section);
		section = k->section;
		print_key(cfg, k, out);
	}
}
