/*
 * notifier/watch.h -- a folder watched for changes of a file in it.
 *
 * The folder and not the file, because files are replaced (a WAL is removed
 * with its last user, an editor renames).  Changes that come close together
 * are told once.
 */
#ifndef NOTIFIER_WATCH_H
#define NOTIFIER_WATCH_H

#include <stdbool.h>
#include <uv.h>

struct watch {
	uv_fs_event_t event;
	uv_timer_t timer;	/* collects changes; or until the folder is there */
	char *folder, *file;	/* 'file' NULL: any */
	bool watching;
	uint64_t seen_ns;	/* uv_hrtime() of the last event */
	uint64_t debounce_ms;
	void (*changed)(struct watch *w);
	void *owner;
};

/* 'path' is the file; its folder need not exist yet. */
void watch_init(struct watch *w, uv_loop_t *loop, const char *path,
    uint64_t debounce_ms, void (*changed)(struct watch *), void *owner);

/* Frees the texts, after the loop has closed the handles. */
void watch_fini(struct watch *w);

#endif
