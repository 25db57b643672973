/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * poll, select, epoll: any of many files wakes, so all of them must be known.
 *
 * What ends the wait: a thread that ends that on one of the files (their own kinds; the kernel
 * calls pollwake() or ep_poll_callback() from the same wake-ups); of an epoll also a thread that
 * changes its list (fs/eventpoll.c, ep_insert and ep_modify wake for what is ready already).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

#define POLL_MAX 4096
#define EPOLL_DEPTH 5 /* the kernel's own limit for nesting */
#define EVENTS_READ (POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND | POLLRDHUP)
#define EVENTS_WRITE (POLLOUT | POLLWRNORM | POLLWRBAND)

/* Errors and hang-ups are always reported: a file is waited on even with no event asked for. */
static void add_fd(struct collect *c, size_t thread, int fd, bool reads, bool writes)
{
	struct thread *t = &c->s->threads[thread];
	const struct fd_entry *e = thread_fd(c, thread, fd);

	if (!e) {
		thread_mark_runnable(
			t, REST_UNREADABLE, "polls fd %d, which is not open any more", fd);
		return;
	}
	if (reads || !writes)
		resolve_entry(c, thread, e, false, true);
	if (writes && t->rest == REST_YES)
		resolve_entry(c, thread, e, true, true);
}

/* A poll of no file ends by a signal only. */
static void finish(struct collect *c, size_t thread)
{
	struct thread *t = &c->s->threads[thread];

	t->wait = WAIT_POLL;
	if (t->rest == REST_YES && t->n_objects == 0)
		thread_mark_runnable(t, REST_SIGNAL, "waits for no file, only for a signal");
}

/* The kernel goes by the list that the call began with, and /proc does not show that one. */
static void check_list(struct collect *c, size_t thread, uint64_t address)
{
	if (!memory_is_own(c, thread, address))
		thread_set_unless(&c->s->threads[thread],
			"the list of files was changed after the call began");
}

static void resolve_poll(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	cleanup(cleanup_free) struct pollfd *fds = NULL;
	int r = -EINVAL;

	fds = mem_alloc(POLL_MAX * sizeof(*fds));
	if (call->count <= POLL_MAX)
		r = call->count ? memory_read(c, t->process, call->address, fds,
					  call->count * sizeof(*fds))
				: 0;
	if (r < 0) {
		t->wait = WAIT_POLL;
		thread_mark_runnable(t, REST_UNREADABLE, "list of poll: %s", strerror(-r));
		return;
	}
	check_list(c, thread, call->address);
	for (size_t i = 0; i < call->count && t->rest == REST_YES; i++)
		if (fds[i].fd >= 0)
			add_fd(c, thread, fds[i].fd, fds[i].events & EVENTS_READ,
				fds[i].events & EVENTS_WRITE);
	finish(c, thread);
}

static void resolve_select(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	unsigned char sets[3][POLL_MAX / 8] = { 0 };
	/* The kernel reads whole longs. */
	size_t n = (call->count + 63) / 64 * 8;
	int r = n <= sizeof(sets[0]) ? 0 : -EINVAL;

	for (size_t i = 0; i < 3 && r == 0; i++)
		if (call->sets[i] && n)
			r = memory_read(c, t->process, call->sets[i], sets[i], n);
	if (r < 0) {
		t->wait = WAIT_POLL;
		thread_mark_runnable(t, REST_UNREADABLE, "sets of select: %s", strerror(-r));
		return;
	}
	for (size_t i = 0; i < 3; i++)
		if (call->sets[i])
			check_list(c, thread, call->sets[i]);
	for (size_t fd = 0; fd < call->count && t->rest == REST_YES; fd++) {
		bool in[3];

		for (size_t i = 0; i < 3; i++)
			in[i] = sets[i][fd / 8] & (1 << fd % 8);
		if (in[0] || in[1] || in[2])
			add_fd(c, thread, (int)fd, in[0] || in[2], in[1]);
	}
	finish(c, thread);
}

/* Is the file that epoll watches as number tfd still at that number? The numbers are those of the
 * time when it was added. */
static bool epoll_target_is(const struct thread *t, int epoll_fd, int tfd)
{
	struct kcmp_epoll_slot slot = { (uint32_t)epoll_fd, (uint32_t)tfd, 0 };

	return syscall(SYS_kcmp, t->tid, t->tid, KCMP_EPOLL_TFD, tfd, &slot) == 0;
}

/* What can't be compared counts as the same: one more who can wake. But who has ended, or closed
 * the descriptor meanwhile, has it no more. */
static bool same_file(pid_t a, int a_fd, pid_t b, int b_fd)
{
	long r = syscall(SYS_kcmp, a, b, KCMP_FILE, a_fd, b_fd);

	return r == 0 || (r < 0 && errno != ESRCH && errno != EBADF);
}

/* Is it the epoll that this object stands for? */
static bool holds(const struct object *o, pid_t tid, const struct fd_entry *e)
{
	return o->kind == OBJECT_OTHER && e->kind == PROCFS_LINK_EPOLL &&
	       same_file((pid_t)o->inode, (int)o->offset, tid, e->fd);
}

/* Each process that has the epoll may add a file to it that is ready already. */
static void add_epoll(struct collect *c, size_t thread, int epoll_fd)
{
	struct thread *t = &c->s->threads[thread];
	struct object key = {
		.kind = OBJECT_OTHER,
		.wait = WAIT_POLL,
		.address = (uint64_t)epoll_fd,
		.process = t->process,
		.inode = (uint64_t)t->tid,
		.offset = (uint64_t)epoll_fd,
		.name = "epoll",
	};
	bool new;
	size_t o = object_intern(c, &key, &new);

	thread_add_object(c, thread, o);
	if (new)
		object_add_holders(c, o, holds);
}

static void add_target(struct collect *c, size_t thread, const struct procfs_epoll *e)
{
	c->edge = e->events & EPOLLET;
	add_fd(c, thread, e->fd, e->events & EVENTS_READ, e->events & EVENTS_WRITE);
	c->edge = false;
}

static void add_epoll_targets(struct collect *c, size_t thread, int epoll_fd, int depth)
{
	struct thread *t = &c->s->threads[thread];
	cleanup(cleanup_free) char *text = NULL;
	struct procfs_epoll e;
	struct scan s;
	char name[64];
	ssize_t n;

	/* task/TID/fdinfo/FD */
	procfs_name(name, sizeof(name), "task/", t->tid, "/fdinfo/");
	procfs_name(name + strlen(name), sizeof(name) - strlen(name), "", epoll_fd, "");
	n = procfs_read_all(c->aux[t->process].dir, name, &text);
	if (n < 0 || depth > EPOLL_DEPTH) {
		thread_mark_runnable(t, REST_UNREADABLE, "epoll fd %d can't be read", epoll_fd);
		return;
	}
	add_epoll(c, thread, epoll_fd);
	s = scan_text(text, (size_t)n);
	while (t->rest == REST_YES && procfs_next_epoll(&s, &e)) {
		const struct fd_entry *entry = thread_fd(c, thread, e.fd);

		if (!entry || !epoll_target_is(t, epoll_fd, e.fd))
			thread_mark_runnable(
				t, REST_EXTERNAL, "epoll watches what was fd %d", e.fd);
		else if (entry->kind == PROCFS_LINK_EPOLL)
			add_epoll_targets(c, thread, e.fd, depth + 1);
		else
			add_target(c, thread, &e);
	}
}

static void resolve_epoll(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	const struct fd_entry *e = thread_fd(c, thread, call->fd);

	t->wait_fd = call->fd;
	if (!e || e->kind != PROCFS_LINK_EPOLL)
		thread_mark_runnable(t, REST_UNREADABLE, "fd %d is no epoll any more", call->fd);
	else
		add_epoll_targets(c, thread, call->fd, 0);
	finish(c, thread);
}

#ifdef SYS_poll
static void decode_poll(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
	c->count = (unsigned)a[1];
	if ((int)a[2] >= 0)
		call_set_timed(c, "timeout");
}
#endif

static void decode_ppoll(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
	c->count = (unsigned)a[1];
	if (a[2])
		call_set_timed(c, "timeout");
}

/* select and pselect6 */
static void decode_select(const uint64_t a[6], struct call *c)
{
	c->count = (int)a[0] < 0 ? 0 : (uint64_t)(int)a[0];
	for (size_t i = 0; i < 3; i++)
		c->sets[i] = a[1 + i];
	if (a[4])
		call_set_timed(c, "timeout");
}

/* epoll_wait and epoll_pwait */
static void decode_epoll(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	if ((int)a[3] >= 0)
		call_set_timed(c, "timeout");
}

#ifdef SYS_epoll_pwait2
static void decode_epoll2(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	if (a[3])
		call_set_timed(c, "timeout");
}
#endif

static const struct wait_call calls[] = {
#ifdef SYS_poll
	WAIT_CALL(poll, decode_poll, resolve_poll),
	WAIT_CALL(select, decode_select, resolve_select),
	WAIT_CALL(epoll_wait, decode_epoll, resolve_epoll),
#endif
	WAIT_CALL(ppoll, decode_ppoll, resolve_poll),
	WAIT_CALL(pselect6, decode_select, resolve_select),
	WAIT_CALL(epoll_pwait, decode_epoll, resolve_epoll),
#ifdef SYS_epoll_pwait2
	WAIT_CALL(epoll_pwait2, decode_epoll2, resolve_epoll),
#endif
};

WAIT_OPS(wait_poll_ops, calls, NULL, NULL, holds, wait_is_unchanged, NULL, NULL);
