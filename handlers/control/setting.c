/*
 * handlers/control/setting.c -- the table of settings, what holds now, and how it changes.
 *
 * Documents that show settings to clients are made in the transaction that changes
 * one, so nobody is told of what was not kept.
 */
#include "handlers/control/setting.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/model/model.h"
#include "lib/netmap/dns.h"
#include "lib/store/store.h"

#define AT(field) offsetof(struct settings, field)

const struct setting_row setting_rows[SETTING_COUNT] = {
	[SETTING_DEVICES_APPROVAL] = { "devicesApprovalOn", &setting_flag,
	    AT(devices_approval), NULL,
	    "a new device waits until an administrator approves it" },
	[SETTING_DEVICES_AUTO_UPDATES] = { "devicesAutoUpdatesOn", &setting_flag,
	    AT(cfg.auto_update), "node.auto_update",
	    "clients update themselves unless their users say otherwise" },
	[SETTING_DEVICES_KEY_DAYS] = { "devicesKeyDurationDays", &setting_days,
	    AT(cfg.node_expiry_ms), "node.expiry",
	    "days after which a device has to log in again; 0: never" },
	[SETTING_USERS_APPROVAL] = { "usersApprovalOn", &setting_flag,
	    AT(users_approval), NULL,
	    "a new user waits until an administrator approves them" },
	[SETTING_DNS_MAGIC] = { "magicDNS", &setting_flag,
	    AT(cfg.magic_dns), "dns.magic_dns",
	    "clients answer the names of devices themselves" },
	[SETTING_DNS_NAMESERVERS] = { "nameservers", &setting_resolvers,
	    AT(cfg.nameservers), "dns.nameservers",
	    "resolvers for every other name" },
	[SETTING_DNS_OVERRIDE] = { "overrideLocalDNS", &setting_flag,
	    AT(cfg.override_local_dns), "dns.override_local_dns",
	    "these nameservers replace those of the device" },
	[SETTING_DNS_SEARCH_PATHS] = { "searchPaths", &setting_domains,
	    AT(cfg.search_domains), "dns.search_domains",
	    "domains that are tried for a name without one" },
	[SETTING_DNS_SPLIT] = { "splitDNS", &setting_split,
	    AT(cfg.split), "dns.split.<domain>",
	    "domains with resolvers of their own" },
};

const struct setting_row *
setting_find(const char *name)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (strcmp(setting_rows[i].name, name) == 0)
			return &setting_rows[i];
	return NULL;
}

/* ---- what holds now ---- */

/* Lays one over what is there, unless it does not fit. */
static bool
lay_over(struct arena *a, const struct setting *one, const struct setting_row *row,
    struct settings *s)
{
	jv *value = json_parse(a, str_of(one->value), JSON_DEPTH_DEFAULT, NULL);
	struct settings with = *s;
	const char *why;
	bool mistyped;

	if (value == NULL || (why = setting_read(a, row, value, &with, &mistyped)) != NULL) {
		log_warn("the setting %s is left out: it %s", row->name,
		    value == NULL ? "is no JSON" : why);
		return false;
	}
	*s = with;
	return true;
}

/*
 * The nameservers replace those of devices if that has been said, here or in the
 * file; where it has nowhere, if there are any (as lib/config has it).
 */
static void
settle(const struct config *file, struct settings *s, const bool *set)
{
	if (!set[SETTING_DNS_OVERRIDE] && set[SETTING_DNS_NAMESERVERS] && file->nameservers.n == 0)
		s->cfg.override_local_dns = true;
	s->cfg.override_local_dns = s->cfg.override_local_dns && s->cfg.nameservers.n > 0;
	s->cfg.magic_dns = s->cfg.magic_dns && s->cfg.base_domain[0] != '\0';
}

enum err
setting_load(struct req *rq, struct settings *out)
{
	bool set[SETTING_COUNT] = { false };
	const struct setting_row *row;
	struct setting *all;
	size_t n;
	enum err e = store_settings(rq->db, rq->arena, &all, &n);

	*out = (struct settings){ .cfg = *rq->cfg };
	for (size_t i = 0; e == OK && i < n; i++)
		if ((row = setting_find(all[i].name)) != NULL)
			set[row - setting_rows] = lay_over(rq->arena, &all[i], row, out);
	settle(rq->cfg, out, set);
	return e;
}

enum err
setting_key_life(struct req *rq, int64_t *ms)
{
	struct settings s;
	enum err e = setting_load(rq, &s);

	*ms = s.cfg.node_expiry_ms;
	return e;
}

/* ---- changing it ---- */

/* What a value cannot be in this tailnet, whatever its form; NULL if it can. */
static const char *
unfit(enum setting_id id, const struct settings *s, const struct settings *now)
{
	if (id == SETTING_DNS_MAGIC && s->cfg.magic_dns && s->cfg.base_domain[0] == '\0')
		return "needs a domain for the names of devices: dns.base_domain in the "
		    "configuration is empty";
	if (id == SETTING_DNS_OVERRIDE && s->cfg.override_local_dns &&
	    now->cfg.nameservers.n == 0)
		return "would leave devices without name resolution: set nameservers first";
	return NULL;
}

enum err
setting_put(struct req *rq, enum setting_id id, const char *at, jv *value)
{
	const struct setting_row *row = &setting_rows[id];
	struct settings now, with;
	const char *why, *json;
	bool mistyped = false;
	struct buf out;
	struct jw w;
	enum err e = setting_load(rq, &now);

	if (e != OK)
		return e;
	with = now;
	if ((why = setting_read(rq->arena, row, value, &with, &mistyped)) != NULL ||
	    (why = unfit(id, &with, &now)) != NULL)
		return req_fail_at(rq, mistyped ? ERR_INVALID : ERR_BADREQ, at, "%s %s", at, why);
	buf_init(&out, SIZE_MAX);
	jw_init(&w, &out);
	setting_write(&w, row, &with);
	json = buf_text(&out, rq->arena);
	if (strlen(json) > SETTING_BYTES_MAX)
		return req_fail_at(rq, ERR_BADREQ, at, "%s has more than %d bytes", at,
		    SETTING_BYTES_MAX);
	return store_setting_put(rq->db, row->name, json, rq->now_ms);
}

enum err
setting_delete(struct req *rq, enum setting_id id)
{
	return store_setting_delete(rq->db, setting_rows[id].name);
}

/* ---- telling it to clients ---- */

/* What else of it every map shows: a change means new maps. */
static const char *
shown_json(struct req *rq, const struct config *cfg)
{
	struct buf out;
	struct jw w;

	buf_init(&out, 64 * 1024);
	jw_init(&w, &out);
	jw_obj(&w);
	jw_kstr(&w, "base_domain", cfg->base_domain);
	jw_kbool(&w, "taildrop", cfg->taildrop);
	jw_kbool(&w, "auto_update", cfg->auto_update);
	jw_kbool(&w, "logtail", cfg->logtail);
	jw_kstr(&w, "owner", cfg->owner);	/* a role in the policy, and a capability */
	jw_kstr(&w, "url", cfg->url);		/* where SSH checks are asked for */
	jw_end_obj(&w);
	return buf_text(&out, rq->arena);
}

enum err
setting_show(struct req *rq, const char *records)
{
	struct settings s;
	enum err e = setting_load(rq, &s);

	if (e == OK)
		e = store_document_put(rq->db, DOCUMENT_DNS,
		    dns_config_json(rq->arena, &s.cfg, records), rq->now_ms);
	if (e == OK)
		e = store_document_put(rq->db, DOCUMENT_SETTINGS, shown_json(rq, &s.cfg),
		    rq->now_ms);
	return e;
}

enum err
setting_apply(struct req *rq)
{
	const char *records = NULL;
	enum err e = OK;

	if (rq->cfg->extra_records_path[0] != '\0')
		e = store_document(rq->db, rq->arena, DOCUMENT_RECORDS, &records);
	return e != OK ? e : setting_show(rq, records);
}
