/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keeper.h: owns the processes of one trial at a time, and outlives the runner just long enough to
 * end them.
 *
 * A keeper is a process of its own between the runner and the trial: the parent of the program and
 * its subreaper. A process that outlives its parents becomes the keeper's child, in any session, so
 *a process cannot hide which trial it belongs to. One keeper serves one trial after the other.
 *
 * Who ends the trial:
 *
 *	the program ends		the keeper kills what is left, reports when nothing is
 *	the runner says so		the keeper kills the trial, then as above
 *	the runner dies, however	the keeper's socket says so: it kills the trial and ends
 *	the runner is stopped for ever	the keeper kills the trial some time after its deadline
 *	the keeper dies or is stopped	the runner inherits the trial, or lets the keeper go on
 *
 * Memory: the keeper is a fork, with no memory in common with the runner but one mapping for the
 * request, so that the OOM killer may end the runner and spare the keeper.
 */
#ifndef RUNNER_TRIAL_KEEPER_H
#define RUNNER_TRIAL_KEEPER_H

#include "runner/trial/spawn.h"

#include <stdint.h>

struct keeper;

/* The end of a trial. Nothing of it is left, unless `left` says what. */
struct keeper_report {
	int status;     /* of waitpid(2) */
	int error;      /* -errno: the program was not executed; 0: it was */
	int64_t end_ns; /* monotonic: when the program ended */
	int refusal;    /* enum hangrate_zygote_refusal: the program cannot be forked; 0: it can */
	int refusal_detail;
	bool backstop; /* ended by the keeper: the runner was silent past the deadline */
	pid_t left;    /* a process that cannot be killed; 0: none */
	char left_comm[16];
};

/* How long a keeper tries to kill what is left of a trial. */
#define KEEPER_KILL_LIMIT_NS (10 * NSEC_PER_SEC)
/* How long after the deadline of a trial it believes in a runner that says nothing. */
#define KEEPER_BACKSTOP_NS (10 * NSEC_PER_SEC)
/* Who wakes so much later than it meant to was not run meanwhile, nor was the trial: the machine
 * was suspended, or is too full. That time counts for no deadline. */
#define KEEPER_PAUSE_NS NSEC_PER_SEC

/* A keeper for trials whose request is about as large as this one. 0 or -errno. */
int keeper_new(const struct spawner *s, const struct spawn_request *q, struct keeper **ret_keeper);
/* The keeper ends its trial, if it has one, and then itself, without a report. NULL-safe. */
void keeper_release(struct keeper *k);
/* The same, and waits for it until then. */
void keeper_free(struct keeper *k, int64_t until_ns);
/* For a caller that cannot wait: kills the keeper itself. Its children become the caller's. */
void keeper_kill(struct keeper *k);

pid_t keeper_pid(const struct keeper *k);
/* To be watched for EPOLLIN. */
int keeper_fd(const struct keeper *k);
/* False: this request needs a keeper with more room. */
bool keeper_fits(const struct keeper *k, const struct spawn_request *q);

/* Copies the request; its descriptors are those of the caller, who may close them afterwards. 0 or
 * -errno: nothing was started. */
int keeper_start(struct keeper *k, const struct spawn_request *q, int64_t deadline_ns);
/* The trial gets more time. */
void keeper_set_deadline(struct keeper *k, int64_t deadline_ns);
/* Asks for the end of the trial. */
void keeper_end(struct keeper *k);
/* When keeper_fd() is readable: 1 and the report; 0: nothing yet; -EPIPE: the keeper is dead. */
int keeper_read(struct keeper *k, struct keeper_report *ret_report);

/* The program's pid; 0: not started yet, or ended. */
pid_t keeper_root(const struct keeper *k);
/* The program's parent: the keeper, or the init of the trial's pid namespace. */
pid_t keeper_parent(const struct keeper *k);
/* True once the program has ended and what it left is being killed. */
bool keeper_is_clearing(const struct keeper *k);
/* The trial's processes that have outlived their parents: fills pids with at most max of them,
 * returns how many there are; -1: they cannot be listed now. */
int keeper_orphans(const struct keeper *k, pid_t *pids, int max);

#endif
