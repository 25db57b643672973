/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/arms.h"

#include "runner/campaign/stopping.h"
#include "runner/base/util.h"

#include <inttypes.h>

/* The delay points of a scenario are its delay knobs; a program has none that we know of. */
static const char **points_of(const struct target *t)
{
	const char **points;
	size_t n = 0;

	if (t->broken_status < 0)
		return NULL;
	points = mem_alloc((t->n_knobs + 1) * sizeof(*points));
	for (size_t i = 0; i < t->n_knobs; i++)
		if (t->knobs[i].kind == KNOB_DELAY)
			points[n++] = t->knobs[i].name;
	return points;
}

static int start_one(const struct plan_cell *p, const struct target *t, unsigned int goal,
	struct inject **ret_inject, char **ret_error)
{
	const char **points = points_of(t);
	cleanup(cleanup_free) char *command =
		t->command ? mem_printf("%s\n%s\n%s", t->command, t->directory, t->program)
			   : mem_strdup(t->program);
	struct inject_target target = { t->path, points, command, goal };
	int r = 0;

	if (p->spec.n_rules)
		r = inject_new(&p->spec, &target, p->arm, ret_inject, ret_error);
	free(points);
	if (r < 0 && !*ret_error)
		*ret_error = mem_printf("the injector failed: %s", strerror(-r));
	return r;
}

int arms_start(struct arms *a, const struct plan *plan, const struct target_list *targets,
	struct record_campaign *record, char **ret_error)
{
	*a = (struct arms){
		.plan = plan,
		.inject = mem_alloc(plan->n_cells * sizeof(*a->inject)),
		.off = mem_alloc(plan->n_cells * sizeof(*a->off)),
		.n = plan->n_cells,
	};
	for (size_t i = 0; i < a->n; i++) {
		const struct plan_cell *p = &plan->cells[i];
		int r = start_one(
			p, &targets->targets[p->target], record->fail_on, &a->inject[i], ret_error);

		if (r < 0)
			return r;
	}
	arms_note(a, record);
	return 0;
}

void arms_note(struct arms *a, struct record_campaign *record)
{
	for (size_t i = 0; i < a->n; i++) {
		struct record_counters *r = &record->cells[i].counters;
		const char *says = a->inject[i] ? inject_note(a->inject[i]) : NULL;
		char *whole;

		record->cells[i].not_applied = a->inject[i] &&
					       record->cells[i].arm == ARM_INJECTED &&
					       inject_left_out(a->inject[i]);
		if (!says)
			continue;
		whole = a->off[i] ? mem_printf("%s; %s", r->note, says) : mem_strdup(says);
		free(r->note);
		r->note = whole;
	}
}

void arms_done(struct arms *a)
{
	for (size_t i = 0; i < a->n; i++)
		inject_free(a->inject[i]);
	free(a->inject);
	free(a->off);
	*a = (struct arms){};
}

bool arms_reaches(const struct arms *a, size_t cell)
{
	return !a->inject[cell] || inject_engines(a->inject[cell]);
}

static void switch_off(struct arms *a, struct record_campaign *record, size_t cell)
{
	struct record_cell *c = &record->cells[cell];
	const struct record_cell *bare = record_cell_base(record, c, ARM_BARE);

	a->off[cell] = true;
	c->switched_off = true;
	record->sequential = true; /* what it had done decided how many trials it got */
	free(c->counters.note);
	c->counters.note =
		mem_printf("switched off after %" PRIu64
			   " trials: it makes hangs rarer, with %g %% confidence (%" PRIu64
			   " hangs, bare %" PRIu64 " of %" PRIu64 ")",
			record_cell_trials(c), 100 * STOPPING_CONFIDENCE, record_cell_hangs(c),
			record_cell_hangs(bare), record_cell_trials(bare));
}

size_t arms_switch_off(struct arms *a, struct record_campaign *record, size_t cell)
{
	/* Levels of a knob are a curve, of which the low end belongs to the picture. */
	if (!a->plan->spec.n_rules || record->cells[cell].canary)
		return SIZE_MAX;
	for (size_t i = 0; i < a->n; i++) {
		const struct record_cell *c = &record->cells[i];
		const struct record_cell *bare;

		if (c->arm != ARM_INJECTED || a->off[i] ||
			!record_cell_same_group(c, &record->cells[cell]))
			continue;
		bare = record_cell_base(record, c, ARM_BARE);
		if (!bare || !stopping_is_rarer(c, bare))
			continue;
		switch_off(a, record, i);
		return i;
	}
	return SIZE_MAX;
}
