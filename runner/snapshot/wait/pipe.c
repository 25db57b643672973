/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pipes and FIFOs.
 *
 * What ends the wait (fs/pipe.c): a reader's, a thread that writes (pipe_write,
 * iter_file_splice_write) or closes the last writing end (pipe_release); a writer's, a thread that
 * reads (pipe_read, splice), closes the last reading end, or makes the pipe larger
 * (pipe_resize_ring). All of them need a descriptor.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

static bool is_pipe(const struct fd_entry *e)
{
	return e->kind == PROCFS_LINK_PIPE || (e->kind == PROCFS_LINK_PATH && S_ISFIFO(e->type));
}

static bool holds(const struct object *o, pid_t tid, const struct fd_entry *e)
{
	(void)tid;
	return e->inode == o->inode && e->dev == o->dev && is_pipe(e) &&
	       (o->wait == WAIT_PIPE_WRITE ? e->read : e->write);
}

/* Any end of the pipe that the tree has, NULL none; *ret_process has it. */
static const struct fd_entry *find_end(
	struct collect *c, const struct object *o, size_t *ret_process)
{
	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct fd_table *t = process_fds(c, i);

		*ret_process = i;
		for (size_t j = 0; j < t->n; j++)
			if (is_pipe(&t->entries[j]) && !t->entries[j].tid &&
				t->entries[j].inode == o->inode && t->entries[j].dev == o->dev)
				return &t->entries[j];
	}
	return NULL;
}

/* Both questions take the pipe's mutex. */
static void measure(struct collect *c, size_t object)
{
	size_t process;
	const struct fd_entry *e = find_end(c, &c->s->objects[object], &process);
	cleanup(cleanup_close) int fd = e ? process_dup_fd(c, process, e) : -1;
	int fill, size;

	if (fd < 0)
		return;
	size = fcntl(fd, F_GETPIPE_SZ);
	if (size > 0 && ioctl(fd, FIONREAD, &fill) == 0) {
		c->s->objects[object].capacity = size;
		c->s->objects[object].fill = fill;
	}
}

/* Any process that finds the name may open it, for either direction. */
static void set_named(struct collect *c, size_t process, const struct fd_entry *e, size_t object)
{
	char name[48], path[OBJECT_MAX_NAME];
	ssize_t n;

	procfs_name(name, sizeof(name), "fd/", e->fd, "");
	n = procfs_read_link(c->aux[process].live, name, path, sizeof(path));
	object_set_unless(
		c, object, "somebody opens %.*s", n > 0 ? (int)n : 6, n > 0 ? path : "a FIFO");
}

static size_t object_for(
	struct collect *c, size_t process, const struct fd_entry *e, enum wait_kind wait)
{
	struct object key = {
		.kind = OBJECT_PIPE,
		.wait = wait,
		.dev = e->dev,
		.inode = e->inode,
	};
	bool new;
	size_t o = object_intern(c, &key, &new);

	if (!new)
		return o;
	snprintf(c->s->objects[o].name, OBJECT_MAX_NAME, "%s:[%llu]",
		e->kind == PROCFS_LINK_PIPE ? "pipe" : "fifo", (unsigned long long)e->inode);
	object_add_holders(c, o, holds);
	if (e->kind == PROCFS_LINK_PATH && e->linked)
		set_named(c, process, e, o);
	/* A ring may be mapped and not open, and its requests keep files that no fd shows. */
	if (maps_have_aio(c, process))
		object_set_external(c, o, "its process uses asynchronous I/O");
	return o;
}

static void resolve(
	struct collect *c, size_t thread, const struct fd_entry *e, bool writes, bool polled)
{
	struct thread *t = &c->s->threads[thread];
	/* Asking a one-way end for the other direction waits for that end's peer too. */
	enum wait_kind wait = (writes && e->write) || !e->read ? WAIT_PIPE_WRITE : WAIT_PIPE_READ;

	if (polled && c->edge && wait == WAIT_PIPE_READ)
		wait = WAIT_PIPE_EDGE;
	thread_add_object(c, thread, object_for(c, t->process, e, wait));
	if (!polled)
		t->wait = wait;
}

/* A reader's pipe is empty, a writer's is not. A thread that waits for an edge has been told of
 * what is in it, and is told again only of what comes. */
static bool is_quiet(const struct object *a, const struct object *b)
{
	if (!wait_is_unchanged(a, b))
		return false;
	if (b->wait == WAIT_PIPE_EDGE)
		return true;
	return b->wait == WAIT_PIPE_READ ? b->fill <= 0 : b->fill != 0 || b->capacity < 0;
}

/* The kernel itself writes where somebody walks into an automount (autofs_notify_daemon). */
static bool is_of_automount(struct collect *c, size_t process, uint64_t inode)
{
	cleanup(cleanup_free) char *text = NULL;
	ssize_t n = procfs_read_all(c->aux[process].live, "mountinfo", &text);
	struct scan s = scan_text(text, n > 0 ? (size_t)n : 0);
	struct procfs_mount mount;
	char option[64];

	snprintf(option, sizeof(option), "pipe_ino=%llu", (unsigned long long)inode);
	while (procfs_next_mount(&s, &mount))
		if (scan_equals(&mount.type, "autofs") &&
			memmem(mount.options.p, scan_left(&mount.options), option, strlen(option)))
			return true;
	return false;
}

static void settle(struct collect *c, size_t object)
{
	const struct object *o = &c->s->objects[object];
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < o->n_wakers; i++) {
		size_t process = c->s->threads[o->wakers[i]].process;

		if (process != last && is_of_automount(c, process, o->inode))
			object_set_external(c, object, "the kernel writes to it for an automount");
		last = process;
	}
}

/* Reads and writes are calls on any file: wait/descriptor.c. */
static const struct wait_call calls[] = {};

WAIT_OPS(wait_pipe_ops, calls, is_pipe, resolve, holds, is_quiet, measure, settle);
