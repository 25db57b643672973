/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/freeze.h"

#include "runner/base/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

/* "PID PID ...", of one thread. */
static void add_children(struct freeze *f, int task, const char *tid)
{
	char path[280], text[4096];
	int list, pid = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/children", tid);
	list = openat(task, path, O_RDONLY | O_CLOEXEC);
	while (list >= 0 && (n = read(list, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] != ' ') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			if (pid && f->n < FREEZE_MAX)
				f->pids[f->n++] = pid;
			pid = 0;
		}
	if (list >= 0)
		close(list);
}

/* Any thread may have forked. */
static void add_children_of(struct freeze *f, pid_t pid)
{
	char path[32], entries[4096] __attribute__((aligned(8)));
	long n;
	int task;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	task = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (task >= 0 && (n = syscall(SYS_getdents64, task, entries, sizeof(entries))) > 0)
		for (long at = 0; at < n;) {
			const struct dirent64 *e = (const void *)(entries + at);

			if (e->d_name[0] != '.')
				add_children(f, task, e->d_name);
			at += e->d_reclen;
		}
	if (task >= 0)
		close(task);
}

/* Or dead; not to be read means gone. */
static bool has_stopped(pid_t pid)
{
	char path[32], text[256], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	end = strrchr(text, ')');
	return !end || strchr("TtZX", end[2]);
}

bool freeze_pass(struct freeze *f, pid_t of)
{
	bool all = true;

	f->before = f->n;
	f->n = 0;
	add_children_of(f, of);
	for (int i = 0; i < f->n; i++) {
		kill(f->pids[i], SIGSTOP);
		add_children_of(f, f->pids[i]);
		all &= has_stopped(f->pids[i]);
	}
	return (all && f->n == f->before) || ++f->passes >= FREEZE_PASSES;
}
