/*
 * lib/netmap/dns.h -- tailcfg.DNSConfig from the configuration and the extra records.
 */
#ifndef LIB_NETMAP_DNS_H
#define LIB_NETMAP_DNS_H

#include "lib/config/config.h"
#include "lib/json/json.h"

#define EXTRA_RECORDS_MAX 10000
#define EXTRA_RECORDS_BYTES_MAX (4u * 1024 * 1024)	/* of the watched file */

/*
 * Checks the contents of an extra-records file, a JSON array of
 * {"name","type","value"}, and gives it back in a stored form: sorted, without
 * doubles, only A and AAAA.  NULL if it is malformed; 'why' then says where.
 */
const char *dns_records_read(struct arena *a, struct str text, const char **why);

/*
 * The DNSConfig as JSON.  'records' is the stored form of the watched file's
 * records, or NULL.  Names outside the base domain get a route of their own, so
 * that clients without global nameservers ask us for them too.
 */
const char *dns_config_json(struct arena *a, const struct config *cfg, const char *records);

/* What NextDNS is told of a device, so that its log says whose questions it answers. */
struct dns_device {
	const char *name, *model, *ip;
	const char *profile;	/* in place of the address's own; NULL: that one */
	bool nothing;		/* is told: only the profile counts */
};

/* Is one of NextDNS's resolvers in such a configuration?  Then each device gets its own. */
bool dns_is_personal(const char *json);

/* The configuration of one device: the addresses of NextDNS carry what is said of it. */
const char *dns_config_personal(struct arena *a, const char *json, const struct dns_device *d);

#endif
