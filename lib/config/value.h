/* lib/config/value.h -- inside of lib/config: checks that single values and lists share. */
#ifndef LIB_CONFIG_VALUE_H
#define LIB_CONFIG_VALUE_H

#include "lib/config/key.h"

/* Each answers NULL, or what is wrong with the value. */
const char *config_url_any(struct str v);
const char *config_origin_check(struct str v);
const char *config_path_read(struct config_reading *rd, struct str v, const char **out);

/* A host or domain name: labels of letters, digits, '-' and '_'. */
bool config_domain_ok(struct str s);

#endif
