/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/blocked_facts.h"

#include "runner/explain/program.h"
#include "runner/proc/open.h"
#include "runner/base/util.h"

#include <dirent.h>
#include <fcntl.h>

void blocked_read_link(const struct process *p, int fd, char *ret_name, size_t size)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/fd/%d", (int)p->pid, fd);
	ssize_t n = procfs_readlink(path, ret_name, size - 1);

	ret_name[n > 0 ? n : 0] = 0;
}

size_t blocked_find_by_link(const struct snapshot *s, const char *wanted)
{
	for (size_t i = 0; i < s->n_processes; i++) {
		cleanup(cleanup_free) char *path = mem_printf("%d/fd", (int)s->processes[i].pid);
		int dir = procfs_open(path, O_RDONLY | O_DIRECTORY);
		DIR *d = dir < 0 ? NULL : fdopendir(dir);
		char link[64];
		bool found = false;

		for (struct dirent *e; d && !found && (e = readdir(d));) {
			ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);

			link[n > 0 ? n : 0] = 0;
			found = n > 0 && !strcmp(link, wanted);
		}
		if (d)
			closedir(d);
		if (found)
			return i;
	}
	return SIZE_MAX;
}

char *blocked_name_process(const struct snapshot *s, size_t process, const struct thread *t)
{
	cleanup(cleanup_free) char *command = NULL;

	if (process == t->process)
		return mem_strdup("this very process");
	command = program_read(s->processes[process].pid);
	return mem_printf("%s (pid %d)", command ? command : s->processes[process].comm,
		(int)s->processes[process].pid);
}
