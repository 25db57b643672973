/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/learned.h"

#include "runner/base/util.h"

#include <errno.h>
#include <sys/stat.h>

#define MAX_FILE (1 << 20)

/* NULL: nowhere to remember. */
static char *cache_path(const char *kind, const char *name, bool create)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *dir cleanup(cleanup_free) = NULL, *parent cleanup(cleanup_free) = NULL;

	if (!name[0])
		return NULL;
	if (cache && cache[0] == '/')
		parent = mem_strdup(cache);
	else if (home && home[0] == '/')
		parent = mem_printf("%s/.cache", home);
	else
		return NULL;
	dir = mem_printf("%s/hangrate", parent);
	if (create && ((mkdir(parent, 0700) < 0 && errno != EEXIST) ||
			      (mkdir(dir, 0700) < 0 && errno != EEXIST)))
		return NULL;
	return mem_printf("%s/%s-%s", dir, kind, name);
}

char *learned_read(const char *kind, const char *name, size_t *ret_len)
{
	char *path cleanup(cleanup_free) = cache_path(kind, name, false);
	FILE *f cleanup(cleanup_fclose) = path ? fopen(path, "re") : NULL;
	char *text;

	if (!f)
		return NULL;
	text = mem_alloc(MAX_FILE + 1);
	*ret_len = fread(text, 1, MAX_FILE, f);
	return text;
}

/* Renamed into place: another campaign may read at this moment. */
void learned_write(const char *kind, const char *name, const char *text)
{
	char *path cleanup(cleanup_free) = cache_path(kind, name, true);
	char *part cleanup(cleanup_free) = NULL;
	FILE *f;
	bool good;

	if (!path)
		return;
	part = mem_printf("%s.%d", path, (int)getpid());
	f = fopen(part, "we");
	if (!f)
		return;
	good = fputs(text, f) >= 0;
	good &= fclose(f) == 0;
	if (!good || rename(part, path) < 0)
		unlink(part);
}
