/*
 * lib/http/form.h -- a body of application/x-www-form-urlencoded.
 */
#ifndef LIB_HTTP_FORM_H
#define LIB_HTTP_FORM_H

#include "lib/http/req.h"

#define FORM_FIELDS_MAX 32
#define FORM_BODY_MAX ((size_t)16 * 1024)

struct form {
	struct req_param v[FORM_FIELDS_MAX];
	size_t n;
};

/*
 * Reads all fields into the arena; empty ones between two '&' count for nothing.
 * NULL, or what is wrong: "is badly escaped".
 */
const char *form_read(struct arena *a, struct str text, struct form *out);

/* A field's value, NULL if it is not there; of several the first. */
const char *form_get(const struct form *f, const char *name);

/* How many fields have this name. */
size_t form_count(const struct form *f, const char *name);

#endif
