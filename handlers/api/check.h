/*
 * handlers/api/check.h -- the rules for text that people choose.
 *
 * Each answers NULL if the text is fine, else what is wrong with it and what
 * would be right, fit for an error message.
 */
#ifndef HANDLERS_API_CHECK_H
#define HANDLERS_API_CHECK_H

#define USER_NAME_MAX 254	/* an e-mail address can be one */
#define USER_TEXT_MAX 254	/* display name, e-mail */
#define URL_MAX 2048

/*
 * A letter first, then letters, digits, '-', '.', '_' and at most one '@', not
 * last (policies write "name@" for a user); two characters or more.
 */
const char *api_check_user_name(const char *s);

/* May be empty; no control characters. */
const char *api_check_display_name(const char *s);

/* May be empty; else something on both sides of one '@', no blanks. */
const char *api_check_email(const char *s);

/* May be empty; else http:// or https:// and a host. */
const char *api_check_url(const char *s);

/* The rule is tag_valid()'s. */
const char *api_check_tag(const char *s);

#endif
