/*
 * lib/policy/posture.h -- does a device satisfy a posture ("node:tsVersion >= '1.40'")?
 *
 * Attributes come from what a client tells of itself, or, in a policy's own
 * tests, from what the test gives.  What is not known satisfies nothing but
 * NOT SET, so that a device that tells nothing gets nothing.
 *
 * node:os, node:tsReleaseTrack and custom attributes compare as text (node:os
 * without case, as clients write "macOS"); node:osVersion and node:tsVersion by
 * their dotted numbers, so 1.9 < 1.40 and 1.40 = 1.40.0; node:tsAutoUpdate and
 * node:tsStateEncrypted are 'true' or 'false'.
 */
#ifndef LIB_POLICY_POSTURE_H
#define LIB_POLICY_POSTURE_H

#include "lib/policy/net.h"
#include "lib/policy/policy.h"

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
