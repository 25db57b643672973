/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tracer does with a thread. */
#include "runner/trace/trace.h"

#ifdef __x86_64__

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/base/invariant.h"
#include "runner/base/util.h"
#include "runner/trace/tracer.h"

#define STOP_LIMIT_NS (2 * NSEC_PER_SEC)
#define POLL_US 50
#define POLLS_AT_ONCE 100 /* it mostly has stopped by then */
/* Below the red zone of the ABI (128 bytes). Small stacks end soon, so what is there is put back.
 */
#define BELOW_STACK 256
#define MAX_BUFFER 64
#define SYSCALL_SIZE 2 /* 0f 05 */

/* What the kernel has a call return that did nothing before it was interrupted: -EINTR, or what
 * makes it begin anew (ERESTARTSYS to ERESTART_RESTARTBLOCK, include/linux/errno.h). */
bool traced_did_nothing(const struct traced *x)
{
	int64_t r = (int64_t)x->regs.rax;

	return x->has_registers && (int64_t)x->regs.orig_rax >= 0 &&
	       (r == -EINTR || (r <= -512 && r >= -516));
}

void traced_note_stop(struct traced *x, int status)
{
	x->stopped = true;
	x->is_group_stop = status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;
	/* Nothing is delivered for a stop of ptrace's own, nor at the ends of a system call. */
	x->signal = status >> 16 || WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
}

/* Waits until the thread has stopped, or STOP_LIMIT_NS. 0 with its status, or -errno; -ESRCH: it
 * has ended. */
static int await_stop(struct traced *x, int *ret_status)
{
	int64_t end_ns = time_now_ns() + STOP_LIMIT_NS;
	pid_t r = 0;

	for (int i = 0; r == 0 && time_now_ns() < end_ns; i++) {
		r = waitpid(x->tid, ret_status, __WALL | WNOHANG);
		if (r == 0 && i < POLLS_AT_ONCE)
			sched_yield();
		else if (r == 0)
			usleep(POLL_US);
	}
	if (r == 0)
		return -ETIMEDOUT;
	if (r < 0 || !WIFSTOPPED(*ret_status)) {
		x->seized = false;
		return -ESRCH;
	}
	traced_note_stop(x, *ret_status);
	return 0;
}

/* A socket's call ends with EINTR if it has a limit, and else begins anew (sock_intr_errno()). The
 * option may be off by now, which the call does not see: begun anew it would wait for ever. */
static bool has_socket_limit(const struct traced *x, const struct thread *t)
{
	return (t->wait == WAIT_SOCK_READ || t->wait == WAIT_SOCK_WRITE ||
		       t->wait == WAIT_SOCK_ACCEPT) &&
	       (int64_t)x->regs.rax == -EINTR;
}

bool traced_stop(struct tracer *by, const struct thread *t, struct traced *x)
{
	int status;

	*x = (struct traced){ .by = by, .tid = t->tid, .has_limit = t->rest == REST_TIMED };
	if (ptrace(PTRACE_SEIZE, t->tid, 0, PTRACE_O_TRACESYSGOOD) < 0)
		return false;
	x->seized = true;
	if (ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) < 0 || await_stop(x, &status) < 0 ||
		status >> 16 != PTRACE_EVENT_STOP || WSTOPSIG(status) != SIGTRAP)
		return false;
	x->has_registers = ptrace(PTRACE_GETREGS, t->tid, 0, &x->regs) == 0;
	x->has_limit = x->has_limit || (x->has_registers && has_socket_limit(x, t));
	return x->has_registers && (long)x->regs.orig_rax == t->syscall_nr &&
	       x->regs.rip == t->pc && x->regs.rsp == t->sp;
}

/* Goes on to the next entry or end of a system call. */
static bool step(struct traced *x)
{
	int status;

	x->stopped = false;
	x->is_interrupted = ptrace(PTRACE_SYSCALL, x->tid, 0, 0) < 0 ||
			    await_stop(x, &status) < 0 || WSTOPSIG(status) != (SIGTRAP | 0x80);
	return !x->is_interrupted;
}

bool traced_call(struct traced *x, long nr, uint64_t first, uint64_t second, uint64_t fourth,
	int64_t *ret_result)
{
	struct user_regs_struct regs = x->regs;
	long code = ptrace(PTRACE_PEEKTEXT, x->tid, regs.rip - SYSCALL_SIZE, 0);

	/* Going on from where a signal is to be delivered would lose it. */
	if (x->is_interrupted || (code & 0xffff) != 0x050f)
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

static void poke_words(pid_t tid, uint64_t at, const void *buffer, size_t n)
{
	for (size_t i = 0; i < n; i += sizeof(long)) {
		long word;

		memcpy(&word, (const char *)buffer + i, sizeof(word));
		ptrace(PTRACE_POKEDATA, tid, at + i, word);
	}
}

bool traced_read(struct traced *x, long nr, uint64_t first, void *ret_buffer, size_t n)
{
	uint64_t at = (x->regs.rsp - BELOW_STACK) & ~UINT64_C(15);
	char before[MAX_BUFFER];
	int64_t result;
	bool done, had_memory;

	INVARIANT(n <= sizeof(before) && n % sizeof(long) == 0);
	/* Where nothing is mapped yet, the stack grows, and there is nothing to put back. */
	had_memory = peek_words(x->tid, at, before, n);
	done = traced_call(x, nr, first, at, 0, &result) && result == 0 &&
	       peek_words(x->tid, at, ret_buffer, n);
	if (had_memory && x->stopped)
		poke_words(x->tid, at, before, n);
	return done;
}

/*
 * By itself the kernel would go on with poll() as restart_syscall(), which looks like a wait with a
 * time limit, and end epoll_wait() with EINTR. So the thread gets the registers of the instruction,
 * and goes as far as the entry of its call: a signal that comes after that interrupts the call as
 * it always does. One that comes before stops the thread: then it gets the registers that it had,
 * by which the kernel decides whether the call begins anew or ends with EINTR.
 */
static void put_back(struct traced *x)
{
	struct user_regs_struct regs = x->regs;

	if (!x->stopped || !x->has_registers)
		return;
	if (!x->signal && !x->is_group_stop && !x->has_limit) {
		if (traced_did_nothing(x)) {
			regs.rip -= SYSCALL_SIZE;
			regs.rax = regs.orig_rax;
		}
		regs.orig_rax = UINT64_MAX;
		ptrace(PTRACE_SETREGS, x->tid, 0, &regs);
		if (!traced_did_nothing(x) || step(x) || !x->stopped)
			return;
	}
	ptrace(PTRACE_SETREGS, x->tid, 0, &x->regs);
}

void traced_keep(struct traced *x)
{
	put_back(x);
}

void traced_let_go(struct traced *x)
{
	put_back(x);
	if (!x->stopped && x->seized)
		tracer_add_late(x->by, x);
	else if (x->stopped && !x->is_group_stop)
		ptrace(PTRACE_CONT, x->tid, 0, x->signal);
}

#else

bool traced_stop(struct tracer *by, const struct thread *t, struct traced *x)
{
	*x = (struct traced){ .by = by, .tid = t->tid };
	return false;
}

void traced_let_go(struct traced *x)
{
	(void)x;
}

#endif
