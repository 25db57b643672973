/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/campaign.h"

#include "lib/protocol.h"
#include "runner/campaign/alone.h"
#include "runner/campaign/arms.h"
#include "runner/campaign/canary.h"
#include "runner/campaign/causes.h"
#include "runner/campaign/deadline.h"
#include "runner/base/environ.h"
#include "runner/campaign/machine.h"
#include "runner/campaign/progress.h"
#include "runner/campaign/stopping.h"
#include "runner/store/writer.h"
#include "runner/base/util.h"
#include "runner/trial/verdict.h"
#include "runner/trial/watch.h"

#include <errno.h>
#include <inttypes.h>

#include <sys/wait.h>

extern char **environ;

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
	struct plan_walk walk;
	struct writer *writer; /* NULL: no record is kept */
	int store_error;
	struct record_campaign *record;
	struct of_target *of_target;
	struct arms arms;
	bool *finished; /* cells that need no more trials */
	size_t n_open, n_running;
	struct progress progress;
	int64_t start_ns;
	bool stopped, told_waiting;
};

static int64_t wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / NSEC_PER_MSEC;
}

static const struct target *target_of(const struct campaign *c, size_t cell)
{
	return &c->targets->targets[c->plan->cells[cell].target];
}

/* --- the next trial --- */

static void finish_cell(struct campaign *c, size_t cell)
{
	if (c->finished[cell])
		return;
	c->finished[cell] = true;
	c->n_open -= !c->plan->cells[cell].canary;
}

/* A protocol speaker gets seed and knobs; a user's program nothing that it did not ask for. */
static char **make_env(
	const struct campaign *c, const struct plan_trial *t, struct inject_trial *inject)
{
	const char *of_cell = c->plan->cells[t->cell].knobs;
	char *knobs cleanup(cleanup_free) = NULL;
	char seed[48], *own[3] = { seed };
	char *const *more[] = { inject ? inject_trial_environ(inject) : NULL, own };

	snprintf(seed, sizeof(seed), HANGRATE_ENV_SEED "=%" PRIu64, t->seed);
	if (of_cell)
		own[1] = knobs = mem_printf(HANGRATE_ENV_KNOBS "=%s", of_cell);
	return environ_merge(environ, more, target_of(c, t->cell)->broken_status < 0 ? 1 : 2);
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
static bool next_canary(struct campaign *c, struct plan_trial *ret_trial)
{
	while (plan_next(c->plan, &c->walk, ret_trial) && !ret_trial->index)
		if (c->plan->cells[ret_trial->cell].canary)
			return true;
	return false;
}

static bool next_wanted(struct campaign *c, struct plan_trial *ret_trial)
{
	if (c->stopped)
		return false;
	if (budget_spent(c))
		return next_canary(c, ret_trial);
	if (!c->n_open) {
		c->record->stop = stopping_reason(c->options);
		return next_canary(c, ret_trial);
	}
	while (plan_next(c->plan, &c->walk, ret_trial))
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

/* Where too much waits to be written, no trial is started. With none running there is nothing else
 * to do than to wait for the writer. */
static bool has_room(struct campaign *c)
{
	if (!c->writer || !writer_is_full(c->writer))
		return true;
	if (c->n_running)
		return false;
	writer_wait_for_room(c->writer, c->record);
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
		if (!c->arms.inject[t.cell] ||
			!inject_trial_new(c->arms.inject[t.cell], t.seed, &inject))
			break;
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
		.env = make_env(c, &t, inject),
		.inject = inject,
		.deadline_ns = deadline.ns,
		.extend_ns = deadline.extend_ns,
		.extend_asleep_ns = deadline.extend_asleep_ns,
		.give_up_ns = c->options->budget_ns && !target->canary
				      ? c->start_ns + c->options->budget_ns + BUDGET_GRACE_NS
				      : 0,
		.first_probe_ns = first_look(cell),
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
	c->n_open++;
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
		.at_ms = wall_ms(),
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

/* The first broken trial says why at once: thousands more would say the same. */
static void tell_broken(const struct campaign *c, const struct trial_over *o)
{
	const struct target *t = o->trial.target;

	if (c->progress.count[VERDICT_BROKEN] > 1)
		return;
	if (o->fault)
		fprintf(stderr, "run: '%s%s%s': %s%s%s\n", t->name, *t->variant ? "/" : "",
			t->variant, o->fault, o->fault_errno ? ": " : "",
			o->fault_errno ? strerror(o->fault_errno) : "");
	else
		fprintf(stderr, "run: '%s/%s': set-up failed: %.*s\n", t->name, t->variant,
			(int)(o->output_len < 200 ? o->output_len : 200),
			o->output ? o->output : "");
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
	v = verdict_of(o);
	count_verdict(c, o, v);
	cause = causes_count(cell, o, v);
	if (cause && !cell->canary)
		progress_cause(&c->progress, cause->class);
	if (v == VERDICT_BROKEN)
		tell_broken(c, o);
	if (v != VERDICT_PASS && v != VERDICT_SKIP)
		keep_trial(c, o, v, cause);
	maybe_finish(c, o->trial.cell, v);
}

/* A program that takes long looks like one that hangs, until a trial has ended. */
static void tell_waiting(struct campaign *c, int64_t now_ns)
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
	fputs("run: no trial has ended yet, so how long one takes is not known: waiting 10 s for each,\nrun: or up to 5 min while it makes progress; --timeout T sets it\n",
		stderr);
}

static void on_tick(void *arg, int64_t now_ns)
{
	struct campaign *c = arg;

	tell_waiting(c, now_ns);
	progress_tick(&c->progress, now_ns);
	if (c->writer)
		c->store_error = writer_post(c->writer, c->record);
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

static void make_cells(struct campaign *c)
{
	struct record_campaign *r = c->record;

	for (size_t i = 0; i < c->plan->n_cells; i++) {
		const struct plan_cell *p = &c->plan->cells[i];
		const struct target *t = target_of(c, i);
		struct record_cell *cell;

		r->cells = mem_grow(r->cells, r->n_cells, &r->cap_cells, sizeof(*r->cells));
		cell = &r->cells[r->n_cells++];
		cell->target = mem_strdup(t->name);
		cell->variant = mem_strdup(t->variant);
		cell->libc = mem_strdup(t->libc);
		cell->command = mem_strdup(t->command);
		cell->directory = mem_strdup(t->directory);
		cell->program = mem_strdup(t->program);
		cell->inject = mem_strdup(p->label);
		cell->arm = p->arm;
		cell->dose = p->dose;
		cell->expect = t->expect;
		cell->why = mem_strdup(t->why);
		cell->canary = t->canary;
		c->n_open += !t->canary;
	}
}

static int begin(struct campaign *c, const char *command, char **ret_error)
{
	struct record_campaign *r = c->record;
	int e;

	r->key = plan_key(c->plan);
	r->started_ms = wall_ms();
	r->seed = c->options->seed;
	r->command = mem_strdup(command);
	r->jobs = c->options->jobs;
	r->shard = c->options->shard;
	r->shards = c->options->shards;
	r->sequential = stopping_is_wanted(c->options);
	r->fail_on = c->options->fail_on;
	r->decide_low = c->options->decide.low;
	r->decide_high = c->options->decide.high;
	machine_describe(r);
	r->version = mem_strdup(HANGRATE_VERSION);
	make_cells(c);
	c->finished = mem_alloc(r->n_cells * sizeof(bool));
	c->of_target = mem_alloc(c->targets->n * sizeof(struct of_target));
	e = arms_start(&c->arms, c->plan, c->targets, r, ret_error);
	for (size_t i = 0; !e && i < r->n_cells; i++)
		if (!arms_reaches(&c->arms, i))
			finish_cell(c, i);
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
	c->record->ended_ms = wall_ms();
	arms_note(&c->arms, c->record);
	if (c->writer)
		c->store_error = writer_finish(c->writer, c->record);
	arms_done(&c->arms);
	free(c->finished);
	free(c->of_target);
	plan_walk_done(&c->walk);
}

int campaign_run(const struct run_options *options, const struct target_list *targets,
	const struct plan *plan, struct store *store, const char *command,
	struct record_campaign *ret_record, char **ret_error)
{
	static const struct watch_ops ops = { on_next, on_over, on_tick, on_interrupted };
	struct campaign c = {
		.options = options,
		.targets = targets,
		.plan = plan,
		.record = ret_record,
	};
	struct isolate isolate;
	struct prober *prober;
	int r;

	*ret_error = NULL;
	*ret_record = (struct record_campaign){};
	r = begin(&c, command, ret_error);
	if (!r && options->isolate && (r = isolate_prepare(&isolate)) < 0) {
		*ret_error = isolate_explain(r);
		r = -EOPNOTSUPP;
	}
	if (!r && store)
		c.store_error = writer_new(store, ret_record, &c.writer);
	c.start_ns = time_now_ns();
	progress_start(&c.progress, options->quiet, options->seed,
		options->trials == UINT64_MAX ? 0 : options->trials * c.n_open / options->shards,
		options->budget_ns);
	prober = prober_new(options->isolate);
	if (!r && !c.store_error) {
		r = watch_run(options->jobs, options->isolate ? &isolate : NULL, prober, &ops, &c);
		if (r >= 0 && !c.stopped)
			r = alone_run(options, targets, plan, prober, ret_record);
		if (r < 0)
			*ret_error = mem_printf("the event loop failed: %s", strerror(-r));
	}
	end(&c);
	prober_free(prober);
	if (!r && c.store_error) {
		*ret_error = mem_strdup(store_error(store));
		r = -EIO;
	}
	return r;
}
