/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * priority.h: the loop must see a trial hang although the trials keep every processor busy. It asks
 * to run soon where it may; a trial runs as it would from a shell.
 */
#ifndef RUNNER_TRIAL_PRIORITY_H
#define RUNNER_TRIAL_PRIORITY_H

#include <stdbool.h>

/* Of the calling thread. Best effort: a nice value where that is permitted (CAP_SYS_NICE,
 * RLIMIT_NICE), and a short slice, which any program may ask for (Linux 6.12). Does nothing for
 * whom the user has given another policy or nice value than the usual one. True: raised. */
bool priority_raise(void);

/* Back to the usual; also in a child, between fork and exec: it inherits what is raised.
 * Async-signal-safe, and touches no errno. */
void priority_lower(void);

#endif
