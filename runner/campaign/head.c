/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/head.h"

#include "runner/base/util.h"
#include "runner/campaign/machine.h"
#include "runner/campaign/stopping.h"

static void make_cells(
	struct record_campaign *r, const struct plan *plan, const struct target_list *targets)
{
	for (size_t i = 0; i < plan->n_cells; i++) {
		const struct plan_cell *p = &plan->cells[i];
		const struct target *t = &targets->targets[p->target];
		struct record_cell *cell = record_campaign_add_cell(r);

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
	}
}

void head_new(struct record_campaign *r, const struct run_options *o, const struct plan *plan,
	const struct target_list *targets, const char *command)
{
	r->key = plan_key(plan);
	r->started_ms = time_wall_ms();
	r->seed = o->seed;
	r->command = mem_strdup(command);
	r->shard = o->shard;
	r->shards = o->shards;
	machine_describe(r);
	r->version = mem_strdup(HANGRATE_VERSION);
	make_cells(r, plan, targets);
}

void head_reopen(struct record_campaign *r)
{
	r->ended_ms = 0;
	r->stop = STOP_DONE;
	free(r->broken);
	r->broken = NULL;
	/* The injectors of this runner write their own. */
	for (size_t i = 0; i < r->n_cells; i++) {
		free(r->cells[i].counters.note);
		r->cells[i].counters.note = NULL;
	}
}

void head_options(struct record_campaign *r, const struct run_options *o)
{
	r->jobs = o->jobs;
	r->sequential = stopping_is_wanted(o);
	r->fail_on = o->fail_on;
	r->decide_low = o->decide.low;
	r->decide_high = o->decide.high;
}
