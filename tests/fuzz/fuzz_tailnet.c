/*
 * tests/fuzz/fuzz_tailnet.c -- a tailnet file is read whole or refused with a
 * reason; what is read can be previewed under a policy.
 */
#include "lib/json/json.h"
#include "lib/policy/preview.h"
#include "lib/policy/tailnet.h"
#include "tests/fuzz/fuzz.h"

#define OUT_MAX (1u << 26)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char policy[] = "{\"grants\":[{\"src\":[\"*\"],\"dst\":[\"*\"],\"ip\":[\"*\"]}]}";
	struct policy_errors errs = { .n = 0 };
	struct arena *a = arena_new();
	struct net *t = net_new();
	struct tailnet tn;
	const char *why = NULL;
	struct buf out;

	buf_init(&out, OUT_MAX);
	if (!tailnet_read(a, (struct str){ arena_strndup(a, (const char *)data, size), size },
	    t, &tn, &errs)) {
		assert(errs.n > 0 && policy_errors_text(a, &errs)[0] != '\0');
	} else if (net_count(t) < 50) {
		assert(preview_json(a, t, str_of(policy), &tn.ctx, &out, &why));
		assert(json_parse(a, buf_as_str(&out), JSON_DEPTH_DEFAULT, NULL) != NULL);
	}
	buf_fini(&out);
	net_free(t);
	arena_free(a);
	return 0;
}
