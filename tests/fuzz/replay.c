/*
 * tests/fuzz/replay.c -- runs a fuzz target over kept inputs, without libFuzzer.
 *
 * Every argument is a file or a folder of files.  Each input is copied to
 * memory of exactly its size, so that a sanitizer sees a read past its end.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#define PATH_ROOM 4096

static int count;

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static void
replay_file(const char *path, size_t n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(n ? n : 1);

	if (f == NULL || data == NULL || fread(data, 1, n, f) != n)
		fail(path);
	(void)fclose(f);
	(void)LLVMFuzzerTestOneInput(data, n);
	free(data);
	count++;
}

static void
replay(const char *path)
{
	char inner[PATH_ROOM];
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (stat(path, &st) != 0)
		fail(path);
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, (size_t)st.st_size);
		return;
	}
	if ((d = opendir(path)) == NULL)
		fail(path);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(inner, sizeof(inner), "%s/%s", path, e->d_name);
		replay(inner);
	}
	(void)closedir(d);
}

int
main(int argc, char **argv)
{
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (count == 0)
		(void)fprintf(stderr, "%s: no inputs\n", argv[0]);
	else
		(void)printf("%s: %d inputs\n", argv[0], count);
	return count == 0;
}
