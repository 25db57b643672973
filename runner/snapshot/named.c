/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shared memory with a name: whoever knows it may map the memory later.
 *
 * The name in /proc/PID/maps is the one that the file was opened by, and says "(deleted)" when that
 * is gone, even if the file has another: glibc's sem_open() makes a semaphore under a temporary
 * name and links it to its own. So the file's links are counted, where that is permitted, and else
 * its directory is searched.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "runner/snapshot/internal.h"

static bool starts_with(const struct scan *name, const char *prefix)
{
	struct scan s = *name;

	return scan_literal(&s, prefix);
}

/* 1 linked, 0 not, -errno: ask otherwise. Needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE. */
static int count_links(const struct collect *c, size_t process, const struct procfs_map *map)
{
	char name[80];
	struct statx st;

	snprintf(name, sizeof(name), "map_files/%llx-%llx", (unsigned long long)map->begin,
		(unsigned long long)map->end);
	if (statx(c->aux[process].live, name, AT_STATX_DONT_SYNC, STATX_NLINK, &st) < 0)
		return -errno;
	return st.stx_nlink > 0;
}

/* Does the directory hold the file, under whatever name? True also when nobody can say. */
static bool directory_holds(int process_dir, const char *path, uint64_t inode)
{
	cleanup(cleanup_close) int dir =
		openat(process_dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = dir < 0 ? NULL : fdopendir(dir);
	const struct dirent *e;
	bool holds = !d;

	if (!d)
		return true;
	dir = -1;
	while (!holds && (e = readdir(d)))
		holds = e->d_ino == inode;
	closedir(d);
	return holds;
}

static bool is_findable(const struct collect *c, size_t process, const struct procfs_map *map)
{
	static const char deleted[] = " (deleted)";
	size_t n = scan_left(&map->name), d = sizeof(deleted) - 1;
	char path[4200];
	const char *slash;

	if (n < d || memcmp(map->name.p + n - d, deleted, d) != 0)
		return true;
	slash = memrchr(map->name.p, '/', n - d);
	if (!slash || n > sizeof(path) - 8)
		return true;
	/* Below the process's own root. */
	snprintf(path, sizeof(path), "root%.*s/", (int)(slash - map->name.p), map->name.p);
	return directory_holds(c->aux[process].live, path, map->inode);
}

bool memory_has_name(const struct collect *c, size_t process, const struct procfs_map *map)
{
	int r;

	/* MAP_ANONYMOUS, memfd_create(), and the same of huge pages; System V keys are names. */
	if (starts_with(&map->name, "/dev/zero (deleted)") || starts_with(&map->name, "/memfd:") ||
		starts_with(&map->name, "/anon_hugepage (deleted)"))
		return false;
	if (starts_with(&map->name, "/SYSV"))
		return true;
	r = count_links(c, process, map);
	return r < 0 ? is_findable(c, process, map) : r;
}
