/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/ask.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/trial/filters.h"

#ifndef __x86_64__

enum ask_answer ask_timers(struct ask *a, const struct snapshot *s, size_t process)
{
	(void)a;
	return ask_is_ring_possible(s->processes[process].pid) ? ASK_FAILED : ASK_NO_RING;
}

enum ask_answer ask_rings(struct ask *a, const struct snapshot *s, size_t process)
{
	(void)a;
	return ask_is_ring_possible(s->processes[process].pid) ? ASK_FAILED : ASK_NONE_ARMED;
}

#else

#define STOP_LIMIT_NS (2 * NSEC_PER_SEC)
#define POLL_US 50
#define POLLS_AT_ONCE 100 /* it mostly has stopped by then */
#define BELOW_STACK 1024  /* farther down than the red zone of the ABI */
#define SYSCALL_SIZE 2    /* 0f 05 */

/* A task's registered rings (IO_RINGFD_REG_MAX, IORING_ENTER_REGISTERED_RING): Linux 5.18. */
#define MAX_RINGS 16
#define ENTER_REGISTERED_RING (UINT64_C(1) << 4)

/* What the kernel has a call return that did nothing before it was interrupted: -EINTR, or what
 * makes it begin anew (ERESTARTSYS to ERESTART_RESTARTBLOCK, include/linux/errno.h). */
static bool did_nothing(uint64_t rax)
{
	int64_t r = (int64_t)rax;

	return r == -EINTR || (r <= -512 && r >= -516);
}

/*
 * Waits that can be interrupted and begun anew without the program seeing it: none that may have
 * moved a part of the data by then, and would say so. A long write is asked all the same where the
 * thread can be kept from returning, or every full pipe would have to wait for the deadline.
 */
static bool restarts_unseen(const struct process *p, const struct thread *t, enum ask_mode mode)
{
	enum { ATOMIC = 4096 }; /* PIPE_BUF: such a write is done as a whole or not at all */
	bool catches_alarm = p->caught & (UINT64_C(1) << (SIGALRM - 1));
	bool long_writes = mode > ASK_FIRST && !catches_alarm;

	switch (t->wait) {
	case WAIT_PIPE_WRITE:
		return long_writes || (t->syscall_nr == SYS_write && t->args[2] <= ATOMIC);
	case WAIT_SOCK_WRITE:
		return long_writes;
	case WAIT_SOCK_CONNECT:
	case WAIT_VFORK:
		return false;
	case WAIT_SOCK_READ:
		return t->syscall_nr == SYS_read ||
		       (t->syscall_nr == SYS_recvfrom && !(t->args[3] & MSG_WAITALL)) ||
		       (t->syscall_nr == SYS_recvmsg && !(t->args[2] & MSG_WAITALL));
	default:
		return true;
	}
}

/* Waits until the thread has stopped, or STOP_LIMIT_NS. 0 with its status, or -errno. */
static int await_stop(pid_t tid, int *ret_status)
{
	int64_t end_ns = time_now_ns() + STOP_LIMIT_NS;
	pid_t r = 0;

	for (int i = 0; r == 0 && time_now_ns() < end_ns; i++) {
		r = waitpid(tid, ret_status, __WALL | WNOHANG);
		if (r == 0 && i < POLLS_AT_ONCE)
			sched_yield();
		else if (r == 0)
			usleep(POLL_US);
	}
	if (r <= 0)
		return r < 0 ? -errno : -ETIMEDOUT;
	return WIFSTOPPED(*ret_status) ? 0 : -ESRCH;
}

struct traced {
	pid_t tid;
	bool stopped;
	int signal; /* to be handed on when it is let go */
	struct user_regs_struct regs;
};

static bool status_read(pid_t pid, pid_t tid, struct procfs_status *ret_status)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/task/%d/status", (int)pid, (int)tid);
	char text[8192];
	ssize_t n = procfs_read(procfs_directory(), path, text, sizeof(text));

	return n > 0 && procfs_parse_status(text, (size_t)n, ret_status) == 0;
}

static bool has_not_run(const struct process *p, const struct thread *t, uint64_t switches)
{
	struct procfs_status status;

	return status_read(p->pid, t->tid, &status) && status.voluntary == t->voluntary + switches;
}

/* It has no filters but those that the questions pass. */
static bool is_unfiltered(const struct ask *a, const struct process *p, const struct thread *t)
{
	struct procfs_status status;

	return status_read(p->pid, t->tid, &status) &&
	       !filters_differ(p->pid, &status, a->added_filters);
}

/* None of the threads but the asked one has run since the snapshot. */
static bool others_have_not_run(
	const struct snapshot *s, const struct process *p, const struct thread *asked)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t != asked && t->rest != REST_EXITING && !has_not_run(p, t, 0))
			return false;
	}
	return true;
}

static bool stop_thread(const struct thread *t, struct traced *x)
{
	int status;

	*x = (struct traced){ .tid = t->tid };
	if (ptrace(PTRACE_SEIZE, t->tid, 0, PTRACE_O_TRACESYSGOOD) < 0 ||
		ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) < 0 || await_stop(t->tid, &status) < 0)
		return false;
	x->stopped = true;
	if (status >> 16 != PTRACE_EVENT_STOP || WSTOPSIG(status) != SIGTRAP) {
		x->signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		return false;
	}
	return ptrace(PTRACE_GETREGS, t->tid, 0, &x->regs) == 0 &&
	       (long)x->regs.orig_rax == t->syscall_nr && x->regs.rip == t->pc &&
	       x->regs.rsp == t->sp;
}

/* Goes on to the next entry or end of a system call. */
static bool step(struct traced *x)
{
	int status;

	x->stopped = false;
	if (ptrace(PTRACE_SYSCALL, x->tid, 0, 0) < 0 || await_stop(x->tid, &status) < 0)
		return false;
	x->stopped = true;
	if (WSTOPSIG(status) == (SIGTRAP | 0x80))
		return true;
	x->signal = WSTOPSIG(status);
	return false;
}

/* Makes the thread call nr(first, second, 0, fourth); false: it could not. */
static bool make_call(struct traced *x, long nr, uint64_t first, uint64_t second, uint64_t fourth,
	int64_t *ret_result)
{
	struct user_regs_struct regs = x->regs;
	long code = ptrace(PTRACE_PEEKTEXT, x->tid, regs.rip - SYSCALL_SIZE, 0);

	if ((code & 0xffff) != 0x050f)
		return false;
	regs.rip -= SYSCALL_SIZE;
	regs.rax = (uint64_t)nr;
	regs.orig_rax = UINT64_MAX; /* nothing is to begin anew */
	regs.rdi = first;
	regs.rsi = second;
	regs.rdx = 0;
	regs.r10 = fourth;
	if (ptrace(PTRACE_SETREGS, x->tid, 0, &regs) < 0 || !step(x) || !step(x) ||
		ptrace(PTRACE_GETREGS, x->tid, 0, &regs) < 0)
		return false;
	*ret_result = (int64_t)regs.rax;
	return true;
}

/* By ptrace, for containers forbid process_vm_readv(). n: whole words. */
static bool peek_words(pid_t tid, uint64_t at, void *ret_buffer, size_t n)
{
	for (size_t i = 0; i < n; i += sizeof(long)) {
		long word;

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, tid, at + i, 0);
		if (errno)
			return false;
		memcpy((char *)ret_buffer + i, &word, sizeof(word));
	}
	return true;
}

/* The same for nr(first, buffer), with a buffer of n bytes of its own. */
static bool read_by_call(struct traced *x, long nr, uint64_t first, void *ret_buffer, size_t n)
{
	uint64_t at = (x->regs.rsp - BELOW_STACK) & ~UINT64_C(15);
	int64_t result;

	return make_call(x, nr, first, at, 0, &result) && result == 0 &&
	       peek_words(x->tid, at, ret_buffer, n);
}

/* One that runs out before it is asked for has sent its signal, which is to be delivered yet. */
static bool has_signal_come(pid_t tid)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/status", (int)tid);
	char text[8192];
	ssize_t n = procfs_read(procfs_directory(), path, text, sizeof(text));
	struct procfs_status status;

	return n <= 0 || procfs_parse_status(text, (size_t)n, &status) < 0 ||
	       ((status.pending | status.shared_pending) & ~status.blocked);
}

/* Back to its wait, which begins anew: the registers are those of the call's instruction. By itself
 * the kernel would go on with poll() as restart_syscall(), which looks like a wait with a time
 * limit, and end epoll_wait() with EINTR. */
static void put_back(struct traced *x)
{
	struct user_regs_struct regs = x->regs;

	/* A signal that has come meanwhile is delivered first, and then the kernel decides whether
	 * the call begins anew: for that it needs the registers as they were. */
	if (!x->signal && !has_signal_come(x->tid)) {
		if (did_nothing(regs.rax)) {
			regs.rip -= SYSCALL_SIZE;
			regs.rax = regs.orig_rax;
		}
		regs.orig_rax = UINT64_MAX;
	}
	ptrace(PTRACE_SETREGS, x->tid, 0, &regs);
}

static enum ask_answer ask_posix(struct traced *x, pid_t pid)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/timers", (int)pid), *text = NULL;
	ssize_t n = procfs_read_all(procfs_directory(), path, &text);
	struct scan s = scan_text(text, n > 0 ? (size_t)n : 0);
	struct itimerspec when;
	uint64_t id;

	if (n < 0)
		return ASK_FAILED;
	while (procfs_next_timer(&s, &id)) {
		if (!read_by_call(x, SYS_timer_gettime, id, &when, sizeof(when)))
			return ASK_FAILED;
		if (when.it_value.tv_sec || when.it_value.tv_nsec)
			return ASK_ARMED;
	}
	return ASK_NONE_ARMED;
}

/* Entered with nothing to do, a ring does nothing. The task without io_uring says so at once. */
static enum ask_answer ask_ring(struct traced *x)
{
	for (uint64_t i = 0; i < MAX_RINGS; i++) {
		int64_t result;

		if (!make_call(x, SYS_io_uring_enter, i, 0, ENTER_REGISTERED_RING, &result))
			return ASK_FAILED;
		/* EPERM: the answer of a container's filter. */
		if (i == 0 && (result == -EINVAL || result == -ENOSYS || result == -EPERM))
			return ASK_NONE_ARMED;
		if (result != -EBADF)
			return ASK_ARMED;
	}
	return ASK_NONE_ARMED;
}

static enum ask_answer ask_thread(struct traced *x, pid_t pid)
{
	struct itimerval when;

	if (!read_by_call(x, SYS_getitimer, ITIMER_REAL, &when, sizeof(when)))
		return ASK_FAILED;
	if (when.it_value.tv_sec || when.it_value.tv_usec)
		return ASK_ARMED;
	return ask_posix(x, pid);
}

/* The thread to be asked: one that won't see it, at the end any that can be stopped. NULL: none. */
static const struct thread *find_thread(
	const struct snapshot *s, const struct process *p, enum ask_mode mode)
{
	const struct thread *found = NULL;

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->rest == REST_EXITING)
			continue;
		if (t->rest != REST_YES)
			return NULL; /* it may set a timer while we ask */
		if (t->state == 'S' && restarts_unseen(p, t, mode))
			return t;
		if (t->state == 'S' && mode == ASK_AT_END)
			found = t;
	}
	return found;
}

/* A thread whose call has moved a part of its data would return with that: it stays stopped. */
static void let_go(struct ask *a, const struct process *p, struct traced *x)
{
	if (!x->stopped)
		return;
	if (a->mode <= ASK_FIRST || did_nothing(x->regs.rax)) {
		ptrace(PTRACE_DETACH, x->tid, 0, x->signal);
		return;
	}
	a->held = mem_grow(a->held, a->n_held, &a->cap_held, sizeof(*a->held));
	a->held[a->n_held++] = (struct ask_held){ p->pid, x->tid, x->signal };
}

static enum ask_answer ask_one(
	struct ask *a, const struct snapshot *s, const struct process *p, const struct thread *t)
{
	enum ask_answer answer = ASK_FAILED, ring;
	struct traced x = { 0 };

	/* The stop itself is the one switch of the asked thread. A timer that ran out before it was
	 * asked for has made some thread run, or its signal stops the asked one. */
	if (is_unfiltered(a, p, t) && stop_thread(t, &x) && has_not_run(p, t, 1)) {
		answer = ask_thread(&x, p->pid);
		if (answer == ASK_NONE_ARMED && has_signal_come(x.tid))
			answer = ASK_ARMED;
		if (!others_have_not_run(s, p, t))
			answer = ASK_FAILED;
		ring = ask_is_ring_possible(p->pid) ? ask_ring(&x) : ASK_NONE_ARMED;
		if (ring == ASK_ARMED || answer == ASK_NONE_ARMED)
			answer = ring;
		put_back(&x);
	}
	let_go(a, p, &x);
	return answer;
}

/* One who has not run since the snapshot has the rings that it had then. */
static enum ask_answer ask_ring_of(struct ask *a, const struct process *p, const struct thread *t)
{
	enum ask_answer answer = ASK_FAILED;
	struct traced x = { 0 };

	if (is_unfiltered(a, p, t) && stop_thread(t, &x) && has_not_run(p, t, 1)) {
		answer = ask_ring(&x);
		put_back(&x);
	}
	let_go(a, p, &x);
	return answer;
}

/* Of who lives and is not blocked nothing is asked: it may act anyhow. Nothing stops the parent of
 * a vfork child. */
static bool is_to_be_asked(const struct thread *t)
{
	return t->rest == REST_YES && t->wait != WAIT_VFORK;
}

static enum ask_answer ask_rings_but(struct ask *a, const struct snapshot *s,
	const struct process *p, const struct thread *asked)
{
	enum ask_answer all = ASK_NONE_ARMED;

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		const struct thread *t = &s->threads[i];
		enum ask_answer answer = ASK_FAILED;

		if (t == asked || !is_to_be_asked(t))
			continue;
		if (a->mode == ASK_AT_END || restarts_unseen(p, t, a->mode))
			answer = ask_ring_of(a, p, t);
		else if (a->mode == ASK_FIRST && restarts_unseen(p, t, ASK_TO_END))
			answer = ASK_NONE_ARMED;
		if (answer == ASK_ARMED)
			return ASK_ARMED;
		if (answer == ASK_FAILED)
			all = ASK_FAILED;
	}
	return all;
}

enum ask_answer ask_rings(struct ask *a, const struct snapshot *s, size_t process)
{
	if (!ask_is_ring_possible(s->processes[process].pid))
		return ASK_NONE_ARMED;
	return ask_rings_but(a, s, &s->processes[process], NULL);
}

enum ask_answer ask_timers(struct ask *a, const struct snapshot *s, size_t process)
{
	const struct process *p = &s->processes[process];
	const struct thread *t = find_thread(s, p, a->mode);
	enum ask_answer answer = t ? ask_one(a, s, p, t) : ASK_NO_RING, rings;

	if (!t && a->mode == ASK_FIRST && find_thread(s, p, ASK_TO_END))
		answer = ASK_NONE_ARMED;
	if (answer == ASK_ARMED || !ask_is_ring_possible(p->pid))
		return answer;
	rings = ask_rings_but(a, s, p, t);
	return rings == ASK_NONE_ARMED ? answer : rings;
}

#endif

void ask_done(struct ask *a, bool ends)
{
	for (size_t i = 0; i < a->n_held; i++) {
		if (ends)
			kill(a->held[i].pid, SIGSTOP);
		ptrace(PTRACE_DETACH, a->held[i].tid, 0, a->held[i].signal);
	}
	free(a->held);
	*a = (struct ask){ .mode = a->mode, .added_filters = a->added_filters };
}
