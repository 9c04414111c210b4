/*
 * handlers/api/v2_shapes.h -- devices, users and contacts in the answers of REST v2, as
 * its document shows them.
 */
#ifndef HANDLERS_API_V2_SHAPES_H
#define HANDLERS_API_V2_SHAPES_H

#include "handlers/api/op.h"

extern const struct api_object shape_v2_device, shape_v2_device_list, shape_v2_routes;
extern const struct api_object shape_v2_attributes;
extern const struct api_object shape_v2_user, shape_v2_user_list;
extern const struct api_object shape_v2_contacts;

#endif
