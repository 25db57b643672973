/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Waiting for a signal: pause, rt_sigsuspend, rt_sigtimedwait without a time limit.
 *
 * Anyone may send a signal, from anywhere. But the first two return only after a handler has run
 * (POSIX.1-2024 pause(), sigsuspend()); where no signal that the thread lets through has one, a
 * signal can end the process and never the wait. sigwait() for nothing but the signals that a libc
 * keeps for itself is the same: who could send one is a thread, or a timer, of the process itself.
 * What may still act is a thread of the same memory, which could install a handler; the kernel, for
 * a timer or an alarm, which may be how the process is meant to end (snapshot/timer.c); and
 * a thread that lives (prove.c). Only where the tree is known to be complete: elsewhere, somebody
 * may have parked the process so and mean to kill it.
 */
#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

#define BIT(signal) (UINT64_C(1) << ((signal)-1))
/* SIGCANCEL and SIGTIMER of glibc and musl; no program can name them. 34 is a program's own under
 * glibc. */
#define OF_LIBC (BIT(32) | BIT(33))

static bool asks_libc_signals_only(struct collect *c, size_t thread, uint64_t set)
{
	uint64_t wanted = 0;

	if (!set)
		return true;
	return memory_read(c, c->s->threads[thread].process, set, &wanted, sizeof(wanted)) == 0 &&
	       !(wanted & ~OF_LIBC);
}

static void resolve_signal(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	const struct process *p = &c->s->processes[t->process];
	struct object key = {
		.kind = OBJECT_SIGNAL,
		.wait = WAIT_SIGNAL,
		.process = t->process,
		.name = "a signal",
	};
	bool new;
	size_t o;

	if ((p->caught & ~t->blocked & ~OF_LIBC) ||
		!asks_libc_signals_only(c, thread, call->address)) {
		thread_mark_runnable(t, REST_SIGNAL, "%s waits for a signal", call->name);
		return;
	}
	if (!c->options->complete) {
		thread_mark_runnable(t, REST_SIGNAL,
			"%s waits for a signal, but no unblocked signal has a handler", call->name);
		return;
	}
	t->wait = WAIT_SIGNAL;
	o = object_intern(c, &key, &new);
	thread_add_object(c, thread, o);
	for (size_t i = 0; new &&i < c->s->n_processes; i++)
		if (c->s->processes[i].mm == p->mm)
			object_add_process(c, o, i);
}

/* rt_sigtimedwait(set, info, timespec, size) */
static void decode_sigwait(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
	if (a[2])
		call_set_timed(c, "timeout");
}

static const struct wait_call calls[] = {
#ifdef SYS_pause
	WAIT_CALL(pause, call_decode_nothing, resolve_signal),
#endif
	WAIT_CALL(rt_sigsuspend, call_decode_nothing, resolve_signal),
	WAIT_CALL(rt_sigtimedwait, decode_sigwait, resolve_signal),
};

WAIT_OPS(wait_signal_ops, calls, NULL, NULL, NULL, wait_is_unchanged, NULL, NULL);
