/*
 * handlers/control/setting.h -- what may be set while everything runs, and what holds now.
 *
 * A setting goes before the configuration file; taken back, the file's value holds
 * again.  One table (setting.c) has their names, as in Tailscale's API where it has
 * them, what they may hold, and the key of the file that each goes before.  Everything
 * that may be set takes effect at once, for what is asked after; what clients have
 * been told already (DNS, automatic updates) is told anew.
 */
#ifndef HANDLERS_CONTROL_SETTING_H
#define HANDLERS_CONTROL_SETTING_H

#include "lib/config/config.h"
#include "lib/http/req.h"
#include "lib/json/json.h"

#define SETTING_BYTES_MAX (128 * 1024)	/* of one value, as JSON */
#define SETTING_KEY_DAYS_MAX 180	/* that a device's key may be set to live */

/* What holds now. */
struct settings {
	struct config cfg;	/* the configuration with all settings laid over it */
	bool devices_approval;	/* a new device waits for an administrator */
	bool users_approval;	/* and so does a new user who logs in by themselves */
};

enum setting_id {
	SETTING_DEVICES_APPROVAL,
	SETTING_DEVICES_AUTO_UPDATES,
	SETTING_DEVICES_KEY_DAYS,
	SETTING_USERS_APPROVAL,
	SETTING_DNS_MAGIC,
	SETTING_DNS_NAMESERVERS,
	SETTING_DNS_OVERRIDE,
	SETTING_DNS_SEARCH_PATHS,
	SETTING_DNS_SPLIT,
	SETTING_COUNT
};

struct setting_kind;

struct setting_row {
	const char *name;		/* "devicesApprovalOn" */
	const struct setting_kind *kind;
	size_t at;			/* of its field in struct settings */
	const char *key;		/* "node.expiry"; NULL: without it, it is off */
	const char *help;		/* one line, for people */
};

extern const struct setting_row setting_rows[SETTING_COUNT];

/* NULL if there is none of this name. */
const struct setting_row *setting_find(const char *name);

/* Inside a transaction; text in the request's arena. */
must_check enum err setting_load(struct req *rq, struct settings *out);

/* How long a device's key lives when nothing else is said; 0: it does not run out. */
must_check enum err setting_key_life(struct req *rq, int64_t *ms);

/*
 * Checks and stores a value; ERR_INVALID if it is of the wrong type, ERR_BADREQ if it
 * cannot be, with the text; 'at' is the place, like "body.value".  After one or more of
 * these comes setting_apply().
 */
must_check enum err setting_put(struct req *rq, enum setting_id id, const char *at, jv *value);
/* Then the configuration's value holds again. */
must_check enum err setting_delete(struct req *rq, enum setting_id id);
/* Tells clients what is new, in the same transaction. */
must_check enum err setting_apply(struct req *rq);

/* The same for who knows the records of the watched file (NULL: none). */
must_check enum err setting_show(struct req *rq, const char *records);

/* ---- one value (setting_value.c) ---- */

/* What of 's' the row is about, as JSON: the next value. */
void setting_write(struct jw *w, const struct setting_row *row, const struct settings *s);

/*
 * Reads it into 's'.  NULL, or what is wrong; then *mistyped says whether it is of
 * another type altogether.
 */
const char *setting_read(struct arena *a, const struct setting_row *row, jv *value,
    struct settings *s, bool *mistyped);

extern const struct setting_kind setting_flag, setting_days, setting_resolvers,
    setting_domains, setting_split;

#endif
