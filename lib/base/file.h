/* lib/base/file.h -- a whole file, of at most so many bytes; a file that one process holds. */
#ifndef LIB_BASE_FILE_H
#define LIB_BASE_FILE_H

#include "lib/base/arena.h"
#include "lib/base/str.h"

/*
 * Reads it into the arena, with a NUL behind.  NULL if all is well, else what is
 * wrong, to follow the file's name: "No such file or directory".
 */
must_check const char *file_read(struct arena *a, const char *path, size_t max, struct str *out);

/*
 * Takes the lock of this file, which is made if need be and never removed, until the
 * process ends or closes what is answered.  -1 with errno; EWOULDBLOCK: another has it.
 */
int file_lock(const char *path);

#endif
