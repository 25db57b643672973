/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/nightly/check.h"

#include "runner/base/util.h"

#include <math.h>

/* A night's dispersion counts when chance alone would give it less often than this. */
#define DISPERSION_ALPHA 0.01

const char *check_fault(const struct record_campaign *c, bool newest)
{
	bool canary = false;

	if (c->broken)
		return c->broken;
	if (!c->ended_ms || c->stop == STOP_KILLED)
		return "was never finished";
	if (newest && c->stop == STOP_INTERRUPTED)
		return "was interrupted";
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];

		if (cell->false_proofs)
			return "contains a false proof";
		if (newest && cell->count[VERDICT_BROKEN])
			return "has broken trials";
		if (!cell->canary)
			continue;
		canary = true;
		if (record_group_met(c, cell) != MET_YES)
			return "its canary was not judged as expected";
	}
	return canary ? NULL : "has no canary, so nothing shows that hangs would be seen";
}

const char *check_unsound(const struct record_campaign *c, bool newest)
{
	/* Fisher's test needs a number of trials that did not depend on their results. */
	if (c->stop == STOP_PRECISE || c->stop == STOP_DECIDED)
		return "stopped when its result was clear, so its rates can't be compared";
	return check_fault(c, newest);
}

/* Shrinks both counts by the dispersion, always to the side that makes an alarm less likely. */
static void shrink(struct stats_count *now, struct stats_count *base, double ratio)
{
	now->k = (uint64_t)floor((double)now->k / ratio);
	now->n = (uint64_t)ceil((double)now->n / ratio);
	base->k = (uint64_t)ceil((double)base->k / ratio);
	base->n = (uint64_t)fmax((double)base->k, floor((double)base->n / ratio));
}

static double gate(struct check_cell *r, const struct stats_count *parts, size_t n)
{
	struct stats_dispersion d = stats_overdispersion(parts, n);
	struct stats_count now = r->now, base = r->base;

	r->dispersion = 1;
	if (d.df && !d.rough && d.ratio > 1 && d.p < DISPERSION_ALPHA) {
		r->dispersion = d.ratio;
		shrink(&now, &base, d.ratio);
	}
	return stats_fisher_greater(now, base);
}

static void compare(const struct record_campaign *c, const struct record_campaign *nights,
	size_t n_nights, size_t place, struct check_cell *r)
{
	cleanup(cleanup_free) struct stats_count *parts =
		mem_alloc((n_nights + 1) * sizeof(*parts));

	*r = (struct check_cell){
		.cell = &c->cells[place], .p = 1, .adjusted = 1, .dispersion = 1
	};
	r->now = (struct stats_count){ record_cell_hangs(r->cell), record_cell_trials(r->cell) };
	for (size_t i = 0; i < n_nights; i++) {
		const struct record_cell *old =
			record_campaign_find_cell(&nights[i], r->cell, place);

		if (!old || !record_cell_trials(old))
			continue;
		parts[r->nights] =
			(struct stats_count){ record_cell_hangs(old), record_cell_trials(old) };
		r->base.k += parts[r->nights].k;
		r->base.n += parts[r->nights].n;
		r->nights++;
	}
	if (!r->now.n)
		r->result = CHECK_NO_TRIALS;
	else if (!r->base.n)
		r->result = CHECK_NO_BASELINE;
	else
		r->p = gate(r, parts, r->nights);
}

static void find_lost(
	const struct record_campaign *c, const struct record_campaign *newest, struct check *k)
{
	for (size_t i = 0; i < newest->n_cells; i++) {
		const struct record_cell *old = &newest->cells[i];

		if (old->canary || !record_cell_trials(old) || record_campaign_find_cell(c, old, i))
			continue;
		k->lost = mem_grow(k->lost, k->n_lost, &k->cap_lost, sizeof(*k->lost));
		k->lost[k->n_lost++] = old;
	}
}

/* Skipped everywhere (the variant does not exist on this libc): nothing to compare. */
static bool is_skipped(const struct record_cell *cell)
{
	return cell->count[VERDICT_SKIP] > 0 && !record_cell_trials(cell);
}

static void adjust(struct check *k, const struct check_options *o)
{
	cleanup(cleanup_free) double *p = mem_alloc((k->n_cells + 1) * 2 * sizeof(*p));
	cleanup(cleanup_free) size_t *order = mem_alloc((k->n_cells + 1) * sizeof(*order));
	double *adjusted = p + k->n_cells;

	for (size_t i = 0; i < k->n_cells; i++)
		p[i] = k->cells[i].p;
	stats_holm(p, k->n_cells, order, adjusted);
	for (size_t i = 0; i < k->n_cells; i++) {
		struct check_cell *r = &k->cells[i];

		r->adjusted = adjusted[i];
		k->n_unknown += r->result != CHECK_SAME;
		if (r->result != CHECK_SAME || r->adjusted > o->alpha)
			continue;
		if ((double)r->now.k / (double)r->now.n - (double)r->base.k / (double)r->base.n <
			o->min_effect)
			continue;
		r->result = CHECK_SUSPECT;
		k->n_suspects++;
	}
}

void check_campaign(const struct record_campaign *c, const struct record_campaign *nights,
	size_t n_nights, const struct check_options *options, struct check *ret_check)
{
	struct check k = { .cells = mem_alloc((c->n_cells + 1) * sizeof(*k.cells)) };

	for (size_t i = 0; i < c->n_cells; i++) {
		if (c->cells[i].canary || is_skipped(&c->cells[i]))
			continue;
		compare(c, nights, n_nights, i, &k.cells[k.n_cells++]);
	}
	if (n_nights)
		find_lost(c, &nights[0], &k);
	adjust(&k, options);
	*ret_check = k;
}

void check_done(struct check *k)
{
	free(k->cells);
	free(k->lost);
	*k = (struct check){};
}

bool check_confirms(const struct check_cell *cell, struct stats_count fresh, size_t n_suspects)
{
	struct stats_count base = cell->base;

	if (cell->dispersion > 1)
		shrink(&fresh, &base, cell->dispersion);
	return stats_fisher_greater(fresh, base) <=
	       CHECK_CONFIRM_ALPHA / (double)(n_suspects ? n_suspects : 1);
}
