/*
 * lib/config/value.c -- single values: one reader and one printer per kind.
 */
#include "lib/config/key.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/config/value.h"

/* ---- numbers and words ---- */

static const char *
read_bool(struct config_reading *rd, struct str v, void *field)
{
	static const char *const yes[] = { "true", "yes", "on", "1" };
	static const char *const no[] = { "false", "no", "off", "0" };

	(void)rd;
	for (size_t i = 0; i < 4; i++) {
		if (str_is(v, yes[i]) || str_is(v, no[i])) {
			*(bool *)field = str_is(v, yes[i]);
			return NULL;
		}
	}
	return "is neither true nor false";
}

static void
print_bool(const struct config_key *k, const void *field, struct buf *out)
{
	(void)k;
	buf_str(out, *(const bool *)field ? "true" : "false");
}

static const char *
read_int(struct config_reading *rd, struct str v, void *field)
{
	const struct config_key *k = rd->key;
	int64_t n;

	if (!str_i64(v, &n))
		return "is not a whole number";
	if (n < k->min || n > k->max)
		return arena_printf(rd->arena, "is not between %" PRId64 " and %" PRId64,
		    k->min, k->max);
	*(int64_t *)field = n;
	return NULL;
}

static void
print_int(const struct config_key *k, const void *field, struct buf *out)
{
	(void)k;
	buf_printf(out, "%" PRId64, *(const int64_t *)field);
}

/* The shortest way to write it with one unit: 90000 is 90s, 120000 is 2m. */
static void
put_duration(struct buf *out, int64_t ms)
{
	static const struct { int64_t ms; const char *unit; } units[] = {
		{ 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" },
		{ 1, "ms" },
	};
	size_t i = 0;

	if (ms == 0) {
		buf_str(out, "0");
		return;
	}
	while (ms % units[i].ms != 0)
		i++;
	buf_printf(out, "%" PRId64 "%s", ms / units[i].ms, units[i].unit);
}

static const char *
out_of_time(struct arena *a, const struct config_key *k)
{
	struct buf b;
	const char *text;

	buf_init(&b, 128);
	buf_str(&b, "is not between ");
	put_duration(&b, k->min);
	buf_str(&b, " and ");
	put_duration(&b, k->max);
	text = arena_strndup(a, (const char *)b.p, b.n);
	buf_fini(&b);
	return text;
}

static const char *
read_duration(struct config_reading *rd, struct str v, void *field)
{
	int64_t ms;

	if (!duration_read(v, &ms))
		return "is not a time; times are written 90s, 30m, 24h, 90d";
	if (ms < rd->key->min || ms > rd->key->max)
		return out_of_time(rd->arena, rd->key);
	*(int64_t *)field = ms;
	return NULL;
}

static void
print_duration(const struct config_key *k, const void *field, struct buf *out)
{
	(void)k;
	put_duration(out, *(const int64_t *)field);
}

static const char *
read_word(struct config_reading *rd, struct str v, void *field)
{
	struct str words = str_of(rd->key->words), w;

	for (unsigned i = 0; str_cut(&words, ',', &w); i++) {
		if (str_eq(w, v)) {
			*(unsigned *)field = i;
			return NULL;
		}
	}
	return "is not one of the words that are known here";
}

static void
print_word(const struct config_key *k, const void *field, struct buf *out)
{
	struct str words = str_of(k->words), w = { 0 };
	unsigned i = *(const unsigned *)field + 1;

	while (i-- > 0)
		(void)str_cut(&words, ',', &w);
	buf_put(out, w.p, w.n);
}

/* ---- addresses ---- */

/* Cuts "host:port" or "[v6]:port"; the port is optional. */
static bool
cut_host(struct str s, struct str *host, struct str *port)
{
	const char *end;

	*port = (struct str){ 0 };
	if (s.n > 0 && s.p[0] == '[') {
		end = memchr(s.p, ']', s.n);
		if (end == NULL)
			return false;
		*host = (struct str){ s.p + 1, (size_t)(end - s.p) - 1 };
		s.n -= host->n + 2;
		s.p = end + 1;
		if (s.n == 0)
			return true;
		*port = (struct str){ s.p + 1, s.n - 1 };
		return s.p[0] == ':' && port->n > 0;
	}
	(void)str_cut(&s, ':', host);
	if (s.p == NULL)
		return host->n > 0;
	*port = s;
	return host->n > 0 && port->n > 0;
}

static bool
port_ok(struct str port)
{
	int64_t n;

	return str_i64(port, &n) && n >= 1 && n <= 65535;
}

static bool
host_ok(struct str host, bool v6)
{
	struct ip ip;

	if (v6)
		return ip_read(host, &ip) && ip.family == 6;
	return config_domain_ok(host);
}

/* scheme://host[:port] of 'v'; 'rest' is what follows. */
static const char *
split_url(struct str v, struct str *host, struct str *rest)
{
	size_t scheme = str_starts(v, "http://") ? 7 : str_starts(v, "https://") ? 8 : 0;
	struct str port, auth;
	const char *end;

	if (scheme == 0)
		return "does not start with http:// or https://";
	auth = (struct str){ v.p + scheme, v.n - scheme };
	for (end = auth.p; end < v.p + v.n && strchr("/?#", *end) == NULL; end++)
		;
	auth.n = (size_t)(end - auth.p);
	*rest = (struct str){ end, (size_t)(v.p + v.n - end) };
	if (!cut_host(auth, host, &port) || !host_ok(*host, auth.p[0] == '['))
		return "has no valid host name";
	if (port.p != NULL && !port_ok(port))
		return "has no valid port";
	return NULL;
}

struct str
config_url_host(const char *url)
{
	struct str host = { 0 }, rest;

	if (split_url(str_of(url), &host, &rest) != NULL)
		return (struct str){ 0 };
	return host;
}

const char *
config_url_any(struct str v)
{
	struct str host, rest;
	const char *wrong = split_url(v, &host, &rest);

	for (size_t i = 0; wrong == NULL && i < v.n; i++)
		if ((unsigned char)v.p[i] <= ' ' || v.p[i] == 0x7f)
			wrong = "has blanks in it";
	return wrong;
}

/* As a browser writes it in Origin, to which it is compared byte by byte. */
const char *
config_origin_check(struct str v)
{
	struct str host, rest;
	const char *wrong;

	if (str_is(v, "*"))
		return "would let every page on the web use a key that a browser knows";
	if ((wrong = split_url(v, &host, &rest)) != NULL)
		return wrong;
	if (rest.n > 0)
		return "has something after its host name, which no origin has";
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= 'A' && v.p[i] <= 'Z')
			return "has capital letters, which browsers write small";
	if (str_ends(v, str_starts(v, "https:") ? ":443" : ":80"))
		return "has the usual port, which browsers leave out";
	return NULL;
}

static const char *
read_url(struct config_reading *rd, struct str v, void *field)
{
	struct str host, rest;
	const char *wrong = split_url(v, &host, &rest);

	if (wrong != NULL)
		return wrong;
	if (rest.n > 0 && !str_is(rest, "/"))
		return "has a path; headrace needs a host name of its own";
	*(const char **)field = arena_strndup(rd->arena, v.p, v.n - rest.n);
	return NULL;
}

static const char *
read_listen(struct config_reading *rd, struct str v, void *field)
{
	struct str host, port;
	struct ip ip;

	if (v.n == 0 && rd->key->def[0] == '\0') {
		v.p = "";
	} else if (str_starts(v, "unix:")) {
		if (v.n == 5)
			return "names no socket";
	} else if (!cut_host(v, &host, &port) || !ip_read(host, &ip) ||
	    port.p == NULL || !port_ok(port)) {
		return "is neither unix:/path nor address:port";
	}
	*(const char **)field = arena_strndup(rd->arena, v.p, v.n);
	return NULL;
}

const char *
config_resolver_check(struct str v)
{
	struct str host, port;
	struct ip ip;

	if (str_starts(v, "https://") || str_starts(v, "http://"))
		return config_url_any(v);
	if (ip_read(v, &ip))
		return NULL;
	if (cut_host(v, &host, &port) && ip_read(host, &ip) && port.p != NULL &&
	    port_ok(port))
		return NULL;
	return "is not the address of a resolver";
}

/* ---- networks ---- */

static const char *
read_prefix(struct config_reading *rd, struct str v, struct prefix *out, int family)
{
	struct prefix p, whole;
	char text[PREFIX_TEXT_SIZE];

	*out = (struct prefix){ 0 };
	if (v.n == 0 || str_is(v, "none"))
		return NULL;
	if (!prefix_read(v, &p) || p.ip.family != family)
		return arena_printf(rd->arena, "is not an IPv%d network", family);
	if (p.bits < rd->key->min || p.bits > rd->key->max)
		return arena_printf(rd->arena, "is not between /%d and /%d",
		    (int)rd->key->min, (int)rd->key->max);
	if (prefix_has_host_bits(&p)) {
		whole = prefix_masked(p);
		return arena_printf(rd->arena, "has bits set after its length; "
		    "the network is %s", prefix_write(&whole, text));
	}
	*out = p;
	return NULL;
}

static const char *
read_prefix4(struct config_reading *rd, struct str v, void *field)
{
	return read_prefix(rd, v, field, 4);
}

static const char *
read_prefix6(struct config_reading *rd, struct str v, void *field)
{
	return read_prefix(rd, v, field, 6);
}

static void
print_prefix(const struct config_key *k, const void *field, struct buf *out)
{
	const struct prefix *p = field;
	char text[PREFIX_TEXT_SIZE];

	(void)k;
	if (p->ip.family != 0)
		buf_str(out, prefix_write(p, text));
}

/* ---- names ---- */

/* One label: letters, digits, '-' and '_' inside, at most 63. */
static bool
label_ok(struct str s)
{
	if (s.n == 0 || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

bool
config_domain_ok(struct str s)
{
	struct str label;

	if (s.n == 0 || s.n > 253)
		return false;
	while (str_cut(&s, '.', &label))
		if (!label_ok(label))
			return false;
	return true;
}

const char *
config_domain_read(struct arena *a, struct str v, const char **out)
{
	char *text;

	if (v.n > 1 && v.p[v.n - 1] == '.')
		v.n--;
	if (!config_domain_ok(v))
		return "is not a domain name";
	text = arena_strndup(a, v.p, v.n);
	for (char *p = text; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	*out = text;
	return NULL;
}

static const char *
read_domain(struct config_reading *rd, struct str v, void *field)
{
	if (v.n == 0) {
		*(const char **)field = "";
		return NULL;
	}
	return config_domain_read(rd->arena, v, field);
}

const char *
config_path_read(struct config_reading *rd, struct str v, const char **out)
{
	if (v.n > CONFIG_PATH_MAX)
		return "is too long for a path";
	if (v.n == 0)
		*out = "";
	else if (v.p[0] == '/')
		*out = arena_strndup(rd->arena, v.p, v.n);
	else
		*out = arena_printf(rd->arena, "%s/%.*s", rd->dir, (int)v.n, v.p);
	return NULL;
}

static const char *
read_path(struct config_reading *rd, struct str v, void *field)
{
	if (v.n == 0 && rd->key->def[0] != '\0')
		return "is empty";
	return config_path_read(rd, v, field);
}

/* A file that config_check_all() puts below server.data. */
static const char *
read_name(struct config_reading *rd, struct str v, void *field)
{
	if (v.n == 0 || v.n > CONFIG_PATH_MAX)
		return v.n == 0 ? "is empty" : "is too long for a path";
	*(const char **)field = arena_strndup(rd->arena, v.p, v.n);
	return NULL;
}

#define USER_MAX 254		/* as of an e-mail address */

/* A user as policies write one: an e-mail address, or "name@". */
static const char *
read_user(struct config_reading *rd, struct str v, void *field)
{
	const char *at = v.n > 0 ? memchr(v.p, '@', v.n) : NULL;

	if (v.n > USER_MAX)
		return "is too long";
	if (v.n > 0 && (at == NULL || at == v.p || memchr(v.p, ' ', v.n) != NULL))
		return "is not an e-mail address";
	*(const char **)field = arena_strndup(rd->arena, v.p, v.n);
	return NULL;
}

#define GROUP_MAX 32		/* as useradd takes at most */

/* The name of a group of this machine; whether there is one is seen when it is used. */
static const char *
read_group(struct config_reading *rd, struct str v, void *field)
{
	if (v.n > GROUP_MAX)
		return "is too long";
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == '\0' || (!isalnum((unsigned char)v.p[i]) && strchr("_.-", v.p[i]) == NULL))
			return "is not the name of a group";
	*(const char **)field = arena_strndup(rd->arena, v.p ? v.p : "", v.n);
	return NULL;
}

/* One word of an HTTP header, whatever shell or file it went through. */
static const char *
read_secret(struct config_reading *rd, struct str v, void *field)
{
	if (v.n > 0 && v.n < CONFIG_SECRET_MIN)
		return "is too short";
	if (v.n > CONFIG_SECRET_MAX)
		return "is too long";
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] >= 0x7f || strchr(",;\"'\\", v.p[i]) != NULL)
			return "has blanks, quotes, commas or semicolons in it, or what is not ASCII";
	*(const char **)field = arena_strndup(rd->arena, v.p ? v.p : "", v.n);
	return NULL;
}

/* As a comment, so that what was printed can be read again. */
static void
print_secret(const struct config_key *k, const void *field, struct buf *out)
{
	(void)k;
	if ((*(const char *const *)field)[0] != '\0')
		buf_str(out, "; (set, and not shown)");
}

static void
print_text(const struct config_key *k, const void *field, struct buf *out)
{
	(void)k;
	buf_str(out, *(const char *const *)field);
}

const struct config_type
    config_bool = { .read = read_bool, .print = print_bool },
    config_int = { .read = read_int, .print = print_int },
    config_duration = { .read = read_duration, .print = print_duration },
    config_word = { .read = read_word, .print = print_word },
    config_url = { .read = read_url, .print = print_text },
    config_path = { .read = read_path, .print = print_text },
    config_name = { .read = read_name, .print = print_text },
    config_user = { .read = read_user, .print = print_text },
    config_group = { .read = read_group, .print = print_text },
    config_listen = { .read = read_listen, .print = print_text },
    config_secret = { .read = read_secret, .print = print_secret, .secret = true },
    config_prefix4 = { .read = read_prefix4, .print = print_prefix },
    config_prefix6 = { .read = read_prefix6, .print = print_prefix },
    config_domain = { .read = read_domain, .print = print_text };
