/*
 * handlers/routes.c -- the one list of endpoints.
 *
 * The order does not matter: route_find() prefers the row with fewer {name}s.
 */
#include "handlers/routes.h"

const struct route *const routes_all[] = {
	/* handlers/web */
	&route_key,
	&route_health,
	&route_version,
	&route_robots,
	&route_metrics,
	&route_verify,
	&route_ts2021_get,
	&route_ts2021_post,
	&route_index,
	&route_favicon,
	&route_windows,
	&route_admin_page,
	&route_apple,
	&route_apple_profile,
	&route_register_page,
	&route_auth_page,

	/* handlers/control */
	&route_machine_register,
	&route_machine_map,
	&route_machine_update_health,
	&route_machine_whoami,
	&route_machine_ssh_action,

	/* handlers/internal */
	&route_internal_delta,
	&route_internal_presence,
	&route_internal_refresh,
	&route_internal_tick,
	&route_internal_deliver,
	&route_internal_metrics,

	/* handlers/api */
	&route_user_list,
	&route_user_create,
	&route_user_rename,
	&route_user_delete,
	&route_user_role,
	&route_user_approve,
	&route_user_suspend,
	&route_user_restore,
	&route_authkey_list,
	&route_authkey_create,
	&route_authkey_expire,
	&route_authkey_delete,
	&route_apikey_list,
	&route_apikey_create,
	&route_apikey_expire,
	&route_apikey_delete,
	&route_oauth_token,
	&route_node_list,
	&route_node_get,
	&route_node_delete,
	&route_node_expire,
	&route_node_rename,
	&route_node_tags,
	&route_node_user,
	&route_node_ip,
	&route_node_authorize,
	&route_node_approve_routes,
	&route_node_register,
	&route_node_backfill,
	&route_debug_node,
	&route_auth_list,
	&route_auth_register,
	&route_auth_approve,
	&route_auth_reject,
	&route_policy_get,
	&route_policy_put,
	&route_policy_check,
	&route_policy_test,
	&route_policy_status,
	&route_policy_history,
	&route_policy_version,
	&route_policy_rollback,
	&route_policy_preview,
	&route_policy_explain,
	&route_api_health,
	&route_v2_device_list,
	&route_v2_device_get,
	&route_v2_device_delete,
	&route_v2_device_authorized,
	&route_v2_device_name,
	&route_v2_device_tags,
	&route_v2_device_key,
	&route_v2_device_expire,
	&route_v2_device_ip,
	&route_v2_device_routes,
	&route_v2_device_set_routes,
	&route_v2_user_list,
	&route_v2_user_get,
	&route_v2_user_approve,
	&route_v2_user_suspend,
	&route_v2_user_restore,
	&route_v2_user_role,
	&route_v2_user_delete,
	&route_v2_attributes_get,
	&route_v2_attribute_set,
	&route_v2_attribute_delete,
	&route_v2_contacts_get,
	&route_v2_contact_set,
	&route_v2_webhook_list,
	&route_v2_webhook_get,
	&route_v2_webhook_create,
	&route_v2_webhook_update,
	&route_v2_webhook_delete,
	&route_v2_webhook_test,
	&route_v2_webhook_rotate,
	&route_v2_logging_get,
	&route_audit_list,
	&route_v2_key_list,
	&route_v2_key_get,
	&route_v2_key_delete,
	&route_v2_key_make,
	&route_v2_key_set,
	&route_v2_acl_get,
	&route_v2_acl_set,
	&route_v2_acl_validate,
	&route_v2_dns_nameservers_get,
	&route_v2_dns_nameservers_set,
	&route_v2_dns_preferences_get,
	&route_v2_dns_preferences_set,
	&route_v2_dns_searchpaths_get,
	&route_v2_dns_searchpaths_set,
	&route_v2_dns_split_get,
	&route_v2_dns_split_put,
	&route_v2_dns_split_patch,
	&route_v2_dns_configuration_get,
	&route_v2_dns_configuration_set,
	&route_v2_settings_get,
	&route_v2_settings_patch,
	&route_setting_list,
	&route_setting_set,
	&route_setting_reset,
	&route_v1_openapi_json,
	&route_v1_openapi_yaml,
	&route_v2_openapi_json,
	&route_v2_openapi_yaml,
	&route_v1_docs,
	&route_v2_docs,
	&route_docs_style,
	&route_docs_script,
};

const size_t routes_count = sizeof(routes_all) / sizeof(routes_all[0]);

static const char *const auth_names[] = {
	[AUTH_PUBLIC] = "public",
	[AUTH_MACHINE] = "machine",
	[AUTH_NOTIFIER] = "notifier",
	[AUTH_API] = "api",
};

static const char *const txn_names[] = {
	[TXN_NONE] = "none",
	[TXN_READ] = "read",
	[TXN_WRITE] = "write",
	[TXN_OWN] = "own",
};

void
routes_print(struct buf *out)
{
	const struct route *r;
	size_t i;

	buf_printf(out, "%-7s %-44s %-9s %-6s %-9s %s\n",
	    "method", "path", "who", "txn", "body", "scope");
	for (i = 0; i < routes_count; i++) {
		r = routes_all[i];
		buf_printf(out, "%-7s %-44s %-9s %-6s %-9zu %s\n",
		    http_method_name(r->method), r->path, auth_names[r->auth],
		    txn_names[r->txn], r->body_max, scope_name(r->scope));
	}
}
