/*
 * notifier/main.c -- headrace-notifier: options, configuration, lock, run.
 *
 * Ends with 0 after a signal, with 1 and a line that says why if it cannot
 * start.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/heap.h"
#include "lib/base/log.h"
#include "lib/metrics/metrics.h"
#include "notifier/notifier.h"

/* First maps are big and short-lived: see lib/base/heap.h. */
#define BIG_BYTES (128 << 10)

static const char usage_text[] =
	"Usage: headrace-notifier [-c FILE]\n"
	"\n"
	"Holds the connections of Tailscale clients (/ts2021) and their map\n"
	"streams.  `headrace serve` starts it; by hand it is only needed for tests.\n"
	"\n"
	"  -c FILE     configuration (default $HEADRACE_CONFIG, else\n"
	"              " CONFIG_FILE_DEFAULT ")\n"
	"  --help      this text\n"
	"  --version   the version\n"
	"\n"
	"Signals: TERM and INT end it, HUP reads the configuration again.\n";

static int
usage_error(const char *what)
{
	(void)fprintf(stderr, "headrace-notifier: %s\n%s", what, usage_text);
	return 2;
}

static void
config_take(struct notifier *n)
{
	struct buf errors;

	buf_init(&errors, 64u << 10);
	if (config_load(n->arena, n->config_path, &n->cfg, &errors) != OK) {
		(void)fprintf(stderr, "%.*s", (int)errors.n,
		    (const char *)errors.p);
		fatal("the configuration has mistakes");
	}
	buf_fini(&errors);
	log_init("notifier", (enum log_level)n->cfg.log_level);
}

/*
 * Two notifiers on one folder, or one database, would each hold half of the streams.
 * The locks are kept until the process ends.
 */
static void
lock_take(struct notifier *n)
{
	const char *path = config_socket(n->arena, &n->cfg, "notifier.lock");
	const char *beside = config_lock(n->arena, &n->cfg, "notifier");

	if (file_lock(path) < 0)
		fatal("%s %s: %s", errno == EWOULDBLOCK ? "another notifier runs with" :
		    "cannot lock", path, strerror(errno));
	if (file_lock(beside) >= 0)
		return;
	if (errno == EWOULDBLOCK)
		fatal("another notifier works on the database %s (fuser -v %s shows it); each "
		    "would take the other's devices for offline: end that one, or set "
		    "database.path to another", n->cfg.db_path, beside);
	log_warn("cannot lock %s: %s; a second notifier would not be noticed", beside,
	    strerror(errno));
}

static void
metrics_begin(struct notifier *n)
{
	const char *path = config_socket(n->arena, &n->cfg, METRICS_FILE);

	if (!metrics_open(path, METRICS_NOTIFIER))
		log_warn("metrics are not counted: %s: %s", path, strerror(errno));
}

static void
key_take(struct notifier *n)
{
	struct key32 priv;

	if (key_file_load(n->cfg.noise_key_path, &priv) != OK)
		fatal("no Noise key in %s: %s", n->cfg.noise_key_path,
		    errno ? strerror(errno) : "not a key");
	noise_static_init(&n->noise, &priv);
	key_wipe(&priv);
}

/* One descriptor per client; the soft limit is often 1024. */
static void
descriptors_raise(const struct notifier *n)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_max != RLIM_INFINITY &&
	    (int64_t)r.rlim_max < n->cfg.connections_max + 256)
		log_warn("only %ju descriptors for notifier.connections_max = %jd",
		    (uintmax_t)r.rlim_max, (intmax_t)n->cfg.connections_max);
}

static int
run(const char *config_path)
{
	struct notifier n = { .config_path = config_path };

	log_init("notifier", LOG_INFO);
	crypto_init();
	n.arena = arena_new();
	config_take(&n);
	lock_take(&n);
	metrics_begin(&n);
	key_take(&n);
	descriptors_raise(&n);
	notifier_init(&n);
	listen_open(&n);
	notifier_start(&n);
	log_info("headrace-notifier " HEADRACE_VERSION " listens on %s",
	    n.cfg.notifier_listen);
	notifier_run(&n);
	notifier_fini(&n);
	metrics_close();
	arena_free(n.arena);
	log_info("stopped");
	return 0;
}

int
main(int argc, char **argv)
{
	const char *config_path = NULL;

	heap_limit(BIG_BYTES, BIG_BYTES);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			(void)fputs(usage_text, stdout);
			return 0;
		}
		if (strcmp(argv[i], "--version") == 0) {
			(void)puts("headrace-notifier " HEADRACE_VERSION);
			return 0;
		}
		if (strcmp(argv[i], "-c") != 0)
			return usage_error("unknown argument");
		if (++i == argc)
			return usage_error("-c needs a file");
		config_path = argv[i];
	}
	return run(config_path);
}
