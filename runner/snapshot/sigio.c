/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files beyond the tree for which the kernel may send SIGIO to a process of it: O_ASYNC, with
 * F_SETOWN. Asked only for programs that catch SIGIO (GNU sort does). Whoever may not be looked
 * into is of another user or root; such a signal would be an act from outside (docs/proof.md).
 */
#include <errno.h>
#include <fcntl.h>

#include "runner/snapshot/internal.h"

struct sigio {
	struct collect *c;
	int process_dir;
};

static int look_at_fd(void *data, int fd)
{
	const struct sigio *s = data;
	struct procfs_fdinfo info;

	return fdinfo_read(s->process_dir, fd, &info) == 0 && (info.flags & O_ASYNC);
}

static bool is_in_tree(const struct snapshot *s, pid_t pid)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].pid == pid)
			return true;
	return false;
}

static int look_at_process(void *data, int pid)
{
	struct sigio *s = data;
	cleanup(cleanup_close) int dir = -1, fds = -1;
	char name[32];

	if (is_in_tree(s->c->s, pid))
		return 0;
	procfs_name(name, sizeof(name), "", pid, "");
	dir = openat(s->c->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds = dir < 0 ? -1 : openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fds < 0)
		return 0;
	s->process_dir = dir;
	return procfs_each_number(fds, look_at_fd, s) > 0;
}

bool sigio_from_outside(struct collect *c)
{
	struct sigio s = { .c = c };

	if (!c->sigio_known)
		c->sigio = procfs_each_number(c->proc, look_at_process, &s) != 0;
	c->sigio_known = true;
	return c->sigio;
}
