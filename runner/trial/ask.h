/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask.h: asks a blocked process whether it has a timer armed, or an io_uring. /proc does not say:
 * only root sees /proc/timer_list, and no file shows a registered ring without a descriptor
 * and a mapping (IORING_SETUP_NO_MMAP, or registered first, then closed and unmapped).
 *
 * One of its threads is stopped by ptrace and made to call getitimer() and timer_gettime(), with
 * its registers put back afterwards. Then it is let go, and its wait begins anew. Rings belong to
 * a thread: each one is stopped for a moment and made to call io_uring_enter() with nothing to do.
 * A thread that cannot be asked in principle (a seccomp filter that is not our own, a wait that
 * does not begin anew, a processor other than x86_64) is taken for one without a ring. Every wait
 * for the target is bounded in time.
 */
#ifndef RUNNER_TRIAL_ASK_H
#define RUNNER_TRIAL_ASK_H

#include "runner/prove/prove.h"

enum ask_answer {
	ASK_NONE_ARMED, /* nor was any between the snapshot and now */
	ASK_ARMED,      /* or it has a registered ring */
	/* It could not be asked: another processor, not permitted, a seccomp filter of its own, a
	 * wait that ends with EINTR when it is stopped (unless ASK_AT_END); or it has run since the
	 * snapshot. */
	ASK_FAILED,
};

/* What becomes of the asked processes when they have answered. */
enum ask_mode {
	/* They go on and must not notice: a thread whose call may have moved a part of its data,
	 * and would return with that part, is not asked. */
	ASK_LET_GO,
	/* They are ended if the answer is good: until then such a thread stays stopped. Else it
	 * goes on, and a long write may be seen to end in part. */
	ASK_TO_END,
	/* They are ended in any case: any thread is asked. */
	ASK_AT_END,
};

/* One round of questions. Zero-initialise but for the mode; end it with ask_done(). */
struct ask {
	enum ask_mode mode;
	struct ask_held {
		pid_t pid, tid;
		int signal; /* to be delivered when it goes on */
	} * held;           /* threads that are stopped until ask_done() */
	size_t n_held, cap_held;
};
/* Detaches from all. ends: the caller ends these processes now, so they are stopped for good
 * (SIGSTOP). */
void ask_done(struct ask *a, bool ends);

/* Timers and rings of one process of the snapshot. */
enum ask_answer ask_timers(struct ask *a, const struct snapshot *s, size_t process);
/* Its rings alone. ASK_FAILED: a thread has run since the snapshot. */
enum ask_answer ask_rings(struct ask *a, const struct snapshot *s, size_t process);

/* Asks each process of the stuck set for its rings and, where it may have some, for its timers.
 * True: none has any. *ret_armed: one said that it has, so that asking again is of no use before
 * that runs out. */
bool ask_stuck_set(struct ask *a, const struct snapshot *s, const struct proof *p, bool *ret_armed);
enum ask_answer ask_stuck_rings(struct ask *a, const struct snapshot *s, const struct proof *p);

#endif
