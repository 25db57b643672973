/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * init.h: the first process of a trial's pid namespace: makes the mounts, starts the program, reaps
 * orphans, and ends with the program; whatever is left then, the kernel kills.
 */
#ifndef RUNNER_TRIAL_INIT_H
#define RUNNER_TRIAL_INIT_H

#include "runner/trial/spawn.h"

#include <stdint.h>

/* Shared with it. */
struct init_shared {
	int status;           /* of the program; INIT_NO_STATUS: it has none yet */
	int64_t end_ns;       /* monotonic */
	pid_t local_root;     /* the program's pid, as the namespace has it */
	unsigned int reaping; /* odd while a child is being reaped */
	int error;            /* -errno: the program was not executed */
};
#define INIT_NO_STATUS (-1)

/* From a keeper: returns the pid of the init once the program has executed or failed; or -errno.
 * *ret_root: the program's pid, 0 when it has ended already. */
pid_t init_start(const struct spawner *s, const struct spawn_request *q, struct init_shared *shared,
	pid_t *ret_root);

#endif
