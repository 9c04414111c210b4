/*
 * lib/store/migrate.h -- brings the schema of a file up to this program's.
 *
 * The files of schema/ are part of the program (schema/embed.sh).  Each is
 * applied in one transaction of its own, under the write lock, so programs that
 * start together do it once.  Before the first one that touches an existing
 * schema a copy of the file is kept next to it.
 */
#ifndef LIB_STORE_MIGRATE_H
#define LIB_STORE_MIGRATE_H

#include <stddef.h>

#include "lib/store/db.h"

struct migration {
	int version;
	const char *name;	/* "0001-tailnet" */
	const char *sql;
};

/* Generated at build time, in order of version, which starts with 0. */
extern const struct migration store_migrations[];
extern const size_t store_migrations_n;

/* Applies those of 'v' that are missing; ERR_CONFLICT as migrate_check(). */
must_check enum err migrate_apply(struct db *db, const struct migration *v, size_t n);

/*
 * ERR_CONFLICT if the file's schema is not that of 'v': older, newer, or made by
 * other files of the same number.
 */
must_check enum err migrate_check(struct db *db, const struct migration *v, size_t n);

#endif
