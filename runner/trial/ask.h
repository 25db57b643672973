/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask.h: asks a blocked process whether it has a timer armed, or an io_uring. /proc does not say:
 * only root sees /proc/timer_list, and no file shows a registered ring without a descriptor
 * and a mapping (IORING_SETUP_NO_MMAP, or registered first, then closed and unmapped).
 *
 * One of its threads is stopped by ptrace and made to call getitimer() and timer_gettime(), with
 * its registers put back afterwards. Then it is let go, and its wait begins anew. Rings belong to
 * a thread: each one is stopped for a moment and made to call io_uring_enter() with nothing to do.
 * Who cannot be asked (a seccomp filter of its own, a wait that does not begin anew, a processor
 * other than x86_64) may have a ring, unless nobody here can. Only the parent of a vfork child,
 * which nothing stops, is taken for one without. Every wait for the target is bounded in time.
 */
#ifndef RUNNER_TRIAL_ASK_H
#define RUNNER_TRIAL_ASK_H

#include "runner/prove/prove.h"

enum { ASK_N_CALLS = 3 };

enum ask_answer {
	ASK_NONE_ARMED, /* nor was any between the snapshot and now */
	ASK_ARMED,      /* or it has a registered ring */
	/* It could not be asked, or has run since the snapshot: nothing is known. */
	ASK_FAILED,
	/* It has no ring, but no thread of it can be asked for timers. */
	ASK_NO_RING,
};

/* What becomes of the asked processes when they have answered. */
enum ask_mode {
	/* They go on and must not notice: a thread whose call may have moved a part of its data,
	 * and would return with that part, is not asked. */
	ASK_LET_GO,
	/* The same, before ASK_TO_END: such a thread is taken for one that says no. */
	ASK_FIRST,
	/* They are ended if the answer is good: until then such a thread stays stopped. Else it
	 * goes on, and a long write may be seen to end in part. */
	ASK_TO_END,
	/* They are ended in any case: any thread is asked. */
	ASK_AT_END,
};

/* One round of questions. Zero-initialise but for the mode; end it with ask_done(): until then the
 * asked threads are traced. */
struct ask {
	enum ask_mode mode;
	/* Seccomp filters that the caller has given to the tree, beyond its own, and that let the
	 * questions pass (ask_calls); UINT_MAX: one does not. */
	unsigned int added_filters;
	/* Of each thread of the snapshot, whether it is of the stuck set; NULL: all are. Set by
	 * ask_stuck_*(). */
	const bool *stuck;
	struct tracer *tracer;
	pid_t *held; /* processes of threads that are stopped until ask_done() */
	size_t n_held, cap_held;
};

/* Lets all go. ends: the caller ends these processes now, so they are stopped for good
 * (SIGSTOP). */
void ask_done(struct ask *a, bool ends);

/* ask_here.c: false where the process can't have made an io_uring that a thread has registered: the
 * kernel has none, the machine's administrator forbids them, or the caller's own filters do. */
bool ask_is_ring_possible(pid_t pid);
/* The calls that a question consists of. */
extern const long ask_calls[ASK_N_CALLS];

/* Timers and rings of one process of the snapshot. */
enum ask_answer ask_timers(struct ask *a, const struct snapshot *s, size_t process);
/* Its rings alone. ASK_FAILED: a thread has run since the snapshot. */
enum ask_answer ask_rings(struct ask *a, const struct snapshot *s, size_t process);

/* Asks each process of the stuck set for its rings and, where it may have some, for its timers.
 * True: none has any. *ret_armed: one said that it has, so that asking again is of no use before
 * that runs out. */
bool ask_stuck_set(struct ask *a, const struct snapshot *s, const struct proof *p, bool *ret_armed);
/* Asks each process of the stuck set for its rings; ask_stuck_timers(): and for its timers, but for
 * those who can't be asked. ASK_FAILED where some process did not answer: then its threads of the
 * snapshot have that as a condition (thread.unless). */
enum ask_answer ask_stuck_rings(struct ask *a, struct snapshot *s, const struct proof *p);
enum ask_answer ask_stuck_timers(struct ask *a, struct snapshot *s, const struct proof *p);

#endif
