/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/guard/judge.h"

#include "runner/base/util.h"

/* Below both rates a tree does nothing but look at the clock: a thread that polls ten times a
 * second uses about 0.05 % of a core, and reads 8 bytes from a timer each time. */
#define QUIET_CPU_SHARE 200 /* one part in ... of a core */
#define QUIET_BYTES_PER_S UINT64_C(256)
/* The kernel counts CPU time in ticks: one more proves nothing in a short interval. */
#define QUIET_CPU_LEAST (10 * NSEC_PER_MSEC)

#define SAMPLES_A_LIMIT 20
#define SAMPLE_MIN_NS (100 * NSEC_PER_MSEC)
#define SAMPLE_MAX_NS (15 * NSEC_PER_SEC)
#define QUIET_MIN_NS (2 * NSEC_PER_SEC)
#define PROBES_A_GRACE 8

const char *guard_verdict_name(enum guard_verdict v)
{
	static const char *const names[GUARD_VERDICT_COUNT] = {
		[GUARD_FINE] = "fine",
		[GUARD_PROVEN] = "proven",
		[GUARD_PART_STUCK] = "part stuck",
		[GUARD_STALLED] = "stalled",
		[GUARD_LATE] = "late",
	};

	return (unsigned)v < GUARD_VERDICT_COUNT ? names[v] : "?";
}

void guard_judge_init(struct guard_judge *j, const struct guard_limits *limits, int64_t now_ns)
{
	*j = (struct guard_judge){
		.limits = *limits,
		.started_ns = now_ns,
		.progress_ns = now_ns,
	};
}

static bool is_progress(const struct guard_sample *before, const struct guard_sample *s)
{
	int64_t interval = s->at_ns - before->at_ns, cpu = s->cpu_ns - before->cpu_ns;
	int64_t allowed = interval / QUIET_CPU_SHARE;

	if (s->who != before->who || s->bytes < before->bytes || cpu < 0)
		return true;
	if (allowed < QUIET_CPU_LEAST)
		allowed = QUIET_CPU_LEAST;
	return cpu > allowed ||
	       (s->bytes - before->bytes) * NSEC_PER_SEC > QUIET_BYTES_PER_S * (uint64_t)interval;
}

void guard_judge_sample(struct guard_judge *j, const struct guard_sample *s)
{
	if (j->sampled && is_progress(&j->last, s)) {
		j->progress_ns = s->at_ns;
		j->part = 0;
		j->told_stalled = false;
	}
	j->last = *s;
	j->sampled = true;
}

void guard_judge_proof(struct guard_judge *j, const struct guard_proof *p)
{
	j->whole = p->whole;
	if (!p->stuck || p->stuck != j->part)
		j->part_ns = p->at_ns;
	j->part = p->stuck;
	if (!p->main)
		j->main_ns = 0;
	else if (!j->main_ns)
		j->main_ns = p->at_ns;
	j->proof_ns = p->at_ns;
}

void guard_judge_resume(struct guard_judge *j, int64_t now_ns)
{
	j->progress_ns = now_ns;
	j->part = 0;
	j->main_ns = 0;
	j->whole = false;
	j->sampled = false;
}

void guard_judge_forget(struct guard_judge *j)
{
	j->whole = false;
}

/* Since when the rest of the tree did nothing beside the same stuck part. */
static int64_t part_since_ns(const struct guard_judge *j)
{
	return j->part_ns > j->progress_ns ? j->part_ns : j->progress_ns;
}

static bool is_part_stuck(const struct guard_judge *j, int64_t now_ns)
{
	int64_t grace_ns = j->limits.grace_ns;

	if (!grace_ns || now_ns - j->proof_ns > grace_ns / 2) /* no probe meanwhile */
		return false;
	if (j->main_ns && now_ns - j->main_ns >= grace_ns)
		return true;
	return j->part && now_ns - part_since_ns(j) >= grace_ns;
}

/* A stuck part says more, where its own verdict is not far. */
static bool is_stalled(const struct guard_judge *j, int64_t now_ns)
{
	const struct guard_limits *l = &j->limits;
	bool soon = j->part && l->grace_ns && l->grace_ns <= l->stall_ns &&
		    now_ns - part_since_ns(j) < 2 * l->grace_ns;

	return l->stall_ns && now_ns - j->progress_ns >= l->stall_ns && !soon;
}

enum guard_verdict guard_judge_verdict(struct guard_judge *j, int64_t now_ns)
{
	if (j->whole && !j->told_whole)
		return GUARD_PROVEN;
	if (is_part_stuck(j, now_ns))
		return GUARD_PART_STUCK;
	if (j->limits.max_ns && now_ns - j->started_ns >= j->limits.max_ns)
		return GUARD_LATE;
	if (!j->told_stalled && is_stalled(j, now_ns)) {
		j->told_stalled = true;
		return GUARD_STALLED;
	}
	return GUARD_FINE;
}

int64_t guard_judge_sample_interval_ns(const struct guard_judge *j)
{
	int64_t shortest = SAMPLE_MAX_NS * SAMPLES_A_LIMIT, interval;

	if (j->limits.stall_ns && j->limits.stall_ns < shortest)
		shortest = j->limits.stall_ns;
	if (j->limits.grace_ns && j->limits.grace_ns < shortest)
		shortest = j->limits.grace_ns;
	interval = shortest / SAMPLES_A_LIMIT;
	return interval < SAMPLE_MIN_NS ? SAMPLE_MIN_NS : interval;
}

int64_t guard_judge_part_interval_ns(const struct guard_judge *j, int64_t now_ns)
{
	int64_t grace_ns = j->limits.grace_ns, quiet_ns = grace_ns / 4;

	if (!grace_ns || !j->sampled)
		return 0;
	if (quiet_ns > QUIET_MIN_NS)
		quiet_ns = QUIET_MIN_NS;
	return now_ns - j->progress_ns >= quiet_ns ? guard_judge_sample_interval_ns(j)
						   : grace_ns / PROBES_A_GRACE;
}
