/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.h: what is known about a campaign, as plain data. The runner fills it, store.c writes and
 * reads it, reports/ knows nothing else. No function here touches a file, a process or a clock.
 *
 * Ownership: every char * is owned by the struct it stands in, and freed by record_campaign_done().
 */
#ifndef RUNNER_RECORD_RECORD_H
#define RUNNER_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict {
	VERDICT_PASS,
	VERDICT_DEADLOCK,
	VERDICT_TIMEOUT,
	VERDICT_RECOVERED,
	VERDICT_FAIL,
	VERDICT_CRASH,
	VERDICT_BROKEN,
	VERDICT_SKIP, /* the variant does not exist here; counted nowhere */
	VERDICT_COUNT,
};

/* What a trial that ended by `timeout` looked like. */
enum appearance {
	APPEARANCE_UNKNOWN,
	APPEARANCE_SPINNING,        /* some thread burns CPU */
	APPEARANCE_POLLING,         /* wakes by a timer again and again */
	APPEARANCE_SLEEPING,        /* in one long timed wait */
	APPEARANCE_WAITING_OUTSIDE, /* waits for something that is not in the trial */
	APPEARANCE_COUNT,
};

/* Expectation of a variant on this libc; the words of the protocol. */
enum expect {
	EXPECT_NONE, /* a user's program: no hang is expected, pass and fail are not judged */
	EXPECT_COMPLETES,
	EXPECT_DEADLOCKS,
	EXPECT_MAY,
	EXPECT_TIMES_OUT,
	EXPECT_HANGS,
	EXPECT_RECOVERS,
	EXPECT_FAILS,
	EXPECT_COUNT,
};

/* Which arm of a comparison a cell is. */
enum arm {
	ARM_BARE,     /* nothing loaded */
	ARM_NULL,     /* the injector loaded, every delay zero */
	ARM_INJECTED, /* delays, or a knob off its first level */
	ARM_COUNT,
};

const char *verdict_name(enum verdict v);
const char *appearance_name(enum appearance l);
const char *expect_name(enum expect e);
const char *arm_name(enum arm a);
/* -1 where the word is none of the names. */
int verdict_from_name(const char *s);
int appearance_from_name(const char *s);
int expect_from_name(const char *s);
int arm_from_name(const char *s);

/* Durations: 4 buckets an octave from 1 us up; bucket b covers [lo(b), lo(b+1)). Quantiles are
 * interpolated within a bucket, so they are within 19 % of the truth. */
#define RECORD_HIST_BUCKETS 128
struct record_hist {
	uint64_t count;
	int64_t min_ns, max_ns, sum_ns;
	uint32_t bucket[RECORD_HIST_BUCKETS];
};

void record_hist_add(struct record_hist *h, int64_t ns);
void record_hist_merge(struct record_hist *h, const struct record_hist *from);
/* q in [0,1]; 0 when empty. */
int64_t record_hist_quantile_ns(const struct record_hist *h, double q);
/* Lower bound of bucket b in ns. */
int64_t record_hist_bucket_ns(unsigned int b);
/* As bytes, equal on every machine: an empty one has none. buf has room for RECORD_HIST_MAX_BYTES;
 * returns the length. decode() gives -EBADMSG for what encode() cannot have written. */
#define RECORD_HIST_MAX_BYTES (32 + 5 * RECORD_HIST_BUCKETS)
size_t record_hist_encode(const struct record_hist *h, void *buf);
int record_hist_decode(const void *buf, size_t len, struct record_hist *ret_hist);

/* What the injector really did, summed over the trials of a cell (or for one trial). */
struct record_counters {
	uint64_t trials; /* trials in which the engine was loaded */
	uint64_t armed, passed, fired;
	uint64_t delay_ns;
	/* The --inject that repeats what was done in a trial that hung; NULL: that of the cell. Of
	 * one trial only. */
	char *replay;
	char *note; /* why an engine was left out or fired nothing; NULL: nothing to say */
};

/* The class of a cause that is none: what a tree that timed out was seen waiting for. */
#define RECORD_CAUSE_UNPROVEN "unproven"

/* A deduplicated reason for being stuck. */
struct record_cause {
	int64_t id;    /* in the store; 0: not stored yet */
	char *key;     /* what makes two causes the same: class, lock, normalised frames */
	char *class;   /* the words of DESIGN: orphaned-lock, pipe, ..., or RECORD_CAUSE_UNPROVEN */
	char *summary; /* one line for people */
	char *detail;  /* JSON as printed by `why --json`: threads, stacks, wait-for edges */
	uint64_t count;
	char *replay;         /* the --inject that makes it again; NULL: that of the cell */
	uint64_t replay_lead; /* trials with that text, less those with others since; not stored */
	uint64_t first_index; /* the trial that showed it first */
	uint64_t first_seed;
};

#define RECORD_UNKNOWN "?"

struct record_cell {
	int64_t id;    /* in the store; 0: not stored yet */
	char *target;  /* scenario name, a short label of the user's command, or its --name */
	char *variant; /* "" for a user's program */
	char *libc;    /* "glibc 2.36", "musl 1.2.3", "go 1.26.8", "static", "other" */
	/* What was run: the whole argv, shell-quoted. NULL: the target's name says it all (a
	 * scenario,
	 * --name). RECORD_UNKNOWN: recorded before version 3, which kept argv[0] alone. */
	char *command;
	char *directory; /* in which it was run; NULL like command */
	char *program; /* builds and hashes of the files in command: "python3 5e2c91aa, t.py 09f1";
			  NULL: not known */
	char *inject;  /* the level of every knob and the injection, canonical:
			  "holding-registry=10ms" */
	enum arm arm;
	double dose; /* numeric level of the swept knob (ns or bytes); negative: none */
	enum expect expect;
	char *why;           /* of the expectation */
	int64_t deadline_ns; /* the last one used */
	bool canary;
	uint64_t count[VERDICT_COUNT];
	uint64_t appearance[APPEARANCE_COUNT];
	uint64_t audited, false_proofs; /* --audit */
	uint64_t slow;                  /* trials that got more time, for they made progress */
	uint64_t alone, alone_bad;      /* trials run one at a time; those that did not pass */
	bool not_applied;  /* a rule of --inject was left out: counters.note says why */
	bool switched_off; /* the arm made hangs rarer and got no more trials; counters.note says
			      when */
	struct record_hist pass_ns;   /* duration of passing trials */
	struct record_hist detect_ns; /* last progress to verdict, of deadlocks */
	struct record_counters counters;
	struct record_cause *causes;
	size_t n_causes, cap_causes;
};

/* One trial that did not pass. */
struct record_trial {
	size_t cell;    /* index into record_campaign.cells */
	uint64_t index; /* within the cell */
	uint64_t seed;
	enum verdict verdict;
	enum appearance appearance;
	int exit_status; /* -1: killed */
	int signal;      /* of its own; 0: none */
	int64_t at_ms;   /* wall clock, Unix milliseconds, of its end */
	int64_t duration_ns;
	int64_t detect_ns; /* deadlock: last progress to proof; else 0 */
	char *cause_key;   /* NULL: none */
	char *output;      /* captured stdout and stderr, bounded; may hold any byte */
	size_t output_len;
	struct record_counters counters;
};

enum stop_reason {
	STOP_DONE,        /* the plan was finished */
	STOP_BUDGET,      /* --budget ran out */
	STOP_PRECISE,     /* --ci-width reached */
	STOP_DECIDED,     /* --decide reached */
	STOP_INTERRUPTED, /* SIGINT or SIGTERM */
	STOP_KILLED,      /* the record was never closed: the runner was killed */
	STOP_COUNT,
};
const char *stop_reason_name(enum stop_reason r);
int stop_reason_from_name(const char *s);

/* Of --decide: P("above P0" | p = P0), and P("below P1" | p = P1), of each cell. */
#define RECORD_DECIDE_ERROR 0.05

#define RECORD_ON_HANG 1u
#define RECORD_ON_CRASH 2u
#define RECORD_ON_FAIL 4u

struct record_campaign {
	int64_t id;
	char *key;                    /* of the plan: equal for the shards of one campaign */
	int64_t started_ms, ended_ms; /* wall clock, Unix milliseconds; ended 0: not closed */
	uint64_t seed;
	char *command; /* as typed, shell-quoted */
	char *version; /* of hangrate */
	char *host, *kernel, *cpu;
	int cpus, jobs;
	unsigned int shard, shards; /* 1-based; 1/1: whole */
	bool sequential; /* stopped early or looked at on the way: confidence sequence, not fixed n
			  */
	enum stop_reason stop;
	double decide_low, decide_high; /* --decide P0:P1; high 0: was not asked for */
	unsigned int fail_on;           /* RECORD_ON_*: what a user's program may not do; 0: hang */
	char *broken;  /* why nothing in it may be believed (canary misjudged, ...); NULL: sound */
	char *pending; /* trials of the plan that are not counted yet, see pending.h; NULL: unknown
			*/
	struct record_cell *cells;
	size_t n_cells, cap_cells;
};

void record_campaign_done(struct record_campaign *c);
/* A copy that shares nothing; the caller frees it. copy_ids() tells it, or the original, what the
 * store has called campaign, cells and causes: both must have them in the same order. */
void record_campaign_copy(const struct record_campaign *from, struct record_campaign *ret_copy);
void record_campaign_copy_ids(const struct record_campaign *from, struct record_campaign *to);
void record_trial_done(struct record_trial *t);
void record_trial_copy(const struct record_trial *from, struct record_trial *ret_copy);
void record_cause_done(struct record_cause *cause);

/* One more cell, all zero but for dose = -1. Moves the others: keep indices, not pointers. */
struct record_cell *record_campaign_add_cell(struct record_campaign *c);
/* The cause of that key, NULL when the cell has none; add() makes it (count 0, key copied) then.
 * The pointer is good until the next add(). */
struct record_cause *record_cell_find_cause(const struct record_cell *cell, const char *key);
struct record_cause *record_cell_add_cause(struct record_cell *cell, const char *key);

/* Adds what another record of the same cell, or of the same trials' injector, has counted: counts,
 * histograms, counters, causes. Names and expectation are left alone. */
void record_cell_merge(struct record_cell *cell, const struct record_cell *from);
void record_counters_merge(struct record_counters *r, const struct record_counters *from);

/* Whether both ran the same command in the same directory, or are known by their names. */
bool record_cell_same_command(const struct record_cell *a, const struct record_cell *b);
/* The same cell of another campaign: target, variant, libc, command, injection and arm. False where
 * the command is not known: nothing shows that it was the same. */
bool record_cell_same(const struct record_cell *a, const struct record_cell *b);
/* The same cell in this campaign; NULL when it has none. Campaigns of one plan have it at the same
 * place: it is looked for there first. */
struct record_cell *record_campaign_find_cell(
	const struct record_campaign *c, const struct record_cell *like, size_t place);
/* The same, and added with nothing counted when there is none: moves the others, as add_cell(). */
struct record_cell *record_campaign_cell_like(
	struct record_campaign *c, const struct record_cell *like);

/* For putting campaigns together: "a" and "b" give "a, b"; what is there already is not repeated,
 * and NULL adds nothing. */
void record_join_text(char **text, const char *more);

/* Trials in the denominator of P(hang): all but broken and skipped. */
uint64_t record_cell_trials(const struct record_cell *c);
/* deadlock + timeout. */
uint64_t record_cell_hangs(const struct record_cell *c);
/* Trials that --fail-on counts as not as expected: hangs unless it says else. */
uint64_t record_cell_counted(const struct record_campaign *c, const struct record_cell *cell);
/* An injected arm in which nothing was delayed: its rate is no evidence about the delays. */
bool record_cell_did_nothing(const struct record_cell *c);

/*
 * Expectations mean reachability over the sweep, so they are judged for all cells of one
 * target/variant/libc (a group) together: DEADLOCKS, TIMES_OUT, HANGS (either), RECOVERS and FAILS
 * are met by one such trial in any of them (the last two only if none hung), COMPLETES only if
 * every trial of all passed, NONE if no trial did what --fail-on looks for. Judges the group that
 * cell belongs to.
 */
bool record_cell_same_group(const struct record_cell *a, const struct record_cell *b);
/* The cell of arm `base` that a cell is compared with, NULL: none. A bare one may have no level of
 * a knob that the cell has not; a null one has its delays, which are zero there: the nearest. */
const struct record_cell *record_cell_base(
	const struct record_campaign *c, const struct record_cell *cell, enum arm base);
enum met {
	MET_YES,
	MET_NO,
	MET_UNJUDGED, /* MAY, or no trial counted */
};
enum met record_group_met(const struct record_campaign *c, const struct record_cell *cell);
/* Of a user's program: no trial of the group passed, and none did what --fail-on looks for. A typo
 * in its name ends like this, so nothing was measured. */
bool record_group_unmeasured(const struct record_campaign *c, const struct record_cell *cell);

#endif
