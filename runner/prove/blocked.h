/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prove/blocked.h: rule 1 of the proof: is this thread of one snapshot the same, and as much at
 * rest, as that thread of the other? Pure; used by prove.c only.
 */
#ifndef RUNNER_PROVE_BLOCKED_H
#define RUNNER_PROVE_BLOCKED_H

#include "runner/snapshot/snapshot.h"

#define PROVE_NOWHERE SIZE_MAX

/* NULL where the snapshot names a process that it does not have. */
const struct process *prove_process_of(const struct snapshot *s, const struct thread *t);
const struct object *prove_object_of(const struct snapshot *s, const struct thread *t, size_t i);

/* By tid, pid and start time of the process: where each thread stands in the other snapshot, or
 * PROVE_NOWHERE. The arrays have one element a thread of the snapshot they are named after. */
void prove_match_threads(const struct snapshot *first, const struct snapshot *second,
	size_t *ret_second_of_first, size_t *ret_first_of_second);

/* a of first and b of second are the same thread, which rested in both and never ran between. */
bool prove_is_at_rest(const struct snapshot *first, const struct thread *a,
	const struct snapshot *second, const struct thread *b);

bool prove_is_zombie(const struct thread *t);

#endif
