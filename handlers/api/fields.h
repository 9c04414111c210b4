/*
 * handlers/api/fields.h -- short forms for the rows of struct api_field.
 *
 * For .c files that describe objects of answers; a field with more to say is
 * written out.
 */
#ifndef HANDLERS_API_FIELDS_H
#define HANDLERS_API_FIELDS_H

#include <stddef.h>

#include "handlers/api/op.h"

#define END { .name = NULL }
#define TEXT(n) { .name = n, .type = API_TEXT }
#define TEXT_MAY(n) { .name = n, .type = API_TEXT, .flags = API_MAY }
#define TEXT_OR_NULL(n) { .name = n, .type = API_TEXT, .flags = API_NULL }
#define TEXTS(n) { .name = n, .type = API_LIST, .item = API_TEXT }
#define TEXTS_MAY(n) { .name = n, .type = API_LIST, .item = API_TEXT, .flags = API_MAY }
#define FLAG(n) { .name = n, .type = API_BOOL }
#define FLAG_MAY(n) { .name = n, .type = API_BOOL, .flags = API_MAY }
#define INT(n) { .name = n, .type = API_INT }
#define INT_MAY(n) { .name = n, .type = API_INT, .flags = API_MAY }
#define TIME(n) { .name = n, .type = API_TIME }
#define TIME_MAY(n) { .name = n, .type = API_TIME, .flags = API_MAY }
#define TIME_OR_NULL(n) { .name = n, .type = API_TIME, .flags = API_NULL }
#define ID(n) { .name = n, .type = API_ID }
#define ID_MAY(n) { .name = n, .type = API_ID, .flags = API_MAY }
#define ONE(n, o) { .name = n, .type = API_OBJECT, .of = &(o) }
#define ONE_MAY(n, o) { .name = n, .type = API_OBJECT, .of = &(o), .flags = API_MAY }
#define MANY(n, o) { .name = n, .type = API_LIST, .item = API_OBJECT, .of = &(o) }

#endif
