/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace.h: a blocked thread of another process makes a system call for us, and then waits again as
 * before, all by ptrace(2). Whatever comes between, a signal or a stop that takes long, the program
 * must find its registers, its memory and the end of its own call as if nobody had asked.
 *
 * PTRACE_DETACH interrupts the call of whom it lets go (kernel: __ptrace_unlink() wakes it as by a
 * signal): poll() would go on with a time limit, epoll_wait() end with EINTR. A tracer that ends
 * interrupts nobody who runs or waits. So each round of questions has a thread of its own, the
 * tracer, which ends after it.
 *
 * For x86-64 only: elsewhere there is no tracer.
 */
#ifndef RUNNER_TRACE_TRACE_H
#define RUNNER_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "runner/snapshot/snapshot.h"

/* A thread of ours by which other processes are traced. */
struct tracer;

/* NULL: there can be no more threads. */
struct tracer *tracer_new(void);
/* Calls f(arg) in the tracer's thread, and returns when it has. Whatever follows in this header is
 * for f. */
void tracer_run(struct tracer *t, void (*f)(void *arg), void *arg);
/* Ends it. Whoever had not stopped in time when it was asked for (a frozen cgroup, a machine that
 * is overloaded) is waited for beside the caller, and let go then. NULL is fine. */
void tracer_free(struct tracer *t);

struct traced {
	struct tracer *by;
	pid_t tid;
	bool seized, stopped;
	bool has_registers;  /* regs: of its own call, as it was stopped in it */
	bool is_interrupted; /* by a signal, say: it can make no more calls */
	bool is_group_stop;  /* SIGSTOP and its like: it stays stopped */
	bool has_limit; /* its call ends by the clock: the kernel knows how to go on with that */
	int signal;     /* to be delivered when it is let go */
#ifdef __x86_64__
	struct user_regs_struct regs;
#endif
};

/* Stops it. False where it can't be traced, does not stop within 2 s, or is not in the call that
 * the snapshot shows. Whatever it says, end with traced_let_go() or traced_keep(). */
bool traced_stop(struct tracer *by, const struct thread *t, struct traced *x);

/* Makes it call nr(first, second, 0, fourth), which must not block. False: it could not. */
bool traced_call(struct traced *x, long nr, uint64_t first, uint64_t second, uint64_t fourth,
	int64_t *ret_result);
/* The same for nr(first, buffer), which fills n bytes, a multiple of 8 and at most 64; false also
 * where the call fails. The memory that it borrows is as before afterwards. */
bool traced_read(struct traced *x, long nr, uint64_t first, void *ret_buffer, size_t n);

/* It had done nothing before it was stopped: it can wait again without seeing it. */
bool traced_did_nothing(const struct traced *x);
/* It waits again, or goes on. */
void traced_let_go(struct traced *x);
/* Instead: it stays stopped with its own registers, before it returns from a call that has done a
 * part of its work, until the tracer ends. */
void traced_keep(struct traced *x);

#endif
