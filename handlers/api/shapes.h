/*
 * handlers/api/shapes.h -- the objects in the answers of REST v1, as its document shows them.
 *
 * What put.c writes; tests/handlers compares the two.
 */
#ifndef HANDLERS_API_SHAPES_H
#define HANDLERS_API_SHAPES_H

#include "handlers/api/op.h"

/* Each is the object that an answer is: {"user": …}, {"users": […]} … */
extern const struct api_object shape_user_reply, shape_user_list;
extern const struct api_object shape_authkey_reply, shape_authkey_list;
extern const struct api_object shape_apikey_made, shape_apikey_list;
extern const struct api_object shape_node_reply, shape_node_list;
extern const struct api_object shape_backfill;
extern const struct api_object shape_auth_list;
extern const struct api_object shape_health;
extern const struct api_object shape_policy, shape_policy_checked, shape_policy_tested;
extern const struct api_object shape_policy_history, shape_policy_version, shape_policy_status;
extern const struct api_object shape_policy_preview, shape_policy_explain;

extern const struct api_object shape_oauth_token, shape_oauth_error;

/* Single things, for answers that nest them. */
extern const struct api_object shape_user, shape_authkey, shape_node;

#endif
