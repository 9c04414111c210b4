/*
 * lib/netmap/name.h -- the DNS names of nodes: made safe, checked, completed.
 */
#ifndef LIB_NETMAP_NAME_H
#define LIB_NETMAP_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_LABEL_MAX 63	/* RFC 1035 2.3.4 */
#define NAME_FQDN_MAX 255

/* 1 to 63 of a-z, 0-9 and '-', no '-' at either end. */
bool name_label_valid(const char *s);

/*
 * The label for a hostname as a client says it ("Joe's Mac mini" gives
 * "joes-mac-mini"); "node" if nothing of it can stand in a name.
 */
void name_from_hostname(const char *hostname, char out[static NAME_LABEL_MAX + 1]);

/* 'label' with "-<n>" behind it, cut so that it stays a label. */
void name_numbered(const char *label, unsigned n, char out[static NAME_LABEL_MAX + 1]);

/* Is 'name' what name_from_hostname(hostname) gives, alone or with "-<n>"? */
bool name_follows_hostname(const char *name, const char *hostname);

/*
 * The label that maps show for a node: its name if that is a label, else one
 * made from it that cannot clash, "<safe>-<id>".  So a name typed into the
 * database costs nobody the map.
 */
void name_shown(const char *name, int64_t id, char out[static NAME_LABEL_MAX + 1]);

#endif
