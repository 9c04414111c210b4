/*
 * lib/netmap/name.c -- the DNS names of nodes: made safe, checked, completed.
 *
 * The rules for making a label are the ones that users know from Tailscale:
 * suffixes that home routers add go, separators become '-', the rest that DNS
 * does not allow is dropped.
 */
#include "lib/netmap/name.h"

#include <stdio.h>
#include <string.h>

static bool
alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
label_valid(const char *s, size_t n)
{
	if (n < 1 || n > NAME_LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!alnum(s[i]) && s[i] != '-')
			return false;
	return true;
}

bool
name_label_valid(const char *s)
{
	return label_valid(s, strlen(s));
}

/* Length of 'host' without the suffixes that name no machine. */
static size_t
bare_length(const char *host)
{
	static const char *const suffixes[] = { ".local", ".localdomain", ".lan" };
	size_t n = strlen(host), k;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		k = strlen(suffixes[i]);
		if (n >= k && memcmp(host + n - k, suffixes[i], k) == 0)
			n -= k;
	}
	return n > NAME_LABEL_MAX ? NAME_LABEL_MAX : n;
}

void
name_from_hostname(const char *hostname, char out[static NAME_LABEL_MAX + 1])
{
	size_t end = bare_length(hostname), start = 0, n = 0;

	while (start < end && !alnum(lower(hostname[start])))
		start++;
	while (end > start && !alnum(lower(hostname[end - 1])))
		end--;
	for (size_t i = start; i < end; i++) {
		char c = lower(hostname[i]);
		if (alnum(c) || c == '-')
			out[n++] = c;
		else if (strchr(" .@_", c) != NULL)
			out[n++] = '-';
	}
	out[n] = '\0';
	if (n == 0)
		memcpy(out, "node", 5);
}

void
name_numbered(const char *label, unsigned n, char out[static NAME_LABEL_MAX + 1])
{
	char suffix[16];
	int keep;

	(void)snprintf(suffix, sizeof(suffix), "-%u", n);
	keep = NAME_LABEL_MAX - (int)strlen(suffix);
	(void)snprintf(out, NAME_LABEL_MAX + 1, "%.*s%s", keep, label, suffix);
}

bool
name_follows_hostname(const char *name, const char *hostname)
{
	char label[NAME_LABEL_MAX + 1], again[NAME_LABEL_MAX + 1];
	const char *dash;
	unsigned n;
	char junk;

	name_from_hostname(hostname, label);
	if (strcmp(name, label) == 0)
		return true;
	dash = strrchr(name, '-');
	if (dash == NULL || sscanf(dash + 1, "%9u%c", &n, &junk) != 1)
		return false;
	name_numbered(label, n, again);
	return strcmp(name, again) == 0;
}

void
name_shown(const char *name, int64_t id, char out[static NAME_LABEL_MAX + 1])
{
	char label[NAME_LABEL_MAX + 1];

	if (name_label_valid(name)) {
		(void)snprintf(out, NAME_LABEL_MAX + 1, "%s", name);
		return;
	}
	name_from_hostname(name, label);
	(void)snprintf(out, NAME_LABEL_MAX + 1, "%.42s-%lld", label, (long long)id);
}
