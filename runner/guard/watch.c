/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/guard/watch.h"

#include "runner/explain/explain.h"
#include "runner/proc/cgroup.h"
#include "runner/trial/ask.h"
#include "runner/base/hash.h"
#include "runner/base/util.h"

#define INTERVAL_MIN_NS (20 * NSEC_PER_MSEC)
/* Who wakes so much later than it meant to was not run, nor was the command: a suspended machine.
 */
#define PAUSE_NS (5 * NSEC_PER_SEC)
#define INTERVAL_MAX_NS (500 * NSEC_PER_MSEC)
#define BACK_OFF 1.25
/* One part in ... of a core is what samples may cost, and probes as much again. */
#define COST_FACTOR 2000
/* What probes may cost beyond that in all: who sleeps early on should not be found out late. */
#define BURST_NS (200 * NSEC_PER_MSEC)
/* Probes of a stuck part in each grace period, at any cost. */
#define PROBES_A_GRACE 4
/* Between two questions that were answered "armed", or not at all; doubled each time. */
#define ASK_INTERVAL_MIN_NS (100 * NSEC_PER_MSEC)
#define ASK_INTERVAL_MAX_NS (60 * NSEC_PER_SEC)

void guard_watch_init(struct guard_watch *w, pid_t command, const struct guard_limits *limits,
	bool may_ask, int64_t now_ns)
{
	*w = (struct guard_watch){
		.command = command,
		.next_ns = now_ns + INTERVAL_MIN_NS,
		.next_probe_ns = now_ns + INTERVAL_MIN_NS,
		.next_sample_ns = now_ns + INTERVAL_MIN_NS,
		.interval_ns = INTERVAL_MIN_NS,
		.may_ask = may_ask,
	};
	guard_judge_init(&w->judge, limits, now_ns);
}

void guard_watch_done(struct guard_watch *w)
{
	guard_tree_done(&w->tree);
}

void guard_watch_doubt(struct guard_watch *w, int64_t now_ns)
{
	guard_judge_forget(&w->judge);
	w->next_ns = w->next_probe_ns = now_ns + INTERVAL_MIN_NS;
}

void guard_watch_resume(struct guard_watch *w, int64_t now_ns)
{
	guard_judge_resume(&w->judge, now_ns);
	w->interval_ns = INTERVAL_MIN_NS;
	w->next_ns = w->next_probe_ns = w->next_sample_ns = now_ns + INTERVAL_MIN_NS;
}

/* What looking costs is our own time, not that of those who ran meanwhile. */
static int64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static bool is_main_stuck(const struct snapshot *s, const struct proof *p)
{
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].tid == s->root)
			return p->stuck[i];
	return false;
}

/* Without a timer the whole command would be stuck, or its main thread, and is not proven to be
 * with one. */
static bool may_timers_matter(const struct prove_result *r)
{
	const struct proof *with = &r->p, *without = &r->if_no_timers;

	return r->has_if_no_timers &&
	       ((without->root_stuck && !with->root_stuck) ||
		       (is_main_stuck(&r->s, without) && !is_main_stuck(&r->s, with)));
}

/* The proof becomes what it is without a timer, where that matters and the stuck processes say that
 * they have none. */
static void ask_for_timers(struct guard_watch *w, struct prove_result *r, bool ends)
{
	/* No thread stays stopped in either mode. */
	struct ask first = { .mode = w->had_last ? ASK_LET_GO : ASK_FIRST };
	struct ask *a = ends ? &w->last : &first;
	struct proof with_timers = r->p;
	int64_t now_ns = time_now_ns();
	bool armed, is_quiet;

	w->asked = false;
	if (!w->may_ask || !may_timers_matter(r) || now_ns < w->next_ask_ns)
		return;
	w->asked = true;
	is_quiet = ask_stuck_set(a, &r->s, &r->if_no_timers, &armed);
	ask_done(&first, false);
	if (is_quiet) {
		r->p = r->if_no_timers;
		r->if_no_timers = with_timers;
		w->ask_interval_ns = 0;
		return;
	}
	w->had_last = w->had_last || ends;
	w->ask_interval_ns = w->ask_interval_ns ? 2 * w->ask_interval_ns : ASK_INTERVAL_MIN_NS;
	if (w->ask_interval_ns > ASK_INTERVAL_MAX_NS)
		w->ask_interval_ns = ASK_INTERVAL_MAX_NS;
	w->next_ask_ns = now_ns + w->ask_interval_ns;
}

int guard_watch_prove(
	struct guard_watch *w, int tries, enum guard_use use, struct prove_result *ret_result)
{
	const struct snapshot_options options = {
		.extra = w->tree.orphans,
		.n_extra = w->tree.n_orphans,
		.rings_are_asked = w->may_ask && use != GUARD_USE_REPORT,
		.scheduling = true,
		.details = use != GUARD_USE_PROBE,
		.timed = true,
	};

	int r = prove_twice(w->command, &options, tries, ret_result);

	ask_done(&w->last, false);
	w->last = (struct ask){ .mode = w->had_last ? ASK_LET_GO : ASK_TO_END };
	if (!r)
		ask_for_timers(w, ret_result, use == GUARD_USE_END);
	return r;
}

static uint64_t hash_stuck(const struct prove_result *r)
{
	uint64_t h = HASH_START;

	for (size_t i = 0; i < r->s.n_threads; i++)
		if (r->p.stuck[i])
			h = hash_bytes(h, &r->s.threads[i].tid, sizeof(r->s.threads[i].tid));
	return r->p.n_stuck ? h : 0;
}

/* Waits that a signal may be meant to end are those of an idle daemon: nothing is stuck then. */
static bool is_stuck_for_good(struct guard_watch *w, const struct prove_result *r, uint64_t hash)
{
	int64_t begun_ns = cpu_ns();
	struct explanation *e;

	if (w->explained != hash && explain_tree(&r->s, &r->p, EXPLAIN_READ_ONLY, &e) == 0) {
		w->explained = hash;
		w->explained_stuck = explain_outcome(e) == EXPLAIN_STUCK;
		explanation_free(e);
	}
	/* Paid once for a stuck set: it must not put off the next look. */
	w->spent_ns -= cpu_ns() - begun_ns;
	return w->explained == hash && w->explained_stuck;
}

/* A ring that /proc does not show may end any wait of the part. If a thread has run since, the part
 * is looked at again soon. */
static bool may_have_rings(const struct guard_watch *w, struct prove_result *r)
{
	struct ask a = { .mode = w->had_last ? ASK_LET_GO : ASK_FIRST };
	bool may = w->may_ask && !w->asked && ask_stuck_rings(&a, &r->s, &r->p) != ASK_NONE_ARMED;

	ask_done(&a, false);
	return may;
}

bool guard_watch_is_sure(struct guard_watch *w, struct prove_result *r)
{
	bool sure = w->asked || ask_stuck_rings(&w->last, &r->s, &r->p) == ASK_NONE_ARMED;

	w->had_last = w->had_last || !sure;
	return sure;
}

static void probe(struct guard_watch *w)
{
	struct guard_proof proof = { 0 };
	struct prove_result r;
	uint64_t hash;

	if (guard_watch_prove(w, 1, GUARD_USE_PROBE, &r) < 0)
		return;
	hash = hash_stuck(&r);
	if (hash && is_stuck_for_good(w, &r, hash) && !may_have_rings(w, &r)) {
		proof.stuck = hash;
		proof.whole = r.p.root_stuck;
		proof.main = is_main_stuck(&r.s, &r.p);
	}
	proof.at_ns = time_now_ns();
	guard_judge_proof(&w->judge, &proof);
	prove_result_done(&r);
}

static void sample(struct guard_watch *w, int64_t now_ns)
{
	int64_t begun_ns = cpu_ns(), wait_ns = guard_judge_sample_interval_ns(&w->judge), least;
	struct guard_sample s;

	cgroup_watch_on();
	if (guard_tree_sample(&w->tree, w->command, &s) == 0)
		guard_judge_sample(&w->judge, &s);
	least = (cpu_ns() - begun_ns) * COST_FACTOR;
	w->next_sample_ns = now_ns + (wait_ns > least ? wait_ns : least);
}

static bool is_worth_a_probe(struct guard_watch *w, int64_t now_ns)
{
	const struct snapshot_options options = {
		.extra = w->tree.orphans,
		.n_extra = w->tree.n_orphans,
	};
	int64_t part_ns;

	if (snapshot_worth_collecting(w->command, &options))
		return true;
	part_ns = guard_judge_part_interval_ns(&w->judge, now_ns);
	return part_ns && now_ns - w->judge.proof_ns >= part_ns;
}

/* When what was spent is no more than what is allowed until then. */
static int64_t next_affordable_ns(const struct guard_watch *w)
{
	const struct guard_judge *j = &w->judge;
	int64_t at_ns = j->started_ns + (w->spent_ns - BURST_NS) * COST_FACTOR;
	int64_t latest_ns = j->proof_ns + j->limits.grace_ns / PROBES_A_GRACE;

	return j->part && j->limits.grace_ns && at_ns > latest_ns ? latest_ns : at_ns;
}

static void probe_if_worth_it(struct guard_watch *w, int64_t now_ns)
{
	int64_t begun_ns = cpu_ns(), affordable_ns;

	if (is_worth_a_probe(w, now_ns))
		probe(w);
	w->spent_ns += cpu_ns() - begun_ns;
	affordable_ns = next_affordable_ns(w);
	w->next_probe_ns = now_ns + w->interval_ns;
	if (w->next_probe_ns < affordable_ns)
		w->next_probe_ns = affordable_ns;
	w->interval_ns = (int64_t)((double)w->interval_ns * BACK_OFF);
	if (w->interval_ns > INTERVAL_MAX_NS)
		w->interval_ns = INTERVAL_MAX_NS;
}

enum guard_verdict guard_watch_look(struct guard_watch *w, int64_t now_ns)
{
	if (now_ns - w->next_ns > PAUSE_NS)
		guard_watch_resume(w, now_ns);
	if (now_ns >= w->next_sample_ns)
		sample(w, now_ns);
	if (now_ns >= w->next_probe_ns)
		probe_if_worth_it(w, now_ns);
	w->next_ns = w->next_sample_ns < w->next_probe_ns ? w->next_sample_ns : w->next_probe_ns;
	return guard_judge_verdict(&w->judge, now_ns);
}
