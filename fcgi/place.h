/*
 * fcgi/place.h -- the folders, files and sockets that `headrace serve` makes.
 */
#ifndef FCGI_PLACE_H
#define FCGI_PLACE_H

#include "fcgi/given.h"
#include "lib/config/config.h"

/* Listening sockets, close-on-exec; children inherit their own by dup2(). */
struct place {
	struct arena *arena;
	int lock, database;	/* held while we run: one serve per run_dir, and per database */
	int web, control, delta, webhook, notifier;
	int64_t patient_until_ms;	/* clock_mono_ms(): a place in use may yet become free */
	const char *path[6];	/* of the sockets, to remove; NULL: none */
	struct given given;	/* sockets that we did not open and do not remove */
};

/*
 * Makes data_dir (0700) and run_dir (0755), takes the lock, migrates the
 * database, makes the noise key, opens the sockets or takes those that were
 * given (given.h).  False after logging why not.
 */
must_check bool place_make(const struct config *cfg, struct place *p);

/* Closes all, removes the sockets. */
void place_end(struct place *p);

#endif
