/*
 * lib/json/check.h -- is this text JSON, to the letter of RFC 8259?
 *
 * For lib/json alone: json_parse() asks before it lets json-c build anything.
 */
#ifndef LIB_JSON_CHECK_H
#define LIB_JSON_CHECK_H

#include <stdbool.h>

#include "lib/base/str.h"

/*
 * Is 'text' one JSON value in valid UTF-8, its arrays and objects nested at most
 * 'depth' deep, its integers within 64 bits, its other numbers finite?  If not,
 * *why says what is wrong (static text) at byte *at.
 */
bool json_check(struct str text, int depth, size_t *at, const char **why);

#endif
