/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shared memory with a name: any process that knows it may map the memory later.
 *
 * The name in /proc/PID/maps is the one that the file was opened by, and says "(deleted)" when that
 * is gone, even if the file has another: glibc's sem_open() makes a semaphore under a temporary
 * name and links it to its own. So the file's links are counted, where that is permitted, and else
 * its file system is searched, if it is a single directory.
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

static bool is_below(const struct dirent *e)
{
	return (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) && strcmp(e->d_name, ".") != 0 &&
	       strcmp(e->d_name, "..") != 0;
}

static bool is_top_of_file_system(int dir)
{
	struct stat own, above;

	return fstat(dir, &own) == 0 && fstatat(dir, "..", &above, 0) == 0 &&
	       own.st_dev != above.st_dev;
}

/* Could the file system of the directory hold the file, under whatever name? No only where it is
 * that directory alone (/dev/shm), and can be read. */
static bool directory_holds(int process_dir, const char *path, uint64_t inode)
{
	cleanup(cleanup_close) int dir =
		openat(process_dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = dir < 0 || !is_top_of_file_system(dir) ? NULL : fdopendir(dir);
	const struct dirent *e;
	bool holds = !d;

	if (!d)
		return true;
	dir = -1;
	while (!holds && (e = readdir(d)))
		holds = e->d_ino == inode || is_below(e);
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

bool file_is_plain(int process_dir, uint64_t dev)
{
	static const char *const plain[] = { "ext2", "ext3", "ext4", "xfs", "f2fs", "tmpfs",
		"ramfs", "hugetlbfs", "devtmpfs" };
	cleanup(cleanup_free) char *text = NULL;
	ssize_t n = procfs_read_all(process_dir, "mountinfo", &text);
	struct scan s = scan_text(text, n > 0 ? (size_t)n : 0);
	struct procfs_mount mount;

	while (procfs_next_mount(&s, &mount)) {
		if (mount.dev != dev)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
			if (scan_equals(&mount.type, plain[i]))
				return true;
		return false;
	}
	return false;
}

/* Memory of the kernel's own: MAP_ANONYMOUS, memfd_create(), and the same of huge pages. */
static bool is_nameless(const struct procfs_map *map)
{
	return starts_with(&map->name, "/dev/zero (deleted)") ||
	       starts_with(&map->name, "/memfd:") ||
	       starts_with(&map->name, "/anon_hugepage (deleted)");
}

bool memory_is_plain(const struct collect *c, size_t process, const struct procfs_map *map)
{
	return is_nameless(map) || starts_with(&map->name, "/SYSV") ||
	       file_is_plain(c->aux[process].live, map->dev);
}

bool memory_has_name(const struct collect *c, size_t process, const struct procfs_map *map)
{
	int r;

	if (is_nameless(map))
		return false;
	/* System V keys are names. */
	if (starts_with(&map->name, "/SYSV"))
		return true;
	r = count_links(c, process, map);
	return r < 0 ? is_findable(c, process, map) : r;
}
