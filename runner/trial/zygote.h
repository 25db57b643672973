/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * zygote.h: the keeper's zygotes: processes that stopped at the entry of main() and are forked for
 * each trial (lib/zygote.h). They are the keeper's children, and so is what they fork; they belong
 * to no trial, hold nothing of one, and end with the keeper.
 */
#ifndef RUNNER_TRIAL_ZYGOTE_H
#define RUNNER_TRIAL_ZYGOTE_H

#include "runner/trial/spawn.h"

struct keeper_report;

#define ZYGOTES_MAX 256 /* of one keeper; the one that was used least recently makes room */

struct zygote {
	uint64_t key, used;
	pid_t pid; /* 0: this place is free, or the program cannot be forked */
	int socket;
	int refusal, detail; /* of enum hangrate_zygote_refusal; 0: it can */
};

/* In memory that runner and keeper share; written by the keeper only. */
struct zygotes {
	struct zygote all[ZYGOTES_MAX];
	unsigned int n;
	uint64_t clock;
};

/*
 * The trial's program, forked from the zygote of the request's key, which is started where there is
 * none yet. channel: becomes readable when the runner wants something else. The pid, or -errno with
 * the report's refusal set where the program cannot be forked.
 */
pid_t zygotes_spawn(struct zygotes *z, const struct spawner *s, const struct spawn_request *q,
	struct spawn_stack *stack, int channel, struct keeper_report *report);
bool zygotes_have(const struct zygotes *z, pid_t pid);
/* That child of the keeper has ended. */
void zygotes_reaped(struct zygotes *z, pid_t pid);
/* Ends them all. */
void zygotes_end(struct zygotes *z);

/* In the runner: the same for all trials that differ by the values of HANGRATE_* only. */
uint64_t zygote_key(const struct spawn_request *q);
/* "it has 3 threads before main()"; the caller frees it. */
char *zygote_describe(int refusal, int detail);

#endif
