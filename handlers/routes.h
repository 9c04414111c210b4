/*
 * handlers/routes.h -- the one list of endpoints.
 *
 * Each handler file exports its rows; adding an endpoint means a row in its
 * file, a declaration here and an entry in routes.c.
 */
#ifndef HANDLERS_ROUTES_H
#define HANDLERS_ROUTES_H

#include "lib/base/buf.h"
#include "lib/http/route.h"

/* handlers/web */
extern const struct route route_key;
extern const struct route route_health;
extern const struct route route_version;
extern const struct route route_robots;
extern const struct route route_metrics;
extern const struct route route_verify;
extern const struct route route_ts2021_get;
extern const struct route route_ts2021_post;
extern const struct route route_index;
extern const struct route route_favicon;
extern const struct route route_windows;
extern const struct route route_admin_page;
extern const struct route route_apple;
extern const struct route route_apple_profile;
extern const struct route route_register_page;
extern const struct route route_auth_page;

/* handlers/control */
extern const struct route route_machine_register;
extern const struct route route_machine_map;
extern const struct route route_machine_update_health;
extern const struct route route_machine_whoami;
extern const struct route route_machine_ssh_action;

/* handlers/internal */
extern const struct route route_internal_delta;
extern const struct route route_internal_presence;
extern const struct route route_internal_refresh;
extern const struct route route_internal_tick;
extern const struct route route_internal_deliver;
extern const struct route route_internal_metrics;

/* handlers/api */
extern const struct route route_user_list;
extern const struct route route_user_create;
extern const struct route route_user_rename;
extern const struct route route_user_delete;
extern const struct route route_user_role;
extern const struct route route_user_approve, route_user_suspend, route_user_restore;
extern const struct route route_authkey_list;
extern const struct route route_authkey_create;
extern const struct route route_authkey_expire;
extern const struct route route_authkey_delete;
extern const struct route route_apikey_list;
extern const struct route route_apikey_create;
extern const struct route route_apikey_expire;
extern const struct route route_apikey_delete;
extern const struct route route_oauth_token;
extern const struct route route_node_list;
extern const struct route route_node_get;
extern const struct route route_node_delete;
extern const struct route route_node_expire;
extern const struct route route_node_rename;
extern const struct route route_node_tags;
extern const struct route route_node_user;
extern const struct route route_node_ip;
extern const struct route route_node_authorize;
extern const struct route route_node_approve_routes;
extern const struct route route_node_register;
extern const struct route route_node_backfill;
extern const struct route route_debug_node;
extern const struct route route_auth_list;
extern const struct route route_auth_register;
extern const struct route route_auth_approve;
extern const struct route route_auth_reject;
extern const struct route route_policy_get;
extern const struct route route_policy_put;
extern const struct route route_policy_check;
extern const struct route route_policy_test;
extern const struct route route_policy_status;
extern const struct route route_policy_history;
extern const struct route route_policy_version;
extern const struct route route_policy_rollback;
extern const struct route route_policy_preview, route_policy_explain;
extern const struct route route_api_health;
extern const struct route route_v2_device_list;
extern const struct route route_v2_device_get;
extern const struct route route_v2_device_delete;
extern const struct route route_v2_device_authorized;
extern const struct route route_v2_device_name;
extern const struct route route_v2_device_tags;
extern const struct route route_v2_device_key;
extern const struct route route_v2_device_expire;
extern const struct route route_v2_device_ip;
extern const struct route route_v2_device_routes;
extern const struct route route_v2_device_set_routes;
extern const struct route route_v2_user_list;
extern const struct route route_v2_user_get;
extern const struct route route_v2_user_approve;
extern const struct route route_v2_user_suspend;
extern const struct route route_v2_user_restore;
extern const struct route route_v2_user_role;
extern const struct route route_v2_user_delete;
extern const struct route route_v2_attributes_get;
extern const struct route route_v2_attribute_set;
extern const struct route route_v2_attribute_delete;
extern const struct route route_v2_contacts_get;
extern const struct route route_v2_contact_set;
extern const struct route route_v2_webhook_list;
extern const struct route route_v2_webhook_get;
extern const struct route route_v2_webhook_create;
extern const struct route route_v2_webhook_update;
extern const struct route route_v2_webhook_delete;
extern const struct route route_v2_webhook_test;
extern const struct route route_v2_webhook_rotate;
extern const struct route route_v2_logging_get;
extern const struct route route_audit_list;
extern const struct route route_v2_key_list;
extern const struct route route_v2_key_get;
extern const struct route route_v2_key_delete;
extern const struct route route_v2_key_make;
extern const struct route route_v2_key_set;
extern const struct route route_v2_acl_get;
extern const struct route route_v2_acl_set;
extern const struct route route_v2_acl_validate;
extern const struct route route_v2_dns_nameservers_get;
extern const struct route route_v2_dns_nameservers_set;
extern const struct route route_v2_dns_preferences_get;
extern const struct route route_v2_dns_preferences_set;
extern const struct route route_v2_dns_searchpaths_get;
extern const struct route route_v2_dns_searchpaths_set;
extern const struct route route_v2_dns_split_get;
extern const struct route route_v2_dns_split_put;
extern const struct route route_v2_dns_split_patch;
extern const struct route route_v2_dns_configuration_get;
extern const struct route route_v2_dns_configuration_set;
extern const struct route route_v2_settings_get;
extern const struct route route_v2_settings_patch;
extern const struct route route_setting_list;
extern const struct route route_setting_set;
extern const struct route route_setting_reset;
extern const struct route route_v1_openapi_json, route_v1_openapi_yaml;
extern const struct route route_v1_docs, route_v2_docs, route_docs_style, route_docs_script;
extern const struct route route_v2_openapi_json, route_v2_openapi_yaml;

/* All of them. */
extern const struct route *const routes_all[];
extern const size_t routes_count;

/* A table for people: method, path, who may call, transaction, body limit, scope. */
void routes_print(struct buf *out);

#endif
