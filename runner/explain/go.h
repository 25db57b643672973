/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/go.h: what a thread of Go's runtime waits for, told from the functions on its stack.
 * Pure: others read the stack, the name of the futex and the phase of the collector.
 *
 * Stacks of Go end where the runtime switched to its own stack (g0), so the goroutine's frames are
 * never seen; the runtime's own tell which of its waits this is. Sources: Go's src/runtime, proc.go
 * (schedule, findRunnable, stopm, stoplockedm, gcstopm, exitsyscall), lock_futex.go,
 * lock_spinbit.go, mgc.go, and runtime/cgo/gcc_libinit.c; the same from 1.19 to 1.26 but for names,
 * which both stand in the table.
 */
#ifndef RUNNER_EXPLAIN_GO_H
#define RUNNER_EXPLAIN_GO_H

#include <stdbool.h>
#include <stddef.h>

/* By precedence: of several that the frames show, the first says most. */
enum explain_go_wait {
	GO_WAIT_INIT,       /* a call into a library whose runtime has not finished starting */
	GO_WAIT_SCHED_LOCK, /* the scheduler's lock */
	GO_WAIT_LOCK,       /* another lock of the runtime */
	GO_WAIT_WORLD,      /* asks all processors to stop or reach a safe point, again and again */
	GO_WAIT_STOPPED,    /* the world is stopped: sleeps until it is started again */
	GO_WAIT_GC_WORKER,  /* a collection is under way, and nobody does its work */
	GO_WAIT_PROCESSOR,  /* back from a system call or from C: wants a processor (P) */
	GO_WAIT_BOUND, /* parked M that is bound to a goroutine, as any thread that C called from */
	GO_WAIT_PARKED,  /* parked M with nothing to run */
	GO_WAIT_POLLER,  /* parked in the network poller */
	GO_WAIT_SIGNALS, /* for a signal that the program asked for (os/signal) */
	GO_WAIT_MONITOR, /* the monitor, which sleeps with a timeout again and again */
	GO_WAIT_NONE,    /* no wait of Go's runtime */
	GO_WAIT_COUNT,
};

struct explain_go_facts {
	const char *const *functions; /* innermost first; NULL where a frame has no name */
	size_t n;
	const char
		*futex; /* symbol that the futex word lies in ("runtime.sched+16"); NULL unknown */
	int gc_phase;   /* runtime.gcphase: 0 off, 1 mark, 2 mark termination; -1 unknown */
};

/* ret_frame: index of the function that told, SIZE_MAX for none. */
enum explain_go_wait explain_go_classify(const struct explain_go_facts *facts, size_t *ret_frame);

/* What stands behind "waits for": "the lock of the Go scheduler (sched.lock)". NULL for
 * GO_WAIT_NONE. */
const char *explain_go_name(enum explain_go_wait wait);
/* A sentence: who would have to end the wait; forked: the process is a copy of one that had more
 * threads, and so why nobody does. NULL for GO_WAIT_NONE. */
const char *explain_go_why(enum explain_go_wait wait, bool forked);

/* What usually mends it. NULL for GO_WAIT_NONE. */
const char *explain_go_remedy(enum explain_go_wait wait);

#endif
