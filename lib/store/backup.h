/*
 * lib/store/backup.h -- a copy of the whole tailnet in one file, and back.
 *
 * The copy is an SQLite database like the original, with one more table: what stands
 * beside the database in files and without which no device would know the server again
 * (its private key).  So one file is a whole backup; it is as secret as that key.
 */
#ifndef LIB_STORE_BACKUP_H
#define LIB_STORE_BACKUP_H

#include "lib/store/db.h"

#define BACKUP_KEY "noise.key"		/* name of a file inside a copy */
#define BACKUP_FILE_MAX (64 * 1024)	/* bytes of such a file */

/* Called now and then with pages done and pages in all; may be NULL. */
typedef void backup_progress_fn(void *arg, int done, int of);

struct backup_file { const char *name; struct str content; };

/*
 * Writes a consistent copy as 'to' while others write to the database; it holds up nobody.
 * The file (mode 0600) is there whole or not at all.  ERR_CONFLICT: 'to' is there and not to
 * be replaced, or another backup writes it just now.
 */
must_check enum err backup_write(struct db *db, const char *to, bool replace,
    const struct backup_file *files, size_t n_files, backup_progress_fn *progress, void *arg);

/* What a copy is; text in the arena. */
struct backup_info {
	int64_t version;		/* of its schema */
	int64_t nodes, users;
	struct backup_file key;		/* content.p is NULL if there is none inside */
};

/*
 * Copies the backup 'from' to 'to' (which must not exist) without its extra table, and
 * looks it over: ERR_CONFLICT if it is no database of headrace or of a newer one,
 * ERR_INTERNAL if it is damaged.  *why says so in words; then 'to' is not there.
 */
must_check enum err backup_extract(struct arena *a, const char *from, const char *to,
    struct backup_info *out, const char **why);

/*
 * Is this database free, so that its file may be replaced?  ERR_BUSY if some program has
 * it open.  What its write-ahead log holds is in the file afterwards.
 */
must_check enum err backup_settle(struct arena *a, const char *path, const char **why);

/*
 * Puts 'from' in the place of 'path', in one step.  What is there gets the name 'kept', which
 * must be free, with the logs beside it that are SQLite's; *had: there was something.
 */
must_check enum err backup_place(struct arena *a, const char *from, const char *path,
    const char *kept, bool *had, const char **why);

/* Renames and brings it to the disk: 0, or -1 and errno.  EEXIST: 'to' is taken, and not to be replaced. */
must_check int backup_name(struct arena *a, const char *from, const char *to, bool replace);

/*
 * Compares tables, indices, triggers and views with those that this program would make;
 * a line in 'why' for each that is missing or another; what is not ours is not looked at.
 */
must_check enum err backup_schema_check(struct db *db, struct buf *why);

#endif
