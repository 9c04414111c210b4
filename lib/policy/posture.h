/*
 * lib/policy/posture.h -- does a device satisfy a posture ("node:tsVersion >= '1.40'")?
 *
 * Attributes come from what a client tells of itself, from what an administrator
 * has set ("custom:tier"), or, in a policy's own tests, from what the test gives.
 * What is not known satisfies nothing but NOT SET, so that a device that tells
 * nothing gets nothing.
 *
 * node:os, node:tsReleaseTrack and custom attributes compare as text (node:os
 * without case, as clients write "macOS"); node:osVersion and node:tsVersion by
 * their dotted numbers, so 1.9 < 1.40 and 1.40 = 1.40.0; node:tsAutoUpdate and
 * node:tsStateEncrypted are 'true' or 'false'.  Those with an order are versions,
 * and custom attributes that are numbers.
 */
#ifndef LIB_POLICY_POSTURE_H
#define LIB_POLICY_POSTURE_H

#include "lib/policy/net.h"
#include "lib/policy/policy.h"

enum posture_type { POSTURE_TEXT, POSTURE_VERSION, POSTURE_BOOL };

/* What devices say of themselves; ends with a NULL name. */
struct posture_attr {
	const char *name;	/* "node:os" */
	enum posture_type type;
};
extern const struct posture_attr posture_attrs[];

/* What this device's is, true and false as text; NULL if that is not known. */
const char *posture_value(const struct net_posture *of, const char *attr);

#define POSTURE_CUSTOM "custom:"
#define POSTURE_CUSTOM_MAX 50		/* bytes of such a name, and of a value */

/* "custom:" and letters, digits, '_' or ':', at most POSTURE_CUSTOM_MAX in all. */
bool posture_custom_name(struct str name);

/* Of a custom attribute that is text: letters, digits, '_' or '.', not empty. */
bool posture_custom_value(struct str value);

/* All terms hold for the device. */
bool posture_holds(const struct policy_posture *p, const struct net_posture *of);

/* What a test says of its source (EQ terms); nothing else is known of it. */
struct posture_given {
	const struct posture_term *v;
	size_t n;
};

/* One of the postures (indices into pol->postures) holds; true for an empty list. */
bool posture_any_holds(const struct policy *pol, const uint32_t *postures, size_t n,
    const struct net_posture *of);
bool posture_any_given(const struct policy *pol, const uint32_t *postures, size_t n,
    const struct posture_given *given);

#endif
