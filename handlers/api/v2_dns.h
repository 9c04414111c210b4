/* handlers/api/v2_dns.h -- what the endpoints of DNS share. */
#ifndef HANDLERS_API_V2_DNS_H
#define HANDLERS_API_V2_DNS_H

#include "handlers/api/v2.h"
#include "handlers/control/setting.h"

#define DNS_BODY_MAX ((size_t)SETTING_BYTES_MAX + 16 * 1024)

/* Checks tailnet and body. */
must_check enum err v2_dns_begin(struct req *rq, jv **body);

/* Stores one setting, tells clients, and reads what holds then. */
must_check enum err v2_dns_set(struct req *rq, enum setting_id id, const char *at, jv *value,
    struct settings *s);

/* "name": the setting as it is. */
void v2_dns_put(struct jw *w, const char *name, enum setting_id id, const struct settings *s);

#endif
