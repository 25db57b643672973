/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * eventfd: a reader waits for a count, a writer for room below the largest.
 *
 * What ends the wait (fs/eventfd.c): a thread that writes or reads (eventfd_write, eventfd_read),
 * and the kernel itself where a descriptor was given to it (eventfd_signal_mask: AIO, io_uring,
 * KVM, VFIO, control groups of version 1).
 */
#include <sys/sysmacros.h>

#include "runner/proc/cgroup.h"
#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

static bool is_eventfd(const struct fd_entry *e)
{
	return e->kind == PROCFS_LINK_EVENTFD;
}

/* The offset of the object of who blocks in write(2). A poll is told of an overflow, too. */
enum { BLOCKED_WRITE = 1 };

static bool holds(const struct object *o, pid_t tid, const struct fd_entry *e)
{
	(void)tid;
	return is_eventfd(e) && e->inode == o->inode;
}

static void resolve(
	struct collect *c, size_t thread, const struct fd_entry *e, bool writes, bool polled)
{
	struct object key = { .kind = OBJECT_EVENTFD,
		.wait = WAIT_EVENTFD,
		.inode = e->inode,
		.offset = writes && !polled ? BLOCKED_WRITE : 0 };
	bool new;
	size_t o;

	if (!polled)
		c->s->threads[thread].wait = WAIT_EVENTFD;
	if (e->inode == UINT64_MAX) {
		thread_mark_runnable(
			&c->s->threads[thread], REST_EXTERNAL, "eventfd without an identity");
		return;
	}
	o = object_intern(c, &key, &new);
	thread_add_object(c, thread, o);
	if (!new)
		return;
	snprintf(c->s->objects[o].name, OBJECT_MAX_NAME, "eventfd %llu",
		(unsigned long long)e->inode);
	object_add_holders(c, o, holds);
}

/* What the process has open that may signal an eventfd from inside the kernel. */
static const char *kernel_may_signal(struct collect *c, size_t process)
{
	const struct fd_table *t = process_fds(c, process);

	for (size_t i = 0; i < t->n; i++) {
		const struct fd_entry *e = &t->entries[i];

		if (e->kind == PROCFS_LINK_OTHER)
			return "a holder has a file of an unknown kind";
		/* Memory devices (null, zero, urandom) and terminals know no eventfd. */
		if (e->kind == PROCFS_LINK_PATH && S_ISCHR(e->type) && major(e->rdev) != 1 &&
			major(e->rdev) != 4 && major(e->rdev) != 5 && major(e->rdev) / 8 != 17)
			return "a holder has a device open";
	}
	return maps_have_aio(c, process) ? "a holder uses asynchronous I/O" : NULL;
}

static void settle(struct collect *c, size_t object)
{
	const struct object *o = &c->s->objects[object];
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < o->n_wakers; i++) {
		size_t process = c->s->threads[o->wakers[i]].process;
		const char *why = process == last ? NULL : kernel_may_signal(c, process);

		if (why)
			object_set_external(c, object, "%s", why);
		/* A signal adds to the count (eventfd_signal_mask), which is no room to write. */
		if (process != last && o->offset != BLOCKED_WRITE &&
			cgroup_may_signal(c->s->processes[process].pid))
			object_set_unless(
				c, object, "a control group of version 1 signals %s", o->name);
		last = process;
	}
}

static const struct wait_call calls[] = {};

WAIT_OPS(wait_eventfd_ops, calls, is_eventfd, resolve, holds, wait_is_unchanged, NULL, settle);
