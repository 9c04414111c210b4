/* tests/handlers/api.h -- asking REST v1 as the administrator, and rows to ask about. */
#ifndef TESTS_HANDLERS_API_H
#define TESTS_HANDLERS_API_H

#include "tests/handlers/ask.h"
#include "tests/handlers/shape.h"

#include <stdio.h>

#include "lib/json/json.h"

/* Sends and returns the status; 'body' may be NULL. */
__attribute__((unused)) static int
api(struct asker *k, const char *method, const char *target, const char *body)
{
	int status = ask_as(k, ORIGIN_LOCAL, NULL, method, target, str_of(body));

	assert_shape(k);
	return status;
}

/* The last answer, parsed. */
__attribute__((unused)) static jv *
api_json(struct asker *k)
{
	jv *v = json_parse(k->a, str_of(ask_body(k)), JSON_DEPTH_DEFAULT, NULL);

	if (v == NULL)
		fail_msg("not JSON: %s", ask_body(k));
	return v;
}

/* Member of the object 'outer' in the last answer. */
__attribute__((unused)) static const char *
api_text(struct asker *k, const char *outer, const char *member)
{
	return json_get_str(json_get(api_json(k), outer), member, "(none)");
}

/* A member of any type, as compact JSON. */
__attribute__((unused)) static const char *
api_dump(struct asker *k, const char *outer, const char *member)
{
	return json_dump(k->a, json_get(json_get(api_json(k), outer), member));
}

#define assert_status(k, want, method, target, body) do {			\
	int got_ = api((k), (method), (target), (body));			\
	if (got_ != (want))							\
		fail_msg("%s %s: wanted %d, got %d: %s", (method), (target),	\
		    (want), got_, ask_body(k));					\
} while (0)

/* An error with this status, whose detail holds 'part'. */
#define assert_refused(k, want, part, method, target, body) do {		\
	assert_status((k), (want), (method), (target), (body));			\
	assert_string_equal((k)->rq.ctype, "application/problem+json");		\
	assert_has(json_get_str(api_json(k), "detail", ""), (part));		\
} while (0)

__attribute__((unused)) static int64_t
add_user(struct asker *k, const char *name)
{
	struct user u = { .name = name, .display_name = "", .email = "",
	    .provider = "", .picture_url = "", .created_ms = ASK_NOW };
	int64_t id;

	assert_int_equal(store_user_create(k->db, &u, &id), OK);
	return id;
}

/* Node "n<i>" of machine <machine>: a user's, or tagged if user_id is 0. */
__attribute__((unused)) static int64_t
add_node(struct asker *k, int64_t user_id, int i, int machine)
{
	struct node n = {
		.user_id = user_id, .disco_key = "", .nl_key = "",
		.machine_key = arena_printf(k->a, "mkey:%064x", machine),
		.node_key = arena_printf(k->a, "nodekey:%064x", i),
		.name = arena_printf(k->a, "n%d", i),
		.hostname = arena_printf(k->a, "Host %d", i),
		.os = "linux", .client_version = "1.102.5-t1-g2", .cap = 130,
		.ipv4 = arena_printf(k->a, "100.64.0.%d", i), .ipv6 = NULL,
		.tags = user_id == 0 ? "[\"tag:web\"]" : "[]",
		.hostinfo = "{}", .netinfo = "{}", .endpoints = "[]",
		.routes = "[]", .approved = "[]", .register_method = "authkey",
		.created_ms = ASK_NOW, .last_seen_ms = ASK_NOW, .expiry_ms = TIME_NONE,
	};
	int64_t id;

	assert_int_equal(store_node_insert(k->db, &n, &id), OK);
	return id;
}

__attribute__((unused)) static int64_t
last_change(struct asker *k)
{
	int64_t seq;

	assert_int_equal(store_change_last(k->db, &seq), OK);
	return seq;
}

#endif
