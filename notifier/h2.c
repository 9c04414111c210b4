/*
 * notifier/h2.c -- nghttp2 sessions of the server's side.
 *
 * DATA frames are written with "no copy": nghttp2 makes the nine bytes of head
 * and the payload goes from the shared message straight to where it is sealed.
 * Header tables are kept small on both sides, because answers hardly have
 * headers and thousands of connections are idle.
 */
#include "notifier/h2.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "notifier/conn.h"
#include "notifier/inner.h"
#include "notifier/limits.h"
#include "notifier/notifier.h"

#define FRAME_HEAD_SIZE 9
#define FIELDS_MAX 32

/* ---- requests ---- */

static int
on_begin(nghttp2_session *h2, const nghttp2_frame *f, void *user)
{
	struct conn *c = user;
	struct inner *rq;

	if (f->hd.type != NGHTTP2_HEADERS ||
	    f->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	rq = inner_new(c, f->hd.stream_id);
	return nghttp2_session_set_stream_user_data(h2, f->hd.stream_id, rq);
}

static struct inner *
inner_of(nghttp2_session *h2, int32_t id)
{
	return nghttp2_session_get_stream_user_data(h2, id);
}

static int
on_header(nghttp2_session *h2, const nghttp2_frame *f, const uint8_t *name,
    size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags,
    void *user)
{
	struct inner *rq = inner_of(h2, f->hd.stream_id);

	(void)flags;
	(void)user;
	if (rq)
		inner_header(rq, (struct str){ (const char *)name, name_n },
		    (struct str){ (const char *)value, value_n });
	return 0;
}

static int
on_data(nghttp2_session *h2, uint8_t flags, int32_t id, const uint8_t *p,
    size_t n, void *user)
{
	struct inner *rq = inner_of(h2, id);

	(void)flags;
	(void)user;
	if (rq)
		inner_data(rq, (struct span){ p, n });
	return 0;
}

static int
on_frame(nghttp2_session *h2, const nghttp2_frame *f, void *user)
{
	struct inner *rq;

	(void)user;
	if (f->hd.type != NGHTTP2_DATA && f->hd.type != NGHTTP2_HEADERS)
		return 0;
	rq = inner_of(h2, f->hd.stream_id);
	if (rq && (f->hd.flags & NGHTTP2_FLAG_END_STREAM))
		inner_ready(rq);
	return 0;
}

static int
on_close(nghttp2_session *h2, int32_t id, uint32_t code, void *user)
{
	struct inner *rq = inner_of(h2, id);

	(void)user;
	(void)code;
	if (rq)
		inner_gone(rq);
	return 0;
}

/*
 * An answer that did not wait for the whole request (413): tell the client to
 * stop sending.
 */
static int
on_sent(nghttp2_session *h2, const nghttp2_frame *f, void *user)
{
	struct inner *rq;

	(void)user;
	if ((f->hd.type != NGHTTP2_DATA && f->hd.type != NGHTTP2_HEADERS) ||
	    !(f->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	rq = inner_of(h2, f->hd.stream_id);
	if (rq && !inner_is_whole(rq))
		return nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE,
		    f->hd.stream_id, NGHTTP2_NO_ERROR);
	return 0;
}

/* ---- answers ---- */

static ssize_t
on_pull(nghttp2_session *h2, int32_t id, uint8_t *to, size_t room,
    uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct inner *rq = source->ptr;
	size_t n = rq->out.bytes < room ? rq->out.bytes : room;

	(void)h2;
	(void)id;
	(void)to;
	(void)user;
	if (n == 0 && !rq->out_end) {
		rq->deferred = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (rq->out_end && n == rq->out.bytes)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static int
on_send_data(nghttp2_session *h2, nghttp2_frame *f, const uint8_t *head,
    size_t n, nghttp2_data_source *source, void *user)
{
	struct inner *rq = source->ptr;
	struct conn *c = user;
	struct buf *out = &c->n->scratch.plain;

	(void)h2;
	(void)f;
	buf_put(out, head, FRAME_HEAD_SIZE);
	while (n > 0) {
		struct span s = queue_next(&rq->out);

		if (s.n > n)
			s.n = n;
		buf_put(out, s.p, s.n);
		queue_sent(&rq->out, s.n);
		n -= s.n;
	}
	inner_sent(rq);
	/* Back to h2_fill(), which sees that it has enough. */
	return out->n >= FLUSH_BYTES ? NGHTTP2_ERR_PAUSE : 0;
}

void
h2_resume(struct inner *rq)
{
	if (rq->conn == NULL || !rq->answered)
		return;
	if (rq->deferred) {
		rq->deferred = false;
		(void)nghttp2_session_resume_data(rq->conn->h2, rq->id);
	}
	conn_dirty(rq->conn);
}

void
h2_reset(struct inner *rq)
{
	(void)nghttp2_submit_rst_stream(rq->conn->h2, NGHTTP2_FLAG_NONE,
	    rq->id, NGHTTP2_INTERNAL_ERROR);
	conn_dirty(rq->conn);
}

struct fields {
	nghttp2_nv v[FIELDS_MAX];
	size_t n;
	struct buf text;	/* of names; filled before pointers are taken */
};

/* Of the connection between worker and notifier, or ours. */
static bool
field_passes(struct str name)
{
	static const char *const not[] = { "connection", "transfer-encoding",
	    "keep-alive", "upgrade", "proxy-connection", "content-length" };

	for (size_t i = 0; i < sizeof(not) / sizeof(not[0]); i++)
		if (str_is(name, not[i]))
			return false;
	return !str_starts(name, "headrace-") && !str_starts(name, ":");
}

static void
field_add(struct fields *fs, struct str name, struct str value)
{
	if (fs->n < FIELDS_MAX)
		fs->v[fs->n++] = (nghttp2_nv){
			.name = (uint8_t *)(uintptr_t)name.p,
			.namelen = name.n,
			.value = (uint8_t *)(uintptr_t)value.p,
			.valuelen = value.n,
			.flags = NGHTTP2_NV_FLAG_NONE,
		};
}

/* HTTP/2 wants names in lower case; 'text' has room for all of them. */
static struct str
lower(struct fields *fs, struct str name)
{
	char *to = (char *)buf_room(&fs->text, name.n);

	for (size_t i = 0; i < name.n; i++)
		to[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ?
		    name.p[i] | 0x20 : name.p[i]);
	fs->text.n += name.n;
	return (struct str){ to, name.n };
}

static void
fields_from(struct fields *fs, const struct cgi_head *head)
{
	struct str name, value;

	if (head == NULL)
		return;
	buf_init(&fs->text, CGI_HEAD_MAX);
	(void)buf_room(&fs->text, CGI_HEAD_MAX);	/* never moves then */
	for (size_t i = 0; cgi_head_at(head, i, &name, &value); i++) {
		name = lower(fs, name);
		if (field_passes(name))
			field_add(fs, name, value);
	}
}

void
h2_answer(struct inner *rq, int status, const struct cgi_head *head,
    bool no_body)
{
	nghttp2_data_provider body = { .source.ptr = rq,
	    .read_callback = on_pull };
	struct fields fs = { .n = 0 };
	char code[8];

	(void)snprintf(code, sizeof(code), "%03d", status);
	field_add(&fs, STR(":status"), str_of(code));
	fields_from(&fs, head);
	if (nghttp2_submit_response(rq->conn->h2, rq->id, fs.v, fs.n,
	    no_body ? NULL : &body) != 0)
		h2_reset(rq);
	buf_fini(&fs.text);
	conn_dirty(rq->conn);
}

/* ---- sessions ---- */

void
h2_shared_init(struct h2_shared *h)
{
	nghttp2_session_callbacks *cb;

	if (nghttp2_session_callbacks_new(&h->callbacks) != 0 ||
	    nghttp2_option_new(&h->option) != 0)
		fatal("out of memory (HTTP/2)");
	cb = h->callbacks;
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
	nghttp2_session_callbacks_set_send_data_callback(cb, on_send_data);
	nghttp2_option_set_max_deflate_dynamic_table_size(h->option,
	    H2_TABLE_BYTES);
	nghttp2_option_set_no_closed_streams(h->option, 1);
}

void
h2_shared_fini(struct h2_shared *h)
{
	nghttp2_session_callbacks_del(h->callbacks);
	nghttp2_option_del(h->option);
}

/*
 * The client may answer the challenge once it proves possession of its node
 * key; no client of today does, so the private half is not kept.
 */
static void
early_payload(struct conn *c)
{
	struct key32 priv, pub;
	struct buf plain, sealed;

	buf_init(&plain, NOISE_PLAIN_MAX);
	buf_init(&sealed, NOISE_RECORD_MAX);
	key_generate(&priv);
	key_public(&priv, &pub);
	key_wipe(&priv);
	ts2021_early_payload(&plain, &pub);
	if (ts2021_seal(&c->ts, buf_span(&plain), &sealed) != OK)
		fatal("the early payload does not fit a record");
	conn_put_tunnel(c, buf_span(&sealed));
	buf_fini(&plain);
	buf_fini(&sealed);
}

void
h2_open(struct conn *c)
{
	const struct h2_shared *h = &c->n->h2;
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, H2_HEADER_BYTES_MAX },
		{ NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, H2_TABLE_BYTES },
	};

	early_payload(c);
	if (nghttp2_session_server_new2(&c->h2, h->callbacks, c,
	    h->option) != 0 ||
	    nghttp2_submit_settings(c->h2, NGHTTP2_FLAG_NONE, settings,
	    sizeof(settings) / sizeof(settings[0])) != 0)
		fatal("out of memory (HTTP/2)");
}

bool
h2_feed(struct conn *c, struct span in)
{
	ssize_t n = nghttp2_session_mem_recv(c->h2, in.p, in.n);

	if (n < 0)
		log_info("HTTP/2 of %s: %s", c->remote[0] ? c->remote : "?",
		    nghttp2_strerror((int)n));
	return n >= 0;
}

bool
h2_fill(struct conn *c)
{
	struct buf *out = &c->n->scratch.plain;
	const uint8_t *p;
	ssize_t n;

	while (out->n < FLUSH_BYTES) {
		size_t before = out->n;

		n = nghttp2_session_mem_send(c->h2, &p);
		if (n < 0)
			return false;
		if (n == 0 && out->n == before)
			break;
		buf_put(out, p, (size_t)n);
	}
	return !out->over;
}

bool
h2_over(const struct conn *c)
{
	return !nghttp2_session_want_read(c->h2) &&
	    !nghttp2_session_want_write(c->h2);
}

void
h2_ping(struct conn *c)
{
	(void)nghttp2_submit_ping(c->h2, NGHTTP2_FLAG_NONE, NULL);
	conn_dirty(c);
}

void
h2_goaway(struct conn *c)
{
	struct inner *rq, *next;

	c->finish_idle = true;
	(void)nghttp2_submit_goaway(c->h2, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(c->h2), NGHTTP2_NO_ERROR,
	    NULL, 0);
	for (rq = c->inners; rq; rq = next) {
		next = rq->next;
		inner_stop(rq);
	}
	conn_dirty(c);
	if (c->inners == NULL)
		conn_finish(c);
}
