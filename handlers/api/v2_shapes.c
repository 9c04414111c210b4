/*
 * handlers/api/v2_shapes.c -- devices, users and contacts in the answers of REST v2, as
 * its document shows them.
 */
#include "handlers/api/v2_shapes.h"

#include "handlers/api/fields.h"

static const struct api_field supports_fields[] = {
	FLAG("hairPinning"), FLAG("ipv6"), FLAG("pcp"), FLAG("pmp"), FLAG("udp"), FLAG("upnp"),
	END,
};
static const struct api_object supports = { "ClientSupports", supports_fields };

static const struct api_field latency_fields[] = {
	{ .name = "latencyMs", .type = API_ANY }, FLAG_MAY("preferred"), END,
};
static const struct api_object latency = { "DERPLatency", latency_fields };

static const struct api_field connectivity_fields[] = {
	TEXTS("endpoints"), TEXT("derp"), FLAG("mappingVariesByDestIP"),
	{ .name = "latency", .type = API_MAP, .item = API_OBJECT, .of = &latency },
	ONE("clientSupports", supports), END,
};
static const struct api_object connectivity = { "ClientConnectivity", connectivity_fields };

static const struct api_field distro_fields[] = {
	TEXT("name"), TEXT("version"), TEXT("codeName"), END,
};
static const struct api_object distro = { "Distro", distro_fields };

static const struct api_field device_fields[] = {
	TEXTS("addresses"), TEXT("name"), ID("id"), ID("nodeId"), FLAG("authorized"),
	TEXT("user"), TEXTS("tags"), FLAG("keyExpiryDisabled"),
	FLAG("blocksIncomingConnections"), TEXT("clientVersion"), TIME("created"),
	TIME("expires"), FLAG("connectedToControl"), TIME_MAY("lastSeen"), TEXT("hostname"),
	FLAG("isEphemeral"), FLAG("isExternal"), TEXT("machineKey"), TEXT("nodeKey"),
	TEXT("os"), TEXT("tailnetLockError"), TEXT("tailnetLockKey"), FLAG("updateAvailable"),
	/* with fields=all */
	TEXTS_MAY("advertisedRoutes"), TEXTS_MAY("enabledRoutes"), FLAG_MAY("sshEnabled"),
	ONE_MAY("distro", distro), ONE_MAY("clientConnectivity", connectivity), END,
};
const struct api_object shape_v2_device = { "Device", device_fields };

static const struct api_field device_list[] = { MANY("devices", shape_v2_device), END };
const struct api_object shape_v2_device_list = { "DeviceList", device_list };

static const struct api_field routes_fields[] = {
	TEXTS("advertisedRoutes"), TEXTS("enabledRoutes"), END,
};
const struct api_object shape_v2_routes = { "DeviceRoutes", routes_fields };

static const struct api_field attributes_fields[] = {
	{ .name = "attributes", .type = API_MAP, .item = API_ANY },
	{ .name = "expiries", .type = API_MAP, .item = API_TIME }, END,
};
const struct api_object shape_v2_attributes = { "DeviceAttributes", attributes_fields };

static const struct api_field user_fields[] = {
	ID("id"), TEXT("displayName"), TEXT("loginName"), TEXT("profilePicUrl"), ID("tailnetId"),
	TIME("created"), { .name = "type", .type = API_TEXT, .words = "member shared" },
	{ .name = "role", .type = API_TEXT,
	  .words = "member owner admin it-admin network-admin billing-admin auditor" },
	{ .name = "status", .type = API_TEXT, .words = "active suspended needs-approval" },
	INT("deviceCount"), TIME("lastSeen"), FLAG("currentlyConnected"), END,
};
const struct api_object shape_v2_user = { "User", user_fields };

static const struct api_field user_list[] = { MANY("users", shape_v2_user), END };
const struct api_object shape_v2_user_list = { "UserList", user_list };

static const struct api_field contact_fields[] = {
	TEXT("email"), FLAG("needsVerification"), END,
};
static const struct api_object contact = { "Contact", contact_fields };
static const struct api_field contacts_fields[] = {
	ONE("account", contact), ONE("support", contact), ONE("security", contact), END,
};
const struct api_object shape_v2_contacts = { "Contacts", contacts_fields };
