/* notifier/head.c -- may this connection become a Noise session, and how? */
#include "notifier/head.h"

#include <string.h>
#include <strings.h>

#include "lib/wire/scgi.h"
#include "lib/wire/ts2021.h"
#include "notifier/limits.h"

#define VALUE_MAX 1024		/* bytes of one header that we read */
#define METHOD_MAX 32
#define PATH "/ts2021"

void
head_init(struct head *h)
{
	*h = (struct head){ 0 };
	buf_init(&h->method, METHOD_MAX);
	buf_init(&h->target, H2_PATH_MAX);
	buf_init(&h->remote, VALUE_MAX);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		buf_init(&h->field[i], VALUE_MAX);
}

void
head_fini(struct head *h)
{
	buf_fini(&h->method);
	buf_fini(&h->target);
	buf_fini(&h->remote);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		buf_fini(&h->field[i]);
}

/* ---- SCGI ---- */

static const char *const scgi_names[FIELD_COUNT] = {
	[FIELD_UPGRADE] = "HTTP_UPGRADE",
	[FIELD_HANDSHAKE] = "HTTP_X_TAILSCALE_HANDSHAKE",
	[FIELD_WS_KEY] = "HTTP_SEC_WEBSOCKET_KEY",
	[FIELD_WS_VERSION] = "HTTP_SEC_WEBSOCKET_VERSION",
	[FIELD_WS_PROTOCOL] = "HTTP_SEC_WEBSOCKET_PROTOCOL",
	[FIELD_FORWARDED] = "HTTP_X_FORWARDED_FOR",
	[FIELD_VIA] = "HTTP_VIA",
};

static bool
scgi_copy(struct buf *to, const struct scgi_head *s, const char *name)
{
	struct str v = scgi_get(s, name);

	buf_put(to, v.p, v.n);
	return !to->over;
}

ssize_t
head_from_scgi(struct head *h, struct span in)
{
	struct scgi_head s;
	ssize_t n = scgi_decode(in, &s);
	bool ok;

	if (n <= 0)
		return n;
	h->scgi = true;
	h->has_body = s.content_length > 0;
	ok = scgi_copy(&h->method, &s, "REQUEST_METHOD") &&
	    scgi_copy(&h->target, &s, "REQUEST_URI") &&
	    scgi_copy(&h->remote, &s, "REMOTE_ADDR");
	for (size_t i = FIELD_NONE + 1; ok && i < FIELD_COUNT; i++)
		ok = scgi_copy(&h->field[i], &s, scgi_names[i]);
	return ok ? n : -1;
}

/* ---- judging ---- */

static bool
same(struct str a, const char *b)
{
	return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

/* Is 'word' one of a comma-separated list? */
static bool
lists(const struct buf *b, const char *word)
{
	struct str rest = buf_as_str(b), item;

	while (str_cut(&rest, ',', &item))
		if (same(str_trim(item), word))
			return true;
	return false;
}

static void
refuse(struct verdict *v, int status, const char *text, const char *hint)
{
	v->kind = HEAD_REFUSED;
	v->status = status;
	v->text = text;
	v->hint = hint;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes the escapes of a query; malformed ones stay as they are. */
static void
unescape(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		int hi = -1, lo = -1;

		if (s.p[i] == '%' && i + 2 < s.n) {
			hi = hex_digit(s.p[i + 1]);
			lo = hex_digit(s.p[i + 2]);
		}
		if (hi >= 0 && lo >= 0) {
			buf_byte(out, (uint8_t)(hi << 4 | lo));
			i += 2;
		} else {
			buf_byte(out, (uint8_t)s.p[i]);
		}
	}
}

static void
query_handshake(struct verdict *v, struct str query)
{
	struct str pair, name;

	while (str_cut(&query, '&', &pair)) {
		if (!str_cut(&pair, '=', &name) || !same(name, TS2021_HEADER))
			continue;
		unescape(&v->handshake, pair);
		return;
	}
}

static void
judge_websocket(const struct head *h, struct verdict *v, struct str query)
{
	query_handshake(v, query);
	if (!lists(&h->field[FIELD_WS_PROTOCOL], TS2021_UPGRADE))
		refuse(v, 400, "the WebSocket sub-protocol must be "
		    TS2021_UPGRADE, NULL);
	else if (h->field[FIELD_WS_KEY].n == 0 ||
	    !same(buf_as_str(&h->field[FIELD_WS_VERSION]), "13"))
		refuse(v, 400, "not a WebSocket request of version 13", NULL);
	else if (v->handshake.n == 0)
		refuse(v, 400, "no " TS2021_HEADER " in the query", NULL);
	else
		v->kind = HEAD_WEBSOCKET;
}

static void
judge_noise(const struct head *h, struct verdict *v)
{
	const struct buf *hs = &h->field[FIELD_HANDSHAKE];

	if (!same(buf_as_str(&h->method), "POST")) {
		refuse(v, 405, "an upgrade to " TS2021_UPGRADE
		    " is a POST", NULL);
	} else if (hs->n == 0) {
		refuse(v, 400, "no " TS2021_HEADER " header",
		    "a proxy in between may drop unknown headers");
	} else {
		buf_put(&v->handshake, hs->p, hs->n);
		v->kind = HEAD_NOISE;
	}
}

/* There is no Upgrade that we know: who asks, and what went wrong? */
static void
judge_plain(const struct head *h, struct verdict *v)
{
	if (h->field[FIELD_HANDSHAKE].n > 0)
		refuse(v, 426, "the Upgrade header is missing: a proxy between "
		    "the client and this server has removed it",
		    "a Tailscale client whose Upgrade header was swallowed: let "
		    "the proxy pass 'Upgrade: " TS2021_UPGRADE "' on /ts2021");
	else if (h->field[FIELD_UPGRADE].n > 0)
		refuse(v, 400, "unknown Upgrade; it must be " TS2021_UPGRADE,
		    NULL);
	else
		refuse(v, 426, "this address is for Tailscale clients, which "
		    "ask for an Upgrade to " TS2021_UPGRADE, NULL);
}

void
head_judge(const struct head *h, struct verdict *v)
{
	struct str query = buf_as_str(&h->target), path;

	*v = (struct verdict){ .kind = HEAD_REFUSED };
	buf_init(&v->handshake, VALUE_MAX);
	(void)str_cut(&query, '?', &path);
	if (!str_is(path, PATH))
		refuse(v, 404, "only " PATH " is served here",
		    "the web server should send only " PATH " to the notifier");
	else if (h->has_body && h->field[FIELD_UPGRADE].n > 0)
		refuse(v, 400, "an upgrade has no body",
		    "a web server in between may have made a body of what a client sends after it");
	else if (lists(&h->field[FIELD_UPGRADE], TS2021_UPGRADE))
		judge_noise(h, v);
	else if (lists(&h->field[FIELD_UPGRADE], "websocket"))
		judge_websocket(h, v, query);
	else
		judge_plain(h, v);
}

struct ip
head_client(const struct head *h, bool known, const struct prefix_list *proxies)
{
	struct str list = buf_as_str(&h->field[FIELD_FORWARDED]);
	struct ip peer = h->source;

	if (!known)
		return (struct ip){ 0 };
	if (!h->scgi && peer.family == 0)
		return client_last(list, proxies);
	if (h->scgi)
		(void)!ip_read(buf_as_str(&h->remote), &peer);
	return client_of(peer, list, proxies);
}
