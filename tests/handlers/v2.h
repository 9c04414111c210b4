/* tests/handlers/v2.h -- asking REST v2. */
#ifndef TESTS_HANDLERS_V2_H
#define TESTS_HANDLERS_V2_H

#include "tests/handlers/api.h"
#include "tests/handlers/shape.h"

/* 200 with an answer as its row says. */
#define assert_answer(k, method, target, body) do {				\
	assert_status((k), 200, (method), (target), (body));			\
	assert_shape(k);							\
} while (0)

/* An error with this status, whose message holds 'part'. */
#define assert_message(k, want, part, method, target, body) do {		\
	assert_status((k), (want), (method), (target), (body));			\
	assert_shape(k);							\
	assert_string_equal((k)->rq.ctype, "application/problem+json");		\
	assert_has(json_get_str(api_json(k), "message", ""), (part));		\
} while (0)

#endif
