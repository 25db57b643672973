/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * over.h: what a trial is, and the bare facts of how it ended. Plain data: what they mean is the
 * business of verdict.h.
 */
#ifndef RUNNER_TRIAL_OVER_H
#define RUNNER_TRIAL_OVER_H

#include "runner/plan/target.h"
#include "runner/record/record.h"

struct inject_trial;

struct trial {
	const struct target *target;
	size_t cell;
	uint64_t index, seed, position; /* of struct plan_trial */
	char **env;                     /* complete; the loop frees it */
	struct inject_trial *inject;    /* NULL: none; the loop finishes and frees it */
	int64_t deadline_ns;            /* relative to its start */
	/* More time, once, for a trial that makes progress at its deadline, and for one that sleeps
	 * until a timer of its own; 0: none. */
	int64_t extend_ns, extend_asleep_ns;
	int64_t give_up_ns; /* monotonic: no time is left for it, it gets no verdict; 0: never */
	int64_t first_probe_ns; /* relative to its start; how long such a trial usually takes */
	bool zygote;            /* forked from a process that has loaded the program once */
	bool audit;             /* a proven trial is kept alive to its deadline */
};

enum trial_end {
	TRIAL_ENDED,    /* by itself */
	TRIAL_PROVEN,   /* proven stuck, and ended by us */
	TRIAL_DEADLINE, /* ended by us at its deadline */
	TRIAL_ABORTED, /* ended by us for the sake of the whole command (second Ctrl-C, --budget) */
	TRIAL_FAULT,   /* never started, or the instrument failed: see fault */
};

struct trial_over {
	struct trial trial;
	enum trial_end end;
	const char *fault; /* static or owned by the loop until the callback returns */
	int fault_errno;
	bool refused; /* the program cannot be forked, and its next trial could not either */
	int status;   /* of waitpid(2) */
	bool root_was_proven; /* at some moment; an audited trial may have ended since */
	bool undecided;       /* the look at the deadline could not tell whether it still is */
	bool proven;          /* the root is stuck at the end */
	bool part_proven;     /* a part of the tree was */
	bool slow;            /* it got more time */
	enum appearance appearance;
	struct record_cause *cause; /* of the proof, NULL: none; borrowed */
	int64_t duration_ns, detect_ns;
	int64_t proven_at_ns; /* monotonic, when the root was first proven stuck; 0: never */
	char *output;         /* borrowed */
	size_t output_len;
	struct record_counters counters;
};

#endif
