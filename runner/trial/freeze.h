/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * freeze.h: ends a tree that forks faster than its processes can be killed one by one, each in a
 * session of its own. A killed one makes room for another; a stopped one keeps its room and forks
 * no more. So all are stopped first, again and again until no new one is found, and then killed.
 *
 * For keepers: nothing is allocated, and no stream is used.
 */
#ifndef RUNNER_TRIAL_FREEZE_H
#define RUNNER_TRIAL_FREEZE_H

#include <stdbool.h>
#include <sys/types.h>

enum {
	FREEZE_MAX = 16384, /* processes; of more, the first ones */
	FREEZE_PASSES = 64, /* what has not stopped by then is not going to: it is another user's */
};

struct freeze {
	pid_t pids[FREEZE_MAX];
	int n, before, passes; /* before: those of the last pass */
};

/* Stops all descendants of a process. True: they have stopped, or some never will, and pids has
 * them, ancestors first. Else to be called again, with the same struct. */
bool freeze_pass(struct freeze *f, pid_t of);

#endif
