/*
 * tests/unit/config_test.c -- the configuration: values, limits, error texts,
 * and that conf/headrace.ini says the same as the table of keys.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/config.h"
#include "lib/config/key.h"
#include "lib/config/value.h"

#define NAME "/etc/t/h.ini"

static struct arena *arena;
static struct config cfg;
static struct buf errors;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	buf_init(&errors, 65536);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_fini(&errors);
	arena_free(arena);
	return 0;
}

static enum err
load(const char *text)
{
	buf_clear(&errors);
	return config_load_text(arena, NAME, str_of(text), &cfg, &errors);
}

static const char *
error_text(void)
{
	return arena_strndup(arena, (const char *)errors.p, errors.n);
}

/* The one error that 'text' must give. */
static void
assert_error(const char *text, const char *want)
{
	assert_int_equal(load(text), ERR_BADREQ);
	assert_string_equal(error_text(), want);
}

static void
assert_error_has(const char *text, const char *part)
{
	assert_int_equal(load(text), ERR_BADREQ);
	if (strstr(error_text(), part) == NULL)
		fail_msg("for \"%s\" wanted \"%s\", got \"%s\"", text, part, error_text());
}

static void
defaults_make_a_tailnet(void **state)
{
	(void)state;
	assert_int_equal(load(""), OK);
	assert_string_equal(cfg.url, "http://127.0.0.1:8080");
	assert_string_equal(cfg.db_path, "/var/lib/headrace/headrace.db");
	assert_string_equal(cfg.noise_key_path, "/var/lib/headrace/noise.key");
	assert_string_equal(cfg.notifier_listen, "unix:/run/headrace/notifier.sock");
	assert_true(cfg.have_v4 && cfg.have_v6 && cfg.magic_dns);
	assert_false(cfg.override_local_dns);
	assert_int_equal(cfg.keepalive_ms, 50000);
	assert_int_equal(cfg.derp_urls.n, 1);
	assert_int_equal(cfg.sync, SYNC_NORMAL);
	assert_int_equal(cfg.log_level, 2);
	assert_int_equal(cfg.warnings.n, 0);
}

static void
values_of_each_kind(void **state)
{
	(void)state;
	assert_int_equal(load("\xef\xbb\xbf# comment\n[server]\nurl = https://hs.example.com/\r\n"
	    "  data = d\nrun=/run/x ; why\n[database]\nsynchronous = full\npath = /x/y.db\n"
	    "[prefixes]\nv6 =\nallocation = random\n[worker]\nweb = 7\n"
	    "[notifier]\nlisten = 127.0.0.1:81\noffline_grace = 0\n[node]\nexpiry = 1h30m\n"
	    "taildrop = no\n[log]\nlevel = debug"), OK);
	assert_string_equal(cfg.url, "https://hs.example.com");
	assert_string_equal(cfg.data_dir, "/etc/t/d");
	assert_string_equal(cfg.run_dir, "/run/x");
	assert_string_equal(cfg.noise_key_path, "/etc/t/d/noise.key");
	assert_string_equal(cfg.db_path, "/x/y.db");
	assert_int_equal(cfg.sync, SYNC_FULL);
	assert_true(cfg.have_v4 && !cfg.have_v6);
	assert_int_equal(cfg.allocation, ALLOC_RANDOM);
	assert_int_equal(cfg.web_workers, 7);
	assert_string_equal(cfg.notifier_listen, "127.0.0.1:81");
	assert_int_equal(cfg.offline_grace_ms, 0);
	assert_int_equal(cfg.node_expiry_ms, 5400000);
	assert_false(cfg.taildrop);
	assert_int_equal(cfg.log_level, 3);
}

static void
lists_grow_over_lines(void **state)
{
	(void)state;
	assert_int_equal(load("[dns]\nnameservers = 1.1.1.1 , 2606:4700::1111,\n"
	    "nameservers = https://dns.example/dns-query, 10.0.0.1:5353\n"
	    "split.Corp.Example. = 10.0.0.1\nsplit.corp.example = 10.0.0.2\nsplit.b = 10.0.0.3\n"
	    "extra_record = nas.example A 10.1.1.1, nas.example AAAA fd00::1\n"
	    "extra_record = Two.Example  A\t10.1.1.2\n"), OK);
	assert_int_equal(cfg.nameservers.n, 4);
	assert_string_equal(cfg.nameservers.v[1], "2606:4700::1111");
	assert_true(cfg.override_local_dns);
	assert_int_equal(cfg.n_split, 2);
	assert_string_equal(cfg.split[0].domain, "corp.example");
	assert_int_equal(cfg.split[0].servers.n, 2);
	assert_string_equal(cfg.split[1].servers.v[0], "10.0.0.3");
	assert_int_equal(cfg.n_extra, 3);
	assert_string_equal(cfg.extra[1].type, "AAAA");
	assert_string_equal(cfg.extra[2].name, "two.example");
	assert_string_equal(cfg.extra[2].value, "10.1.1.2");
	assert_int_equal(load("[dns]\nnameservers = 1.1.1.1\noverride_local_dns = false\n"), OK);
	assert_false(cfg.override_local_dns);
}

static void
error_names_file_line_key_and_remedy(void **state)
{
	(void)state;
	assert_error("\n[server]\nurl = ftp://x\n", NAME ":3: server.url: 'ftp://x' does not "
	    "start with http:// or https://; give the address that clients use, like "
	    "https://headrace.example.com\n");
	assert_error("[dns]\nmagicdns = true\n", NAME ":2: dns.magicdns: unknown key; did you "
	    "mean magic_dns in [dns]?\n");
	assert_error("server_url = http://x\n", NAME ":1: server_url: unknown key; did you "
	    "mean url in [server]?\n");
	assert_error("[x]\nsomething_else_entirely = 1\n", NAME ":2: x.something_else_entirely: "
	    "unknown key; conf/headrace.ini lists all of them\n");
	assert_error("[dns]\nsplit. = 1.1.1.1\n", NAME ":2: dns.split.: unknown key; did you "
	    "mean split.<domain> in [dns]?\n");
	assert_error("[log]\nlevel = info\nlevel = warn\n", NAME ":3: log.level: is set twice, "
	    "first in line 2; give it once\n");
	assert_error("[log\n", NAME ":1: a section without its ']'; write [section]\n");
	assert_error("[log]\nlevel\n", NAME ":2: neither a section nor a setting; write "
	    "key = value\n");
}

static void
all_errors_come_together(void **state)
{
	struct buf many;

	(void)state;
	assert_int_equal(load("[worker]\nweb = 0\ncontrol = x\n[node]\nexpiry = 5\n"), ERR_BADREQ);
	assert_string_equal(error_text(),
	    NAME ":2: worker.web: '0' is not between 1 and 64; give the number of processes "
	    "that answer the web server\n"
	    NAME ":3: worker.control: 'x' is not a whole number; give the number of processes "
	    "that answer the notifier\n"
	    NAME ":5: node.expiry: '5' is not a time; times are written 90s, 30m, 24h, 90d; "
	    "give a time like 180d, or 0 for keys that do not expire\n");
	buf_init(&many, 65536);
	for (int i = 0; i < 70; i++)
		buf_str(&many, "junk\n");
	buf_byte(&many, 0);
	assert_int_equal(load((const char *)many.p), ERR_BADREQ);
	assert_non_null(strstr(error_text(), ":50: "));
	assert_non_null(strstr(error_text(), "... and 20 more\n"));
	assert_null(strstr(error_text(), ":51: "));
	buf_fini(&many);
}

static void
limits_of_values(void **state)
{
	static const struct { const char *text, *part; } bad[] = {
		{ "[server]\nurl =", "does not start with" },
		{ "[server]\nurl = http://", "no valid host" },
		{ "[server]\nurl = http://a b", "no valid host" },
		{ "[server]\nurl = http://a:0", "no valid port" },
		{ "[server]\nurl = http://a:65536", "no valid port" },
		{ "[server]\nurl = http://[::1", "no valid host" },
		{ "[server]\nurl = http://u@a", "no valid host" },
		{ "[server]\nurl = https://a/b", "has a path" },
		{ "[server]\ndata =", "is empty" },
		{ "[database]\nsynchronous = off", "is not one of the words" },
		{ "[notifier]\nkeepalive = 61s", "is not between 1s and 1m" },
		{ "[notifier]\nlisten = 8080", "neither unix:/path nor address:port" },
		{ "[notifier]\nlisten = unix:", "names no socket" },
		{ "[node]\nephemeral_timeout = 65s", "more than 65s" },
		{ "[prefixes]\nv4 = 100.64.0.0", "is not an IPv4 network" },
		{ "[prefixes]\nv4 = fd00::/48", "is not an IPv4 network" },
		{ "[prefixes]\nv4 = 100.64.0.0/31", "is not between /8 and /30" },
		{ "[prefixes]\nv4 = 100.64.0.1/10", "the network is 100.64.0.0/10" },
		{ "[prefixes]\nv4 =\nv6 = none", "give at least one network" },
		{ "[dns]\nbase_domain = -x", "is not a domain name" },
		{ "[dns]\nbase_domain =", "set dns.base_domain, or give false" },
		{ "[dns]\noverride_local_dns = true", "set dns.nameservers, or give false" },
		{ "[dns]\nnameservers = 1.1.1.1, x", "an item 'x' that is not the address" },
		{ "[dns]\nnameservers = 1.1.1.1,,8.8.8.8", "an empty item" },
		{ "[dns]\nsplit.a_b..c = 1.1.1.1", "is not a domain name" },
		{ "[dns]\nsplit.a =", "names no server" },
		{ "[dns]\nextra_record = a TXT x", "another type" },
		{ "[dns]\nextra_record = a A ::1", "does not fit its type" },
		{ "[dns]\nextra_record = a A", "name type address" },
		{ "[dns]\nextra_record = a A 1.1.1.1\nextra_records_path = x", "one of the two" },
		{ "[api]\ncors_origins = *", "every page on the web" },
		{ "[server]\ntrusted_proxies = 10.0.0.1/8", "no address and no network" },
		{ "[server]\ntrusted_proxies = 0.0.0.0/0", "would believe everybody" },
		{ "[server]\ntrusted_proxies = 10.0.0.5, proxy", "an item 'proxy' that" },
		{ "[api]\ncors_origins = https://a/", "after its host name" },
		{ "[api]\ncors_origins = https://A.example", "browsers write small" },
		{ "[api]\ncors_origins = https://a.example:443", "browsers leave out" },
		{ "[api]\ncors_origins = https://a.example, null", "an item 'null' that" },
		{ "[audit]\nkeep = 29d", "less than 30 days" },
		{ "[metrics]\nlisten = 9090", "neither unix:/path nor address:port" },
		{ "[metrics]\nlisten = unix:", "names no socket" },
		{ "[metrics]\ntoken = 0123456789abcde", "the secret is too short" },
		{ "[metrics]\ntoken = 0123456789 abcdef", "the secret has blanks" },
		{ "[metrics]\ntoken = \"0123456789abcdef\"", "the secret has blanks, quotes" },
		{ "[metrics]\ntoken = 0123456789abcd\xc3\xa4", "what is not ASCII" },
		{ "[derp]\nupdate_frequency = 1s", "at least 10s" },
		{ "[derp]\nurls = file:///x", "does not start with" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_error_has(bad[i].text, bad[i].part);
}

static void
server_must_not_be_inside_its_tailnet(void **state)
{
	(void)state;
	assert_error_has("[server]\nurl = https://hs.Example.com:443\n[dns]\nbase_domain = "
	    "example.com\n", ":4: dns.base_domain: is the domain of server.url");
	assert_error_has("[server]\nurl = https://example.com\n[dns]\nbase_domain = example.com\n",
	    "give a domain that does not hold the server");
	assert_int_equal(load("[server]\nurl = https://hs.example.com\n[dns]\nbase_domain = "
	    "s.example.com\n"), OK);
	assert_int_equal(load("[server]\nurl = https://notexample.com\n[dns]\nbase_domain = "
	    "example.com\n"), OK);
}

static void
server_must_not_need_its_tailnet(void **state)
{
	(void)state;
	assert_error_has("[server]\nurl = http://100.64.0.1\n", ":2: server.url: is at an address of the "
	    "tailnet, 100.64.0.1,");
	assert_error_has("[server]\nurl = https://[fd7a:115c:a1e0::1]:8443\n", "is at an address of");
	assert_int_equal(load("[server]\nurl = http://100.64.0.1\n[prefixes]\nv4 = 100.80.0.0/16\n"), OK);
	assert_error_has("[notifier]\nlisten = 100.64.0.1:8081\n", ":2: notifier.listen: is at an address of the "
	    "tailnet, 100.64.0.1,");
	assert_error_has("[notifier]\nlisten = [fd7a:115c:a1e0::1]:8081\n", "give an address that is there");
	assert_int_equal(load("[metrics]\nlisten = 100.64.0.1:9090\ntoken = 0123456789abcdef\n"), OK);
	assert_error_has("[server]\nurl = https://hs.example.com\n[dns]\nextra_record = "
	    "HS.example.com A 100.64.0.1\n", ":4: dns.extra_record: leads from the name");
	assert_int_equal(load("[server]\nurl = https://hs.example.com\n[dns]\nextra_record = "
	    "hs.example.com A 192.168.77.1\nextra_record = a.hs.example.com A 100.64.0.1\n"), OK);
	assert_int_equal(cfg.warnings.n, 0);
}

static void
resolvers_within_the_tailnet_warn(void **state)
{
#define DNS "[server]\nurl = https://hs.example.com\n[dns]\n"
	(void)state;
	assert_int_equal(load(DNS "nameservers = 100.64.0.1, fd7a:115c:a1e0::1\n"), OK);
	assert_int_equal(cfg.warnings.n, 1);
	assert_non_null(strstr(cfg.warnings.v[0], "dns.nameservers: are all in the tailnet"));
	assert_int_equal(load(DNS "nameservers = 100.64.0.1, 9.9.9.9\n"), OK);
	assert_int_equal(cfg.warnings.n, 0);
	assert_int_equal(load(DNS "nameservers = 100.64.0.1\noverride_local_dns = false\n"), OK);
	assert_int_equal(cfg.warnings.n, 0);
	assert_int_equal(load(DNS "split.example.com = 100.64.0.1\nsplit.hs.example.com = 100.64.0.1\n"
	    "split.example.org = 100.64.0.1\n"), OK);
	assert_int_equal(cfg.warnings.n, 1);
	assert_non_null(strstr(cfg.warnings.v[0], "dns.split.example.com: has only resolvers in"));
	assert_int_equal(load(DNS "split.example.com = 100.64.0.1, 10.0.0.1\n"), OK);
	assert_int_equal(cfg.warnings.n, 0);
}

/* A device that says who it is in X-Forwarded-For is no proxy. */
static void
devices_are_no_proxies(void **state)
{
	(void)state;
	assert_error_has("[server]\ntrusted_proxies = 10.0.0.0/8, 100.64.0.0/10\n", ":2: server.trusted_proxies: "
	    "holds addresses of devices with 100.64.0.0/10");
	assert_error_has("[server]\ntrusted_proxies = 100.0.0.0/8\n", "holds addresses of devices");
	assert_error_has("[server]\ntrusted_proxies = 100.70.0.0/24\n", "one by one");
	assert_error_has("[server]\ntrusted_proxies = fd00::/8\n", "holds addresses of devices");
	assert_int_equal(load("[server]\ntrusted_proxies = 100.70.0.2, fd7a:115c:a1e0::9\n"), OK);
	assert_int_equal(load("[server]\ntrusted_proxies = 100.70.0.0/24\n[prefixes]\nv4 = 100.80.0.0/16\n"), OK);
}

static void
doubtful_values_warn(void **state)
{
	(void)state;
	assert_int_equal(load("[prefixes]\nv4 = 10.0.0.0/8\nv6 = fd00::/64\n[derp]\nurls =\n"), OK);
	assert_int_equal(cfg.warnings.n, 3);
	assert_non_null(strstr(cfg.warnings.v[0], NAME ":2: prefixes.v4: is not within "));
	assert_int_equal(load("[prefixes]\nv4 = 64.0.0.0/8\nv6 = fd7a:115c:a1e0:1::/64"), OK);
	assert_int_equal(cfg.warnings.n, 1);
}

static void
long_paths_and_lines_are_refused(void **state)
{
	char text[2 * CONFIG_LINE_MAX];

	(void)state;
	(void)snprintf(text, sizeof(text), "[server]\nrun = /%0100d\n", 0);
	assert_error_has(text, "give a path of at most 93 bytes");
	(void)snprintf(text, sizeof(text), "[server]\nrun = /%092d\n", 0);
	assert_int_equal(load(text), OK);
	(void)snprintf(text, sizeof(text), "[server]\nrun = /%0*d\n", CONFIG_LINE_MAX, 0);
	assert_error_has(text, ":2: the line is too long");
	(void)snprintf(text, sizeof(text), "[dns]\nnameservers = %*s1.1.1.1\n",
	    CONFIG_LINE_MAX - 21, "");
	if (load(text) != OK)
		fail_msg("%s", error_text());
	assert_int_equal(cfg.nameservers.n, 1);
}

static void
environment_overrides(void **state)
{
	(void)state;
	assert_int_equal(setenv("HEADRACE_SERVER_URL", "http://env:1", 1), 0);
	assert_int_equal(setenv("HEADRACE_DNS_NAMESERVERS", "9.9.9.9", 1), 0);
	assert_int_equal(setenv("HEADRACE_DNS_SPLIT", "a.b=1.1.1.1,2.2.2.2; c=3.3.3.3", 1), 0);
	assert_int_equal(setenv("HEADRACE_DNS_EXTRA_RECORD", "a.b A 1.1.1.1, c AAAA ::1", 1), 0);
	assert_int_equal(setenv("HEADRACE_DERP_URLS", "", 1), 0);
	assert_int_equal(load("[server]\nurl = http://file\n[dns]\nnameservers = 1.1.1.1\n"
	    "split.z = 1.1.1.1\n"), OK);
	assert_string_equal(cfg.url, "http://env:1");
	assert_int_equal(cfg.nameservers.n, 1);
	assert_string_equal(cfg.nameservers.v[0], "9.9.9.9");
	assert_int_equal(cfg.n_split, 2);
	assert_string_equal(cfg.split[1].domain, "c");
	assert_int_equal(cfg.n_extra, 2);
	assert_int_equal(cfg.derp_urls.n, 0);
	assert_int_equal(setenv("HEADRACE_SERVER_URL", "x", 1), 0);
	assert_error_has("", "environment HEADRACE_SERVER_URL: server.url: 'x' does not");
	assert_int_equal(unsetenv("HEADRACE_SERVER_URL"), 0);
	assert_int_equal(setenv("HEADRACE_DNS_MAGICDNS", "1", 1), 0);
	assert_error("", "environment HEADRACE_DNS_MAGICDNS: dns.magicdns: unknown key; did you "
	    "mean magic_dns in [dns]?\n");
	assert_int_equal(unsetenv("HEADRACE_DNS_MAGICDNS"), 0);
	assert_int_equal(setenv("HEADRACE_API_KEYS", "1", 1), 0);
	assert_error_has("", "environment HEADRACE_API_KEYS: api.keys: unknown key");
	assert_int_equal(unsetenv("HEADRACE_API_KEYS"), 0);
	assert_int_equal(setenv("HEADRACE_API_KEY", "hskey-api-x", 1), 0);	/* the command line's */
	assert_int_equal(load("[server]\nurl = http://file\n"), OK);
	assert_int_equal(unsetenv("HEADRACE_API_KEY"), 0);
	assert_int_equal(unsetenv("HEADRACE_DNS_NAMESERVERS"), 0);
	assert_int_equal(unsetenv("HEADRACE_DNS_SPLIT"), 0);
	assert_int_equal(unsetenv("HEADRACE_DNS_EXTRA_RECORD"), 0);
	assert_int_equal(unsetenv("HEADRACE_DERP_URLS"), 0);
}

/* Neither a right secret nor a wrong one is ever written anywhere. */
static void
secrets_are_not_shown(void **state)
{
	struct buf out;

	(void)state;
	assert_int_equal(load("[metrics]\ntoken = tops3cret-tops3cret\nlisten = unix:m.sock\n"), OK);
	assert_string_equal(cfg.metrics_token, "tops3cret-tops3cret");
	assert_string_equal(cfg.metrics_listen, "unix:/run/headrace/m.sock");
	buf_init(&out, 65536);
	config_print(&cfg, &out);
	buf_byte(&out, 0);
	assert_null(strstr((const char *)out.p, "tops3cret"));
	assert_non_null(strstr((const char *)out.p, "token = ; (set, and not shown)\n"));
	assert_int_equal(load((const char *)out.p), OK);
	assert_string_equal(cfg.metrics_token, "");
	buf_fini(&out);
	assert_error_has("[metrics]\ntoken = tops3 cret-tops3cret\n", ":2: metrics.token: the secret");
	assert_null(strstr(error_text(), "cret-"));
	assert_int_equal(setenv("HEADRACE_METRICS_TOKEN", "tops3cret", 1), 0);
	assert_error_has("", "environment HEADRACE_METRICS_TOKEN: metrics.token: the secret is too");
	assert_null(strstr(error_text(), "tops3cret"));
	assert_int_equal(unsetenv("HEADRACE_METRICS_TOKEN"), 0);
}

static void
metrics_for_the_world_want_a_token(void **state)
{
	static const struct { const char *text; size_t warnings; } cases[] = {
		{ "[metrics]\nlisten = 127.0.0.1:9090\n", 0 },
		{ "[metrics]\nlisten = [::1]:9090\n", 0 },
		{ "[metrics]\nlisten = unix:/x\n", 0 },
		{ "[metrics]\nlisten = 10.0.0.1:9090\n", 1 },
		{ "[metrics]\nlisten = [::]:9090\n", 1 },
		{ "[metrics]\nlisten = 10.0.0.1:9090\ntoken = 0123456789abcdef\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(load(cases[i].text), OK);
		assert_int_equal(cfg.warnings.n, cases[i].warnings);
	}
}

static void
missing_file_is_an_error(void **state)
{
	(void)state;
	buf_clear(&errors);
	assert_int_equal(config_load(arena, "/nonexistent/h.ini", &cfg, &errors), ERR_BADREQ);
	assert_non_null(strstr(error_text(), "/nonexistent/h.ini: cannot read the "
	    "configuration: No such file or directory; give a readable file"));
	buf_clear(&errors);
	assert_int_equal(config_load(arena, "/", &cfg, &errors), ERR_BADREQ);
	assert_non_null(strstr(error_text(), "Is a directory"));
	buf_clear(&errors);
	assert_int_equal(config_load(arena, "/dev/zero", &cfg, &errors), ERR_BADREQ);
	assert_non_null(strstr(error_text(), "/dev/zero: is larger than 1048576 bytes"));
}

/* What is printed can be read again and is then printed the same. */
static void
printed_is_readable(void **state)
{
	struct buf first, second;

	(void)state;
	buf_init(&first, 65536);
	buf_init(&second, 65536);
	assert_int_equal(load("[dns]\nnameservers = 1.1.1.1, 8.8.8.8\nsplit.a = 1.1.1.1, 2.2.2.2\n"
	    "split.b = 1.1.1.1\nextra_record = n A 1.1.1.1\n[node]\nexpiry = 90s\n"
	    "[prefixes]\nv6 = none\n[server]\nurl = http://[::1]:81\n"), OK);
	config_print(&cfg, &first);
	assert_int_equal(load(arena_strndup(arena, (const char *)first.p, first.n)), OK);
	config_print(&cfg, &second);
	assert_int_equal(first.n, second.n);
	assert_memory_equal(first.p, second.p, first.n);
	buf_fini(&first);
	buf_fini(&second);
}

/* ---- conf/headrace.ini ---- */

static struct str
documentation(void)
{
	FILE *f = fopen("conf/headrace.ini", "r");
	char *text = arena_alloc(arena, CONFIG_FILE_MAX);
	struct str s = { text, 0 };

	if (f == NULL)
		fail_msg("conf/headrace.ini cannot be read: run this test in the top folder");
	s.n = fread(text, 1, CONFIG_FILE_MAX - 1, f);
	(void)fclose(f);
	return s;
}

/* The value in a line ";key = value" of 'section'; false if there is none. */
static bool
documented(const char *section, const char *name, struct str *value)
{
	const char *head = arena_printf(arena, "[%s]", section);
	struct str text = documentation(), line, key;
	bool inside = false;

	while (str_cut(&text, '\n', &line)) {
		if (line.n > 0 && line.p[0] == '[')
			inside = str_is(line, head);
		if (!inside || line.n == 0 || line.p[0] != ';' || !str_cut(&line, '=', &key) ||
		    line.p == NULL || !str_is(str_trim((struct str){ key.p + 1, key.n - 1 }), name))
			continue;
		*value = str_trim(line);
		return true;
	}
	return false;
}

static void
every_key_is_documented_with_its_default(void **state)
{
	struct str value;

	(void)state;
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];

		if (!documented(k->section, k->name, &value))
			fail_msg("%s.%s is not in conf/headrace.ini", k->section, k->name);
		if (!str_is(value, k->def))
			fail_msg("%s.%s: default is '%s', conf/headrace.ini says '%.*s'",
			    k->section, k->name, k->def, (int)value.n, value.p);
	}
}

/* The file as it is, and with every default written out. */
static void
documentation_can_be_read(void **state)
{
	struct str text = documentation(), line;
	struct buf out;

	(void)state;
	assert_int_equal(load(text.p), OK);
	buf_init(&out, CONFIG_FILE_MAX);
	while (str_cut(&text, '\n', &line)) {
		if (line.n > 1 && line.p[0] == ';' && line.p[1] != ' ' && line.p[1] != '<' &&
		    memchr(line.p, '<', line.n) == NULL)
			line = (struct str){ line.p + 1, line.n - 1 };
		buf_put(&out, line.p, line.n);
		buf_byte(&out, '\n');
	}
	buf_byte(&out, 0);
	if (load((const char *)out.p) != OK)
		fail_msg("%s", error_text());
	buf_fini(&out);
}

/* No key is documented that is not known. */
static void
documentation_has_no_stranger(void **state)
{
	struct str text = documentation(), line, key;
	const char *section = "";

	(void)state;
	while (str_cut(&text, '\n', &line)) {
		if (line.n > 2 && line.p[0] == '[')
			section = arena_strndup(arena, line.p + 1, line.n - 2);
		if (line.n < 2 || line.p[0] != ';' || line.p[1] == ' ' || !str_cut(&line, '=', &key))
			continue;
		key = str_trim((struct str){ key.p + 1, key.n - 1 });
		if (config_key_find(section, arena_strndup(arena, key.p, key.n)) == NULL)
			fail_msg("conf/headrace.ini has %s.%.*s, which is no key", section,
			    (int)key.n, key.p);
	}
}

static void
domains_are_checked(void **state)
{
	(void)state;
	assert_true(config_domain_ok(STR("tail.example.com")));
	assert_false(config_domain_ok(STR("tail..com")));
	assert_false(config_domain_ok(STR("tail.com.")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_are_checked),
		cmocka_unit_test_setup_teardown(defaults_make_a_tailnet, setup, teardown),
		cmocka_unit_test_setup_teardown(values_of_each_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_grow_over_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(error_names_file_line_key_and_remedy, setup, teardown),
		cmocka_unit_test_setup_teardown(all_errors_come_together, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_of_values, setup, teardown),
		cmocka_unit_test_setup_teardown(server_must_not_be_inside_its_tailnet, setup, teardown),
		cmocka_unit_test_setup_teardown(server_must_not_need_its_tailnet, setup, teardown),
		cmocka_unit_test_setup_teardown(resolvers_within_the_tailnet_warn, setup, teardown),
		cmocka_unit_test_setup_teardown(devices_are_no_proxies, setup, teardown),
		cmocka_unit_test_setup_teardown(doubtful_values_warn, setup, teardown),
		cmocka_unit_test_setup_teardown(long_paths_and_lines_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(environment_overrides, setup, teardown),
		cmocka_unit_test_setup_teardown(secrets_are_not_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(metrics_for_the_world_want_a_token, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_file_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(printed_is_readable, setup, teardown),
		cmocka_unit_test_setup_teardown(every_key_is_documented_with_its_default, setup, teardown),
		cmocka_unit_test_setup_teardown(documentation_can_be_read, setup, teardown),
		cmocka_unit_test_setup_teardown(documentation_has_no_stranger, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
