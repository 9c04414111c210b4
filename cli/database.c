/*
 * cli/database.c -- the database of this machine, for commands that run on it.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "lib/store/db.h"

#define ERRORS_MAX (64 * 1024)

enum err
cli_make_folder(struct cli *c, const char *path)
{
	char *part = arena_strdup(c->arena, path);
	enum err e;

	if (access(path, F_OK) == 0)
		return OK;
	part = dirname(part);
	if (strcmp(part, "/") != 0 && strcmp(part, ".") != 0 &&
	    (e = cli_make_folder(c, part)) != OK)
		return e;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return cli_fail(c, ERR_INTERNAL, "cannot make the folder %s: %s",
		    path, strerror(errno));
	return OK;
}

/*
 * A new file belongs to the owner of its folder: what root makes here, the
 * server's own user must be able to open.
 */
void
cli_give_to_owner(const char *path, const char *folder)
{
	struct stat st;

	if (geteuid() == 0 && stat(folder, &st) == 0 && st.st_uid != 0 &&
	    chown(path, st.st_uid, st.st_gid) != 0)
		fprintf(stderr, "headrace: %s stays root's: %s\n", path, strerror(errno));
}

/*
 * A database that is not there is made and said so.  One with an older schema
 * is not changed: an older server may be running on it.
 */
enum err
cli_database(struct cli *c)
{
	const char *path, *folder;
	struct buf why;
	bool fresh;
	enum err e;

	if (c->db != NULL)
		return OK;
	if ((e = cli_config(c)) != OK)
		return e;
	path = c->cfg->db_path;
	folder = dirname(arena_strdup(c->arena, path));
	fresh = access(path, F_OK) != 0 && errno == ENOENT;
	if (fresh && (e = cli_make_folder(c, folder)) != OK)
		return e;
	buf_init(&why, ERRORS_MAX);
	e = db_open(c->cfg, fresh ? DB_SERVE : DB_USE, &c->db, &why);
	if (e != OK)
		return cli_fail_with(c, e, &why);
	buf_fini(&why);
	if (fresh) {
		cli_give_to_owner(path, folder);
		if (c->mode == OUT_TEXT)
			fprintf(stderr, "headrace: made a new database, %s\n", path);
	}
	return OK;
}
