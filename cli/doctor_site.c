/*
 * cli/doctor_site.c -- in which file of this machine a web server has the host.
 *
 * Only where Debian puts sites: a path that is wrong helps less than "the file of this host".
 */
#include "cli/doctor.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "cli/setup.h"
#include "lib/base/file.h"

#define SITES_MAX 200

static const enum setup_server rows[SERVER_COUNT] = {
	[SERVER_LIGHTTPD] = SETUP_LIGHTTPD, [SERVER_APACHE] = SETUP_APACHE,
	[SERVER_CADDY] = SETUP_CADDY, [SERVER_NGINX] = SETUP_NGINX,
};

static bool
begins_site(const struct setup_row *row, struct str line, const char *host)
{
	for (size_t i = 0; i < 3 && row->names[i] != NULL; i++)
		if (str_starts(line, row->names[i]) && setup_names_host(line, host))
			return row->names[i][0] != '\0' || str_ends(line, "{");
	return false;
}

/* The number of the first line that names the host, 0 if none does. */
static size_t
line_in(struct doctor *d, const struct setup_row *row, const char *path)
{
	struct str text, line;
	size_t n = 0;

	if (file_read(d->arena, path, SETUP_FILE_MAX, &text) != NULL)
		return 0;
	while (str_cut(&text, '\n', &line)) {
		n++;
		line = str_trim(line);
		if (line.n > 0 && line.p[0] != '#' && begins_site(row, line, d->url.host))
			return n;
	}
	return 0;
}

static const char *
look_in(struct doctor *d, const struct setup_row *row, const char *path)
{
	size_t line = line_in(d, row, path);

	return line > 0 ? arena_printf(d->arena, "%s:%zu", path, line) : NULL;
}

const char *
doctor_site(struct doctor *d, enum doctor_server server)
{
	const struct setup_row *row = &setup_rows[rows[server]];
	const char *folder = row->folder != NULL ? row->folder : "/etc/caddy", *found;
	struct dirent **all = NULL;
	int n;

	if ((d->facts & FACT_CONFIG) == 0)
		return NULL;
	found = look_in(d, row, row->main_file);
	n = scandir(folder, &all, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (found == NULL && i < SITES_MAX && all[i]->d_name[0] != '.')
			found = look_in(d, row, arena_printf(d->arena, "%s/%s", folder, all[i]->d_name));
		free(all[i]);
	}
	free(all);
	return found;
}
