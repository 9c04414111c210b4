/*
 * fcgi/place.c -- folders, database, key and sockets, in the order of need.
 *
 * web.sock and the notifier's socket are open to a group that the configuration names,
 * else to all users of the machine (mode 0666): the web server runs as some other user,
 * and what comes in there is not believed anyway.  control.sock, delta.sock and
 * webhook.sock are (mode 0600): whoever can connect to them can name any machine as its
 * own.
 */
#include "fcgi/place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fcgi/limits.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/sock.h"
#include "lib/crypto/key.h"
#include "lib/store/db.h"

/* Makes 'path' and what is missing above it. */
static bool
make_dir(struct arena *a, const char *path, mode_t mode)
{
	char *part = arena_strdup(a, path);
	struct stat st;

	for (char *p = part + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			break;
		*p = '/';
	}
	if (mkdir(path, mode) == 0)
		return true;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	log_err("cannot make the folder %s: %s; make it and give it to the user that "
	    "runs headrace, or choose another in [server]", path, strerror(errno));
	return false;
}

static bool
make_dirs(struct arena *a, const struct config *cfg)
{
	struct stat st;

	if (!make_dir(a, cfg->data_dir, 0700) || !make_dir(a, cfg->run_dir, 0755))
		return false;
	if (stat(cfg->data_dir, &st) == 0 && (st.st_mode & 077) != 0)
		log_warn("%s can be read by other users; it holds keys: chmod 700 it",
		    cfg->data_dir);
	return true;
}

static bool
take_lock(struct arena *a, const struct config *cfg, struct place *p)
{
	const char *path = config_socket(a, cfg, "serve.lock");

	p->lock = file_lock(path);
	if (p->lock >= 0)
		return true;
	if (errno == EWOULDBLOCK)
		log_err("another headrace serve runs with %s; stop it, or give this one "
		    "another server.run", cfg->run_dir);
	else
		log_err("cannot lock %s: %s; give server.run to the user that runs headrace, or "
		    "choose another", path, strerror(errno));
	return false;
}

/* What else can be wrong with that place, the database will tell. */
static bool
take_database(struct arena *a, const struct config *cfg, struct place *p)
{
	const char *path = config_lock(a, cfg, "serve");

	p->database = file_lock(path);
	if (p->database >= 0 || errno != EWOULDBLOCK)
		return true;
	log_err("another headrace serve works on the database %s (fuser -v %s shows it); stop "
	    "it, or give this one another database.path", cfg->db_path, path);
	return false;
}

static bool
make_database(const struct config *cfg)
{
	struct buf why;
	struct db *db;
	enum err e;

	buf_init(&why, 65536);
	e = db_open(cfg, DB_SERVE, &db, &why);
	if (e == OK)
		db_close(db);
	else
		log_err("cannot use the database: %.*s", (int)why.n, (const char *)why.p);
	buf_fini(&why);
	return e == OK;
}

static bool
make_noise_key(const struct config *cfg)
{
	struct key32 key;
	enum err e = key_file_load_or_make(cfg->noise_key_path, &key);

	key_wipe(&key);
	if (e == ERR_BADREQ)
		log_err("%s holds no private key; restore the file from a backup (without "
		    "it every device has to log in again), or remove it to get a new key",
		    cfg->noise_key_path);
	else if (e != OK)
		log_err("cannot read or make %s: %s", cfg->noise_key_path, strerror(errno));
	return e == OK;
}

/* ---- sockets ---- */

static int
listen_on(struct place *p, const struct sockaddr *sa, socklen_t len)
{
	int fd = given_find(&p->given, sa);
	int one = 1;

	if (fd >= 0)
		return fd;
	if (sa->sa_family == AF_UNIX &&
	    !sock_clear(((const struct sockaddr_un *)(const void *)sa)->sun_path, SOCK_STREAM))
		return -1;
	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, sa, len) != 0 || listen(fd, SERVE_BACKLOG) != 0) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* config_load() has checked the length of 'path'. */
static int
listen_unix(struct place *p, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	(void)memcpy(sa.sun_path, path, strnlen(path, sizeof(sa.sun_path) - 1));
	fd = listen_on(p, (const struct sockaddr *)&sa, sizeof(sa));
	if (fd >= 0 && !given_has(&p->given, fd) && chmod(path, 0600) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* "address:port" or "[address]:port", as the configuration has checked. */
static int
listen_tcp(struct place *p, const char *text)
{
	const char *colon = strrchr(text, ':');
	struct str host = { text, (size_t)(colon - text) };
	struct sockaddr_in6 s6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in s4 = { .sin_family = AF_INET };
	struct ip ip;
	int64_t port;

	if (host.n > 2 && host.p[0] == '[')
		host = (struct str){ host.p + 1, host.n - 2 };
	errno = EINVAL;
	if (!ip_read(host, &ip) || !str_i64(str_of(colon + 1), &port))
		return -1;
	s4.sin_port = s6.sin6_port = htons((uint16_t)port);
	if (ip.family == 4) {
		(void)memcpy(&s4.sin_addr, ip.b, 4);
		return listen_on(p, (const struct sockaddr *)&s4, sizeof(s4));
	}
	(void)memcpy(&s6.sin6_addr, ip.b, 16);
	return listen_on(p, (const struct sockaddr *)&s6, sizeof(s6));
}

static int
listen_once(struct place *p, const char *where)
{
	return strncmp(where, "unix:", 5) == 0 ? listen_unix(p, where + 5) :
	    listen_tcp(p, where);
}

/* We hold the lock, so who listens there may be a child of a serve that was killed: it goes soon. */
static int
listen_any(struct place *p, const char *where)
{
	int fd = listen_once(p, where);

	while (fd < 0 && errno == EADDRINUSE && clock_mono_ms() < p->patient_until_ms) {
		(void)poll(NULL, 0, SERVE_HEIR_STEP_MS);
		fd = listen_once(p, where);
	}
	if (fd < 0)
		log_err("cannot listen on %s: %s; %s", where, strerror(errno),
		    sock_advice(where, errno));
	return fd;
}

/* Lets the web server connect to a socket of ours; 'path' NULL: not one in a folder. */
static bool
let_web_in(const struct config *cfg, const char *path)
{
	const struct group *g;

	if (path == NULL)
		return true;
	if (cfg->socket_group[0] == '\0')
		return chmod(path, 0666) == 0;
	g = getgrnam(cfg->socket_group);
	if (g == NULL) {
		log_err("there is no group %s on this machine: correct server.socket_group",
		    cfg->socket_group);
		return false;
	}
	if (chown(path, (uid_t)-1, g->gr_gid) != 0) {
		log_err("cannot give %s to the group %s: %s; the user that runs headrace must be "
		    "in it: usermod -aG %s USER, and start headrace again", path,
		    cfg->socket_group, strerror(errno), cfg->socket_group);
		return false;
	}
	return chmod(path, 0660) == 0;
}

/* A given socket outlives us, and so does its file. */
static void
keep_given(struct place *p)
{
	if (given_has(&p->given, p->web))
		p->path[0] = NULL;
	if (given_has(&p->given, p->notifier))
		p->path[3] = NULL;
	given_check(&p->given);
}

/* A file at a place where we could not listen is not ours to remove. */
static int
listen_at(struct place *p, size_t i, const char *path)
{
	int fd = listen_any(p, arena_printf(p->arena, "unix:%s", path));

	p->path[i] = fd >= 0 ? path : NULL;
	return fd;
}

/* wake.sock is made by the notifier, but goes with the others. */
static bool
open_sockets(const struct config *cfg, struct place *p)
{
	struct arena *a = p->arena;
	bool is_unix = strncmp(cfg->notifier_listen, "unix:", 5) == 0;

	p->patient_until_ms = clock_mono_ms() + SERVE_HEIR_MS;
	p->path[2] = config_socket(a, cfg, "wake.sock");
	p->web = listen_at(p, 0, config_socket(a, cfg, "web.sock"));
	p->control = listen_at(p, 1, config_socket(a, cfg, "control.sock"));
	p->delta = listen_at(p, 4, config_socket(a, cfg, "delta.sock"));
	p->webhook = listen_at(p, 5, config_socket(a, cfg, "webhook.sock"));
	p->notifier = is_unix ? listen_at(p, 3, arena_strdup(a, cfg->notifier_listen + 5)) :
	    listen_any(p, cfg->notifier_listen);
	keep_given(p);
	return p->web >= 0 && p->control >= 0 && p->delta >= 0 && p->webhook >= 0 &&
	    p->notifier >= 0 && let_web_in(cfg, p->path[0]) && let_web_in(cfg, p->path[3]);
}

bool
place_make(const struct config *cfg, struct place *p)
{
	bool ok;

	*p = (struct place){ .arena = arena_new(), .lock = -1, .database = -1, .web = -1,
		.control = -1, .delta = -1, .webhook = -1, .notifier = -1 };
	given_take(&p->given);
	(void)umask(022);
	ok = make_dirs(p->arena, cfg);
	(void)umask(077);
	return ok && take_lock(p->arena, cfg, p) &&
	    take_database(p->arena, cfg, p) && make_database(cfg) &&
	    make_noise_key(cfg) && open_sockets(cfg, p);
}

void
place_end(struct place *p)
{
	const int fds[] = { p->web, p->control, p->delta, p->webhook, p->notifier,
		p->lock, p->database };

	if (p->arena == NULL)
		return;
	for (size_t i = 0; i < sizeof(p->path) / sizeof(p->path[0]); i++)
		if (p->path[i] != NULL)
			(void)unlink(p->path[i]);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	arena_free(p->arena);
	*p = (struct place){ 0 };
}
