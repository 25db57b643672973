/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * POSIX message queues.
 *
 * What ends the wait (ipc/mqueue.c): a receiver's, a thread that sends (do_mq_timedsend,
 * pipelined_send); a sender's, a thread that receives (do_mq_timedreceive, pipelined_receive). Both
 * need a descriptor. Closing and unlinking wake no thread. While the queue has its name, anyone in
 * the IPC namespace may open it.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <sys/syscall.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

static bool holds(const struct object *o, pid_t tid, const struct fd_entry *e)
{
	(void)tid;
	return e->kind == PROCFS_LINK_PATH && e->type && e->inode == o->inode && e->dev == o->dev &&
	       (o->wait == WAIT_MQ_RECEIVE ? e->write : e->read);
}

/* Messages in it, and how many it takes. */
static void measure(struct collect *c, size_t process, const struct fd_entry *e, struct object *o)
{
	cleanup(cleanup_close) int fd = process_dup_fd(c, process, e);
	struct mq_attr attr;

	if (fd < 0 || syscall(SYS_mq_getsetattr, fd, NULL, &attr) < 0)
		return;
	o->fill = attr.mq_curmsgs;
	o->capacity = attr.mq_maxmsg;
}

/* "/name", or "/name (deleted)" once it is unlinked: a queue may be called so as well. */
static void read_name(struct collect *c, size_t process, int fd, struct object *o)
{
	char file[48], link[OBJECT_MAX_NAME] = "";

	procfs_name(file, sizeof(file), "fd/", fd, "");
	if (procfs_read_link(c->aux[process].live, file, link, sizeof(link) - 1) < 0)
		link[0] = '\0';
	snprintf(o->name, sizeof(o->name), "message queue %.70s", link);
}

static void resolve_mq(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	const struct fd_entry *e = thread_fd(c, thread, call->fd);
	struct object key = { .kind = OBJECT_FILE };
	bool new;
	size_t o;

	t->wait = call->access == ACCESS_WRITE ? WAIT_MQ_SEND : WAIT_MQ_RECEIVE;
	t->wait_fd = call->fd;
	if (!e || e->kind != PROCFS_LINK_PATH || !e->type) {
		thread_mark_runnable(
			t, REST_UNREADABLE, "%s: fd %d is no queue any more", call->name, call->fd);
		return;
	}
	key.wait = t->wait;
	key.dev = e->dev;
	key.inode = e->inode;
	o = object_intern(c, &key, &new);
	thread_add_object(c, thread, o);
	if (!new)
		return;
	read_name(c, t->process, call->fd, &c->s->objects[o]);
	object_add_holders(c, o, holds);
	measure(c, t->process, e, &c->s->objects[o]);
	/* Anyone may open it. */
	if (e->linked && ipc_is_closed(c, t->process))
		object_add_everyone(c, o);
	else if (e->linked)
		object_set_unless(c, o, "somebody opens %s", c->s->objects[o].name);
}

/* A receiver's queue is empty, a sender's is full. */
static bool is_quiet(const struct object *a, const struct object *b)
{
	if (!wait_is_unchanged(a, b))
		return false;
	return b->wait == WAIT_MQ_RECEIVE ? b->fill <= 0 : b->fill < 0 || b->fill >= b->capacity;
}

/* mq_timedsend(queue, text, size, priority, timeout), and mq_timedreceive() alike */
static void decode_receive(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	if (a[4])
		call_set_timed(c, "timeout");
}

static void decode_send(const uint64_t a[6], struct call *c)
{
	c->access = ACCESS_WRITE;
	decode_receive(a, c);
}

static const struct wait_call calls[] = {
	WAIT_CALL(mq_timedsend, decode_send, resolve_mq),
	WAIT_CALL(mq_timedreceive, decode_receive, resolve_mq),
};

WAIT_OPS(wait_mqueue_ops, calls, NULL, NULL, holds, is_quiet, NULL, NULL);
