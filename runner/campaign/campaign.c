/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/campaign.h"

#include "runner/campaign/alone.h"
#include "runner/campaign/arms.h"
#include "runner/campaign/canary.h"
#include "runner/campaign/head.h"
#include "runner/campaign/causes.h"
#include "runner/campaign/deadline.h"
#include "runner/campaign/progress.h"
#include "runner/campaign/forking.h"
#include "runner/campaign/queue.h"
#include "runner/campaign/resume.h"
#include "runner/campaign/stopping.h"
#include "runner/campaign/tell.h"
#include "runner/campaign/trial_environ.h"
#include "runner/store/writer.h"
#include "runner/base/util.h"
#include "runner/trial/verdict.h"
#include "runner/trial/watch.h"

#include <errno.h>
#include <inttypes.h>

#include <sys/wait.h>

/* Until clean trials tell: most programs that end at all have ended by then. */
#define FIRST_PROBE_NS (2 * NSEC_PER_MSEC)

/* How long trials may go on after --budget; those without a verdict then get none. */
#define BUDGET_GRACE_NS NSEC_PER_SEC

/* Then it is said why nothing is seen yet. */
#define WAITING_NS (5 * NSEC_PER_SEC)

/* What is known of a target over all its cells. */
struct of_target {
	struct record_hist pass_ns;
	uint64_t timeouts;
};

struct campaign {
	const struct run_options *options;
	const struct target_list *targets;
	const struct plan *plan;
	struct queue queue;
	struct writer *writer; /* NULL: no record is kept */
	int store_error;
	struct record_campaign *record;
	struct of_target *of_target;
	struct arms arms;
	struct forking forking;
	bool *finished; /* cells that need no more trials */
	size_t n_open, n_running;
	struct progress progress;
	int64_t start_ns;
	bool stopped, told_waiting, resumed;
};

static const struct target *target_of(const struct campaign *c, size_t cell)
{
	return &c->targets->targets[c->plan->cells[cell].target];
}

/* --- the next trial --- */

/* Whether the campaign goes on for its sake. */
static bool counts(const struct campaign *c, size_t cell)
{
	return !c->plan->cells[cell].canary && !c->plan->cells[cell].check;
}

static void finish_cell(struct campaign *c, size_t cell)
{
	if (c->finished[cell])
		return;
	c->finished[cell] = true;
	c->n_open -= counts(c, cell);
}

static bool budget_spent(struct campaign *c)
{
	if (!c->options->budget_ns || time_now_ns() - c->start_ns < c->options->budget_ns)
		return false;
	c->record->stop = STOP_BUDGET;
	c->record->sequential = true;
	return true;
}

/* A campaign that ends before its first round is over still runs that round's canaries: without
 * them nothing in it could be believed. */
static bool next_wanted(struct campaign *c, struct plan_trial *ret_trial)
{
	if (c->stopped)
		return false;
	if (budget_spent(c))
		return queue_next_canary(&c->queue, ret_trial);
	if (!c->n_open) {
		c->record->stop = stopping_reason(c->options);
		return queue_next_canary(&c->queue, ret_trial);
	}
	while (queue_next(&c->queue, ret_trial))
		if (!c->finished[ret_trial->cell])
			return true;
	return false;
}

/* A share of the trials, chosen by their seeds: repeatable, and independent of what they do. */
static bool audited(const struct campaign *c, uint64_t seed)
{
	return (double)(seed >> 11) * 0x1p-53 < c->options->audit;
}

/* When half of the clean trials are over: a look at one that still runs costs next to nothing, and
 * one that hangs is not left to itself for longer. A canary has no better place to be stuck than
 * the one it goes to at once. */
static int64_t first_look(const struct record_cell *cell)
{
	if (cell->pass_ns.count)
		return record_hist_quantile_ns(&cell->pass_ns, 0.5);
	return cell->canary ? 0 : FIRST_PROBE_NS;
}

/* The record says what it does not count yet, so that another runner can go on. */
static const struct record_campaign *state(struct campaign *c)
{
	free(c->record->pending);
	c->record->pending = pending_format(&c->queue.pending);
	return c->record;
}

/* Where too much waits to be written, no trial is started. With none running there is nothing else
 * to do than to wait for the writer. */
static bool has_room(struct campaign *c)
{
	if (!c->writer || !writer_is_full(c->writer))
		return true;
	if (c->n_running)
		return false;
	writer_wait_for_room(c->writer, state(c));
	return true;
}

static bool on_next(void *arg, struct trial *ret_trial)
{
	struct campaign *c = arg;
	struct inject_trial *inject = NULL;
	const struct target *target;
	struct record_cell *cell;
	struct deadline deadline;
	struct plan_trial t;

	for (;;) {
		if (!has_room(c) || !next_wanted(c, &t))
			return false;
		queue_begin(&c->queue, &t);
		if (!c->arms.inject[t.cell] ||
			!inject_trial_new(c->arms.inject[t.cell], t.seed, &inject))
			break;
		queue_over(&c->queue, t.position);
		c->record->cells[t.cell].count[VERDICT_BROKEN]++;
	}
	target = target_of(c, t.cell);
	cell = &c->record->cells[t.cell];
	/* A canary shows that a hang is seen, however short the deadline of the others. */
	deadline = deadline_for(cell, &c->of_target[c->plan->cells[t.cell].target].pass_ns,
		c->of_target[c->plan->cells[t.cell].target].timeouts,
		target->canary ? 0 : c->options->timeout_ns, target->timeout_ns);
	cell->deadline_ns = deadline.ns;
	*ret_trial = (struct trial){
		.target = target,
		.cell = t.cell,
		.index = t.index,
		.seed = t.seed,
		.position = t.position,
		.env = trial_environ(target, &c->plan->cells[t.cell], t.seed,
			inject ? inject_trial_environ(inject) : NULL,
			forking_environ(&c->forking, t.cell)),
		.inject = inject,
		.deadline_ns = deadline.ns,
		.extend_ns = deadline.extend_ns,
		.extend_asleep_ns = deadline.extend_asleep_ns,
		.give_up_ns = c->options->budget_ns && !target->canary
				      ? c->start_ns + c->options->budget_ns + BUDGET_GRACE_NS
				      : 0,
		.first_probe_ns = first_look(cell),
		.zygote = c->plan->cells[t.cell].zygote,
		.audit = audited(c, t.seed),
	};
	c->n_running++;
	return true;
}

/* --- the end of a trial --- */

static void count_verdict(struct campaign *c, const struct trial_over *o, enum verdict v)
{
	struct record_cell *cell = &c->record->cells[o->trial.cell];
	struct of_target *of = &c->of_target[c->plan->cells[o->trial.cell].target];

	cell->count[v]++;
	cell->slow += o->slow;
	cell->audited += o->trial.audit && o->root_was_proven;
	cell->false_proofs += verdict_is_false_proof(o);
	if (v == VERDICT_PASS) {
		record_hist_add(&cell->pass_ns, o->duration_ns);
		record_hist_add(&of->pass_ns, o->duration_ns);
	}
	if (v == VERDICT_TIMEOUT) {
		cell->appearance[o->appearance]++;
		of->timeouts++;
	}
	if (v == VERDICT_DEADLOCK && o->detect_ns > 0)
		record_hist_add(&cell->detect_ns, o->detect_ns);
	record_counters_merge(&cell->counters, &o->counters);
	if (!cell->canary || v == VERDICT_BROKEN)
		progress_count(&c->progress, v);
}

/* Trials that ran while the cell was finished are counted too, and may take back what it had shown:
 * then it goes on, so that what is stated holds for all that is counted. */
static void reopen_cell(struct campaign *c, size_t cell)
{
	if (!c->finished[cell])
		return;
	c->finished[cell] = false;
	c->n_open += counts(c, cell);
	c->record->stop = STOP_DONE;
}

/* A skipped variant does not exist here; other cells are done when they have shown enough. */
static void maybe_finish(struct campaign *c, size_t cell, enum verdict v)
{
	const struct record_cell *r = &c->record->cells[cell];
	size_t off = arms_switch_off(&c->arms, c->record, cell);

	if (off != SIZE_MAX)
		finish_cell(c, off);
	if (c->arms.off[cell])
		return;
	if (v == VERDICT_SKIP || stopping_is_enough(c->options, r))
		finish_cell(c, cell);
	else if (stopping_is_wanted(c->options) && !c->options->until_hang && !r->canary)
		reopen_cell(c, cell);
	if (!c->options->until_hang || r->canary || !record_cell_counted(c->record, r))
		return;
	for (size_t i = 0; i < c->record->n_cells; i++)
		if (!c->record->cells[i].canary)
			finish_cell(c, i);
}

static void keep_trial(struct campaign *c, const struct trial_over *o, enum verdict v,
	const struct record_cause *cause)
{
	struct record_trial t = {
		.cell = o->trial.cell,
		.index = o->trial.index,
		.seed = o->trial.seed,
		.verdict = v,
		.appearance = o->appearance,
		.exit_status = WIFEXITED(o->status) ? WEXITSTATUS(o->status) : -1,
		.signal = o->end == TRIAL_ENDED && WIFSIGNALED(o->status) ? WTERMSIG(o->status) : 0,
		.at_ms = time_wall_ms(),
		.duration_ns = o->duration_ns,
		.detect_ns = v == VERDICT_DEADLOCK ? o->detect_ns : 0,
		.cause_key = cause ? cause->key : NULL,
		.output = o->output,
		.output_len = o->output_len,
		.counters = o->counters,
	};

	if (c->writer)
		writer_add_trial(c->writer, &t);
}

static void on_over(void *arg, struct trial_over *o)
{
	struct campaign *c = arg;
	struct record_cell *cell = &c->record->cells[o->trial.cell];
	struct record_cause *cause;
	enum verdict v;

	c->n_running--;
	if (o->end == TRIAL_ABORTED)
		return;
	queue_over(&c->queue, o->trial.position);
	v = verdict_of(o);
	count_verdict(c, o, v);
	cause = causes_count(cell, o, v);
	if (cause && !cell->canary)
		progress_cause(&c->progress, cause->class);
	/* The first says why at once: thousands more would say the same. */
	if (v == VERDICT_BROKEN && c->progress.count[v] == 1)
		tell_broken(o);
	if (v != VERDICT_PASS && v != VERDICT_SKIP)
		keep_trial(c, o, v, cause);
	if (o->refused)
		finish_cell(c, o->trial.cell);
	else
		maybe_finish(c, o->trial.cell, v);
}

static void maybe_tell_waiting(struct campaign *c, int64_t now_ns)
{
	if (c->told_waiting || c->options->quiet || c->options->timeout_ns ||
		now_ns - c->start_ns < WAITING_NS)
		return;
	c->told_waiting = true;
	for (size_t i = 0; i < c->record->n_cells; i++) {
		const struct record_cell *cell = &c->record->cells[i];

		if (cell->canary || target_of(c, i)->timeout_ns)
			continue;
		if (record_cell_trials(cell))
			return;
	}
	progress_end(&c->progress);
	tell_waiting();
}

static void on_tick(void *arg, int64_t now_ns)
{
	struct campaign *c = arg;

	maybe_tell_waiting(c, now_ns);
	progress_tick(&c->progress, now_ns);
	if (c->writer)
		c->store_error = writer_post(c->writer, state(c));
	if (c->store_error)
		c->stopped = true; /* a record that can't be kept is worth no more trials */
}

static void on_interrupted(void *arg, const struct watch_signal *signal)
{
	struct campaign *c = arg;
	char *what cleanup(cleanup_free) = watch_signal_describe(signal);

	c->stopped = true;
	c->record->stop = STOP_INTERRUPTED;
	c->record->sequential = true;
	progress_end(&c->progress);
	fprintf(stderr, "run: interrupted: %s: %s\n", what,
		signal->at_once ? "ending the running trials"
				: "finishing the running trials; once more to stop now");
}

/* --- set-up and end --- */

/* What an earlier runner of this plan has counted, and where it stopped. */
static int resume(
	struct campaign *c, struct store *store, enum resume_state *ret_state, char **ret_error)
{
	struct pending again = {};
	int r = resume_find(store, c->plan, c->targets, ret_state, c->record, &again, ret_error);

	if (r < 0 || *ret_state != RESUME_OPEN)
		return r;
	c->resumed = true;
	queue_resume(&c->queue, &again);
	head_reopen(c->record);
	return 0;
}

/* Cells that have shown enough already, or that no engine can reach, need no more trials. */
static void finish_cells(struct campaign *c)
{
	for (size_t i = 0; i < c->record->n_cells; i++) {
		const struct record_cell *cell = &c->record->cells[i];

		if (!arms_reaches(&c->arms, i) || cell->count[VERDICT_SKIP] || cell->switched_off ||
			(c->resumed && stopping_is_enough(c->options, cell)))
			finish_cell(c, i);
	}
}

static int begin(struct campaign *c, const char *command, char **ret_error)
{
	struct record_campaign *r = c->record;
	int e;

	if (!c->resumed)
		head_new(r, c->options, c->plan, c->targets, command);
	head_options(r, c->options);
	c->finished = mem_alloc(r->n_cells * sizeof(bool));
	c->of_target = mem_alloc(c->targets->n * sizeof(struct of_target));
	for (size_t i = 0; i < r->n_cells; i++) {
		struct of_target *of = &c->of_target[c->plan->cells[i].target];

		c->n_open += counts(c, i);
		record_hist_merge(&of->pass_ns, &r->cells[i].pass_ns);
		of->timeouts += r->cells[i].count[VERDICT_TIMEOUT];
	}
	e = forking_start(&c->forking, c->plan, c->targets, ret_error);
	if (!e)
		e = arms_start(&c->arms, c->plan, c->targets, r, ret_error);
	if (!e)
		finish_cells(c);
	return e;
}

static void end(struct campaign *c)
{
	const char *fault = canary_fault(c->record);
	char *excuse cleanup(cleanup_free) = fault ? canary_excuse(c->options->jobs) : NULL;

	progress_end(&c->progress);
	if (fault && c->record->stop != STOP_INTERRUPTED)
		c->record->broken =
			mem_printf("%s%s%s", fault, excuse ? "; " : "", excuse ? excuse : "");
	if (!c->record->broken)
		c->record->broken = forking_differs(c->plan, c->record);
	c->record->ended_ms = time_wall_ms();
	state(c);
	arms_note(&c->arms, c->record);
	if (c->writer)
		c->store_error = writer_finish(c->writer, c->record);
	arms_done(&c->arms);
	forking_done(&c->forking);
	free(c->finished);
	free(c->of_target);
	queue_done(&c->queue);
}

static const struct watch_ops ops = { on_next, on_over, on_tick, on_interrupted };

/* How many trials this runner has before it; 0: not known. */
static uint64_t planned(const struct campaign *c)
{
	uint64_t all, counted = 0;

	if (c->options->trials == UINT64_MAX)
		return 0;
	all = c->options->trials * c->n_open / c->options->shards;
	for (size_t i = 0; i < c->record->n_cells; i++)
		if (!c->record->cells[i].canary)
			counted += record_cell_trials(&c->record->cells[i]);
	return all > counted ? all - counted : 0;
}

static int run(struct campaign *c, char **ret_error)
{
	const struct run_options *o = c->options;
	struct prober *prober;
	struct isolate isolate;
	int r;

	if (o->isolate && (r = isolate_prepare(&isolate)) < 0) {
		*ret_error = isolate_explain(r);
		return -EOPNOTSUPP;
	}
	prober = prober_new(o->isolate);
	r = watch_run(o->jobs, o->isolate ? &isolate : NULL, prober, &ops, c);
	if (r >= 0 && !c->stopped)
		r = alone_run(o, c->targets, c->plan, prober, c->record);
	prober_free(prober);
	if (r < 0)
		*ret_error = mem_printf("the event loop failed: %s", strerror(-r));
	return r;
}

int campaign_run(const struct run_options *options, const struct target_list *targets,
	const struct plan *plan, struct store *store, const char *command,
	struct record_campaign *ret_record, char **ret_error)
{
	struct campaign c = {
		.options = options,
		.targets = targets,
		.plan = plan,
		.queue = { .plan = plan },
		.record = ret_record,
	};
	enum resume_state found = RESUME_NONE;
	int r = 0;

	*ret_error = NULL;
	*ret_record = (struct record_campaign){};
	if (options->resume && store)
		r = resume(&c, store, &found, ret_error);
	if (r < 0 || found == RESUME_COMPLETE)
		return r < 0 ? r : CAMPAIGN_COMPLETE;
	r = begin(&c, command, ret_error);
	if (!r && store)
		c.store_error = writer_new(store, ret_record, c.resumed, &c.writer);
	c.start_ns = time_now_ns();
	progress_start(&c.progress, options->quiet, options->seed, planned(&c), options->budget_ns);
	if (!r && !c.store_error)
		r = run(&c, ret_error);
	end(&c);
	if (!r && c.store_error) {
		*ret_error = mem_strdup(store_error(store));
		r = -EIO;
	}
	return r;
}
