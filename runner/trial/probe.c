/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Over 500 lines: when to probe, what to note of a proof and what to keep share one private state.
 */
#include "runner/trial/probe.h"

#include "runner/explain/explain.h"
#include "runner/snapshot/outsiders.h"
#include "runner/prove/twice.h"
#include "runner/trial/ask.h"
#include "runner/base/util.h"
#include "runner/proc/cgroup.h"

#include <errno.h>
#include <signal.h>

/* A proof within 20 ms in the median wants looks that are not farther apart than that while the
 * trial is young; most of what hangs does so early, and a starved trial takes long to get there.
 * Later, a latency of a tenth of what the trial has lived is no loss. */
#define FIRST_PROBE_MIN_NS (1 * NSEC_PER_MSEC)
#define FIRST_PROBE_MAX_NS (50 * NSEC_PER_MSEC)
#define INTERVAL_MIN_NS (2 * NSEC_PER_MSEC)
#define INTERVAL_YOUNG_MAX_NS (15 * NSEC_PER_MSEC)
#define INTERVAL_MAX_NS (150 * NSEC_PER_MSEC)
#define BACK_OFF 1.25
#define YOUNG_NS NSEC_PER_SEC
/* All young trials together may cost a tenth of a core, all old ones a hundredth. */
#define COST_FACTOR_YOUNG 10
#define COST_FACTOR_OLD 100

/* A tree in which some thread always runs (a Go parent's sysmon) may still have a stuck part: from
 * this probe on it is collected, busy or not. */
#define LIVELY_PROBE 5

/* Which probes keep their snapshot for probe_finally(): the first for short trials, the second
 * because a process that is still starting at the first seems to poll. */
#define EARLIER_PROBE 5
#define EARLIER_PROBE_AGAIN 20

/* How often a snapshot with a running thread is repeated, for a better explanation. */
#define RUNNING_TRIES 4
/* How often the last question is put: a thread that does not get a processor does not answer. */
#define FINAL_TRIES 3

/* How often a trial is asked for its timers before its deadline. */
#define ASK_TRIES 3

/* Causes whose stacks were taken that often are counted by their signature from then on. */
#define STACKS_A_CAUSE 1

struct known {
	char *signature;
	unsigned int taken;
	struct record_cause cause;
};

struct prober {
	bool own_netns;
	struct outsiders *outsiders; /* what other processes hold */
	unsigned int n_young, n_old; /* trials that are looked at */
	int64_t explained_ns;        /* CPU time that explaining took so far */
	struct known **known;        /* pointers stay valid: trials keep them */
	size_t n, cap;
};

struct prober *prober_new(bool own_netns)
{
	struct prober *l = mem_alloc(sizeof(*l));

	l->own_netns = own_netns;
	l->outsiders = outsiders_new();
	cgroup_watch(getpid());
	return l;
}

static void cause_done(struct record_cause *c)
{
	free(c->key);
	free(c->class);
	free(c->summary);
	free(c->detail);
}

void prober_free(struct prober *l)
{
	for (size_t i = 0; l && i < l->n; i++) {
		free(l->known[i]->signature);
		cause_done(&l->known[i]->cause);
		free(l->known[i]);
	}
	if (l) {
		cgroup_unwatch();
		outsiders_free(l->outsiders);
		free(l->known);
	}
	free(l);
}

void probe_start(
	struct probe *k, const char *program, size_t cell, int64_t start_ns, int64_t usual_ns)
{
	int64_t first = usual_ns;

	if (first < FIRST_PROBE_MIN_NS)
		first = FIRST_PROBE_MIN_NS;
	if (first > FIRST_PROBE_MAX_NS)
		first = FIRST_PROBE_MAX_NS;
	*k = (struct probe){
		.program = program,
		.cell = cell,
		.start_ns = start_ns,
		.next_ns = start_ns + first,
		.interval_ns = INTERVAL_MIN_NS,
	};
}

static void leave_age(struct prober *l, const struct probe *k)
{
	l->n_young -= k->age == PROBE_YOUNG;
	l->n_old -= k->age == PROBE_OLD;
}

void probe_done(struct prober *l, struct probe *k)
{
	leave_age(l, k);
	if (k->has_earlier)
		snapshot_done(&k->earlier);
	memset(k, 0, sizeof(*k));
}

/* A thread that the injector holds in a notification has not begun its call, although it seems
 * blocked: a proof about it is void. Asked after the second collect. */
static bool held_by_injector(
	struct inject_trial *inject, const struct snapshot *s, const struct proof *p)
{
	const pid_t *tids;
	size_t n = inject ? inject_trial_pending(inject, &tids) : 0;

	for (size_t i = 0; i < n; i++)
		for (size_t t = 0; t < s->n_threads; t++)
			if (s->threads[t].tid == tids[i] && p->stuck[t])
				return true;
	return false;
}

static struct known *find_known(struct prober *l, char *signature)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->known[i]->signature, signature)) {
			free(signature);
			return l->known[i];
		}
	l->known = mem_grow(l->known, l->n, &l->cap, sizeof(*l->known));
	l->known[l->n] = mem_alloc(sizeof(struct known));
	l->known[l->n]->signature = signature;
	return l->known[l->n++];
}

/* A thread wakes when its tracer detaches: some calls then return early (epoll_wait with EINTR),
 * and the trial would run on. A thread that stays stopped never returns from them. */
static void stop_all(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_processes; i++)
		kill(s->processes[i].pid, SIGSTOP);
}

/* What looking costs is our own time, not that of those who ran meanwhile. */
static int64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* Stacks cost milliseconds and stop the process, so only the first trials of a cause pay. A part of
 * a live tree is not stopped before its end: it may still end by itself. Nor is an audited trial:
 * one that is stopped could never show that its proof was false. */
static void explain(struct prober *l, struct probe *k, const struct snapshot *s,
	const struct proof *p, bool may_stop)
{
	enum explain_stacks stacks = may_stop ? EXPLAIN_ATTACH : EXPLAIN_READ_ONLY;
	char *signature cleanup(cleanup_free) = explain_signature(s, p);
	/* Without symbols the same calls on unnamed locks look alike in any program. */
	struct known *known =
		find_known(l, mem_printf("%s|%s%s", k->program,
				      p->least == STUCK_UNLESS ? "unless|" : "", signature));
	struct record_cause cause = {};
	int64_t begun_ns = cpu_ns();

	if (may_stop && known->taken < STACKS_A_CAUSE)
		stop_all(s);
	if (known->taken < STACKS_A_CAUSE && !explain_cause(s, p, stacks, &cause)) {
		if (known->taken++)
			cause_done(&cause); /* the first one stays: trials point at it */
		else
			known->cause = cause;
	}
	k->cause = known->taken ? &known->cause : NULL;
	l->explained_ns += cpu_ns() - begun_ns;
}

static void note_proof(struct prober *l, struct probe *k, const struct snapshot *s,
	const struct proof *p, bool at_end)
{
	int64_t last_ran = 0;
	bool unknown = false;

	for (size_t i = 0; i < s->n_threads; i++) {
		if (!p->stuck[i])
			continue;
		unknown |= !s->threads[i].last_ran_ns;
		if (s->threads[i].last_ran_ns > last_ran)
			last_ran = s->threads[i].last_ran_ns;
	}
	k->last_ran_ns = unknown ? 0 : last_ran;
	if (!k->first_proof_ns)
		k->first_proof_ns = time_now_ns();
	if (p->root_stuck && !k->root_proof_ns)
		k->root_proof_ns = time_now_ns();
	k->part_proven = true;
	k->proven |= p->root_stuck;
	k->root_was_proven |= p->root_stuck;
	if (!k->cause_is_known && (p->root_stuck || at_end || !k->cause))
		explain(l, k, s, p, at_end || (p->root_stuck && !k->lives_on));
}

/* Who left the tree. */
struct orphans {
	pid_t pids[PROBE_MAX_ORPHANS];
	int n;
};

static void list_orphans(const struct probe_tree *tree, struct orphans *ret_strays)
{
	ret_strays->n = tree->orphans(tree->arg, ret_strays->pids, PROBE_MAX_ORPHANS);
}

/* A process that left the tree after it was listed stands in no snapshot, yet it may wake anyone.
 */
static bool same_strays(const struct probe_tree *tree, const struct orphans *before)
{
	struct orphans now;

	list_orphans(tree, &now);
	return now.n >= 0 && now.n == before->n && now.n < PROBE_MAX_ORPHANS &&
	       !memcmp(now.pids, before->pids, (size_t)now.n * sizeof(pid_t));
}

static struct snapshot_options options_for(const struct prober *l, const struct probe_tree *tree,
	const struct orphans *orphans, bool scheduling)
{
	return (struct snapshot_options){
		.extra = orphans->pids,
		.n_extra = orphans->n > 0 ? (size_t)orphans->n : 0,
		.keeper = tree->keeper,
		.own_netns = l->own_netns,
		.outsiders = l->outsiders,
		.complete = true,
		.rings_are_asked = true,
		.scheduling = scheduling,
	};
}

static int collect(struct prober *l, const struct probe_tree *tree, const struct orphans *orphans,
	bool scheduling, struct snapshot *ret_snapshot)
{
	struct snapshot_options options = options_for(l, tree, orphans, scheduling);

	/* An orphan that is not listed could wake anyone. */
	if (orphans->n < 0)
		return -EAGAIN;
	return snapshot_collect(tree->root, &options, ret_snapshot);
}

/* What the tree waits for with a time limit, too: for the explanation of a timeout. */
static int collect_all_waits(struct prober *l, const struct probe_tree *tree,
	const struct orphans *orphans, struct snapshot *ret_snapshot)
{
	struct snapshot_options options = options_for(l, tree, orphans, true);

	options.timed = true;
	if (orphans->n < 0)
		return -EAGAIN;
	return snapshot_collect(tree->root, &options, ret_snapshot);
}

/*
 * Which grade counts. A trial that goes on may still get a signal from its live part, which ends
 * nothing before the deadline. What is stuck unless a condition comes true is never a proof: it
 * tells why the trial timed out.
 */
static void select_grade(struct proof *p, bool at_end)
{
	if (at_end)
		prove_select_best(p);
	else
		prove_select(p, STUCK_CERTAIN);
}

static void withdraw(struct proof *p)
{
	memset(p->stuck, 0, p->n_threads * sizeof(*p->stuck));
	p->n_stuck = 0;
	p->root_stuck = false;
}

/*
 * Asks for rings, and for timers where the list says that there are none: it is not printed in one
 * instant, each timer that ends meanwhile may hide the next, and on a busy machine reading it again
 * does not help. A thread that does not answer may have run since. The next probe asks again, a few
 * times; then the deadline does.
 */
static enum ask_answer ask_all(struct probe *k, struct prove_result *r, bool at_end, struct ask *a)
{
	enum ask_answer answer;

	if (!at_end && (k->timer_seen || k->asked >= ASK_TRIES))
		return k->timer_seen ? ASK_ARMED : ASK_FAILED;
	answer = r->has_if_no_timers ? ask_stuck_rings(a, &r->s, &r->p)
				     : ask_stuck_timers(a, &r->s, &r->p);
	k->timer_seen = answer == ASK_ARMED;
	k->undecided = answer == ASK_FAILED;
	k->asked += answer == ASK_FAILED;
	return answer;
}

/* Void, where somebody has what nobody can see; at the end less sure where somebody does not
 * answer. A trial that goes on is not stopped for that. */
static void weigh(struct proof *p, enum ask_answer answer, bool at_end)
{
	if (answer == ASK_ARMED || (answer == ASK_FAILED && !at_end))
		withdraw(p);
	else if (answer == ASK_FAILED)
		prove_demote(p);
}

/* A part that was noted stays so: its trial is not ended for it. */
static void ask_for_known_timers(
	struct probe *k, struct prove_result *r, bool at_end, struct ask *a)
{
	if (at_end || r->p.root_stuck)
		weigh(&r->p, ask_all(k, r, at_end, a), at_end);
	else if (k->timer_seen)
		withdraw(&r->p);
}

/*
 * The proof to be noted. A timer that /proc does not show may be armed. Asking stops a process for
 * a moment, so only a trial that would be ended for its proof is asked. Where the list of timers
 * cannot be read, a stuck part is noted without asking; otherwise an ordinary user would never
 * learn that a trial has recovered.
 */
static struct proof *ask_for_proof(
	struct probe *k, struct prove_result *r, bool at_end, struct ask *a)
{
	struct proof *p = &r->p, *q = &r->if_no_timers;
	bool armed;

	select_grade(p, at_end);
	if (!r->has_if_no_timers) {
		ask_for_known_timers(k, r, at_end, a);
		return p;
	}
	select_grade(q, at_end);
	if (at_end ? q->least <= p->least : p->root_stuck || !q->root_stuck) {
		if (at_end || p->root_stuck) {
			weigh(p, ask_all(k, r, at_end, a), at_end);
			return p;
		}
		return !p->n_stuck && !r->s.timers_known && !k->timer_seen ? q : p;
	}
	if (!at_end && k->asked >= ASK_TRIES)
		return p;
	k->asked++;
	if (ask_stuck_set(a, &r->s, q, &armed))
		return q;
	k->undecided = !armed;
	if (armed)
		k->asked = ASK_TRIES;
	/* Which of both it has is not told: a condition stays one, anything better is void. */
	if (armed && p->least != STUCK_UNLESS)
		withdraw(p);
	return p;
}

/* An audited trial lives on, and must not notice. */
static struct proof *proof_to_note(
	struct probe *k, struct prove_result *r, struct inject_trial *inject, bool at_end)
{
	struct ask a = {
		.added_filters = inject_trial_filters(inject, ask_calls, ARRAY_SIZE(ask_calls)),
		.mode = at_end        ? ASK_AT_END
			: k->lives_on ? ASK_LET_GO
				      : ASK_TO_END,
	};
	struct proof *p = ask_for_proof(k, r, at_end, &a);

	ask_done(&a, at_end || (p->root_stuck && !k->lives_on));
	return p;
}

/* Proves, and notes what was proven unless a possible waker was missed. */
static void collect_and_prove(struct prober *l, struct probe *k, const struct probe_tree *tree,
	struct inject_trial *inject, bool at_end)
{
	struct snapshot_options options;
	struct prove_result result;
	struct orphans orphans;
	struct proof *p;

	list_orphans(tree, &orphans);
	options = options_for(l, tree, &orphans, true);
	/* An orphan that is not listed could wake anyone. */
	k->undecided = orphans.n < 0 || prove_twice(tree->root, &options, 1, &result) < 0;
	if (k->undecided)
		return;
	p = result.has_if_no_timers ? &result.if_no_timers : &result.p;
	select_grade(p, at_end);
	k->undecided = !same_strays(tree, &orphans) || held_by_injector(inject, &result.s, p);
	if (p->n_stuck > 0 && !k->undecided) {
		p = proof_to_note(k, &result, inject, at_end);
		if (p->n_stuck > 0 && p->least == STUCK_UNLESS)
			explain(l, k, &result.s, p, true);
		else if (p->n_stuck > 0)
			note_proof(l, k, &result.s, p, at_end);
	}
	prove_result_done(&result);
}

static bool is_worth_it(const struct probe *k, const struct probe_tree *tree)
{
	struct snapshot_options options = { .complete = true };

	return k->probe_count >= LIVELY_PROBE || snapshot_worth_collecting(tree->root, &options);
}

static void set_next(struct prober *l, struct probe *k, int64_t now_ns, int64_t cost_ns)
{
	bool old = now_ns - k->start_ns > YOUNG_NS;
	int64_t most = old ? INTERVAL_MAX_NS : INTERVAL_YOUNG_MAX_NS, wait = k->interval_ns, least;

	leave_age(l, k);
	k->age = old ? PROBE_OLD : PROBE_YOUNG;
	if (old)
		least = cost_ns * COST_FACTOR_OLD * ++l->n_old;
	else
		least = cost_ns * COST_FACTOR_YOUNG * ++l->n_young;
	k->interval_ns = (int64_t)((double)k->interval_ns * BACK_OFF);
	if (k->interval_ns > most)
		k->interval_ns = most;
	k->next_ns = now_ns + (wait > least ? wait : least);
}

/* An early picture, to tell polling from spinning at the deadline. */
static void keep_earlier(struct prober *l, struct probe *k, const struct probe_tree *tree)
{
	struct orphans orphans;

	if (k->has_earlier)
		snapshot_done(&k->earlier);
	list_orphans(tree, &orphans);
	k->has_earlier = !collect(l, tree, &orphans, true, &k->earlier);
}

void probe_at(struct prober *l, struct probe *k, const struct probe_tree *tree,
	struct inject_trial *inject, int64_t now_ns)
{
	/* Explaining is paid once a cause: it must not put off the next look. */
	int64_t begun_ns = cpu_ns() - l->explained_ns;

	k->probe_count++;
	if (is_worth_it(k, tree))
		collect_and_prove(l, k, tree, inject, false);
	if ((k->probe_count == EARLIER_PROBE || k->probe_count == EARLIER_PROBE_AGAIN) &&
		!k->proven)
		keep_earlier(l, k, tree);
	set_next(l, k, now_ns, cpu_ns() - l->explained_ns - begun_ns);
}

void probe_remember(struct prober *l, struct probe *k, const struct probe_tree *tree)
{
	keep_earlier(l, k, tree);
}

enum appearance probe_progress(
	struct prober *l, struct probe *k, const struct probe_tree *tree, bool *ret_moved)
{
	enum appearance appearance = APPEARANCE_UNKNOWN;
	struct snapshot later;
	struct orphans orphans;

	*ret_moved = false;
	list_orphans(tree, &orphans);
	if (!k->has_earlier || collect(l, tree, &orphans, true, &later) < 0)
		return appearance;
	appearance = snapshot_appearance(&k->earlier, &later);
	*ret_moved = snapshot_moved(&k->earlier, &later);
	snapshot_done(&later);
	return appearance;
}

/* What a tree that is not proven was seen waiting for, for the report; read without stopping it,
 * for the verdict is not spoken yet. */
static void explain_unproven(
	struct prober *l, struct probe *k, const struct snapshot *s, enum appearance appearance)
{
	/* Where a thread is that runs, only a tracer can tell; it ends with its time. */
	enum explain_stacks stacks = appearance == APPEARANCE_SPINNING && !k->lives_on
					     ? EXPLAIN_ATTACH
					     : EXPLAIN_READ_ONLY;
	cleanup(cleanup_free) char *signature = explain_unproven_signature(s);
	struct known *known =
		find_known(l, mem_printf("%s|%zu|%s", k->program, k->cell, signature));
	struct record_cause cause = {};
	struct proof p;

	if (!known->taken) {
		/* Says who could wake whom; one picture alone proves nothing. */
		prove(s, s, &p);
		prove_select(&p, STUCK_GRADE_COUNT);
		p.root_stuck = false;
		if (!explain_unproven_cause(s, &p, stacks, &cause)) {
			known->cause = cause;
			known->taken++;
		}
		proof_done(&p);
	}
	k->cause = known->taken ? &known->cause : NULL;
}

static void prove_finally(struct prober *l, struct probe *k, const struct probe_tree *tree,
	struct inject_trial *inject)
{
	for (int i = 0; i < FINAL_TRIES && (!i || k->undecided); i++) {
		/* Proven earlier is no proof now: a live parent may have ended that part since. */
		k->part_proven = k->proven = false;
		k->cause = NULL;
		collect_and_prove(l, k, tree, inject, true);
	}
}

enum appearance probe_finally(struct prober *l, struct probe *k, const struct probe_tree *tree,
	struct inject_trial *inject)
{
	enum appearance appearance = APPEARANCE_UNKNOWN;
	struct snapshot later;
	struct orphans orphans;

	prove_finally(l, k, tree, inject);
	if (k->part_proven)
		return appearance;
	list_orphans(tree, &orphans);
	if (collect_all_waits(l, tree, &orphans, &later) < 0)
		return appearance;
	/* Who polls is mostly asleep, and tells what it waits for only then. */
	for (int i = 0; i < RUNNING_TRIES && snapshot_anyone_runs(&later); i++) {
		snapshot_done(&later);
		if (collect_all_waits(l, tree, &orphans, &later) < 0)
			return appearance;
	}
	if (k->has_earlier)
		appearance = snapshot_appearance(&k->earlier, &later);
	if (!k->cause)
		explain_unproven(l, k, &later, appearance);
	snapshot_done(&later);
	return appearance;
}
