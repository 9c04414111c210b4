/*
 * tests/fuzz/fuzz_netdoc.c -- documents that go to every client: whatever comes
 * in, what goes out is JSON.
 */
#include "lib/netmap/derpmap.h"
#include "lib/netmap/dns.h"
#include "lib/netmap/endpoints.h"
#include "lib/netmap/hostinfo.h"
#include "lib/netmap/name.h"
#include "lib/netmap/routes.h"
#include "lib/netmap/tags.h"
#include "tests/fuzz/fuzz.h"

static void
must_be_json(struct arena *a, const char *text)
{
	assert(json_parse(a, str_of(text), JSON_DEPTH_DEFAULT, NULL) != NULL);
}

static void
lists(struct arena *a, const char *text)
{
	struct routes r = routes_parse(a, text);

	routes_pair_defaults(a, &r);
	must_be_json(a, routes_json(a, &r));
	must_be_json(a, endpoints_clean(a, text));
	must_be_json(a, tags_json_of(a, json_parse(a, str_of(text), 4, NULL)));
}

static void
hostinfo(struct arena *a, const char *text)
{
	struct hostinfo h;
	struct buf out;
	struct jw w;

	buf_init(&out, 1 << 22);
	jw_init(&w, &out);
	hostinfo_write_peer(&w, a, text);
	assert(!out.over);
	assert(json_parse(a, buf_as_str(&out), JSON_DEPTH_DEFAULT, NULL) != NULL);
	buf_fini(&out);
	if (hostinfo_read(a, json_parse(a, str_of(text), 16, NULL), &h) == OK)
		must_be_json(a, h.json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	const char *text = arena_strndup(a, (const char *)data, n), *why = NULL, *records;
	struct derpmap *m = derpmap_new(a);
	char label[NAME_LABEL_MAX + 1];

	if (derpmap_add(m, str_of(text), &why) != OK)
		assert(why != NULL);
	must_be_json(a, derpmap_json(m));
	if ((records = dns_records_read(a, str_of(text), &why)) != NULL)
		must_be_json(a, records);
	lists(a, text);
	hostinfo(a, text);
	name_shown(text, 7, label);
	assert(name_label_valid(label));
	arena_free(a);
	return 0;
}
