/*
 * handlers/api/op.h -- what the API's own document says of a row, and what its body may hold.
 *
 * One table is the check of a request and its description: api_body() refuses what
 * the fields here do not allow, and /api/v1/openapi.json shows the same fields.
 * Objects of answers are described likewise; tests compare answers with them.
 */
#ifndef HANDLERS_API_OP_H
#define HANDLERS_API_OP_H

#include <stdbool.h>
#include <stdint.h>

enum api_type {
	API_TEXT,	/* at most 'max' bytes */
	API_ID,		/* a row's id: a decimal number as text, like "7" */
	API_TIME,	/* RFC 3339 text */
	API_INT,	/* from 0 to 'max', unless API_NEGATIVE */
	API_BOOL,
	API_LIST,	/* at most 'max' items of type 'item' */
	API_OBJECT,	/* with the members 'of' */
	API_MAP,	/* an object with names of the caller's choice, values of type 'item' */
	API_ANY		/* whatever; the handler looks */
};

enum api_flags {
	API_MUST = 1,		/* of a request: it must be there (and not null) */
	API_MAY = 2,		/* of an answer: it may be missing */
	API_NULL = 4,		/* null means something; else it counts as absent in a request */
	API_NEGATIVE = 8	/* of a number: may be less than 0 */
};

#define API_TEXT_MAX 1024	/* bytes of a text that says no 'max' */
#define API_ITEMS_MAX 1024	/* items of a list that says no 'max' */

struct api_object;

struct api_field {
	const char *name;	/* "": every member that is not named before it */
	enum api_type type;
	unsigned flags;
	int64_t max;
	const char *words;	/* of a text: the only values, separated by blanks */
	enum api_type item;	/* of a list or map */
	const struct api_object *of;	/* of an object, and of items that are objects */
	const char *help;	/* for the document; may be NULL */
	const char *example;		/* a value as JSON, for the document; may be NULL */
};

/* An object with a name, under which the document shows it once. */
struct api_object {
	const char *name;
	const struct api_field *fields;	/* ends with a NULL name; NULL: any members */
};

/* What is in a body that is not JSON. */
enum api_form { API_JSON, API_RAW, API_FORM };

struct api_op {
	const char *id;			/* operationId: "createUser" */
	const char *tag;		/* of the document: "Users" */
	const char *summary;		/* one line */
	const char *help;		/* more; may be NULL */
	const struct api_field *path;	/* of the {names} that say not enough themselves; may be NULL */
	const struct api_field *query;	/* ends with a NULL name; may be NULL */
	const struct api_field *headers;	/* that matter here, like If-Match; may be NULL */
	const struct api_object *body;	/* NULL: none */
	enum api_form form;		/* of the body */
	const char *body_type;		/* media types of API_RAW, separated by blanks; NULL: any */
	bool body_optional;
	const struct api_object *answer;	/* of 200; NULL: {} */
	const char *answer_type;	/* media types, separated by blanks; NULL: application/json */
	bool etag;			/* the answer has one */
	const char *errors;		/* statuses beyond 401, 403, 404, 413 and 5xx: "400 409 422"; NULL: none */
	const struct api_object *problem;	/* what its own 4xx look like; NULL: as everywhere else */
};

#endif
