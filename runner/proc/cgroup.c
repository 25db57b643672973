/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/proc/cgroup.h"

#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <mntent.h>
#include <sys/fanotify.h>
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

/* Of each hierarchy of version 1 with the memory of groups that a process has mounted. */
typedef bool (*each_mount_fn)(const char *path, void *data);

static bool any_mount(const char *process, each_mount_fn f, void *data)
{
	cleanup(cleanup_free) char *list = mem_printf("/proc/%s/mounts", process);
	FILE *mounts = setmntent(list, "re");
	bool found = !mounts;
	struct mntent m;
	char text[4096];

	while (!found && getmntent_r(mounts, &m, text, sizeof(text))) {
		cleanup(cleanup_free) char *path =
			mem_printf("/proc/%s/root%s", process, m.mnt_dir);

		found = !strcmp(m.mnt_type, "cgroup") && hasmntopt(&m, "memory") && f(path, data);
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

static bool is_writable(const char *path, void *data)
{
	(void)data;
	return is_writable_below(path);
}

/* --- who has asked, since we watch --- */

static struct {
	enum { NOBODY_WATCHES, WATCHING, REFUSED } state;
	int fd;
	bool asked; /* for good: whose eventfd it was is not told */
} watch;

static bool mark(const char *path, void *data)
{
	bool *failed = data;

	*failed = fanotify_mark(watch.fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_MODIFY, AT_FDCWD,
			  path) < 0;
	return true; /* all mounts of a hierarchy are one file system */
}

/* One that was there before us may have been asked for already. Also true when nobody can say. */
static bool has_eventfd(pid_t pid)
{
	cleanup(cleanup_free) char *fds = mem_printf("/proc/%d/fd", (int)pid);
	FTS *fts = fts_open((char *[]){ fds, NULL }, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	bool found = !fts;
	FTSENT *e;

	while (!found && (e = fts_read(fts))) {
		char text[64] = "";

		if (e->fts_info == FTS_D || e->fts_info == FTS_DP)
			continue;
		found = e->fts_info == FTS_DNR || e->fts_info == FTS_NS || e->fts_info == FTS_ERR ||
			(readlink(e->fts_path, text, sizeof(text) - 1) > 0 &&
				!strcmp(text, "anon_inode:[eventfd]"));
	}
	if (fts)
		fts_close(fts);
	return found;
}

void cgroup_watch(pid_t first)
{
	bool failed = true;

	watch.state = REFUSED;
	watch.asked = false;
	watch.fd = is_memory_in_use() && !has_eventfd(first)
			   ? fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK,
				     O_RDONLY | O_CLOEXEC)
			   : -1;
	if (watch.fd >= 0 && any_mount("self", mark, &failed) && !failed)
		watch.state = WATCHING;
}

void cgroup_unwatch(void)
{
	if (watch.state != NOBODY_WATCHES && watch.fd >= 0)
		close(watch.fd);
	watch.state = NOBODY_WATCHES;
}

static bool is_control(int fd)
{
	static const char name[] = "/cgroup.event_control";
	char path[32], text[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, text, sizeof(text));
	return n < (ssize_t)sizeof(name) || n == (ssize_t)sizeof(text) ||
	       !memcmp(text + n - (sizeof(name) - 1), name, sizeof(name) - 1);
}

/* What is lost, or cannot be opened any more, may have been the one. */
static bool was_asked(void)
{
	_Alignas(struct fanotify_event_metadata) char buffer[4096];
	ssize_t n;

	while (!watch.asked && (n = read(watch.fd, buffer, sizeof(buffer))) != 0) {
		const struct fanotify_event_metadata *e = (const void *)buffer;

		if (n < 0) {
			watch.asked = errno != EAGAIN && errno != EINTR;
			break;
		}
		for (; FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n)) {
			watch.asked |= e->fd < 0 || is_control(e->fd);
			if (e->fd >= 0)
				close(e->fd);
		}
	}
	return watch.asked;
}

void cgroup_watch_on(void)
{
	if (watch.state == WATCHING)
		(void)was_asked();
}

/* --- of one that was there before --- */

/* "memory.oom_control", "cgroup.event_control": by its name, for to ask the file may block. */
static bool is_of_group(const char *link)
{
	char text[4096];
	ssize_t n = readlink(link, text, sizeof(text) - 1);
	const char *name;

	if (n < 0)
		return false;
	text[n] = '\0';
	name = strrchr(text, '/');
	return name && (!strncmp(name, "/memory.", 8) || !strncmp(name, "/cgroup.", 8));
}

static bool has_group_open(pid_t pid)
{
	cleanup(cleanup_free) char *fds = mem_printf("/proc/%d/fd", (int)pid);
	FTS *fts = fts_open((char *[]){ fds, NULL }, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	bool found = !fts;
	FTSENT *e;

	while (!found && (e = fts_read(fts)))
		found = e->fts_info == FTS_DNR || is_of_group(e->fts_path);
	if (fts)
		fts_close(fts);
	return found;
}

bool cgroup_may_signal(pid_t pid)
{
	char process[16];

	if (!is_memory_in_use())
		return false;
	snprintf(process, sizeof(process), "%d", (int)pid);
	switch (watch.state) {
	case WATCHING:
		return was_asked();
	case REFUSED:
		return any_mount(process, is_writable, NULL);
	default:
		return has_group_open(pid) && any_mount(process, is_writable, NULL);
	}
}
