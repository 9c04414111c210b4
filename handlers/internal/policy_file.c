/*
 * handlers/internal/policy_file.c -- a policy that is kept in a file: taking it over.
 *
 * The file is asked about at every tick and read only if it is another than
 * before (its time alone would miss a second change within a clock step), if the
 * newest version is no longer the one that it made, or from time to time while
 * it is refused, as its tests may hold once a node is there.
 */
#include "handlers/internal/policy_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handlers/control/policy_set.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/config.h"
#include "lib/json/json.h"
#include "lib/store/store.h"

#define REFUSED_RETRY_MS (60 * 1000)
#define SETTLE_MS 1000	/* a file that changed within this may be half written */

/* What the file looked like, and what the newest version was. */
struct look {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed, status_changed;
	int64_t newest;
};

/* Of this process; another one looks for itself. */
static bool looked;
static struct look last_look;
static int64_t retry_at_ms;	/* 0: no need */

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
same_look(const struct look *a, const struct look *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    same_time(a->changed, b->changed) &&
	    same_time(a->status_changed, b->status_changed) && a->newest == b->newest;
}

/* What is there now; all zero but the version if there is no file. */
static enum err
look_now(struct req *rq, struct look *out)
{
	struct stat st;

	*out = (struct look){ .dev = 0 };
	if (stat(rq->cfg->policy_path, &st) == 0)
		*out = (struct look){ st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim, 0 };
	return store_policy_last(rq->db, &out->newest);
}

/* Does the newest version say the same already? */
static enum err
is_newest(struct req *rq, struct str text, bool *same)
{
	struct policy_version v;
	enum err e = store_policy_newest(rq->db, rq->arena, INT64_MAX, &v);

	*same = e == OK && str_is(text, v.text);
	return e == ERR_NOTFOUND ? OK : e;
}

/* *problem is NULL if the file's text is the newest version now. */
static enum err
take_over(struct req *rq, const char **problem)
{
	struct policy_new p = { .source = "file", .expect = POLICY_ANY_VERSION };
	struct policy_was_set done;
	bool same;
	enum err e;

	*problem = file_read(rq->arena, rq->cfg->policy_path, POLICY_BYTES_MAX, &p.text);
	if (*problem != NULL)
		return OK;
	if ((e = is_newest(rq, p.text, &same)) != OK || same)
		return e;
	e = policy_set(rq, &p, &done);
	if (e == ERR_BADREQ) {
		*problem = arena_strdup(rq->arena, rq->errmsg);
		return OK;
	}
	return e;
}

/*
 * 'seen' makes it another document, and so a reason to log, when the file has
 * changed or the server (the parent of all workers) was started anew.
 */
static const char *
problem_json(struct req *rq, const struct look *at, const char *problem)
{
	struct buf out;
	struct jw w;

	buf_init(&out, 8 * REQ_ERRMSG_SIZE);
	jw_init(&w, &out);
	jw_obj(&w);
	jw_kstr(&w, "path", rq->cfg->policy_path);
	jw_kstr(&w, "problem", problem);
	if (problem != NULL)
		jw_kstr(&w, "seen", arena_printf(rq->arena, "%ld %llu %lld.%09ld", (long)getppid(),
		    (unsigned long long)at->ino, (long long)at->changed.tv_sec,
		    at->changed.tv_nsec));
	jw_end_obj(&w);
	return buf_text(&out, rq->arena);
}

/* A line each, as the log has it. */
static void
complain(struct req *rq, const char *problem)
{
	struct str left = str_of(problem), line;

	log_warn("%s is not taken over, the policy stays as it was:", rq->cfg->policy_path);
	while (str_cut(&left, '\n', &line))
		log_warn("%s: %.*s", rq->cfg->policy_path, (int)line.n, line.p);
}

/* Once for all processes: what the document said already was in the log then. */
static enum err
note(struct req *rq, const struct look *at, const char *problem)
{
	const char *text = problem_json(rq, at, problem), *before;
	enum err e;

	if ((e = db_begin_write(rq->db)) != OK)
		return e;
	e = store_document(rq->db, rq->arena, DOCUMENT_POLICY_FILE, &before);
	if (e == OK)
		e = store_document_put(rq->db, DOCUMENT_POLICY_FILE, text, rq->now_ms);
	if ((e = db_end_write(rq->db, e)) != OK)
		return e;
	if (problem != NULL && (before == NULL || strcmp(before, text) != 0))
		complain(rq, problem);
	else if (problem == NULL && before != NULL && strcmp(before, text) != 0)
		log_info("%s is in order again", rq->cfg->policy_path);
	return OK;
}

/* How long the file may still be being written; 0: it is done. */
static int64_t
settles_in(struct req *rq, const struct look *now)
{
	int64_t age = rq->now_ms - (int64_t)now->changed.tv_sec * 1000 -
	    now->changed.tv_nsec / 1000000;

	return age >= 0 && age < SETTLE_MS ? SETTLE_MS - age : 0;
}

static bool
nothing_new(const struct look *now)
{
	return looked && same_look(now, &last_look) &&
	    (retry_at_ms == 0 || clock_mono_ms() < retry_at_ms);
}

enum err
policy_file_refresh(struct req *rq, int64_t *wait_ms)
{
	const char *problem;
	struct look now;
	int64_t settles;
	enum err e;

	if (rq->cfg->policy_mode != POLICY_FILE)
		return OK;
	if ((e = look_now(rq, &now)) != OK || nothing_new(&now) ||
	    (e = take_over(rq, &problem)) != OK)
		return e;
	if (problem != NULL && (settles = settles_in(rq, &now)) > 0) {
		*wait_ms = settles < *wait_ms ? settles : *wait_ms;
		return OK;
	}
	looked = true;
	retry_at_ms = problem != NULL ? clock_mono_ms() + REFUSED_RETRY_MS : 0;
	last_look = now;
	return note(rq, &now, problem);
}
