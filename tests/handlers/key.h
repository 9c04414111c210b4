/* tests/handlers/key.h -- asking the API from the web, with a key. */
#ifndef TESTS_HANDLERS_KEY_H
#define TESTS_HANDLERS_KEY_H

#include "tests/handlers/api.h"

#include "lib/crypto/token.h"

/* An API key with these scopes; user_id 0: nobody's.  The text is the arena's. */
__attribute__((unused)) static const char *
make_key(struct asker *k, const char *scopes, int64_t user_id)
{
	struct token t;
	struct apikey row = { .scopes = scopes, .user_id = user_id, .created_ms = ASK_NOW,
	    .expiry_ms = ASK_NOW + 3600 * 1000, .last_used_ms = TIME_NONE };
	int64_t id;

	token_new("api", &t);
	row.prefix = t.prefix;
	row.hash = t.hash;
	assert_int_equal(store_apikey_create(k->db, &row, &id), OK);
	return arena_strdup(k->a, t.text);
}

/* An OAuth client with these scopes and tags; answers its secret. */
__attribute__((unused)) static const char *
make_client(struct asker *k, const char *scopes, const char *tags)
{
	struct token t;
	struct oauth_client row = { .scopes = scopes, .tags = tags, .created_ms = ASK_NOW };

	token_new("client", &t);
	row.id = t.prefix;
	row.hash = t.hash;
	assert_int_equal(store_oauth_client_create(k->db, &row), OK);
	return arena_strdup(k->a, t.text);
}

/* A token of a client of its own, good for an hour. */
__attribute__((unused)) static const char *
make_token(struct asker *k, const char *scopes, const char *tags)
{
	struct token t;
	struct str client, rest;
	struct oauth_token row = { .scopes = scopes, .tags = tags, .created_ms = ASK_NOW,
	    .expiry_ms = ASK_NOW + 3600 * 1000 };

	assert_true(token_parse(str_of(make_client(k, scopes, tags)), "client", &client, &rest));
	token_new("oauthtok", &t);
	row.prefix = t.prefix;
	row.hash = t.hash;
	row.client_id = arena_strndup(k->a, client.p, client.n);
	assert_int_equal(store_oauth_token_create(k->db, &row), OK);
	return arena_strdup(k->a, t.text);
}

/* The next requests carry this header; NULL: none. */
__attribute__((unused)) static void
with_header(struct asker *k, const char *name, const char *value)
{
	struct req_param *p = arena_array(k->a, 2, sizeof(*p));

	if (value != NULL)
		p[0] = (struct req_param){ name, value };
	k->params = p;
}

/* Sends from the web with "Authorization: Bearer <key>"; 'body' may be NULL. */
__attribute__((unused)) static int
ask_key(struct asker *k, const char *key, const char *method, const char *target,
    const char *body)
{
	int status;

	with_header(k, "HTTP_AUTHORIZATION", arena_printf(k->a, "Bearer %s", key));
	status = ask_as(k, ORIGIN_WEB, NULL, method, target, str_of(body));
	assert_shape(k);
	return status;
}

#define assert_key_status(k, want, key, method, target, body) do {		\
	int got_ = ask_key((k), (key), (method), (target), (body));		\
	if (got_ != (want))							\
		fail_msg("%s %s: wanted %d, got %d: %s", (method), (target),	\
		    (want), got_, ask_body(k));					\
} while (0)

#endif
