/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/callers.h"

#include "runner/base/util.h"

#include <fcntl.h>
#include <sys/stat.h>

bool callers_same_process(pid_t a, pid_t b)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", (int)a, (int)b);
	return access(path, F_OK) == 0;
}

/* What the thread that forks holds itself is free in its child: it is the child's only thread. */
bool callers_may_hold_for(pid_t forker, pid_t caller)
{
	return caller != forker && callers_same_process(forker, caller);
}

bool callers_others(const struct callers *c, pid_t tid)
{
	for (size_t i = 0; i < c->n; i++)
		if (callers_may_hold_for(tid, c->tid[i]))
			return true;
	return false;
}

void callers_add(struct callers *c, pid_t tid)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->tid[i] == tid)
			return;
	if (c->n < CALLERS_MAX)
		c->tid[c->n++] = tid;
}

void callers_read_children(pid_t tid, char *buf, size_t size)
{
	char path[64];
	int fd cleanup(cleanup_close) = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)tid, (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
}

bool callers_has_threads(pid_t tid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)tid);
	return stat(path, &st) == 0 && st.st_nlink > 3; /* one, "." and ".." */
}
