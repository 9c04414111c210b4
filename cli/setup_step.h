/*
 * cli/setup_step.h -- a step of a plan: what is wanted, what was found, what became of it.
 *
 * Each kind of step is a row of functions.  Looking changes nothing, and comes first.
 */
#ifndef CLI_SETUP_STEP_H
#define CLI_SETUP_STEP_H

#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

struct setup;

#define SETUP_USER "headrace"

enum setup_kind {
	SETUP_ACCOUNT,		/* the system user */
	SETUP_FOLDER,
	SETUP_FILE,		/* a text of ours */
	SETUP_INI,		/* the configuration, which a package may have brought */
	SETUP_LINK,
	SETUP_LINE,		/* one line in a file of somebody else's */
	SETUP_DATA,		/* database and key */
	SETUP_COMMAND,
	SETUP_KINDS
};

/* What a step has found where it would act. */
enum setup_found {
	SETUP_NOTHING,
	SETUP_SAME,		/* as it is wanted */
	SETUP_OTHER,		/* ours, and not edited; or what may be changed without loss */
	SETUP_FOREIGN		/* somebody's work */
};

enum setup_state {
	SETUP_TO_DO,
	SETUP_DONE,
	SETUP_THERE,		/* nothing to do */
	SETUP_KEPT,		/* somebody's work, not touched */
	SETUP_STAYS,		/* undo leaves it */
	SETUP_BY_HAND,		/* a command for people */
	SETUP_STATES
};

struct setup_step {
	enum setup_kind kind;
	const char *what;	/* for people, when there is no path */
	const char *path;	/* as the system sees it, that is without --root */
	struct str text;	/* FILE, INI: all of it; LINE: the line */
	struct str pristine;	/* INI: as a package brings it */
	const char *to;		/* LINK */
	const char *as;		/* LINK: the command that does the same, NULL: one for several did */
	mode_t mode;
	bool ours;		/* the owner is the user headrace */
	bool group;		/* the group is headrace, which may read it */
	bool web;		/* the web server has to know */
	const char *undo;	/* how a person undoes it; NULL: there is nothing to undo */
	bool stays;		/* undo leaves it to a person */

	/* COMMAND: NULL-terminated */
	const char *const *argv, *const *undo_argv;
	const char *const *probe;	/* ends with 0 if there is nothing to do */
	bool after_web;		/* only if a step with 'web' had something to do */
	bool after_ini;		/* also if the configuration had */
	bool is_check;		/* if it fails, all is put back */

	/* found out and done */
	enum setup_found found;
	enum setup_state state;
	bool blocked;		/* what is there can neither be used nor replaced */
	bool offer;		/* FILE: something new goes beside what was edited */
	bool was_there;
	struct str before;	/* what the file held */
	const char *note;
};

struct setup_kind_row {
	void (*look)(struct setup *s, struct setup_step *t);
	enum err (*carry_out)(struct setup *s, struct setup_step *t);
	enum err (*undo)(struct setup *s, struct setup_step *t);
	enum err (*put_back)(struct setup *s, struct setup_step *t);	/* NULL: as undo */
};

extern const struct setup_kind_row *const setup_kinds[SETUP_KINDS];
extern const struct setup_kind_row setup_file_kind, setup_ini_kind, setup_line_kind;

/* Atomically, with mode and owner of the step, or those of the file that was there. */
must_check enum err setup_write_file(struct setup *s, const struct setup_step *t,
    const char *path, struct str text);

#endif
