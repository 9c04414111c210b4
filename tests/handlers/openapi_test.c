/* tests/handlers/openapi_test.c -- the API's document: whole, consistent, cacheable. */
#include "tests/handlers/api.h"

#include "handlers/api/openapi.h"
#include "handlers/routes.h"
#include "lib/crypto/key.h"

static const char *const documents[] = { "/api/v1/openapi.json", "/api/v2/openapi.json" };

static jv *
document(struct asker *k, enum openapi_version v)
{
	assert_int_equal(ask(k, "GET", documents[v]), 200);
	assert_string_equal(k->rq.ctype, "application/json");
	return api_json(k);
}

static void
every_row_of_the_api_is_described(void **state)
{
	const struct route *r;

	(void)state;
	for (size_t i = 0; i < routes_count; i++) {
		r = routes_all[i];
		if (r->auth != AUTH_API)
			continue;
		if (r->op == NULL || r->op->id == NULL || r->op->tag == NULL ||
		    r->op->summary == NULL)
			fail_msg("%s has no whole op", r->path);
		if (!openapi_has(OPENAPI_V1, r) && !openapi_has(OPENAPI_V2, r))
			fail_msg("%s is in no document", r->path);
	}
}

/* Two rows of one version must not have the same id, or client generators overwrite one. */
static void
ids_are_unique(void **state)
{
	(void)state;
	for (int v = OPENAPI_V1; v <= OPENAPI_V2; v++)
		for (size_t i = 0; i < routes_count; i++)
			for (size_t j = 0; j < i && openapi_has(v, routes_all[i]); j++)
				if (openapi_has(v, routes_all[j]) &&
				    strcmp(routes_all[i]->op->id, routes_all[j]->op->id) == 0)
					fail_msg("%s and %s are both %s", routes_all[i]->path,
					    routes_all[j]->path, routes_all[i]->op->id);
}

/* What a row says of its errors has to be a status that the document knows. */
static void
errors_are_known(void **state)
{
	struct str rest, one;
	int64_t n;
	bool known;

	(void)state;
	for (size_t i = 0; i < routes_count; i++) {
		rest = str_of(routes_all[i]->op != NULL ? routes_all[i]->op->errors : NULL);
		while (str_cut(&rest, ' ', &one)) {
			assert_true(str_i64(one, &n));
			known = false;
			for (size_t p = 0; p < OPENAPI_PROBLEMS; p++)
				known |= openapi_problems[p].status == n;
			if (!known)
				fail_msg("%s: status %d is not in openapi_problems",
				    routes_all[i]->path, (int)n);
		}
	}
}

/* ---- references ---- */

struct walk {
	struct asker *k;
	jv *root;
};

static void walk_value(struct walk *w, jv *v);

static void
check_reference(struct walk *w, const char *ref)
{
	struct str rest = str_of(ref), part;
	jv *at = w->root;

	assert_true(str_cut(&rest, '/', &part));
	assert_true(str_is(part, "#"));
	while (at != NULL && str_cut(&rest, '/', &part))
		at = json_get(at, arena_strndup(w->k->a, part.p, part.n));
	if (at == NULL)
		fail_msg("%s is not there", ref);
}

static void
walk_member(void *arg, const char *key, jv *value)
{
	struct walk *w = arg;

	if (strcmp(key, "$ref") == 0)
		check_reference(w, json_text(value));
	else
		walk_value(w, value);
}

static void
walk_value(struct walk *w, jv *v)
{
	if (json_is(v, JSON_OBJ))
		json_each(v, walk_member, w);
	for (size_t i = 0; i < json_len(v); i++)
		walk_value(w, json_at(v, i));
}

static void
references_lead_somewhere(void **state)
{
	struct walk w = { .k = *state };

	for (int v = OPENAPI_V1; v <= OPENAPI_V2; v++) {
		w.root = document(w.k, v);
		walk_value(&w, w.root);
	}
}

static size_t
count_of(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		n++;
	}
	return n;
}

struct names {
	struct asker *k;
	const char *text;
};

static void
name_once(void *arg, const char *key, jv *value)
{
	struct names *all = arg;

	(void)value;
	if (count_of(all->text, arena_printf(all->k->a, "\"%s\":{\"type\":\"object\"", key)) != 1)
		fail_msg("two schemas are called %s", key);
}

/*
 * Two objects of one name would be one schema, and the wrong one for somebody.  A
 * parser keeps the last of two equal names, so the text is what tells.
 */
static void
names_of_schemas_are_unique(void **state)
{
	struct asker *k = *state;
	struct names all = { .k = k };
	jv *components;

	for (int v = OPENAPI_V1; v <= OPENAPI_V2; v++) {
		components = json_get(document(k, v), "components");
		all.text = strstr(ask_body(k), "\"schemas\":");
		json_each(json_get(components, "schemas"), name_once, &all);
	}
}

/* ---- what it says ---- */

static const char *
part_of(struct asker *k, jv *doc, const char *path, const char *method)
{
	return json_dump(k->a, json_get(json_get(json_get(doc, "paths"), path), method));
}

static void
an_operation_is_whole(void **state)
{
	struct asker *k = *state;
	jv *doc = document(k, OPENAPI_V1);
	const char *op = part_of(k, doc, "/api/v1/user", "post");

	assert_has(op, "\"operationId\":\"createUser\"");
	assert_has(op, "\"x-required-scope\":\"users\"");
	assert_has(op, "\"security\":[{\"bearer\":[\"users\"]}]");
	assert_has(op, "\"requestBody\":{\"required\":true");
	assert_has(op, "#/components/schemas/CreateUserRequest");
	assert_has(op, "\"422\":{\"$ref\":\"#/components/responses/422\"}");
	assert_lacks(op, "\"412\"");
	op = part_of(k, doc, "/api/v1/user/{oldId}/rename/{newName}", "post");
	assert_has(op, "{\"name\":\"oldId\",\"in\":\"path\",\"required\":true,"
	    "\"schema\":{\"type\":\"string\",\"pattern\":\"^[0-9]*$\"");
	assert_has(op, "{\"name\":\"newName\",\"in\":\"path\",\"required\":true");
}

static void
requests_and_answers_have_rules_of_their_own(void **state)
{
	struct asker *k = *state;
	jv *schemas = json_get(json_get(document(k, OPENAPI_V1), "components"), "schemas");
	const char *body = json_dump(k->a, json_get(schemas, "CreateUserRequest"));
	const char *user = json_dump(k->a, json_get(schemas, "User"));

	assert_has(body, "\"name\":{\"type\":[\"string\",\"null\"],\"maxLength\":1024");
	assert_has(body, "\"additionalProperties\":false");
	assert_has(user, "\"id\":{\"type\":\"string\",\"pattern\":\"^[0-9]+$\"");
	assert_has(user, "\"createdAt\":{\"type\":\"string\",\"format\":\"date-time\"}");
	assert_lacks(user, "maxLength");
}

static void
it_may_be_kept(void **state)
{
	struct asker *k = *state;
	struct req_param param[2] = { { "HTTP_IF_NONE_MATCH", NULL } };
	const char *etag;

	(void)document(k, OPENAPI_V1);
	assert_has(ask_head(k), "Cache-Control: public");
	etag = strstr(ask_head(k), "ETag: ");
	assert_non_null(etag);
	param[0].value = arena_strndup(k->a, etag + 6, 26);
	k->params = param;
	assert_int_equal(ask(k, "GET", documents[0]), 304);
	assert_string_equal(ask_body(k), "");
	assert_int_equal(ask(k, "GET", documents[1]), 200);
	assert_int_equal(ask(k, "GET", "/api/v1/openapi.yaml"), 304);
	k->params = NULL;
	assert_int_equal(ask(k, "GET", "/api/v1/openapi.yaml"), 200);
	assert_string_equal(k->rq.ctype, "application/yaml");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ASK_TEST(every_row_of_the_api_is_described),
		ASK_TEST(ids_are_unique),
		ASK_TEST(errors_are_known),
		ASK_TEST(references_lead_somewhere),
		ASK_TEST(names_of_schemas_are_unique),
		ASK_TEST(an_operation_is_whole),
		ASK_TEST(requests_and_answers_have_rules_of_their_own),
		ASK_TEST(it_may_be_kept),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
