/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/snapshot/call.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "runner/base/util.h"

#ifndef SYS_futex_wait
#define SYS_futex_wait 455 /* the same on every architecture, since 6.7 */
#endif
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#define FUTEX2_PRIVATE 128 /* FUTEX2_* flags of futex_waitv and futex_wait */
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

typedef void (*decode_fn)(const uint64_t a[6], struct call *c);

static void timed(struct call *c, const char *limit)
{
	c->kind = CALL_TIMED;
	c->limit = limit;
}

static void decode_futex(const uint64_t a[6], struct call *c)
{
	unsigned op = (unsigned)a[1] & (unsigned)FUTEX_CMD_MASK;

	if (op != FUTEX_WAIT && op != FUTEX_WAIT_BITSET && op != FUTEX_LOCK_PI &&
		op != FUTEX_LOCK_PI2 && op != FUTEX_WAIT_REQUEUE_PI) {
		c->kind = CALL_UNKNOWN;
		return;
	}
	c->address = a[0];
	c->private = a[1] & FUTEX_PRIVATE_FLAG;
	if (a[3])
		timed(c, "timeout");
}

static void decode_futexv(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
	c->count = (unsigned)a[1];
	if (a[3])
		timed(c, "timeout");
}

/* futex_wait(uaddr, val, mask, flags, timespec, clock) */
static void decode_futex_wait(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
	c->private = a[3] & FUTEX2_PRIVATE;
	if (a[4])
		timed(c, "timeout");
}

static void decode_fd(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
}

static void decode_recvmmsg(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	if (a[4])
		timed(c, "timeout");
}

static void decode_wait4(const uint64_t a[6], struct call *c)
{
	int pid = (int)a[0];

	if (pid > 0)
		c->children = CHILDREN_PID;
	else if (pid != -1)
		c->children = CHILDREN_GROUP;
	c->id = pid < -1 ? -(int64_t)pid : pid;
}

static void decode_waitid(const uint64_t a[6], struct call *c)
{
	c->id = (int)a[1];
	switch ((int)a[0]) {
	case P_ALL:
		break;
	case P_PID:
		c->children = CHILDREN_PID;
		break;
	case P_PGID:
		c->children = CHILDREN_GROUP;
		break;
	case P_PIDFD:
		c->children = CHILDREN_PIDFD;
		c->fd = (int)a[1];
		break;
	default:
		c->kind = CALL_UNKNOWN;
	}
}

static void decode_clone(const uint64_t a[6], struct call *c)
{
	if (!(a[0] & CLONE_VFORK))
		c->kind = CALL_UNKNOWN;
}

static void decode_clone3(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
}

#ifdef SYS_poll
static void decode_poll(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
	c->count = (unsigned)a[1];
	if ((int)a[2] >= 0)
		timed(c, "timeout");
}
#endif

static void decode_ppoll(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
	c->count = (unsigned)a[1];
	if (a[2])
		timed(c, "timeout");
}

/* select and pselect6 */
static void decode_select(const uint64_t a[6], struct call *c)
{
	c->count = (int)a[0] < 0 ? 0 : (uint64_t)(int)a[0];
	for (size_t i = 0; i < 3; i++)
		c->sets[i] = a[1 + i];
	if (a[4])
		timed(c, "timeout");
}

/* epoll_wait and epoll_pwait */
static void decode_epoll(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	if ((int)a[3] >= 0)
		timed(c, "timeout");
}

static void decode_epoll2(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	if (a[3])
		timed(c, "timeout");
}

static void decode_fcntl(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	if ((int)a[1] != F_SETLKW && (int)a[1] != F_OFD_SETLKW)
		c->kind = CALL_UNKNOWN;
}

static void decode_sleep(const uint64_t a[6], struct call *c)
{
	(void)a;
	c->limit = "time to sleep";
}

/* The kernel restarts a call this way only to carry the rest of a time limit over. */
static void decode_restart(const uint64_t a[6], struct call *c)
{
	(void)a;
	c->limit = "restarted time limit";
}

/* rt_sigtimedwait(set, info, timespec, size) */
static void decode_sigwait(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
	if (a[2])
		timed(c, "timeout");
}

static void decode_nothing(const uint64_t a[6], struct call *c)
{
	(void)a;
	(void)c;
}

#define CALL(name, kind, decode)                \
	{                                       \
		SYS_##name, kind, #name, decode \
	}
static const struct {
	int64_t nr;
	enum call_kind kind;
	const char *name;
	decode_fn decode;
} calls[] = {
	CALL(futex, CALL_FUTEX, decode_futex),
	CALL(read, CALL_READ, decode_fd),
	CALL(write, CALL_WRITE, decode_fd),
	CALL(wait4, CALL_CHILD, decode_wait4),
	CALL(waitid, CALL_CHILD, decode_waitid),
#ifdef SYS_poll
	CALL(poll, CALL_POLL, decode_poll),
	CALL(select, CALL_SELECT, decode_select),
	CALL(epoll_wait, CALL_EPOLL, decode_epoll),
	CALL(vfork, CALL_VFORK, decode_nothing),
	CALL(pause, CALL_SIGNAL, decode_nothing),
#endif
	CALL(ppoll, CALL_POLL, decode_ppoll),
	CALL(pselect6, CALL_SELECT, decode_select),
	CALL(epoll_pwait, CALL_EPOLL, decode_epoll),
#ifdef SYS_epoll_pwait2
	CALL(epoll_pwait2, CALL_EPOLL, decode_epoll2),
#endif
	CALL(readv, CALL_READ, decode_fd),
	CALL(writev, CALL_WRITE, decode_fd),
	CALL(preadv2, CALL_READ, decode_fd),
	CALL(pwritev2, CALL_WRITE, decode_fd),
	CALL(recvfrom, CALL_READ, decode_fd),
	CALL(recvmsg, CALL_READ, decode_fd),
	CALL(recvmmsg, CALL_READ, decode_recvmmsg),
	CALL(sendto, CALL_WRITE, decode_fd),
	CALL(sendmsg, CALL_WRITE, decode_fd),
	CALL(sendmmsg, CALL_WRITE, decode_fd),
	CALL(accept, CALL_ACCEPT, decode_fd),
	CALL(accept4, CALL_ACCEPT, decode_fd),
	CALL(connect, CALL_CONNECT, decode_fd),
	CALL(flock, CALL_FLOCK, decode_fd),
	CALL(fcntl, CALL_FCNTL, decode_fcntl),
	CALL(clone, CALL_VFORK, decode_clone),
#ifdef SYS_clone3
	CALL(clone3, CALL_CLONE3, decode_clone3),
#endif
#ifdef SYS_futex_waitv
	CALL(futex_waitv, CALL_FUTEXV, decode_futexv),
#endif
	CALL(futex_wait, CALL_FUTEX, decode_futex_wait),
	CALL(nanosleep, CALL_TIMED, decode_sleep),
	CALL(clock_nanosleep, CALL_TIMED, decode_sleep),
	CALL(restart_syscall, CALL_TIMED, decode_restart),
	CALL(rt_sigsuspend, CALL_SIGNAL, decode_nothing),
	CALL(rt_sigtimedwait, CALL_SIGNAL, decode_sigwait),
	CALL(msgrcv, CALL_EXTERNAL, decode_nothing),
	CALL(msgsnd, CALL_EXTERNAL, decode_nothing),
	CALL(semop, CALL_EXTERNAL, decode_nothing),
	CALL(semtimedop, CALL_EXTERNAL, decode_nothing),
	CALL(mq_timedreceive, CALL_EXTERNAL, decode_nothing),
	CALL(mq_timedsend, CALL_EXTERNAL, decode_nothing),
	CALL(io_getevents, CALL_EXTERNAL, decode_nothing),
#ifdef SYS_io_uring_enter
	CALL(io_uring_enter, CALL_EXTERNAL, decode_nothing),
#endif
};

void call_decode(int64_t nr, const uint64_t args[6], struct call *ret_call)
{
	struct call c = { .kind = CALL_UNKNOWN, .name = "?", .fd = -1 };

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == nr) {
			c.kind = calls[i].kind;
			c.name = calls[i].name;
			calls[i].decode(args, &c);
			break;
		}
	*ret_call = c;
}
