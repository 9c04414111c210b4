/*
 * notifier/listen.h -- the socket that clients (through a web server) come to.
 *
 * Inherited as descriptor $HEADRACE_LISTEN_FD, or made from the
 * configuration: "unix:/path", "1.2.3.4:80" or "[::1]:80".
 */
#ifndef NOTIFIER_LISTEN_H
#define NOTIFIER_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

struct notifier;

struct listener {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} u;
	bool tcp;
	const char *path;	/* to remove at the end; NULL if none is ours */
};

/*
 * A new handle, bound to "unix:/path" (of this mode) or "1.2.3.4:80"; 0 or libuv's
 * error.  Then and otherwise the handle is the caller's to close.
 */
int listen_bind(uv_loop_t *loop, struct listener *l, const char *text, mode_t mode);

/* Ends the process with a clear line if there can be no such socket. */
void listen_open(struct notifier *n);
void listen_close(struct notifier *n);

#endif
