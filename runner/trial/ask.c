/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/ask.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"

#ifndef __x86_64__

enum ask_answer ask_timers(const struct snapshot *s, size_t process, bool at_end)
{
	(void)s;
	(void)process;
	(void)at_end;
	return ASK_FAILED;
}

#else

#define STOP_LIMIT_NS (2 * NSEC_PER_SEC)
#define POLL_US 50
#define MAX_THREADS 256
#define BELOW_STACK 1024 /* farther down than the red zone of the ABI */
#define SYSCALL_SIZE 2   /* 0f 05 */
/* What a call that was interrupted and is to begin anew returns inside the kernel: ERESTARTSYS,
 * ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK (include/linux/errno.h). */
#define IS_RESTART(rax)                                                                \
	((int64_t)(rax) == -512 || (int64_t)(rax) == -513 || (int64_t)(rax) == -514 || \
		(int64_t)(rax) == -516)

/* Waits that begin anew after a stop without the program seeing it (signal(7)). */
static bool restarts_unseen(const struct thread *t)
{
	static const enum wait_kind kinds[] = { WAIT_FUTEX, WAIT_PIPE_READ, WAIT_PIPE_WRITE,
		WAIT_CHILD, WAIT_FLOCK, WAIT_FCNTL, WAIT_SIGNAL };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (t->wait == kinds[i])
			return t->syscall_nr != SYS_rt_sigtimedwait;
	return t->syscall_nr == SYS_poll || t->syscall_nr == SYS_ppoll ||
	       t->syscall_nr == SYS_select || t->syscall_nr == SYS_pselect6;
}

/* Waits until the thread has stopped, or STOP_LIMIT_NS. 0 with its status, or -errno. */
static int await_stop(pid_t tid, int *ret_status)
{
	int64_t end_ns = time_now_ns() + STOP_LIMIT_NS;
	pid_t r = 0;

	while (r == 0 && time_now_ns() < end_ns) {
		r = waitpid(tid, ret_status, __WALL | WNOHANG);
		if (r == 0)
			usleep(POLL_US);
	}
	if (r <= 0)
		return r < 0 ? -errno : -ETIMEDOUT;
	return WIFSTOPPED(*ret_status) ? 0 : -ESRCH;
}

struct traced {
	pid_t tid;
	bool seized, stopped;
	int signal; /* to be handed on when it is let go */
	struct user_regs_struct regs;
};

struct asked {
	pid_t pid;
	struct traced threads[MAX_THREADS];
	size_t n;
};

static void let_go(struct asked *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->threads[i].stopped)
			ptrace(PTRACE_DETACH, a->threads[i].tid, 0, a->threads[i].signal);
}

/* It has not run since the snapshot: the stop itself is its only switch. */
static bool has_not_run(pid_t pid, const struct thread *t, const struct traced *x)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/task/%d/status", (int)pid, (int)t->tid);
	char text[8192];
	ssize_t n = procfs_read(procfs_directory(), path, text, sizeof(text));
	struct procfs_status status;

	return n > 0 && procfs_parse_status(text, (size_t)n, &status) == 0 && !status.filtered &&
	       status.voluntary == t->voluntary + 1 && (long)x->regs.orig_rax == t->syscall_nr &&
	       x->regs.rip == t->pc && x->regs.rsp == t->sp && IS_RESTART(x->regs.rax);
}

static bool stop_thread(struct asked *a, const struct thread *t)
{
	struct traced *x = &a->threads[a->n++];
	int status;

	*x = (struct traced){ .tid = t->tid };
	if (ptrace(PTRACE_SEIZE, t->tid, 0, PTRACE_O_TRACESYSGOOD) < 0)
		return false;
	if (ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) < 0 || await_stop(t->tid, &status) < 0)
		return false;
	x->stopped = true;
	if (status >> 16 != PTRACE_EVENT_STOP || WSTOPSIG(status) != SIGTRAP) {
		x->signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		return false;
	}
	return ptrace(PTRACE_GETREGS, t->tid, 0, &x->regs) == 0 && has_not_run(a->pid, t, x);
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

/* Makes the thread call nr(first, buffer) with its own buffer of n bytes; false: it could not. */
static bool make_call(struct traced *x, long nr, uint64_t first, void *ret_buffer, size_t n)
{
	uint64_t at = (x->regs.rsp - BELOW_STACK) & ~UINT64_C(15);
	struct iovec local = { ret_buffer, n }, remote = { (void *)(uintptr_t)at, n };
	struct user_regs_struct regs = x->regs;
	long code = ptrace(PTRACE_PEEKTEXT, x->tid, regs.rip - SYSCALL_SIZE, 0);

	if ((code & 0xffff) != 0x050f)
		return false;
	regs.rip -= SYSCALL_SIZE;
	regs.rax = (uint64_t)nr;
	regs.orig_rax = UINT64_MAX; /* nothing is to begin anew */
	regs.rdi = first;
	regs.rsi = at;
	return ptrace(PTRACE_SETREGS, x->tid, 0, &regs) == 0 && step(x) && step(x) &&
	       ptrace(PTRACE_GETREGS, x->tid, 0, &regs) == 0 && regs.rax == 0 &&
	       process_vm_readv(x->tid, &local, 1, &remote, 1, 0) == (ssize_t)n;
}

/* Back to its wait, which begins anew: the registers are those of the call's instruction. By itself
 * the kernel would go on with poll() as restart_syscall(), which looks like a wait with a time
 * limit. */
static void put_back(struct traced *x)
{
	struct user_regs_struct regs = x->regs;

	regs.rip -= SYSCALL_SIZE;
	regs.rax = regs.orig_rax;
	regs.orig_rax = UINT64_MAX;
	if (x->stopped)
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
		if (!make_call(x, SYS_timer_gettime, id, &when, sizeof(when)))
			return ASK_FAILED;
		if (when.it_value.tv_sec || when.it_value.tv_nsec)
			return ASK_ARMED;
	}
	return ASK_NONE_ARMED;
}

static enum ask_answer ask_thread(struct traced *x, pid_t pid)
{
	struct itimerval when;

	if (!make_call(x, SYS_getitimer, ITIMER_REAL, &when, sizeof(when)))
		return ASK_FAILED;
	if (when.it_value.tv_sec || when.it_value.tv_usec)
		return ASK_ARMED;
	return ask_posix(x, pid);
}

enum ask_answer ask_timers(const struct snapshot *s, size_t process, bool at_end)
{
	const struct process *p = &s->processes[process];
	enum ask_answer answer = ASK_FAILED;
	struct asked a = { .pid = p->pid };
	bool stopped = true;

	if (p->n_threads > MAX_THREADS)
		return ASK_FAILED;
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (s->threads[i].rest != REST_YES || s->threads[i].state != 'S' ||
			(!at_end && !restarts_unseen(&s->threads[i])))
			return ASK_FAILED;
	for (size_t i = 0; stopped && i < p->n_threads; i++)
		stopped = stop_thread(&a, &s->threads[p->first_thread + i]);
	if (stopped) {
		answer = ask_thread(&a.threads[0], p->pid);
		for (size_t i = 0; i < a.n; i++)
			put_back(&a.threads[i]);
	}
	let_go(&a);
	return answer;
}

#endif
