/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask.h: asks a blocked process whether it has a timer armed. /proc does not say, and only root
 * sees /proc/timer_list.
 *
 * One of its threads is stopped by ptrace and made to call getitimer() and timer_gettime(), with
 * its registers put back afterwards. Then it is let go, and its wait begins anew. Every wait for
 * the target is bounded in time.
 */
#ifndef RUNNER_TRIAL_ASK_H
#define RUNNER_TRIAL_ASK_H

#include "runner/prove/prove.h"

enum ask_answer {
	ASK_NONE_ARMED, /* nor was any between the snapshot and now */
	ASK_ARMED,
	/* It could not be asked: another processor, not permitted, a seccomp filter, a wait that
	 * ends with EINTR when it is stopped (unless `at_end`); or it has run since the snapshot.
	 */
	ASK_FAILED,
};

/* Of one process of the snapshot. at_end: it is killed afterwards whatever it says. */
enum ask_answer ask_timers(const struct snapshot *s, size_t process, bool at_end);

/* Asks each process of the stuck set that may have one. True: none has. *ret_armed: one said that
 * it has, so that asking again is of no use before that runs out. */
bool ask_stuck_set(const struct snapshot *s, const struct proof *p, bool at_end, bool *ret_armed);

#endif
