/* lib/netmap/hostinfo.c -- reading a client's Hostinfo, and what peers see of it. */
#include "lib/netmap/hostinfo.h"

#include <string.h>

#include "lib/netmap/routes.h"
#include "lib/netmap/tags.h"

/* At most 'max' bytes of text, not cut inside a UTF-8 sequence. */
static const char *
text_cut(struct arena *a, const char *s, size_t max)
{
	size_t n = strnlen(s, max + 1);

	if (n <= max)
		return s;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return arena_strndup(a, s, max);
}

static bool
all_tags(jv *array)
{
	for (size_t i = 0; i < json_len(array); i++)
		if (json_text(json_at(array, i)) == NULL || !tag_valid(json_text(json_at(array, i))))
			return false;
	return true;
}

enum err
hostinfo_read(struct arena *a, jv *v, struct hostinfo *out)
{
	jv *net = json_get(v, "NetInfo");
	struct routes routes = routes_of(a, json_get(v, "RoutableIPs"));

	*out = (struct hostinfo){
		.hostname = text_cut(a, json_get_str(v, "Hostname", ""),
		    HOSTINFO_HOSTNAME_MAX),
		.os = text_cut(a, json_get_str(v, "OS", ""), 64),
		.client_version = text_cut(a, json_get_str(v, "IPNVersion", ""), 128),
		.routes = routes_json(a, &routes),
		.request_tags = tags_json_of(a, json_get(v, "RequestTags")),
		.bad_tags = !all_tags(json_get(v, "RequestTags")),
		.home_derp = -1,
	};
	if (net != NULL) {
		out->netinfo = json_dump(a, net);
		out->home_derp = json_get_i64(net, "PreferredDERP", 0);
		if (out->home_derp < 0 || out->home_derp > UINT16_MAX)
			out->home_derp = 0;
		json_del(v, "NetInfo");
	}
	out->json = v == NULL ? "{}" : json_dump(a, v);
	return strlen(out->json) > HOSTINFO_MAX ||
	    (out->netinfo != NULL && strlen(out->netinfo) > HOSTINFO_MAX) ?
	    ERR_TOOBIG : OK;
}

/* Only what a peer can use: where its PeerAPI listens (tailcfg.Service). */
static void
write_services(struct jw *w, jv *services)
{
	size_t n = json_len(services);

	if (n == 0)
		return;
	jw_key(w, "Services");
	jw_arr(w);
	for (size_t i = 0; i < n && i < HOSTINFO_SERVICES_MAX; i++) {
		jv *s = json_at(services, i);
		const char *proto = json_get_str(s, "Proto", "");
		int64_t port = json_get_i64(s, "Port", -1);
		if (strncmp(proto, "peerapi", 7) != 0 || port < 0 || port > UINT16_MAX)
			continue;
		jw_obj(w);
		jw_kstr(w, "Proto", proto);
		jw_ki64(w, "Port", port);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

static void
write_ssh_keys(struct jw *w, jv *keys)
{
	size_t n = json_len(keys);

	if (n == 0)
		return;
	jw_key(w, "sshHostKeys");
	jw_arr(w);
	for (size_t i = 0; i < n && i < HOSTINFO_SERVICES_MAX; i++)
		if (json_text(json_at(keys, i)) != NULL)
			jw_str(w, json_text(json_at(keys, i)));
	jw_end_arr(w);
}

static void
write_location(struct jw *w, jv *loc)
{
	static const char *const texts[] = { "Country", "CountryCode", "City", "CityCode" };

	if (!json_is(loc, JSON_OBJ))
		return;
	jw_key(w, "Location");
	jw_obj(w);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		jw_copy_str(w, loc, texts[i]);
	jw_copy_i64(w, loc, "Priority");
	jw_end_obj(w);
}

void
hostinfo_write_peer(struct jw *w, struct arena *a, const char *json)
{
	jv *h = json_parse(a, str_of(json), JSON_DEPTH_DEFAULT, NULL);

	jw_obj(w);
	jw_copy_str(w, h, "IPNVersion");
	jw_copy_str(w, h, "OS");
	jw_copy_str(w, h, "OSVersion");
	jw_copy_str(w, h, "Hostname");
	jw_copy_bool(w, h, "ShareeNode");
	jw_copy_bool(w, h, "AppConnector");
	write_services(w, json_get(h, "Services"));
	write_ssh_keys(w, json_get(h, "sshHostKeys"));
	write_location(w, json_get(h, "Location"));
	jw_end_obj(w);
}
