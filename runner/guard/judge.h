/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge.h: what a guarded command looks like, by what was seen of it: a state machine over samples
 * and proofs. Pure: no clock, no /proc. All times are monotonic nanoseconds of the caller's clock.
 *
 * A healthy command gets no verdict but GUARD_STALLED (which only reports) and GUARD_LATE (which
 * the user asked for). GUARD_PROVEN takes a proof of the whole tree. GUARD_PART_STUCK takes a proof
 * at every probe of the whole grace period: of the same threads, while the rest did nothing, or of
 * the command's main thread, while the rest may run.
 */
#ifndef RUNNER_GUARD_JUDGE_H
#define RUNNER_GUARD_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum guard_verdict {
	GUARD_FINE,
	GUARD_PROVEN,     /* the command can never end by itself */
	GUARD_PART_STUCK, /* some threads can never run again; the rest only waits in rounds */
	GUARD_STALLED,    /* no process has used the CPU or moved bytes for a while */
	GUARD_LATE,       /* it has run for longer than the user allows */
	GUARD_VERDICT_COUNT,
};
const char *guard_verdict_name(enum guard_verdict v); /* "proven", "part stuck", ... */

/* 0: never. */
struct guard_limits {
	int64_t grace_ns, stall_ns, max_ns;
};

/* What the tree has done so far. */
struct guard_sample {
	int64_t at_ns;
	int64_t cpu_ns; /* of all processes, and of the children they have waited for */
	uint64_t bytes; /* read and written */
	uint64_t who;   /* a hash over the processes: it differs when one came or went */
};

/* What a probe has shown. */
struct guard_proof {
	int64_t at_ns;
	bool whole;     /* the command itself can never end */
	bool main;      /* its main thread is stuck, although others of it run */
	uint64_t stuck; /* a hash over the threads that are proven stuck; 0: none */
};

struct guard_judge {
	struct guard_limits limits;
	int64_t started_ns;
	int64_t progress_ns; /* when it was last seen to do something */
	struct guard_sample last;
	bool sampled;
	bool whole;
	uint64_t part;     /* of the last probe */
	int64_t part_ns;   /* since when the same part is stuck */
	int64_t main_ns;   /* since when the main thread is; 0: it is not */
	int64_t proof_ns;  /* when a probe was last made */
	bool told_stalled; /* in this quiet period */
	bool told_whole;   /* set by the caller: a proof of the whole is no news any more */
};

void guard_judge_init(struct guard_judge *j, const struct guard_limits *limits, int64_t now_ns);
void guard_judge_sample(struct guard_judge *j, const struct guard_sample *s);
void guard_judge_proof(struct guard_judge *j, const struct guard_proof *p);
/* The command or we were stopped and go on: nothing can be said about the time between. */
void guard_judge_resume(struct guard_judge *j, int64_t now_ns);

/* Forgets the proofs: the newest look at the tree says otherwise. */
void guard_judge_forget(struct guard_judge *j);

/* GUARD_STALLED is given once for each quiet period. */
enum guard_verdict guard_judge_verdict(struct guard_judge *j, int64_t now_ns);

/* How often a sample is useful: a fraction of the shortest limit that needs samples. */
int64_t guard_judge_sample_interval_ns(const struct guard_judge *j);
/* How long after the last probe one is worth it although some threads run or wait with a timeout:
 * soon in a tree that is quiet, for a part of it may be stuck; some times in each grace period in
 * one that is not. 0: never. */
int64_t guard_judge_part_interval_ns(const struct guard_judge *j, int64_t now_ns);

#endif
