/*
 * cli/doctor_local.c -- what can be seen only on the server's own machine.
 *
 * It has a configuration, and the address that is looked at leads to its key; else the
 * machine is somebody else's, and nothing is said about it.
 */
#include "cli/doctor.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/doctor_user.h"
#include "cli/health.h"
#include "lib/base/clock.h"
#include "lib/model/model.h"
#include "lib/netmap/derpmap.h"
#include "lib/store/db.h"
#include "lib/store/store.h"

#define WAL_MAX (64LL * 1024 * 1024)	/* it is folded in at 4 MiB */
#define FREE_MIN (256LL * 1024 * 1024)
#define MIB (1024LL * 1024)
#define YEAR_2025_MS 1735689600000LL
#define YEAR_2100_MS 4102444800000LL

/* ---- whose configuration it is ---- */

static bool
same_url(struct doctor *d, const char *text)
{
	struct probe_url u;

	return probe_url_read(d->arena, text, &u) == NULL && u.tls == d->url.tls &&
	    strcasecmp(u.host, d->url.host) == 0 && strcmp(u.port, d->url.port) == 0;
}

/* The address leads to the key of this machine's file, to another, or one is not known. */
enum whose { OURS, ANOTHER, UNKNOWN };

static enum whose
whose_key(struct doctor *d)
{
	struct key32 priv, pub;

	if ((d->facts & FACT_KEY) == 0 || key_file_load(d->c->cfg->noise_key_path, &priv) != OK)
		return UNKNOWN;
	key_public(&priv, &pub);
	key_wipe(&priv);
	return memcmp(pub.b, d->key.b, sizeof(pub.b)) == 0 ? OURS : ANOTHER;
}

static void
compare(struct doctor *d)
{
	const struct config *cfg = d->c->cfg;
	bool same = same_url(d, cfg->url);
	enum whose key = whose_key(d);

	if (key != OURS && !same) {
		doctor_skip(d, "%s is about another server, %s", cfg->file, cfg->url);
		return;
	}
	d->facts |= FACT_CONFIG;
	doctor_saw(d, "%s", cfg->file);
	if (!same)
		doctor_found(d, FOUND_URL_DIFFERS, NULL, "%s says %s.", cfg->file, cfg->url);
	if (key == ANOTHER)
		doctor_found(d, FOUND_KEY_OTHER, NULL, "It is not the key of %s.", cfg->noise_key_path);
}

void
doctor_config(struct doctor *d)
{
	int64_t now = clock_wall_ms();
	char text[RFC3339_SIZE];

	if (now < YEAR_2025_MS || now > YEAR_2100_MS)
		doctor_found(d, FOUND_LOCAL_CLOCK, NULL, "It says %s.", rfc3339_write(now, text));
	if (cli_has(d->c, "remote"))
		doctor_skip(d, "--remote: only the address is looked at");
	else if (cli_remote())
		doctor_skip(d, "HEADRACE_ADDRESS is set: only the address is looked at");
	else if (cli_config(d->c) != OK)
		doctor_found(d, FOUND_CONFIG, NULL, "%s", d->c->errmsg);
	else if (d->c->cfg->file[0] == '\0')
		doctor_skip(d, "this machine has no headrace.ini");
	else
		compare(d);
}

/* ---- what `headrace health` looks at ---- */

static const enum doctor_id health_ids[HEALTH_COUNT] = {
	[HEALTH_DATA_FOLDER] = FOUND_DATA_FOLDER, [HEALTH_NOISE_KEY] = FOUND_NOISE_FILE,
	[HEALTH_DATABASE] = FOUND_DATABASE, [HEALTH_POLICY] = FOUND_POLICY,
	[HEALTH_WEB] = FOUND_WEB_DOWN, [HEALTH_CONTROL] = FOUND_CONTROL_DOWN,
	[HEALTH_NOTIFIER] = FOUND_NOTIFIER_DOWN, [HEALTH_WAKE] = FOUND_WAKE_DOWN,
};

/* True if nothing is wrong. */
static bool
look(struct doctor *d, enum health_check what)
{
	struct health_result r = health_look(d->c, what);

	if (r.why != NULL)
		doctor_found(d, health_ids[what], NULL, "%s: %s", r.about, r.why);
	return r.why == NULL;
}

void
doctor_programs(struct doctor *d)
{
	static const enum health_check all[] = {
		HEALTH_WEB, HEALTH_CONTROL, HEALTH_NOTIFIER, HEALTH_WAKE,
	};
	const char *folder = d->c->cfg->run_dir;
	size_t before = d->n_found;
	bool any = false;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		any |= look(d, all[i]);
	if (any) {
		doctor_saw(d, "those of `headrace serve`, by the sockets in %s", folder);
	} else {	/* which is one fault and not four */
		d->n_found = before;
		doctor_found(d, FOUND_SERVE_DOWN, NULL, "Nobody listens on any socket in %s.", folder);
	}
}

/* ---- the database ---- */

/*
 * The user of the running server: the kernel knows who listens on its socket.  That may be
 * systemd, which listens for it, and is not the one who opens the database.
 */
static bool
server_user(struct doctor *d, struct doctor_user *out)
{
	const char *path = config_socket(d->arena, d->c->cfg, "control.sock");
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ucred peer = { 0 };
	socklen_t n = sizeof(peer);
	bool seen = false;

	if (fd >= 0 && strlen(path) < sizeof(sa.sun_path)) {
		memcpy(sa.sun_path, path, strlen(path) + 1);
		seen = connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0 &&
		    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && peer.pid > 1 &&
		    doctor_user_of(d->arena, peer.pid, out) && out->uid == peer.uid;
	}
	if (fd >= 0)
		(void)close(fd);
	return seen;
}

/* Where that is not known, it is the owner of the data folder who should be able to write. */
static bool
expected_user(struct doctor *d, struct doctor_user *out)
{
	struct stat st;

	if (server_user(d, out))
		return true;
	if (stat(d->c->cfg->data_dir, &st) != 0)
		return false;
	*out = (struct doctor_user){ .uid = st.st_uid, .groups = { st.st_gid }, .n_groups = 1 };
	return true;
}

static void
check_writable(struct doctor *d, const struct doctor_user *u, const char *path, unsigned want)
{
	const char *stopped = doctor_user_stopped(d->arena, u, path);
	struct stat st;

	if (stopped != NULL)
		doctor_found(d, FOUND_DB_OWNER, NULL, "%s may not enter %s.", doctor_user_name(d->arena, u->uid),
		    stopped);
	else if (stat(path, &st) == 0 && !doctor_user_may(u, &st, want))
		doctor_found(d, FOUND_DB_OWNER, NULL, "%s may not write to %s (of %s, mode %03o).",
		    doctor_user_name(d->arena, u->uid), path, doctor_user_name(d->arena, st.st_uid),
		    st.st_mode & 0777u);
}

static long long
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (long long)st.st_size : 0;
}

static void
check_wal(struct doctor *d)
{
	const char *db = d->c->cfg->db_path, *wal = arena_printf(d->arena, "%s-wal", db);

	doctor_saw(d, "%s, %lld KiB and %lld KiB in its log", db, size_of(db) / 1024, size_of(wal) / 1024);
	if (size_of(wal) > WAL_MAX)
		doctor_found(d, FOUND_WAL, NULL, "%s has %lld MiB.", wal, size_of(wal) / MIB);
}

void
doctor_database(struct doctor *d)
{
	static const char *const beside[] = { "", "-wal", "-shm" };
	static const enum health_check all[] = {
		HEALTH_DATA_FOLDER, HEALTH_NOISE_KEY, HEALTH_DATABASE, HEALTH_POLICY,
	};
	const char *db = d->c->cfg->db_path;
	struct doctor_user u;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		(void)look(d, all[i]);
	check_wal(d);
	if (!expected_user(d, &u))
		return;
	check_writable(d, &u, dirname(arena_strdup(d->arena, db)), 7);
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		check_writable(d, &u, arena_printf(d->arena, "%s%s", db, beside[i]), 6);
}

void
doctor_disk(struct doctor *d)
{
	const char *folder = dirname(arena_strdup(d->arena, d->c->cfg->db_path));
	struct statvfs v;
	long long left;

	if (statvfs(folder, &v) != 0) {
		doctor_skip(d, "%s: %s", folder, strerror(errno));
		return;
	}
	left = (long long)v.f_bavail * (long long)v.f_frsize;
	doctor_saw(d, "%lld MiB are free in %s", left / MIB, folder);
	if ((v.f_flag & ST_RDONLY) != 0)
		doctor_found(d, FOUND_READONLY, NULL, "%s.", folder);
	if (left < FREE_MIN)
		doctor_found(d, FOUND_DISK, NULL, "%lld MiB are free in %s.", left / MIB, folder);
	else if (v.f_files > 0 && v.f_favail < 1000)
		doctor_found(d, FOUND_DISK, NULL, "%lld more files fit into %s.", (long long)v.f_favail, folder);
}

/* ---- relays ---- */

static void
count_one(void *arg, const char *name, jv *region)
{
	(void)name;
	(void)region;
	++*(size_t *)arg;
}

static size_t
count_regions(struct doctor *d, const char *map)
{
	jv *regions = json_get(json_parse(d->arena, str_of(map), JSON_DEPTH_DEFAULT, NULL), "Regions");
	size_t n = 0;

	if (regions != NULL)
		json_each(regions, count_one, &n);
	return n;
}

void
doctor_relays(struct doctor *d)
{
	const char *map = NULL;

	if (access(d->c->cfg->db_path, F_OK) != 0 || cli_database(d->c) != OK) {
		doctor_skip(d, "the database cannot be read");
		return;
	}
	if (db_begin_read(d->c->db) != OK ||
	    store_document(d->c->db, d->arena, DOCUMENT_DERPMAP, &map) != OK)
		map = NULL;
	db_rollback(d->c->db);
	if (map == NULL || strcmp(map, DERPMAP_NO_RELAY) == 0)
		doctor_found(d, FOUND_DERP_NONE, NULL, "%s", map == NULL ? "`headrace serve` has not yet read a map." :
		    "None came from derp.urls and derp.paths.");
	else
		doctor_saw(d, "regions: %zu", count_regions(d, map));
}

/* ---- the sockets ---- */

static void
check_socket(struct doctor *d, const struct doctor_user *u, const char *path)
{
	const char *stopped = doctor_user_stopped(d->arena, u, path), *who = doctor_user_name(d->arena, u->uid);
	struct stat st;

	if (stopped != NULL)
		doctor_found(d, FOUND_SOCKET_CLOSED, NULL, "The web server runs as %s, who may not enter %s.",
		    who, stopped);
	else if (stat(path, &st) == 0 && !doctor_user_may(u, &st, 2))
		doctor_found(d, FOUND_SOCKET_CLOSED, NULL, "The web server runs as %s, who may not open %s "
		    "(mode %03o).", who, path, st.st_mode & 0777u);
}

static void
check_web_user(struct doctor *d)
{
	const struct config *cfg = d->c->cfg;
	struct doctor_user u;

	if (!doctor_user_on_port(d->arena, (unsigned)strtoul(d->url.port, NULL, 10), &u)) {
		doctor_saw(d, "who the web server is cannot be seen: it is elsewhere, or you are not root");
		return;
	}
	doctor_saw(d, "the web server runs as %s", doctor_user_name(d->arena, u.uid));
	check_socket(d, &u, config_socket(d->arena, cfg, "web.sock"));
	if (strncmp(cfg->notifier_listen, "unix:", 5) == 0)
		check_socket(d, &u, cfg->notifier_listen + 5);
}

void
doctor_sockets(struct doctor *d)
{
	struct stat st;

	check_web_user(d);
	if (stat(d->c->cfg->run_dir, &st) == 0 && (st.st_mode & S_IWOTH) != 0)
		doctor_found(d, FOUND_RUN_OPEN, NULL, "%s has mode %03o.", d->c->cfg->run_dir,
		    st.st_mode & 0777u);
}
