/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard/watch.h: when to look at the guarded tree, and what was seen: joins the samples and the
 * proofs for the judge. Samples and probes cost at most one part in two thousand of a core each,
 * for a tree of any size; the first probes that find it asleep may cost 200 ms beyond that.
 */
#ifndef RUNNER_GUARD_WATCH_H
#define RUNNER_GUARD_WATCH_H

#include "runner/guard/judge.h"
#include "runner/guard/tree.h"
#include "runner/prove/twice.h"
#include "runner/trial/ask.h"

/* Free with guard_watch_done(). */
struct guard_watch {
	pid_t command;
	struct guard_judge judge;
	struct guard_tree tree;
	int64_t next_ns; /* when to look again: for the earlier of these two */
	int64_t next_probe_ns, next_sample_ns;
	int64_t interval_ns; /* between probes, with back-off */
	int64_t spent_ns;    /* CPU time of all probes */
	bool may_ask;        /* the command would be ended: its timers and rings may be asked for */
	bool asked;          /* at the newest proof: its threads have run since */
	/* The last round of questions before the command is ended; some threads are stopped until
	 * then. One that said yes is not asked so again: it may have seen its write end in part. */
	struct ask last;
	bool had_last;
	int64_t next_ask_ns; /* not before that */
	int64_t ask_interval_ns;
	uint64_t explained;   /* the stuck set whose outcome is known ... */
	bool explained_stuck; /* ... and what it is */
};

/* may_ask: a command that is stuck unless it has a timer that /proc does not show is stopped for a
 * moment and asked (runner/trial/ask.h), before it is called stuck. */
void guard_watch_init(struct guard_watch *w, pid_t command, const struct guard_limits *limits,
	bool may_ask, int64_t now_ns);
void guard_watch_done(struct guard_watch *w);
/* The newest look at the tree says otherwise: look again soon. */
void guard_watch_doubt(struct guard_watch *w, int64_t now_ns);
void guard_watch_resume(struct guard_watch *w, int64_t now_ns);

/* Looks once; sets next_ns. */
enum guard_verdict guard_watch_look(struct guard_watch *w, int64_t now_ns);

/* What a proof is for: it decides who is asked for what /proc does not show. */
enum guard_use {
	GUARD_USE_PROBE,
	GUARD_USE_REPORT, /* the command goes on: nobody is asked for rings, these are a condition
			   */
	GUARD_USE_END,    /* it is ended if it is still stuck: its long writers are asked, too */
};
/* The tree as it is now. 0, or -errno when the command is gone. */
int guard_watch_prove(
	struct guard_watch *w, int tries, enum guard_use use, struct prove_result *ret_result);
/* Of a proof for which the command is to be ended: nobody has a ring that does not show. Then
 * ask_done(&w->last, ...) is owed. */
bool guard_watch_is_sure(struct guard_watch *w, struct prove_result *r);

#endif
