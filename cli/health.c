/*
 * cli/health.c -- headrace health: is everything in place that clients need?
 *
 * Each check is one row and one sentence.  Sockets are tried by connecting,
 * because a socket file outlives the program that made it.
 */
#include "cli/health.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <unistd.h>

/* Answers what is wrong, NULL if nothing is; *about says what was looked at. */
struct check {
	const char *name;
	const char *(*run)(struct cli *c, const char **about);
};

static const char *
check_database(struct cli *c, const char **about)
{
	jv *answer;

	*about = c->cfg->db_path;
	if (access(c->cfg->db_path, F_OK) != 0)
		return arena_printf(c->arena, "%s; `headrace serve` makes it",
		    strerror(errno));
	if (cli_call(c, HTTP_GET, "/api/v1/health?full=true", NULL, &answer) != OK)
		return c->errmsg;
	return NULL;
}

/* Nobody but the owner (and for folders, the group) may read here. */
static const char *
check_private(struct cli *c, const char *path, mode_t forbidden)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return strerror(errno);
	if ((st.st_mode & forbidden) != 0)
		return arena_printf(c->arena, "mode %03o lets others in; chmod %s %s",
		    st.st_mode & 0777u, forbidden == 07 ? "o-rwx" : "go-rwx", path);
	return NULL;
}

static const char *
check_data_folder(struct cli *c, const char **about)
{
	const char *why = check_private(c, c->cfg->data_dir, 07);

	*about = c->cfg->data_dir;
	if (why == NULL && access(c->cfg->data_dir, R_OK | W_OK | X_OK) != 0)
		return strerror(errno);
	return why;
}

static const char *
check_noise_key(struct cli *c, const char **about)
{
	*about = c->cfg->noise_key_path;
	return check_private(c, c->cfg->noise_key_path, 077);
}

static const char *
try_connect(struct cli *c, int type, const struct sockaddr *sa, socklen_t n)
{
	int fd = socket(sa->sa_family, type | SOCK_CLOEXEC, 0);
	const char *why = NULL;

	if (fd < 0 || connect(fd, sa, n) != 0)
		why = errno == ECONNREFUSED ? "nobody listens; is `headrace serve` running?" :
		    errno == ENOENT ? "not there; is `headrace serve` running?" :
		    arena_strdup(c->arena, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return why;
}

static const char *
try_unix(struct cli *c, int type, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(sa.sun_path))
		return "the path is too long for a socket";
	memcpy(sa.sun_path, path, strlen(path) + 1);
	return try_connect(c, type, (const struct sockaddr *)&sa, sizeof(sa));
}

/* "ip:port" or "[ip]:port" */
static const char *
try_tcp(struct cli *c, const char *where)
{
	const char *colon = strrchr(where, ':');
	struct str host = { where, colon ? (size_t)(colon - where) : 0 };
	struct sockaddr_in6 s6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in s4 = { .sin_family = AF_INET };
	struct ip ip;

	if (host.n > 2 && host.p[0] == '[')
		host = (struct str){ host.p + 1, host.n - 2 };
	if (colon == NULL || !ip_read(host, &ip))
		return "not an address";
	if (ip.family == 4) {
		s4.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
		memcpy(&s4.sin_addr, ip.b, 4);
		return try_connect(c, SOCK_STREAM, (const struct sockaddr *)&s4, sizeof(s4));
	}
	s6.sin6_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	memcpy(&s6.sin6_addr, ip.b, 16);
	return try_connect(c, SOCK_STREAM, (const struct sockaddr *)&s6, sizeof(s6));
}

static const char *
check_web(struct cli *c, const char **about)
{
	*about = config_socket(c->arena, c->cfg, "web.sock");
	return try_unix(c, SOCK_STREAM, *about);
}

static const char *
check_control(struct cli *c, const char **about)
{
	*about = config_socket(c->arena, c->cfg, "control.sock");
	return try_unix(c, SOCK_STREAM, *about);
}

static const char *
check_notifier(struct cli *c, const char **about)
{
	*about = c->cfg->notifier_listen;
	if (strncmp(*about, "unix:", 5) == 0)
		return try_unix(c, SOCK_STREAM, *about + 5);
	return try_tcp(c, *about);
}

static const char *
check_wake(struct cli *c, const char **about)
{
	*about = config_socket(c->arena, c->cfg, "wake.sock");
	return try_unix(c, SOCK_DGRAM, *about);
}

/* Which policy is in force, since when, from where. */
static const char *
policy_about(struct cli *c, jv *s)
{
	long long version = (long long)json_get_i64(s, "version", 0);

	if (json_get_bool(s, "allowsAll", false))
		return "none set: everything is allowed";
	if (version == 0)
		return "none in force: everything is denied";
	return arena_printf(c->arena, "version %lld in force since %s (%s)", version,
	    table_time(c->arena, json_get(s, "since"), ""), json_get_str(s, "mode", ""));
}

static void
add_problem(struct cli *c, const char **all, const char *head, const char *text)
{
	struct str left = str_of(text), line;
	const char *sep = **all != '\0' ? "; " : "";

	if (text == NULL)
		return;
	*all = arena_printf(c->arena, "%s%s%s", *all, sep, head);
	for (sep = ""; str_cut(&left, '\n', &line); sep = "; ")
		*all = arena_printf(c->arena, "%s%s%.*s", *all, sep, (int)line.n, line.p);
}

static const char *
check_policy(struct cli *c, const char **about)
{
	const char *all = "", *problem;
	int64_t version;
	jv *s;

	*about = "";
	if (access(c->cfg->db_path, F_OK) != 0)
		return "there is no database yet";
	if (cli_call(c, HTTP_GET, "/api/v1/policy/status", NULL, &s) != OK)
		return c->errmsg;
	*about = policy_about(c, s);
	version = json_get_i64(s, "version", 0);
	problem = json_get_str(s, "problem", NULL);
	add_problem(c, &all, version == 0 ? "" : arena_printf(c->arena,
	    "version %lld cannot be read, so %lld stays in force: ",
	    (long long)json_get_i64(s, "newest", 0), (long long)version), problem);
	add_problem(c, &all, arena_printf(c->arena, "%s is not taken over: ",
	    json_get_str(s, "path", "")), json_get_str(s, "fileProblem", NULL));
	add_problem(c, &all, "it stays in force, but would be refused if it were set now: ",
	    json_get_str(s, "refusedNow", NULL));
	return *all != '\0' ? table_clean(c->arena, all) : NULL;
}

static const struct check checks[HEALTH_COUNT] = {
	[HEALTH_DATA_FOLDER] = { "data folder", check_data_folder },
	[HEALTH_NOISE_KEY] = { "noise key", check_noise_key },
	[HEALTH_DATABASE] = { "database", check_database },
	[HEALTH_POLICY] = { "policy", check_policy },
	[HEALTH_WEB] = { "web workers", check_web },
	[HEALTH_CONTROL] = { "control workers", check_control },
	[HEALTH_NOTIFIER] = { "notifier", check_notifier },
	[HEALTH_WAKE] = { "wake socket", check_wake },
};

struct health_result
health_look(struct cli *c, enum health_check what)
{
	struct health_result r = { .name = checks[what].name, .about = "" };

	r.why = checks[what].run(c, &r.about);
	return r;
}

static jv *
as_json(struct cli *c, const struct health_result *r, bool all)
{
	struct body b;

	cli_body_begin(&b);
	jw_kbool(&b.w, "databaseConnectivity", r[HEALTH_DATABASE].why == NULL);
	jw_kbool(&b.w, "healthy", all);
	jw_key(&b.w, "checks");
	jw_arr(&b.w);
	for (size_t i = 0; i < HEALTH_COUNT; i++) {
		jw_obj(&b.w);
		jw_kstr(&b.w, "name", r[i].name);
		jw_kstr(&b.w, "about", r[i].about);
		jw_kbool(&b.w, "ok", r[i].why == NULL);
		jw_kstr(&b.w, "problem", r[i].why);
		jw_end_obj(&b.w);
	}
	jw_end_arr(&b.w);
	return json_parse(c->arena, str_of(cli_body_end(c, &b)), JSON_DEPTH_DEFAULT, NULL);
}

static void
print_results(struct cli *c, const struct health_result *r)
{
	static const char *const heads[] = { "CHECK", "RESULT", "ABOUT", "PROBLEM", NULL };
	struct table t;

	table_begin(&t, c->arena, heads);
	for (size_t i = 0; i < HEALTH_COUNT; i++) {
		table_put(&t, r[i].name);
		table_put_in(&t, r[i].why == NULL ? "ok" : "FAILED",
		    r[i].why == NULL ? GREEN : RED);
		table_put(&t, r[i].about);
		table_put(&t, r[i].why);
	}
	table_print(&t);
}

/* Of a server elsewhere only what it says itself can be seen. */
static enum err
remote_health(struct cli *c)
{
	jv *answer;
	enum err e = cli_call(c, HTTP_GET, "/api/v1/health", NULL, &answer);

	if (e == OK)
		cli_done(c, answer, "the server answers, and so does its database");
	return e;
}

static enum err
health(struct cli *c)
{
	struct health_result r[HEALTH_COUNT];
	int bad = 0;
	enum err e;

	if (cli_remote())
		return remote_health(c);
	if ((e = cli_config(c)) != OK)
		return e;
	for (size_t i = 0; i < HEALTH_COUNT; i++) {
		r[i] = health_look(c, (enum health_check)i);
		bad += r[i].why != NULL;
	}
	if (!cli_machine(c, as_json(c, r, bad == 0)))
		print_results(c, r);
	if (bad > 0)
		return cli_fail(c, ERR_UPSTREAM, "%d of %d checks failed", bad, HEALTH_COUNT);
	return OK;
}

const struct cli_cmd cli_health = {
	"health", "", "", "check database, folders and programs", 0, 0, NULL, health,
};
