/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/ask.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/trial/filters.h"
#include "runner/trace/trace.h"

#ifndef __x86_64__ /* see trace.h */

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

void ask_done(struct ask *a, bool ends)
{
	(void)ends;
	*a = (struct ask){ .mode = a->mode, .added_filters = a->added_filters };
}

#else

/* A task's registered rings (IO_RINGFD_REG_MAX, IORING_ENTER_REGISTERED_RING): Linux 5.18. */
#define MAX_RINGS 16
#define ENTER_REGISTERED_RING (UINT64_C(1) << 4)

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

static bool is_of_stuck_set(const struct ask *a, size_t thread)
{
	return !a->stuck || a->stuck[thread];
}

/* None of the threads but the asked one has run since the snapshot. One who lives has, and may set
 * timers at any time: of such a process it counts what it had armed when it was asked. */
static bool others_have_not_run(const struct ask *a, const struct snapshot *s,
	const struct process *p, const struct thread *asked)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t != asked && t->rest != REST_EXITING && is_of_stuck_set(a, i) &&
			!has_not_run(p, t, 0))
			return false;
	}
	return true;
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
		if (!traced_read(x, SYS_timer_gettime, id, &when, sizeof(when)))
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

		if (!traced_call(x, SYS_io_uring_enter, i, 0, ENTER_REGISTERED_RING, &result))
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

	if (!traced_read(x, SYS_getitimer, ITIMER_REAL, &when, sizeof(when)))
		return ASK_FAILED;
	if (when.it_value.tv_sec || when.it_value.tv_usec)
		return ASK_ARMED;
	return ask_posix(x, pid);
}

/* The thread to be asked: one that won't see it, at the end any that can be stopped. NULL: none. */
static const struct thread *find_thread(
	const struct ask *a, const struct snapshot *s, const struct process *p, enum ask_mode mode)
{
	const struct thread *found = NULL;

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->rest == REST_EXITING)
			continue;
		if (!is_of_stuck_set(a, i))
			continue; /* it lives, and may set a timer at any time */
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
	if (!x->stopped || a->mode <= ASK_FIRST || traced_did_nothing(x)) {
		traced_let_go(x);
		return;
	}
	traced_keep(x);
	a->held = mem_grow(a->held, a->n_held, &a->cap_held, sizeof(*a->held));
	a->held[a->n_held++] = p->pid;
}

static enum ask_answer ask_one(
	struct ask *a, const struct snapshot *s, const struct process *p, const struct thread *t)
{
	enum ask_answer answer = ASK_FAILED, ring;
	struct traced x = { 0 };

	/* The stop itself is the one switch of the asked thread. A timer that ran out before it was
	 * asked for has made some thread run, or its signal stops the asked one. */
	if (is_unfiltered(a, p, t) && traced_stop(a->tracer, t, &x) && has_not_run(p, t, 1)) {
		answer = ask_thread(&x, p->pid);
		if (answer == ASK_NONE_ARMED && has_signal_come(x.tid))
			answer = ASK_ARMED;
		if (!others_have_not_run(a, s, p, t))
			answer = ASK_FAILED;
		ring = ask_is_ring_possible(p->pid) ? ask_ring(&x) : ASK_NONE_ARMED;
		if (ring == ASK_ARMED || answer == ASK_NONE_ARMED)
			answer = ring;
	}
	let_go(a, p, &x);
	return answer;
}

/* One who has not run since the snapshot has the rings that it had then. */
static enum ask_answer ask_ring_of(struct ask *a, const struct process *p, const struct thread *t)
{
	enum ask_answer answer = ASK_FAILED;
	struct traced x = { 0 };

	if (is_unfiltered(a, p, t) && traced_stop(a->tracer, t, &x) && has_not_run(p, t, 1)) {
		answer = ask_ring(&x);
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
		/* One who lives runs now and then, and may act anyhow. */
		if (answer == ASK_FAILED && is_of_stuck_set(a, i))
			all = ASK_FAILED;
	}
	return all;
}

static enum ask_answer ask_all_rings(
	struct ask *a, const struct snapshot *s, const struct process *p)
{
	return ask_rings_but(a, s, p, NULL);
}

static enum ask_answer ask_all(struct ask *a, const struct snapshot *s, const struct process *p)
{
	const struct thread *t = find_thread(a, s, p, a->mode);
	enum ask_answer answer = t ? ask_one(a, s, p, t) : ASK_NO_RING, rings;

	if (!t && a->mode == ASK_FIRST && find_thread(a, s, p, ASK_TO_END))
		answer = ASK_NONE_ARMED;
	if (answer == ASK_ARMED || !ask_is_ring_possible(p->pid))
		return answer;
	rings = ask_rings_but(a, s, p, t);
	return rings == ASK_NONE_ARMED ? answer : rings;
}

struct question {
	enum ask_answer (*ask)(struct ask *a, const struct snapshot *s, const struct process *p);
	struct ask *a;
	const struct snapshot *s;
	const struct process *p;
	enum ask_answer answer;
};

static void answer_question(void *arg)
{
	struct question *q = arg;

	q->answer = q->ask(q->a, q->s, q->p);
}

static enum ask_answer ask_by_tracer(struct question q)
{
	if (!q.a->tracer)
		q.a->tracer = tracer_new();
	if (!q.a->tracer)
		return ASK_FAILED;
	tracer_run(q.a->tracer, answer_question, &q);
	return q.answer;
}

enum ask_answer ask_rings(struct ask *a, const struct snapshot *s, size_t process)
{
	const struct process *p = &s->processes[process];

	if (!ask_is_ring_possible(p->pid))
		return ASK_NONE_ARMED;
	return ask_by_tracer((struct question){ ask_all_rings, a, s, p });
}

enum ask_answer ask_timers(struct ask *a, const struct snapshot *s, size_t process)
{
	return ask_by_tracer((struct question){ ask_all, a, s, &s->processes[process] });
}

void ask_done(struct ask *a, bool ends)
{
	for (size_t i = 0; ends && i < a->n_held; i++)
		kill(a->held[i], SIGSTOP);
	tracer_free(a->tracer);
	free(a->held);
	*a = (struct ask){ .mode = a->mode, .added_filters = a->added_filters };
}

#endif
