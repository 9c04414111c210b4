/* handlers/api/shapes.c -- the objects in the answers of REST v1, as its document shows them. */
#include "handlers/api/shapes.h"

#include "handlers/api/fields.h"

static const struct api_field user_fields[] = {
	ID("id"), TEXT("name"), TIME("createdAt"), TEXT("displayName"), TEXT("email"),
	TEXT("providerId"), TEXT("provider"), TEXT("profilePicUrl"),
	{ .name = "role", .type = API_TEXT, .flags = API_MAY,
	  .words = "member owner admin it-admin network-admin billing-admin auditor" },
	{ .name = "status", .type = API_TEXT, .flags = API_MAY,
	  .words = "active suspended needs-approval" },
	END,
};
const struct api_object shape_user = { "User", user_fields };

static const struct api_field user_reply[] = { ONE("user", shape_user), END };
static const struct api_field user_list[] = { MANY("users", shape_user), END };
const struct api_object shape_user_reply = { "UserReply", user_reply };
const struct api_object shape_user_list = { "UserList", user_list };

static const struct api_field authkey_fields[] = {
	ONE("user", shape_user), ID("id"), TEXT("key"), FLAG("reusable"), FLAG("ephemeral"),
	FLAG("used"), TIME_OR_NULL("expiration"), TIME("createdAt"), TEXTS("aclTags"),
	FLAG("preauthorized"), FLAG("revoked"), TEXT("description"), END,
};
const struct api_object shape_authkey = { "PreAuthKey", authkey_fields };

static const struct api_field authkey_reply[] = { ONE("preAuthKey", shape_authkey), END };
static const struct api_field authkey_list[] = { MANY("preAuthKeys", shape_authkey), END };
const struct api_object shape_authkey_reply = { "PreAuthKeyReply", authkey_reply };
const struct api_object shape_authkey_list = { "PreAuthKeyList", authkey_list };

static const struct api_field apikey_fields[] = {
	ID("id"), TEXT("prefix"), TIME_OR_NULL("expiration"), TIME("createdAt"),
	TIME_OR_NULL("lastSeen"), { .name = "user", .type = API_OBJECT, .of = &shape_user,
	  .flags = API_NULL }, TEXTS("scopes"), TEXT("description"), END,
};
static const struct api_object apikey = { "ApiKey", apikey_fields };
static const struct api_field apikey_made[] = { TEXT("apiKey"), ID("id"), END };
static const struct api_field apikey_list[] = { MANY("apiKeys", apikey), END };
const struct api_object shape_apikey_made = { "ApiKeyMade", apikey_made };
const struct api_object shape_apikey_list = { "ApiKeyList", apikey_list };

static const struct api_field oauth_token_fields[] = {
	TEXT("access_token"), { .name = "token_type", .type = API_TEXT, .words = "Bearer" },
	INT("expires_in"), TEXT("scope"), END,
};
const struct api_object shape_oauth_token = { "OAuthToken", oauth_token_fields };

static const struct api_field oauth_error_fields[] = {
	TEXT("error"), TEXT("error_description"), END,
};
const struct api_object shape_oauth_error = { "OAuthError", oauth_error_fields };

static const struct api_field node_fields[] = {
	ID("id"), TEXT("machineKey"), TEXT("nodeKey"), TEXT("discoKey"), TEXTS("ipAddresses"),
	TEXT("name"), ONE("user", shape_user), TIME("lastSeen"), TIME_OR_NULL("expiry"),
	{ .name = "preAuthKey", .type = API_OBJECT, .of = &shape_authkey, .flags = API_NULL },
	TIME("createdAt"),
	{ .name = "registerMethod", .type = API_TEXT,
	  .words = "REGISTER_METHOD_UNSPECIFIED REGISTER_METHOD_AUTH_KEY "
	  "REGISTER_METHOD_CLI REGISTER_METHOD_OIDC" },
	TEXT("givenName"), FLAG("online"), TEXTS("approvedRoutes"), TEXTS("availableRoutes"),
	TEXTS("subnetRoutes"), TEXTS("tags"), FLAG("expired"), FLAG("ephemeral"), TEXT("os"),
	TEXT("clientVersion"), FLAG("authorized"), FLAG("suspended"),
	TEXT("clientAddress"), END,
};
const struct api_object shape_node = { "Node", node_fields };

static const struct api_field node_reply[] = { ONE("node", shape_node), END };
static const struct api_field node_list[] = { MANY("nodes", shape_node), END };
const struct api_object shape_node_reply = { "NodeReply", node_reply };
const struct api_object shape_node_list = { "NodeList", node_list };

static const struct api_field backfill[] = { TEXTS("changes"), END };
const struct api_object shape_backfill = { "Backfilled", backfill };

static const struct api_field auth_fields[] = {
	{ .name = "kind", .type = API_TEXT, .words = "register ssh device user" },
	TEXT("state"),
	{ .name = "authId", .type = API_TEXT, .flags = API_MAY },
	{ .name = "nodeId", .type = API_ID, .flags = API_MAY },
	{ .name = "userId", .type = API_ID, .flags = API_MAY },
	{ .name = "user", .type = API_TEXT, .flags = API_MAY },
	{ .name = "name", .type = API_TEXT, .flags = API_MAY },
	{ .name = "os", .type = API_TEXT, .flags = API_MAY },
	{ .name = "machineKey", .type = API_TEXT, .flags = API_MAY },
	{ .name = "nodeKey", .type = API_TEXT, .flags = API_MAY },
	{ .name = "sourceId", .type = API_ID, .flags = API_MAY },
	{ .name = "source", .type = API_TEXT, .flags = API_MAY },
	{ .name = "destinationId", .type = API_ID, .flags = API_MAY },
	{ .name = "destination", .type = API_TEXT, .flags = API_MAY },
	{ .name = "localUser", .type = API_TEXT, .flags = API_MAY },
	TIME("createdAt"), { .name = "expiresAt", .type = API_TIME, .flags = API_MAY }, END,
};
static const struct api_object auth_waiting = { "AuthWaiting", auth_fields };
static const struct api_field auth_list[] = { MANY("logins", auth_waiting), END };
const struct api_object shape_auth_list = { "AuthList", auth_list };

static const struct api_field health[] = { FLAG("databaseConnectivity"), END };
const struct api_object shape_health = { "Health", health };

static const struct api_field policy[] = {
	TEXT("policy"), INT("version"), TIME("updatedAt"), INT_MAY("newest"),
	{ .name = "unchanged", .type = API_BOOL, .flags = API_MAY }, END,
};
const struct api_object shape_policy = { "Policy", policy };

static const struct api_field policy_checked[] = { INT("checks"), END };
const struct api_object shape_policy_checked = { "PolicyChecked", policy_checked };

static const struct api_field policy_tested[] = {
	INT("version"), FLAG("passed"), INT("checks"), TEXT_OR_NULL("error"), END,
};
const struct api_object shape_policy_tested = { "PolicyTested", policy_tested };

static const struct api_field version_fields[] = {
	INT("version"), { .name = "updatedAt", .type = API_TIME, .flags = API_MAY },
	TIME("createdAt"), TEXT("source"), TEXT("author"), TEXT("comment"),
	{ .name = "rollbackOf", .type = API_INT, .flags = API_NULL }, INT("bytes"),
	FLAG("inForce"),
	{ .name = "policy", .type = API_TEXT, .flags = API_MAY }, END,
};
static const struct api_object version = { "PolicyVersion", version_fields };
static const struct api_field policy_history[] = { MANY("versions", version), END };
static const struct api_field policy_version[] = { ONE("version", version), END };
const struct api_object shape_policy_history = { "PolicyVersionList", policy_history };
const struct api_object shape_policy_version = { "PolicyVersionReply", policy_version };

static const struct api_field policy_status[] = {
	{ .name = "mode", .type = API_TEXT, .words = "database file" }, TEXT_OR_NULL("path"),
	INT("version"), TIME_OR_NULL("since"), INT("newest"), FLAG("allowsAll"),
	TEXT_OR_NULL("problem"), TEXT_OR_NULL("fileProblem"), TEXT_OR_NULL("refusedNow"), END,
};
const struct api_object shape_policy_status = { "PolicyStatus", policy_status };

const struct api_object shape_policy_preview = { "PolicyPreview", NULL };
const struct api_object shape_policy_explain = { "PolicyExplanation", NULL };
