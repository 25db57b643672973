/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files by which the kernel sends signals by itself: O_ASYNC (also with F_SETSIG, on sockets,
 * terminals, inotify, perf events), leases, notifications of a POSIX message queue, dnotify.
 *
 * Whom they are for is not told, and who sets them up may choose any process. A signal ends a wait,
 * or the process, and with it what its parent waits for. So one such file anywhere in the tree is
 * enough for nobody to be blocked for good.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runner/snapshot/internal.h"

#define BIT(signal) (UINT64_C(1) << ((signal)-1))
#define REAL_TIME (~UINT64_C(0) << 33) /* 34 and above: the libcs keep 32 and 33 */

/* Can the kernel send a signal for it at all? Memory devices are what programs mostly have open. */
static bool may_send(const struct fd_entry *e)
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

/* Any process of the tree has a handler that dnotify's signal could be meant for. */
static bool anyone_catches_io(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].caught & (BIT(SIGIO) | REAL_TIME))
			return true;
	return false;
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
		return true; /* nobody can say */
	if (syscall(SYS_mq_getsetattr, fd, NULL, &attr) < 0)
		return false;
	n = pread(fd, text, sizeof(text), 0);
	return n <= 0 || procfs_parse_mqueue(text, (size_t)n, &pid) < 0 || pid != 0;
}

/* NULL, or what the file may send. */
static const char *sends(
	struct collect *c, size_t process, const struct fd_entry *e, bool catches_io)
{
	struct procfs_fdinfo info;

	if (e->kind == PROCFS_LINK_PERF)
		return "a perf event";
	if (S_ISDIR(e->type) && catches_io)
		return "a directory, which may send SIGIO (dnotify)";
	if (notifies(c, process, e))
		return "a message queue that sends a signal (mq_notify)";
	if (entry_fdinfo(c, process, e, &info) < 0)
		return NULL; /* closed meanwhile */
	if (info.flags & O_ASYNC)
		return "a file that sends signals (O_ASYNC)";
	return info.has_lease ? "a lease, for which the kernel sends a signal" : NULL;
}

static const char *sender_of(struct collect *c, size_t process, bool catches_io)
{
	const struct fd_table *t = process_fds(c, process);

	for (size_t i = 0; i < t->n; i++) {
		const char *why = may_send(&t->entries[i])
					  ? sends(c, process, &t->entries[i], catches_io)
					  : NULL;

		if (why)
			return why;
	}
	/* Mapped, it needs no descriptor. */
	return maps_have(c, process, "[perf_event]") ? "a perf event" : NULL;
}

void senders_judge(struct collect *c)
{
	struct snapshot *s = c->s;
	bool catches_io = anyone_catches_io(s);
	const char *why = NULL;
	size_t sender = 0;

	for (; sender < s->n_processes && !why; sender += !why)
		if (process_alive(s, sender))
			why = sender_of(c, sender, catches_io);
	for (size_t i = 0; why && i < s->n_threads; i++)
		if (s->threads[i].rest == REST_YES)
			thread_mark_runnable(&s->threads[i], REST_SIGNAL, "process %d has %s",
				(int)s->processes[sender].pid, why);
}
