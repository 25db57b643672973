/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files by which the kernel sends signals by itself: O_ASYNC (also with F_SETSIG, on sockets,
 * terminals, inotify, perf events), leases, notifications of a POSIX message queue, dnotify, and
 * SIGURG for the owner of a socket (send_sigurg), which needs no O_ASYNC.
 *
 * Whom they are for is not told, and who sets them up may choose any process. A signal ends a wait,
 * or the process, and with it what its parent waits for. So one such file anywhere in the tree is
 * enough for nobody to be blocked for good.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runner/snapshot/internal.h"

#define BIT(signal) (UINT64_C(1) << ((signal)-1))

/* Can the kernel send a signal for it at all? Memory devices are what programs mostly have open. */
bool sender_may_be(const struct fd_entry *e)
{
	switch (e->kind) {
	case PROCFS_LINK_EVENTFD:
	case PROCFS_LINK_EPOLL:
	case PROCFS_LINK_TIMERFD:
	case PROCFS_LINK_SIGNALFD:
	case PROCFS_LINK_PIDFD:
		return false;
	default:
		return !(S_ISCHR(e->type) && major(e->rdev) == 1);
	}
}

bool tree_catches(const struct collect *c, int signo)
{
	for (size_t i = 0; i < c->s->n_processes; i++)
		if (c->s->processes[i].caught & BIT(signo))
			return true;
	return false;
}

pid_t file_owner(int fd)
{
	struct f_owner_ex owner;

	if (fcntl(fd, F_GETOWN_EX, &owner) < 0)
		return 0;
	return owner.type == F_OWNER_PGRP ? -owner.pid : owner.pid;
}

/* Somebody is told of what happens to it: F_NOTIFY sets an owner, F_SETOWN does. */
static bool is_owned(struct collect *c, size_t process, const struct fd_entry *e)
{
	cleanup(cleanup_close) int fd = process_dup_fd(c, process, e);

	return fd < 0 ? fd != -EBADF : file_owner(fd) != 0;
}

/* A queue stands at the root of a file system of its own: "/name". A read of it tells the rest. */
static bool notifies(struct collect *c, size_t process, const struct fd_entry *e)
{
	cleanup(cleanup_close) int fd = -1;
	char name[48], text[128];
	struct mq_attr attr;
	pid_t pid;
	ssize_t n;

	if (e->kind != PROCFS_LINK_PATH || !S_ISREG(e->type) || major(e->dev) != 0)
		return false;
	procfs_name(name, sizeof(name), "fd/", e->fd, "");
	n = procfs_read_link(c->aux[process].live, name, text, sizeof(text));
	if (n < 2 || memchr(text + 1, '/', (size_t)n - 1))
		return false;
	fd = process_dup_fd(c, process, e);
	if (fd < 0)
		return true; /* unknown */
	if (syscall(SYS_mq_getsetattr, fd, NULL, &attr) < 0)
		return false;
	n = pread(fd, text, sizeof(text), 0);
	return n <= 0 || procfs_parse_mqueue(text, (size_t)n, &pid) < 0 || pid != 0;
}

/* NULL, or what the file may send. */
static const char *sends(
	struct collect *c, size_t process, const struct fd_entry *e, bool catches_urgent)
{
	struct procfs_fdinfo info;

	if (e->kind == PROCFS_LINK_PERF)
		return "a perf event";
	if (S_ISDIR(e->type) && is_owned(c, process, e))
		return "a directory that sends signals (dnotify)";
	if (e->kind == PROCFS_LINK_SOCKET && catches_urgent && is_owned(c, process, e))
		return "a socket that sends SIGURG (F_SETOWN)";
	if (notifies(c, process, e))
		return "a message queue that sends a signal (mq_notify)";
	if (entry_fdinfo(c, process, e, &info) < 0)
		return NULL; /* closed meanwhile */
	if (info.flags & O_ASYNC)
		return "a file that sends signals (O_ASYNC)";
	return info.has_lease ? "a lease, for which the kernel sends a signal" : NULL;
}

static const char *sender_of(struct collect *c, size_t process, bool catches_urgent)
{
	const struct fd_table *t = process_fds(c, process);

	for (size_t i = 0; i < t->n; i++) {
		const char *why = sender_may_be(&t->entries[i])
					  ? sends(c, process, &t->entries[i], catches_urgent)
					  : NULL;

		if (why)
			return why;
	}
	/* Mapped, it needs no descriptor. */
	return maps_have(c, process, "[perf_event]") ? "a perf event" : NULL;
}

void senders_mark(struct collect *c, pid_t pid, const char *what)
{
	struct snapshot *s = c->s;

	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].rest == REST_YES)
			thread_mark_runnable(
				&s->threads[i], REST_SIGNAL, "process %d has %s", (int)pid, what);
}

void senders_judge(struct collect *c)
{
	bool catches_urgent = tree_catches(c, SIGURG);

	for (size_t i = 0; i < c->s->n_processes; i++) {
		const char *what = process_alive(c->s, i) ? sender_of(c, i, catches_urgent) : NULL;

		if (what)
			senders_mark(c, c->s->processes[i].pid, what);
	}
}
