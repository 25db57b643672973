/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twice.h: the two collects that a proof takes, in one place: `why`, `guard` and the trials' prober
 * all probe a tree with it. Reads only, as snapshot_collect() does.
 */
#ifndef RUNNER_PROVE_TWICE_H
#define RUNNER_PROVE_TWICE_H

#include "runner/prove/prove.h"

struct prove_result {
	struct snapshot s; /* the newest collect; the proof's flags are of its threads */
	struct proof p;
	/* What would be proven if there were no timer and no io_uring that cannot be seen. Only
	 * where the snapshot has such a condition (has_if_no_timers). */
	struct proof if_no_timers;
	bool has_if_no_timers;
};

/*
 * Collects the tree and, where that alone leaves a candidate for the stuck set, a second time at
 * once. If no thread is stuck but one runs, all of that up to `tries` times: a thread that
 * polls is mostly asleep, and tells what it waits for only then.
 *
 * 0; -ESRCH when root is gone; -EACCES or -EPERM when it may not be read. On 0 the caller frees
 * with prove_result_done().
 */
int prove_twice(pid_t root, const struct snapshot_options *options, int tries,
	struct prove_result *ret_result);
void prove_result_done(struct prove_result *r);

#endif
