/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.h: the event loop. Keeps up to `jobs` trials running, captures what they print, looks at
 * those that stay, ends them at their deadline or when they are proven stuck, and clears away what
 * they leave. It decides nothing: it hands over the bare facts of each trial's end.
 */
#ifndef RUNNER_TRIAL_WATCH_H
#define RUNNER_TRIAL_WATCH_H

#include "runner/trial/isolate.h"
#include "runner/trial/probe.h"
#include "runner/record/record.h"
#include "runner/plan/target.h"

struct watch_trial {
	const struct target *target;
	size_t cell;
	uint64_t index, seed;
	char **env;                  /* complete; the loop frees it */
	struct inject_trial *inject; /* NULL: none; the loop finishes and frees it */
	int64_t deadline_ns;         /* relative to its start */
	int64_t first_probe_ns;      /* the same; how long such a trial usually takes */
	bool audit;                  /* a proven trial is kept alive to its deadline */
};

enum watch_end {
	WATCH_ENDED,    /* by itself */
	WATCH_PROVEN,   /* proven stuck, and ended by us */
	WATCH_DEADLINE, /* ended by us at its deadline */
	WATCH_ABORTED,  /* ended by us for the sake of the whole command (second Ctrl-C) */
	WATCH_FAULT,    /* never started, or the instrument failed: see fault */
};

struct watch_over {
	struct watch_trial trial;
	enum watch_end end;
	const char *fault; /* static or owned by the loop until the callback returns */
	int fault_errno;
	int status;           /* of waitpid(2) */
	bool root_was_proven; /* at some moment; an audited trial may have ended since */
	bool proven;          /* the root is stuck at the end */
	bool part_proven;     /* a part of the tree was */
	enum appearance appearance;
	struct record_cause *cause; /* of the proof, NULL: none; borrowed */
	int64_t duration_ns, detect_ns;
	int64_t proven_at_ns; /* monotonic, when the root was first proven stuck; 0: never */
	char *output;         /* borrowed */
	size_t output_len;
	struct record_counters counters;
};

struct watch_ops {
	/* The next trial to start, or false: none now. Called whenever a place is free. */
	bool (*next)(void *arg, struct watch_trial *ret_trial);
	/* A trial is over and nothing is left of it. */
	void (*over)(void *arg, struct watch_over *over);
	/* About every second, and whenever something happened at all after that. */
	void (*tick)(void *arg, int64_t now_ns);
	/* The first SIGINT or SIGTERM; the second aborts the running trials by itself. */
	void (*interrupted)(void *arg);
};

/* isolate: NULL, or how a trial gets namespaces of its own. Runs until next() gives no more and the
 * last trial is over. 0 or -errno: the instrument failed.
 */
int watch_run(int jobs, const struct isolate *isolate, struct prober *prober,
	const struct watch_ops *ops, void *arg);

#endif
