/* handlers/credential.c -- what a request's Authorization header shows. */
#include "handlers/credential.h"

#include <string.h>
#include <strings.h>

#include "lib/crypto/key.h"

/* Cuts the scheme off; names of schemes have no case. */
static bool
scheme_is(struct str *header, const char *name)
{
	size_t n = strlen(name);

	if (header->n <= n || header->p[n] != ' ' || strncasecmp(header->p, name, n) != 0)
		return false;
	*header = str_trim((struct str){ header->p + n, header->n - n });
	return true;
}

/* Printable, no blank, no comma: so nothing that joins two values. */
static bool
one_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == ',')
			return false;
	return s.n > 0;
}

static bool
read_basic(const struct req *rq, struct str coded, struct credential *out)
{
	uint8_t *text = arena_alloc(rq->arena, CREDENTIAL_MAX);
	struct str rest;
	size_t n;

	if (!base64_read(coded, text, CREDENTIAL_MAX, &n))
		return false;
	rest = (struct str){ (const char *)text, n };
	if (memchr(rest.p, ':', rest.n) == NULL)
		return false;
	out->scheme = CREDENTIAL_BASIC;
	(void)str_cut(&rest, ':', &out->user);
	out->secret = rest.n > 0 ? rest : (struct str){ "", 0 };
	return true;
}

bool
credential_read(const struct req *rq, struct credential *out)
{
	struct str header = str_of(req_param(rq, "HTTP_AUTHORIZATION"));

	*out = (struct credential){ .user = { "", 0 }, .secret = { "", 0 } };
	if (header.n > CREDENTIAL_MAX)
		return false;
	if (scheme_is(&header, "Bearer")) {
		out->scheme = CREDENTIAL_BEARER;
		out->secret = header;
		return one_word(header);
	}
	return scheme_is(&header, "Basic") && one_word(header) &&
	    read_basic(rq, header, out);
}
