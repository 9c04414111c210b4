/*
 * lib/policy/ports.c -- ports and protocols, with the words of tailcfg.ParseProtoPortRanges.
 */
#include <string.h>
#include <strings.h>

#include "lib/policy/policy_impl.h"

enum { TCP = 6, UDP = 17, SCTP = 132 };

static const struct {
	const char *name;
	uint8_t number;
} protos[] = {
	{ "icmp", 1 }, { "icmpv4", 1 }, { "igmp", 2 }, { "ipv4", 4 }, { "ip-in-ip", 4 },
	{ "tcp", TCP }, { "egp", 8 }, { "igp", 9 }, { "udp", UDP }, { "dccp", 33 },
	{ "gre", 47 }, { "esp", 50 }, { "ah", 51 }, { "ipv6-icmp", 58 }, { "icmpv6", 58 },
	{ "tsmp", 99 }, { "sctp", SCTP }, { "fc", 133 },
};

bool
policy_proto(struct str text, uint8_t *out)
{
	int64_t n;

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (strlen(protos[i].name) == text.n &&
		    strncasecmp(protos[i].name, text.p, text.n) == 0) {
			*out = protos[i].number;
			return true;
		}
	if (text.n == 0 || text.p[0] == '0' || !str_i64(text, &n) || n < 1 || n > UINT8_MAX)
		return false;
	*out = (uint8_t)n;
	return true;
}

const char *
policy_proto_name(struct arena *a, unsigned proto)
{
	static const struct { unsigned n; const char *name; } known[] = {
		{ 1, "icmp" }, { TCP, "tcp" }, { UDP, "udp" }, { 58, "ipv6-icmp" },
		{ SCTP, "sctp" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].n == proto)
			return known[i].name;
	return arena_printf(a, "%u", proto);
}

const char *
ports_read_proto(struct arena *a, struct str text, uint8_t *out)
{
	if (policy_proto(text, out))
		return NULL;
	return arena_printf(a, "proto name \"%.*s\" not known; use protocol number 1-255",
	    (int)text.n, text.n > 0 ? text.p : "");
}

bool
ports_fit(uint8_t proto)
{
	return proto == TCP || proto == UDP || proto == SCTP;
}

bool
ports_all(const struct port_range *v, size_t n)
{
	return n == 1 && v[0].first == 0 && v[0].last == UINT16_MAX;
}

static bool
read_port(struct str s, uint16_t *out)
{
	int64_t n;

	if (s.n == 0 || s.p[0] == '-' || !str_i64(s, &n) || n > UINT16_MAX)
		return false;
	*out = (uint16_t)n;
	return true;
}

/* "80" or "80-90"; NULL or what is wrong. */
static const char *
range_why(struct str text, struct port_range *out)
{
	struct str last = text, first = { "", 0 };

	(void)str_cut(&last, '-', &first);
	if (last.p != NULL && memchr(last.p, '-', last.n) != NULL)
		return "too many dashes(-)";
	if (!read_port(first, &out->first))
		return "invalid first integer";
	out->last = out->first;
	if (last.p != NULL && !read_port(last, &out->last))
		return "invalid last integer";
	if (out->first == 0)
		return "first port must be >0, or use '*' for wildcard";
	if (out->first > out->last)
		return "first port must be <= last port";
	return NULL;
}

static const char *
read_range(struct arena *a, struct str text, struct port_range *out)
{
	const char *why = range_why(text, out);

	return why == NULL ? NULL : arena_printf(a, "port range \"%.*s\": %s", (int)text.n,
	    text.n > 0 ? text.p : "", why);
}

static size_t
count(struct str s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

bool
policy_ports(struct arena *a, struct str text, const struct port_range **v, size_t *n,
    const char **why)
{
	struct port_range *out = arena_array(a, count(text, ',') + 1, sizeof(*out));
	struct str part;

	*v = out;
	*n = 0;
	*why = NULL;
	if (str_is(text, "*")) {
		out[(*n)++] = (struct port_range){ 0, UINT16_MAX };
		return true;
	}
	if (text.n == 0)
		*why = "invalid port list: \"\"";
	while (*why == NULL && str_cut(&text, ',', &part))
		*why = read_range(a, str_trim(part), &out[(*n)++]);
	return *why == NULL;
}

/* A grant has a list of these, so one of them has no list of ports. */
static const char *
read_grant_ports(struct arena *a, struct str text, struct policy_pass *out)
{
	struct port_range *v = arena_alloc(a, sizeof(*v));

	out->ports = v;
	out->n_ports = 1;
	*v = (struct port_range){ 0, UINT16_MAX };
	if (str_is(text, "*"))
		return NULL;
	return text.n == 0 ? "invalid port list: \"\"" : read_range(a, text, v);
}

const char *
ports_read_ip(struct arena *a, struct str text, struct policy_pass *out)
{
	struct str rest = text, proto;
	uint8_t *number;
	const char *why;

	*out = (struct policy_pass){ .n_protos = 0 };
	if (text.n == 0)
		return "ip cannot be empty";
	(void)str_cut(&rest, ':', &proto);
	if (rest.p == NULL)
		return read_grant_ports(a, text, out);
	if ((why = read_grant_ports(a, rest, out)) != NULL || str_is(proto, "*"))
		return why;
	number = arena_alloc(a, sizeof(*number));
	if ((why = ports_read_proto(a, proto, number)) != NULL)
		return why;
	out->protos = number;
	out->n_protos = 1;
	if (!ports_fit(*number) && !ports_all(out->ports, out->n_ports))
		return arena_printf(a, "protocol does not support specific ports: \"%.*s\", "
		    "only \"*\" is allowed", (int)proto.n, proto.p);
	return NULL;
}
