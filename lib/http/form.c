/* lib/http/form.c -- a body of application/x-www-form-urlencoded. */
#include "lib/http/form.h"

#include <string.h>

#include "lib/http/percent.h"

const char *
form_read(struct arena *a, struct str text, struct form *out)
{
	struct str item, name;
	struct req_param p;

	out->n = 0;
	if (text.n > FORM_BODY_MAX)
		return "is too long";
	while (str_cut(&text, '&', &item)) {
		if (item.n == 0)
			continue;
		if (out->n == FORM_FIELDS_MAX)
			return "has too many fields";
		(void)str_cut(&item, '=', &name);
		p.name = percent_decode(a, name, true);
		p.value = percent_decode(a, item, true);
		if (p.name == NULL || p.value == NULL)
			return "is badly escaped";
		out->v[out->n++] = p;
	}
	return NULL;
}

const char *
form_get(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].name, name) == 0)
			return f->v[i].value;
	return NULL;
}

size_t
form_count(const struct form *f, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += strcmp(f->v[i].name, name) == 0;
	return n;
}
