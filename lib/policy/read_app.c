/*
 * lib/policy/read_app.c -- app capabilities, in grants and in nodeAttrs.
 *
 * Tailscale's own names mean something to its clients, so a policy may grant
 * only those that are made for it.
 */
#include <string.h>
#include <strings.h>

#include "lib/policy/policy_impl.h"

static bool
is_granted(const char *name)
{
	static const char *const names[] = {
		"drive", "relay", "webui", "kubernetes", "tsidp", "secrets", "golink",
	};

	if (strncmp(name, "cap/", 4) != 0)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name + 4, names[i]) == 0)
			return true;
	return false;
}

static const char *
name_why(const char *name, bool of_node)
{
	static const char own[] = "tailscale.com/";
	const char *slash = strchr(name, '/');

	if (slash == NULL || slash == name || slash[1] == '\0' || strstr(name, "://") != NULL)
		return "capability name must have the form {domain}/{name}";
	if (strncasecmp(name, own, sizeof(own) - 1) != 0)
		return NULL;
	if (is_granted(slash + 1) || (of_node && strcmp(slash + 1, "app-connectors") == 0))
		return NULL;
	return "capability name must not be in the tailscale.com domain";
}

size_t
read_apps(struct reader *r, const struct hj *o, bool of_node, const struct policy_app **out)
{
	struct policy_app *v;
	const char *why;
	size_t n = 0;

	*out = NULL;
	if (o == NULL || o->n == 0)
		return 0;
	v = arena_array(r->a, o->n, sizeof(*v));
	for (const struct hj *m = o->child; m != NULL; m = m->next) {
		if ((why = name_why(m->key, of_node)) != NULL)
			bad(r, m->key_at, "app \"%s\": %s", m->key, why);
		else if (m->type != HJ_ARRAY && m->type != HJ_NULL)
			bad(r, m->at, "app \"%s\": its arguments must be a list", m->key);
		else
			v[n++] = (struct policy_app){ m->key, hujson_json(r->a, m) };
	}
	*out = v;
	return n;
}
