/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/proc/cgroup.h"

#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <mntent.h>
#include <unistd.h>

/* Groups that are looked at; more than that, and nobody can say. */
#define MAX_GROUPS 1000

/* "memory HIERARCHY GROUPS ENABLED"; hierarchy 0 is that of version 2. */
bool cgroup_parse_memory(const char *text, size_t n)
{
	struct scan s = scan_text(text, n), line, name;
	uint64_t hierarchy;

	while (scan_line(&s, &line)) {
		if (!scan_word(&line, &name) || !scan_equals(&name, "memory"))
			continue;
		scan_blanks(&line);
		return !scan_u64(&line, 10, &hierarchy) || hierarchy > 0;
	}
	return false;
}

static bool is_memory_in_use(void)
{
	cleanup(cleanup_free) char *text = NULL;
	ssize_t n = procfs_read_all(procfs_directory(), "cgroups", &text);

	return n < 0 ? n != -ENOENT : cgroup_parse_memory(text, (size_t)n);
}

/* Some group at or below this folder takes orders from the caller. */
static bool is_writable_below(const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT | FTS_XDEV, NULL);
	int groups = 0;
	bool found = !fts;
	FTSENT *e;

	while (!found && (e = fts_read(fts))) {
		cleanup(cleanup_free) char *control = NULL;

		if (e->fts_info != FTS_D)
			continue;
		control = mem_printf("%s/cgroup.event_control", e->fts_path);
		found = ++groups > MAX_GROUPS ||
			faccessat(AT_FDCWD, control, W_OK, AT_EACCESS) == 0;
	}
	if (fts)
		fts_close(fts);
	return found;
}

static bool is_writable_somewhere(pid_t pid)
{
	cleanup(cleanup_free) char *list = mem_printf("/proc/%d/mounts", (int)pid);
	FILE *mounts = setmntent(list, "re");
	bool found = !mounts;
	struct mntent m;
	char text[4096];

	while (!found && getmntent_r(mounts, &m, text, sizeof(text))) {
		cleanup(cleanup_free) char *path =
			mem_printf("/proc/%d/root%s", (int)pid, m.mnt_dir);

		found = !strcmp(m.mnt_type, "cgroup") && hasmntopt(&m, "memory") &&
			is_writable_below(path);
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

bool cgroup_may_signal(pid_t pid)
{
	return is_memory_in_use() && is_writable_somewhere(pid);
}
