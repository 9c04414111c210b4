/* notifier/listen.c -- listening and accepting. */
#include "notifier/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/sock.h"
#include "notifier/notifier.h"

#define FD_ENV "HEADRACE_LISTEN_FD"
#define BACKLOG 1024
#define OVER_MAX 256	/* connections over the maximum that still get a 503 */

static void
open_check(const struct notifier *n, int e, const char *what)
{
	if (e < 0)
		fatal("cannot listen on %s: %s: %s; %s", n->cfg.notifier_listen, what,
		    uv_strerror(e), sock_advice(n->cfg.notifier_listen, -e));
}

/* ---- our own socket ---- */

static int
bind_unix(struct listener *l, const char *path, mode_t mode)
{
	int e;

	if (!sock_clear(path, SOCK_STREAM))
		return uv_translate_sys_error(errno);
	if ((e = uv_pipe_bind(&l->u.pipe, path)) < 0)
		return e;
	l->path = path;
	return chmod(path, mode) < 0 ? uv_translate_sys_error(errno) : 0;
}

/* "1.2.3.4:80" or "[::1]:80"; the configuration has checked it. */
static int
bind_tcp(struct listener *l, const char *text)
{
	struct sockaddr_storage sa;
	struct str host = str_of(text), port;
	const char *colon = strrchr(text, ':');
	char addr[IP_TEXT_SIZE];
	int64_t number;
	struct ip ip;
	int e;

	if (colon == NULL)
		return UV_EINVAL;
	host.n = (size_t)(colon - text);
	port = str_of(colon + 1);
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct str){ host.p + 1, host.n - 2 };
	if (!ip_read(host, &ip) || !str_i64(port, &number) || number < 0 ||
	    number > 65535)
		return UV_EINVAL;
	(void)ip_write(&ip, addr);
	e = ip.family == 4 ?
	    uv_ip4_addr(addr, (int)number, (struct sockaddr_in *)&sa) :
	    uv_ip6_addr(addr, (int)number, (struct sockaddr_in6 *)&sa);
	return e < 0 ? e : uv_tcp_bind(&l->u.tcp, (struct sockaddr *)&sa, 0);
}

int
listen_bind(uv_loop_t *loop, struct listener *l, const char *text, mode_t mode)
{
	int e;

	*l = (struct listener){ .tcp = strncmp(text, "unix:", 5) != 0 };
	e = l->tcp ? uv_tcp_init(loop, &l->u.tcp) : uv_pipe_init(loop, &l->u.pipe, 0);
	if (e < 0)
		fatal("cannot make a socket handle: %s", uv_strerror(e));
	return l->tcp ? bind_tcp(l, text) : bind_unix(l, text + 5, mode);
}

/* ---- an inherited one ---- */

static void
open_inherited(struct notifier *n, const char *text)
{
	struct listener *l = &n->listener;
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	int64_t fd;

	if (!str_i64(str_of(text), &fd) || fd < 0 || fd > INT32_MAX ||
	    getsockname((int)fd, (struct sockaddr *)&sa, &len) < 0)
		fatal(FD_ENV "=%s is not an open socket", text);
	l->tcp = sa.ss_family != AF_UNIX;
	if (l->tcp) {
		open_check(n, uv_tcp_init(&n->loop, &l->u.tcp), "socket");
		open_check(n, uv_tcp_open(&l->u.tcp, (int)fd), "open");
	} else {
		open_check(n, uv_pipe_init(&n->loop, &l->u.pipe, 0), "socket");
		open_check(n, uv_pipe_open(&l->u.pipe, (int)fd), "open");
	}
}

/* ---- accepting ---- */

/* The address of the socket, and whether what it says of clients is believed. */
static void
peer_note(struct conn *c)
{
	struct sockaddr_storage sa;
	int len = sizeof(sa);
	char text[IP_TEXT_SIZE];
	struct ip ip;

	if (uv_tcp_getpeername(&c->u.tcp, (struct sockaddr *)&sa, &len) < 0 ||
	    (sa.ss_family == AF_INET6 ?
	    uv_ip6_name((struct sockaddr_in6 *)&sa, text, sizeof(text)) :
	    uv_ip4_name((struct sockaddr_in *)&sa, text, sizeof(text))) < 0)
		return;
	ip = client_unmapped(ip_of(text));
	if (ip.family == 0)
		return;
	(void)ip_write(&ip, c->remote);
	c->known = (ip.family == 4 ? ip.b[0] == 127 : strcmp(c->remote, "::1") == 0) ||
	    client_trusted(&c->n->cfg.trusted_proxies, &ip);
	(void)uv_tcp_nodelay(&c->u.tcp, 1);
}

static void
admit(struct notifier *n, struct conn *c)
{
	int64_t over = (int64_t)n->conns.n - n->cfg.connections_max;

	if (over > OVER_MAX) {
		conn_fail(c, "far too many connections");
		return;
	}
	conn_start(c);
	if (over <= 0)
		return;
	log_warn("refused a connection: notifier.connections_max (%" PRId64
	    ") are open", n->cfg.connections_max);
	conn_refuse(c, 503, "too many connections");
}

static void
on_connection(uv_stream_t *s, int status)
{
	struct notifier *n = s->data;
	struct conn *c;

	if (status < 0) {
		log_err("cannot accept a connection: %s", uv_strerror(status));
		return;
	}
	c = conn_new(n, n->listener.tcp);
	if (uv_accept(s, &c->u.stream) < 0) {
		conn_fail(c, "cannot be accepted");
		return;
	}
	if (n->listener.tcp)
		peer_note(c);
	admit(n, c);
}

void
listen_open(struct notifier *n)
{
	const char *inherited = getenv(FD_ENV);

	/*
	 * Anybody may connect: what is behind it is what the web server offers to
	 * the whole world.
	 */
	if (inherited)
		open_inherited(n, inherited);
	else
		open_check(n, listen_bind(&n->loop, &n->listener, n->cfg.notifier_listen,
		    0666), "bind");
	n->listener.u.handle.data = n;
	open_check(n, uv_listen(&n->listener.u.stream, BACKLOG, on_connection),
	    "listen");
}

void
listen_close(struct notifier *n)
{
	struct listener *l = &n->listener;

	if (!uv_is_closing(&l->u.handle))
		uv_close(&l->u.handle, NULL);
	if (l->path)
		(void)unlink(l->path);
	l->path = NULL;
}
