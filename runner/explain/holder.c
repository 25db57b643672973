/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who beyond the tree has a pipe open that is read here: the background job that keeps the output
 * of its parent. Where something in the tree lives, nobody has looked for it before, for it would
 * prove nothing.
 */
#include "runner/explain/internal.h"

#include "runner/explain/program.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/base/util.h"

#include <dirent.h>
#include <fcntl.h>

struct search {
	const struct explanation *e;
	size_t left; /* descriptors that may still be looked at */
};

/* Read here, and nobody else in the tree could write to it. */
static bool is_wanted(const struct explanation *e, size_t object)
{
	const struct object *o = &e->s->objects[object];

	if ((o->wait != WAIT_PIPE_READ && o->wait != WAIT_PIPE_EDGE) || e->strangers[object])
		return false;
	for (size_t i = 1; i < o->n_wakers; i++)
		if (e->s->threads[o->wakers[i]].process != e->s->threads[o->wakers[0]].process)
			return false;
	return true;
}

static void note(const struct explanation *e, uint64_t inode, pid_t pid)
{
	for (size_t i = 0; i < e->s->n_objects; i++) {
		cleanup(cleanup_free) char *command = NULL;

		if (e->s->objects[i].inode != inode || !is_wanted(e, i))
			continue;
		command = program_read(pid);
		if (command)
			e->strangers[i] =
				mem_printf("%s (pid %d, outside this tree)", command, (int)pid);
	}
}

static int search_process(void *arg, int pid)
{
	struct search *s = arg;
	cleanup(cleanup_free) char *path = mem_printf("%d/fd", pid);
	int dir;
	DIR *d;

	for (size_t i = 0; i < s->e->s->n_processes; i++)
		if (s->e->s->processes[i].pid == pid)
			return 0;
	dir = procfs_open(path, O_RDONLY | O_DIRECTORY);
	d = dir < 0 ? NULL : fdopendir(dir);
	for (struct dirent *f; d && s->left && (f = readdir(d)); s->left--) {
		unsigned long long inode;
		char link[64];
		ssize_t n = readlinkat(dirfd(d), f->d_name, link, sizeof(link) - 1);

		link[n > 0 ? n : 0] = 0;
		if (sscanf(link, "pipe:[%llu]", &inode) == 1)
			note(s->e, inode, pid);
	}
	if (d)
		closedir(d);
	return s->left ? 0 : 1;
}

void explain_find_strangers(struct explanation *e)
{
	enum { MAX_FILES = 1 << 14 };
	struct search s = { e, MAX_FILES };
	bool wanted = false;
	int proc;

	for (size_t i = 0; i < e->s->n_objects && !wanted; i++)
		wanted = is_wanted(e, i);
	proc = wanted ? procfs_open(".", O_RDONLY | O_DIRECTORY) : -1;
	if (proc < 0)
		return;
	procfs_each_number(proc, search_process, &s);
	close(proc);
}
