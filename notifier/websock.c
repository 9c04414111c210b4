/* notifier/websock.c -- WebSocket framing with wslay. */
#include "notifier/websock.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "lib/base/log.h"
#include "lib/crypto/key.h"
#include "notifier/conn.h"

#define MESSAGE_MAX (32u * 1024)
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"	/* RFC 6455 */
#define SHA1_BYTES 20
#define CLOSE_UNSUPPORTED 1003

struct websock {
	struct conn *conn;
	wslay_event_context_ptr ctx;
	struct span in;		/* during websock_feed() */
	struct buf *out;	/* where frames go */
	bool control;		/* the present frame is a ping, pong or close */
	bool wrong;		/* the present message is not binary */
};

const char *
websock_accept(struct str key, char out[static WEBSOCK_ACCEPT_SIZE])
{
	uint8_t digest[SHA1_BYTES];
	struct buf b;

	buf_init(&b, 4096);
	buf_put(&b, key.p, key.n);
	buf_str(&b, GUID);
	if (EVP_Digest(b.p, b.n, digest, NULL, EVP_sha1(), NULL) != 1)
		fatal("libcrypto has no SHA-1");
	buf_clear(&b);
	base64_write(&b, digest, sizeof(digest));
	buf_byte(&b, '\0');
	memcpy(out, b.p, b.n);	/* 28 digits and the NUL */
	buf_fini(&b);
	return out;
}

/* ---- wslay's side ---- */

static ssize_t
on_want(wslay_event_context_ptr ctx, uint8_t *to, size_t room, int flags,
    void *user)
{
	struct websock *w = user;
	size_t n = w->in.n < room ? w->in.n : room;

	(void)flags;
	if (n == 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(to, w->in.p, n);
	w->in.p += n;
	w->in.n -= n;
	return (ssize_t)n;
}

static ssize_t
on_have(wslay_event_context_ptr ctx, const uint8_t *p, size_t n, int flags,
    void *user)
{
	struct websock *w = user;

	(void)ctx;
	(void)flags;
	buf_put(w->out, p, n);
	return (ssize_t)n;
}

static void
on_frame(wslay_event_context_ptr ctx,
    const struct wslay_event_on_frame_recv_start_arg *arg, void *user)
{
	struct websock *w = user;

	(void)ctx;
	w->control = wslay_is_ctrl_frame(arg->opcode);
	if (arg->opcode == WSLAY_TEXT_FRAME)
		w->wrong = true;
	else if (arg->opcode == WSLAY_BINARY_FRAME)
		w->wrong = false;
}

static void
on_chunk(wslay_event_context_ptr ctx,
    const struct wslay_event_on_frame_recv_chunk_arg *arg, void *user)
{
	struct websock *w = user;

	(void)ctx;
	if (!w->control && !w->wrong && arg->data_length > 0)
		(void)conn_tunnel(w->conn, (struct span){ arg->data,
		    arg->data_length });
}

/* ---- ours ---- */

struct websock *
websock_new(struct conn *c)
{
	static const struct wslay_event_callbacks cb = {
		.recv_callback = on_want,
		.send_callback = on_have,
		.on_frame_recv_start_callback = on_frame,
		.on_frame_recv_chunk_callback = on_chunk,
	};
	struct websock *w = xcalloc(1, sizeof(*w));

	w->conn = c;
	if (wslay_event_context_server_init(&w->ctx, &cb, w) != 0)
		fatal("out of memory (WebSocket)");
	wslay_event_config_set_no_buffering(w->ctx, 1);
	return w;
}

void
websock_free(struct websock *w)
{
	if (w == NULL)
		return;
	wslay_event_context_free(w->ctx);
	free(w);
}

static void
frames_out(struct websock *w, struct buf *out)
{
	w->out = out;
	if (wslay_event_send(w->ctx) != 0)
		out->over = true;
	w->out = NULL;
}

void
websock_feed(struct websock *w, struct span in)
{
	struct conn *c = w->conn;

	w->in = in;
	while (w->in.n > 0 && !c->dead && wslay_event_get_read_enabled(w->ctx))
		if (wslay_event_recv(w->ctx) != 0) {
			conn_fail(c, "bad WebSocket frame");
			return;
		}
	if (w->wrong)
		(void)wslay_event_queue_close(w->ctx, CLOSE_UNSUPPORTED, NULL,
		    0);
	if (c->dead || !wslay_event_want_write(w->ctx))
		return;
	frames_out(w, &c->tail);
	if (wslay_event_get_close_sent(w->ctx))
		conn_finish(c);
	conn_dirty(c);
}

void
websock_put(struct websock *w, struct span bytes, struct buf *out)
{
	while (bytes.n > 0 && wslay_event_get_write_enabled(w->ctx)) {
		size_t n = bytes.n < MESSAGE_MAX ? bytes.n : MESSAGE_MAX;
		struct wslay_event_msg msg = {
			.opcode = WSLAY_BINARY_FRAME, .msg = bytes.p,
			.msg_length = n,
		};

		if (wslay_event_queue_msg(w->ctx, &msg) != 0)
			break;
		frames_out(w, out);
		bytes.p += n;
		bytes.n -= n;
	}
}
