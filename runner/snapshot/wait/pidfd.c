/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pidfd that is polled: it is readable once its process has ended.
 *
 * What ends the wait (kernel/exit.c, do_notify_pidfd): the last thread of the process, as it ends.
 * A process that is killed ends in the same way. (waitid(P_PIDFD) is a wait for a child: child.c.)
 */
#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

static bool is_pidfd(const struct fd_entry *e)
{
	return e->kind == PROCFS_LINK_PIDFD;
}

static size_t find_process(const struct snapshot *s, pid_t pid)
{
	size_t i = 0;

	while (i < s->n_processes && s->processes[i].pid != pid)
		i++;
	return i;
}

static void resolve(
	struct collect *c, size_t thread, const struct fd_entry *e, bool writes, bool polled)
{
	struct thread *t = &c->s->threads[thread];
	struct object key = { .kind = OBJECT_OTHER, .wait = WAIT_PIDFD, .process = t->process };
	struct procfs_fdinfo info;
	size_t o, target;
	bool new;

	(void)writes;
	(void)polled; /* a read fails at once */
	if (thread_fdinfo(c, thread, e->fd, &info) < 0 || info.pid <= 0) {
		thread_mark_runnable(t, REST_RUNNING, "pidfd %d: its process has ended", e->fd);
		return;
	}
	target = find_process(c->s, (pid_t)info.pid);
	if (target < c->s->n_processes && !process_alive(c->s, target)) {
		thread_mark_runnable(t, REST_RUNNING, "pidfd %d: its process has ended", e->fd);
		return;
	}
	key.inode = (uint64_t)info.pid;
	snprintf(key.name, sizeof(key.name), "the end of process %d (pidfd %d)", (int)info.pid,
		e->fd);
	o = object_intern(c, &key, &new);
	thread_add_object(c, thread, o);
	if (!new)
		return;
	if (target < c->s->n_processes)
		object_add_process(c, o, target);
	else
		object_set_external(c, o, "process %d is not in the tree", (int)info.pid);
}

static const struct wait_call calls[] = {};

WAIT_OPS(wait_pidfd_ops, calls, is_pidfd, resolve, NULL, wait_is_unchanged, NULL, NULL);
