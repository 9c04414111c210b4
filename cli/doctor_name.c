/*
 * cli/doctor_name.c -- the address itself: its form, its name, its ports.
 *
 * Which ports clients try follows from the form.  A "private host" is a private or
 * loopback IP address, or localhost; a name never is, wherever it leads.
 */
#include "cli/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/ip.h"

/* As Go's netip has it: loopback and private, not link-local. */
static bool
ip_private(const struct ip *ip)
{
	static const char *const nets[] = {
		"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
	};
	struct prefix p;

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (prefix_read(str_of(nets[i]), &p) && prefix_contains(&p, ip))
			return true;
	return false;
}

void
doctor_url(struct doctor *d)
{
	struct ip ip = ip_of(d->url.host);

	d->private_host = strcmp(d->url.host, "localhost") == 0 || (ip.family != 0 && ip_private(&ip));
	if (d->url.tls)
		doctor_saw(d, "%s; clients try port 80 first, then %s", d->name, d->url.port);
	else if (d->private_host)
		doctor_saw(d, "%s; clients try port %s", d->name, d->url.port);
	else
		doctor_saw(d, "%s; clients try port %s first, then https on port 443", d->name, d->url.port);
	if (d->url.path[0] != '\0')
		doctor_found(d, FOUND_URL_PATH, NULL, "The path is \"%.100s\".", d->url.path);
	if (d->url.tls && strcmp(d->url.port, "443") != 0)
		doctor_found(d, FOUND_URL_PORT, NULL, "The port is %s.", d->url.port);
}

/* ---- the name ---- */

#define NOBODY_KNOWS "?\n"		/* the resolvers do not answer, or not now */

/* In a process of its own, because a resolver may take minutes and cannot be told not to. */
static void
resolve_and_write(const char *host, int fd)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
	char line[NI_MAXHOST + 1];
	int rc = getaddrinfo(host, NULL, &hints, &all);

	for (struct addrinfo *a = all; rc == 0 && a != NULL; a = a->ai_next) {
		if (getnameinfo(a->ai_addr, a->ai_addrlen, line, sizeof(line) - 1, NULL, 0,
		    NI_NUMERICHOST) != 0)
			continue;
		line[strlen(line) + 1] = '\0';
		line[strlen(line)] = '\n';
		if (write(fd, line, strlen(line)) < 0)
			break;
	}
	if (rc == EAI_AGAIN && write(fd, NOBODY_KNOWS, strlen(NOBODY_KNOWS)) < 0)
		_exit(1);
	_exit(0);
}

/* Reads to the end or to the deadline; false at the deadline. */
static bool
read_lines(int fd, char *to, size_t room, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	size_t n = 0;
	ssize_t got = 1;

	to[0] = '\0';
	while (got > 0 && n + 1 < room) {
		left = deadline_ms - clock_mono_ms();
		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return false;
		got = read(fd, to + n, room - n - 1);
		n += got > 0 ? (size_t)got : 0;
		to[n] = '\0';
	}
	return true;
}

/* False if nobody could say in time whether there is such a name. */
static bool
resolve(struct doctor *d, char *lines, size_t room)
{
	int fds[2];
	bool in_time;
	pid_t pid;

	lines[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) != 0)
		return true;
	if ((pid = fork()) == 0)
		resolve_and_write(d->url.host, fds[1]);
	(void)close(fds[1]);
	in_time = pid < 0 || read_lines(fds[0], lines, room, clock_mono_ms() + d->timeout_ms);
	(void)close(fds[0]);
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	return in_time && strcmp(lines, NOBODY_KNOWS) != 0;
}

static void
add_address(struct doctor *d, struct str text)
{
	struct ip ip;

	if (d->n_addresses < DOCTOR_ADDRESSES_MAX && ip_read(text, &ip))
		d->addresses[d->n_addresses++] = arena_strndup(d->arena, text.p, text.n);
}

static const char *
all_addresses(struct doctor *d)
{
	const char *all = "";

	for (size_t i = 0; i < d->n_addresses; i++)
		all = arena_printf(d->arena, "%s%s%s", all, i > 0 ? ", " : "", d->addresses[i]);
	return all;
}

static void
look_up(struct doctor *d)
{
	char lines[DOCTOR_ADDRESSES_MAX * 64];
	bool in_time = resolve(d, lines, sizeof(lines));
	struct str rest = str_of(lines), one;
	struct ip ip;

	while (str_cut(&rest, '\n', &one))
		add_address(d, one);
	if (d->n_addresses == 0) {
		doctor_found(d, in_time ? FOUND_NAME : FOUND_NAME_SLOW, d->url.host, in_time ?
		    "There is no address for %s." : "No resolver says whether %s exists.", d->url.host);
		return;
	}
	ip = ip_of(d->addresses[0]);
	if (!d->private_host && ip_private(&ip) && (ip.b[0] == 127 || ip.family == 6))
		doctor_found(d, FOUND_NAME_LOCAL, NULL, "%s is %s.", d->url.host, d->addresses[0]);
	doctor_saw(d, "%s is %s", d->url.host, all_addresses(d));
}

void
doctor_name(struct doctor *d)
{
	struct ip ip;

	if (d->only != NULL) {
		doctor_saw(d, "%s, because --address says so", d->only);
		add_address(d, str_of(d->only));
	} else if (ip_read(str_of(d->url.host), &ip)) {
		doctor_saw(d, "%s is an address itself", d->url.host);
		add_address(d, str_of(d->url.host));
	} else {
		look_up(d);
	}
	if (d->n_addresses > 0)
		d->facts |= FACT_ADDRESS;
}

/* ---- ports ---- */

struct dial {
	const char *address;
	int fd;
	int error;		/* errno; ETIMEDOUT if nothing came */
};

static void
dial_start(struct dial *v, const char *address, int port)
{
	struct ip ip = ip_of(address);
	struct sockaddr_in s4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 s6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	int rc;

	memcpy(&s4.sin_addr, ip.b, 4);
	memcpy(&s6.sin6_addr, ip.b, 16);
	*v = (struct dial){ .address = address, .error = EINPROGRESS };
	v->fd = socket(ip.family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (v->fd < 0) {
		v->error = errno;
		return;
	}
	rc = ip.family == 6 ? connect(v->fd, (const struct sockaddr *)&s6, sizeof(s6)) :
	    connect(v->fd, (const struct sockaddr *)&s4, sizeof(s4));
	v->error = rc == 0 ? 0 : errno;
}

static void
dial_end(struct dial *v)
{
	struct pollfd p = { .fd = v->fd, .events = POLLOUT };
	socklen_t n = sizeof(v->error);

	if (v->error == EINPROGRESS) {
		v->error = ETIMEDOUT;
		if (poll(&p, 1, 0) == 1 && getsockopt(v->fd, SOL_SOCKET, SO_ERROR, &v->error, &n) != 0)
			v->error = errno;
	}
	if (v->fd >= 0)
		(void)close(v->fd);
}

/* Is one of them still on the way? */
static bool
dialing(const struct dial *v, size_t n)
{
	struct pollfd p[DOCTOR_ADDRESSES_MAX];
	size_t open = 0;

	for (size_t i = 0; i < n; i++) {
		p[i] = (struct pollfd){ .fd = v[i].fd, .events = POLLOUT };
		open += v[i].error == EINPROGRESS && poll(&p[i], 1, 0) == 0;
	}
	return open > 0;
}

/* Tries all addresses at the same time. */
static void
dial_all(struct doctor *d, struct dial *v)
{
	int port = (int)strtol(d->url.port, NULL, 10);
	int64_t deadline = clock_mono_ms() + d->timeout_ms;

	for (size_t i = 0; i < d->n_addresses; i++)
		dial_start(&v[i], d->addresses[i], port);
	while (dialing(v, d->n_addresses) && clock_mono_ms() < deadline)
		(void)poll(NULL, 0, 20);
	for (size_t i = 0; i < d->n_addresses; i++)
		dial_end(&v[i]);
}

static const char *
with_port(struct doctor *d, const char *address)
{
	return arena_printf(d->arena, strchr(address, ':') ? "[%s]:%s" : "%s:%s", address, d->url.port);
}

static void
judge_dead(struct doctor *d, const struct dial *v)
{
	const char *where = with_port(d, v->address);

	if (d->address != NULL && d->private_host)
		return;		/* localhost is ::1 too, which nobody misses */
	if (d->address != NULL)
		doctor_found(d, FOUND_ADDRESS_DEAD, where, "%s: %s.", where, strerror(v->error));
	else
		doctor_found(d, v->error == ETIMEDOUT ? FOUND_PORT_FILTERED : FOUND_PORT_REFUSED, where,
		    "%s: %s.", where, strerror(v->error));
}

/* A machine without IPv6 at all can say nothing about addresses of that kind. */
static bool
not_from_here(const struct dial *v)
{
	return v->error == EAFNOSUPPORT || (strchr(v->address, ':') != NULL && v->error == ENETUNREACH);
}

void
doctor_ports(struct doctor *d)
{
	struct dial v[DOCTOR_ADDRESSES_MAX];
	size_t good = 0, untried = 0;

	dial_all(d, v);
	for (size_t i = 0; i < d->n_addresses; i++) {
		good += v[i].error == 0;
		untried += not_from_here(&v[i]);
		if (v[i].error == 0 && d->address == NULL)
			d->address = v[i].address;
	}
	for (size_t i = 0; i < d->n_addresses; i++)
		if (v[i].error != 0 && (!not_from_here(&v[i]) || untried == d->n_addresses))
			judge_dead(d, &v[i]);
	if (good == 0)
		d->facts &= ~(unsigned)FACT_ADDRESS;
	doctor_saw(d, "%zu of %zu addresses take connections on port %s%s", good, d->n_addresses,
	    d->url.port, untried > 0 ? "; this machine has no IPv6 to try the others" : "");
}
