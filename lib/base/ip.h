/* lib/base/ip.h -- IP addresses, prefixes and ranges as values. */
#ifndef LIB_BASE_IP_H
#define LIB_BASE_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

struct ip {
	uint8_t family;		/* 4, 6, or 0 for none */
	uint8_t b[16];		/* network order; IPv4 uses the first four */
};

struct prefix {
	struct ip ip;
	uint8_t bits;
};

struct iprange {
	struct ip lo, hi;	/* both inside, of one family */
};

#define IP_TEXT_SIZE 46
#define PREFIX_TEXT_SIZE 50

/* "100.64.0.1", "fd7a::1"; no zone, no port. */
must_check bool ip_read(struct str s, struct ip *out);
struct ip ip_of(const char *text);	/* of family 0 if NULL or none */
const char *ip_write(const struct ip *a, char out[static IP_TEXT_SIZE]);
bool ip_eq(const struct ip *a, const struct ip *b);
int ip_cmp(const struct ip *a, const struct ip *b);	/* IPv4 sorts before IPv6 */
void ip_next(struct ip *a);				/* wraps at the end */
void ip_add(struct ip *a, uint64_t n);

/* "10.0.0.0/8"; host bits are kept as written. */
must_check bool prefix_read(struct str s, struct prefix *out);
const char *prefix_write(const struct prefix *p, char out[static PREFIX_TEXT_SIZE]);
struct prefix prefix_masked(struct prefix p);
bool prefix_has_host_bits(const struct prefix *p);
bool prefix_contains(const struct prefix *p, const struct ip *a);
bool prefix_eq(const struct prefix *a, const struct prefix *b);
int prefix_cmp(const struct prefix *a, const struct prefix *b);
struct ip prefix_last(const struct prefix *p);

/* 0.0.0.0/0 or ::/0: how an exit node is advertised. */
bool prefix_is_default(const struct prefix *p);

#endif
