/*
 * cli/setup_file.c -- steps that write texts: our own files, the configuration, a
 * line in a file of somebody else's.
 *
 * A file is replaced as a whole or not at all, and only if nobody has edited it.
 * Where somebody has, a text that is new to them goes beside it as FILE.new.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/setup.h"
#include "lib/base/file.h"

/* Folders above a file, as the system has them: for everybody to read. */
static bool
make_parents(struct setup *s, const char *path)
{
	const char *folder = dirname(arena_strdup(s->arena, path));

	if (access(folder, F_OK) == 0)
		return true;
	return make_parents(s, folder) && (mkdir(folder, 0755) == 0 || errno == EEXIST);
}

/*
 * Mode and owner: those of the file that was there, or those of the step.  The group root, which
 * a file has from `make install`, is nobody's choice: headrace could not read its configuration.
 */
static bool
give(const struct setup *s, const struct setup_step *t, int fd, const char *path)
{
	const struct passwd *pw = NULL;
	struct stat st;
	bool was_there = stat(path, &st) == 0;

	if (fchmod(fd, was_there ? st.st_mode & 07777 : t->mode) != 0)
		return false;
	if (geteuid() != 0)
		return true;
	if (s->root[0] == '\0' && (t->ours || t->group))
		pw = getpwnam(SETUP_USER);
	if (was_there)
		return fchown(fd, st.st_uid, pw != NULL && st.st_gid == 0 ? pw->pw_gid : st.st_gid) == 0;
	return pw == NULL || fchown(fd, t->ours ? pw->pw_uid : 0, pw->pw_gid) == 0;
}

static bool
write_all(int fd, struct str text)
{
	ssize_t n;

	for (; text.n > 0; text = (struct str){ text.p + n, text.n - (size_t)n })
		if ((n = write(fd, text.p, text.n)) < 0)
			return false;
	return fsync(fd) == 0;
}

enum err
setup_write_file(struct setup *s, const struct setup_step *t, const char *path, struct str text)
{
	const char *at = setup_at(s, path), *fresh;
	char real[PATH_MAX];
	bool ok;
	int fd;

	if (realpath(at, real) != NULL)		/* a link stays one */
		at = real;
	fresh = arena_printf(s->arena, "%s.headrace-%d", at, (int)getpid());
	fd = make_parents(s, at) ? open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
	ok = fd >= 0 && write_all(fd, text) && give(s, t, fd, at) && rename(fresh, at) == 0;
	if (!ok) {
		enum err e = cli_fail(s->c, ERR_INTERNAL, "cannot write %s: %s", at, strerror(errno));

		if (fd >= 0)
			(void)unlink(fresh);
		if (fd >= 0)
			(void)close(fd);
		return e;
	}
	(void)close(fd);
	return OK;
}

static enum err
remove_file(struct setup *s, const char *path)
{
	const char *at = setup_at(s, path);

	if (unlink(at) != 0 && errno != ENOENT)
		return cli_fail(s->c, ERR_INTERNAL, "cannot remove %s: %s", at, strerror(errno));
	return OK;
}

/* What the file holds; false if it is not there.  One that cannot be read is somebody's. */
static bool
read_before(struct setup *s, struct setup_step *t)
{
	const char *at = setup_at(s, t->path), *why;

	t->was_there = access(at, F_OK) == 0;
	if (!t->was_there)
		return false;
	why = file_read(s->arena, at, SETUP_FILE_MAX, &t->before);
	if (why != NULL) {
		t->before = STR("");
		t->blocked = true;
		t->note = arena_printf(s->arena, "it cannot be read: %s", why);
	}
	return true;
}

static enum err
put_before_back(struct setup *s, struct setup_step *t)
{
	return t->was_there ? setup_write_file(s, t, t->path, t->before) : remove_file(s, t->path);
}

/* ---- a text of ours ---- */

static const char *
beside(const struct setup *s, const struct setup_step *t)
{
	return arena_printf(s->arena, "%s.new", t->path);
}

/* Is our text news to who edited theirs, and not lying beside it already? */
static void
look_beside(struct setup *s, struct setup_step *t)
{
	struct str there;

	if (t->note != NULL)
		return;
	if (t->before.n > 0 && str_eq(setup_mark(t->before), setup_mark(t->text))) {
		t->note = "somebody has edited it";
		return;
	}
	t->note = arena_printf(s->arena, "somebody else wrote or edited it; our text goes into %s: compare, and move "
	    "it over the other if you want it", beside(s, t));
	t->offer = file_read(s->arena, setup_at(s, beside(s, t)), SETUP_FILE_MAX, &there) != NULL ||
	    (!str_eq(there, t->text) && setup_unedited(s->arena, there));
}

static void
file_look(struct setup *s, struct setup_step *t)
{
	if (!read_before(s, t)) {
		t->found = SETUP_NOTHING;
		return;
	}
	t->found = str_eq(t->before, t->text) ? SETUP_SAME :
	    setup_unedited(s->arena, t->before) ? SETUP_OTHER : SETUP_FOREIGN;
	if (t->found == SETUP_FOREIGN && !s->undo)
		look_beside(s, t);
}

static enum err
file_carry_out(struct setup *s, struct setup_step *t)
{
	return setup_write_file(s, t, t->offer ? beside(s, t) : t->path, t->text);
}

static enum err
file_undo(struct setup *s, struct setup_step *t)
{
	struct str there;

	if (file_read(s->arena, setup_at(s, beside(s, t)), SETUP_FILE_MAX, &there) == NULL &&
	    setup_unedited(s->arena, there) && unlink(setup_at(s, beside(s, t))) != 0)
		return cli_fail(s->c, ERR_INTERNAL, "cannot remove %s: %s", beside(s, t), strerror(errno));
	return remove_file(s, t->path);
}

static enum err
file_put_back(struct setup *s, struct setup_step *t)
{
	return t->offer ? remove_file(s, beside(s, t)) : put_before_back(s, t);
}

const struct setup_kind_row setup_file_kind = { file_look, file_carry_out, file_undo, file_put_back };

/* ---- the configuration ---- */

/* The text of a package that knows the address, and nothing else that is new. */
static struct str
set_pristine(struct setup *s)
{
	return setup_ini_text(s, false, NULL, NULL);
}

/*
 * A package's own text may be filled in; one that somebody has edited and that says
 * what we need (setup_configure() has seen to it) is as good as ours.
 */
static void
ini_look(struct setup *s, struct setup_step *t)
{
	if (!read_before(s, t)) {
		t->found = SETUP_NOTHING;
		return;
	}
	if (str_eq(t->before, t->pristine))
		t->found = s->undo ? SETUP_NOTHING : SETUP_OTHER;
	else if (str_eq(t->before, set_pristine(s)))
		t->found = SETUP_SAME;
	else if (s->undo && !setup_unedited(s->arena, t->before)) {
		t->found = SETUP_FOREIGN;
		t->note = "somebody has edited it";
	} else
		t->found = SETUP_SAME;
	if (t->found == SETUP_OTHER || (s->undo && setup_mark(t->before).n == 0))
		t->undo = arena_printf(s->arena, "put the ';' back before url in %s", t->path);
}

static enum err
ini_carry_out(struct setup *s, struct setup_step *t)
{
	return setup_write_file(s, t, t->path, t->was_there ? set_pristine(s) : t->text);
}

static enum err
ini_undo(struct setup *s, struct setup_step *t)
{
	if (setup_mark(t->before).n > 0)
		return remove_file(s, t->path);
	return setup_write_file(s, t, t->path, t->pristine);
}

const struct setup_kind_row setup_ini_kind = { ini_look, ini_carry_out, ini_undo, put_before_back };

/* ---- a line ---- */

/* Where the line begins in the text; its length if it is not there. */
static size_t
line_at(struct str text, struct str wanted)
{
	struct str rest = text, line;

	while (str_cut(&rest, '\n', &line))
		if (str_eq(str_trim(line), wanted))
			return (size_t)(line.p - text.p);
	return text.n;
}

static void
line_look(struct setup *s, struct setup_step *t)
{
	t->found = SETUP_NOTHING;
	if (read_before(s, t) && line_at(t->before, t->text) < t->before.n)
		t->found = SETUP_SAME;
	else if (t->blocked)
		t->found = SETUP_FOREIGN;
}

static enum err
line_write(struct setup *s, struct setup_step *t, struct str head, struct str line, struct str tail)
{
	struct str all;
	struct buf b;

	buf_init(&b, 2 * SETUP_FILE_MAX);
	buf_put(&b, head.p, head.n);
	if (line.n > 0)
		buf_printf(&b, "%s%.*s\n", head.n > 0 && head.p[head.n - 1] != '\n' ? "\n" : "", (int)line.n, line.p);
	buf_put(&b, tail.p, tail.n);
	all.n = b.n;
	all.p = buf_text(&b, s->arena);
	return setup_write_file(s, t, t->path, all);
}

static enum err
line_carry_out(struct setup *s, struct setup_step *t)
{
	return line_write(s, t, t->before, t->text, STR(""));
}

static enum err
line_undo(struct setup *s, struct setup_step *t)
{
	size_t at = line_at(t->before, t->text);
	struct str tail = { t->before.p + at, t->before.n - at }, line;

	(void)str_cut(&tail, '\n', &line);
	return line_write(s, t, (struct str){ t->before.p, at }, STR(""), tail);
}

const struct setup_kind_row setup_line_kind = { line_look, line_carry_out, line_undo, put_before_back };
