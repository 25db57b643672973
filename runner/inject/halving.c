/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/halving.h"

#include "runner/base/util.h"

#define LAST_RUNG 3
#define MEMORY 24 /* tries; older ones fade */
#define SEARCH_MAX 32
#define DRAWING_TURN 3  /* every third try of a rung is one of those that draw ... */
#define DRAWING_TRIES 8 /* ... as long as each has had fewer than so many for one of the others */
#define OVERDUE 6       /* tries that begin and end beside one that lasts */
/* Of the tries beside a best one: half of what it fails, within these. */
#define MIN_SHARE 0.02
#define MAX_SHARE 0.34

size_t halving_add(struct halving *h, const char *name)
{
	struct halving_arm *a;

	h->arms = mem_grow(h->arms, h->n, &h->cap, sizeof(*h->arms));
	a = &h->arms[h->n++];
	a->name = mem_strdup(name);
	a->promise = 0.5;
	return h->n - 1;
}

size_t halving_add_drawing(struct halving *h, const char *name)
{
	size_t i = halving_add(h, name);

	h->arms[i].draws = true;
	return i;
}

size_t halving_add_proven(struct halving *h, const char *name)
{
	size_t i = halving_add(h, name);

	h->arms[i].promise = 0.75;
	return i;
}

void halving_leave_out(struct halving *h, size_t arm)
{
	h->arms[arm].left_out = true;
}

static bool is_in(const struct halving_arm *a)
{
	return !a->left_out && !a->fallen;
}

static size_t champion(const struct halving *h)
{
	size_t best = SIZE_MAX;
	bool any = false;

	for (size_t i = 0; i < h->n; i++) {
		const struct halving_arm *a = &h->arms[i];

		any |= a->good > 0;
		/* Of equals the later one: it repeats what the earlier one has found. */
		if (!a->left_out && (a->good || a->promise > 0.5) &&
			(best == SIZE_MAX || a->promise >= h->arms[best].promise))
			best = i;
	}
	return any ? best : SIZE_MAX;
}

/* Those before which at least half of them would come fall out. */
static void halve(struct halving *h)
{
	size_t in = 0, kept = 0;

	for (size_t i = 0; i < h->n; i++)
		in += is_in(&h->arms[i]);
	for (size_t i = 0; i < h->n; i++) {
		size_t better = 0;

		for (size_t j = 0; j < h->n; j++)
			better += is_in(&h->arms[j]) &&
				  (h->arms[j].promise > h->arms[i].promise ||
					  (h->arms[j].promise == h->arms[i].promise && j < i));
		h->arms[i].in_rung = is_in(&h->arms[i]) && better < (in + 1) / 2 ? 0 : UINT64_MAX;
		kept += !h->arms[i].in_rung;
	}
	h->rung = kept < 2 || h->rung == LAST_RUNG ? 0 : h->rung + 1;
	for (size_t i = 0; i < h->n; i++) {
		h->arms[i].fallen = h->rung && h->arms[i].in_rung;
		h->arms[i].in_rung = 0;
	}
}

/* Of those that draw the one with the fewest tries, else the first; SIZE_MAX: none is left. */
static size_t next_in_line(const struct halving *h, size_t but, bool drawing)
{
	uint64_t most = (uint64_t)(drawing ? DRAWING_TRIES : 1) << h->rung;
	size_t next = SIZE_MAX;

	for (size_t i = 0; i < h->n; i++) {
		const struct halving_arm *a = &h->arms[i];

		if (i == but || !is_in(a) || a->in_rung >= most || (drawing && !a->draws))
			continue;
		if (!drawing)
			return i;
		if (next == SIZE_MAX || a->in_rung < h->arms[next].in_rung)
			next = i;
	}
	return next;
}

static size_t next_of_rung(struct halving *h, size_t but)
{
	for (int pass = 0; pass < 2; pass++) {
		size_t i = h->choices % DRAWING_TURN ? SIZE_MAX : next_in_line(h, but, true);

		if (i == SIZE_MAX)
			i = next_in_line(h, but, false);
		if (i != SIZE_MAX)
			return i;
		halve(h);
	}
	return but;
}

/* One whose only try lasts while those of others come and go. */
static size_t overdue(const struct halving *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->arms[i].pending == 1 && !h->arms[i].left_out &&
			h->overs - h->arms[i].since >= OVERDUE)
			return i;
	return SIZE_MAX;
}

static size_t choose(struct halving *h)
{
	size_t best = champion(h);
	double share;

	if (best == SIZE_MAX) {
		best = overdue(h);
		return best == SIZE_MAX ? next_of_rung(h, SIZE_MAX) : best;
	}
	share = (1 - h->arms[best].promise) / 2;
	h->doubt += share < MIN_SHARE ? MIN_SHARE : share > MAX_SHARE ? MAX_SHARE : share;
	if (h->doubt < 1)
		return best;
	h->doubt -= 1;
	return next_of_rung(h, best);
}

size_t halving_choose(struct halving *h)
{
	size_t i = choose(h);

	if (i == SIZE_MAX)
		return i;
	h->choices++;
	h->arms[i].tries++;
	h->arms[i].pending++;
	h->arms[i].in_rung++;
	h->arms[i].since = h->overs;
	return i;
}

/* Laplace's rule of succession, one try at a time; beyond MEMORY tries old ones fade. */
void halving_over(struct halving *h, size_t arm, bool good)
{
	struct halving_arm *a = &h->arms[arm];
	uint64_t known;

	h->overs++;
	a->pending--;
	a->good += good;
	known = a->tries - a->pending - a->excused;
	a->promise += (good - a->promise) / (double)((known < MEMORY ? known : MEMORY) + 2);
}

void halving_over_searching(struct halving *h, size_t arm)
{
	struct halving_arm *a = &h->arms[arm];

	if (a->excused == SEARCH_MAX || champion(h) != SIZE_MAX) {
		halving_over(h, arm, false);
		return;
	}
	h->overs++;
	a->pending--;
	a->excused++;
	/* It has not had its turn. */
	if (a->in_rung)
		a->in_rung--;
}

const struct halving_arm *halving_best(const struct halving *h)
{
	const struct halving_arm *best = NULL;

	for (size_t i = 0; i < h->n; i++)
		if (h->arms[i].good && (!best || h->arms[i].good > best->good))
			best = &h->arms[i];
	return best;
}

void halving_done(struct halving *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->arms[i].name);
	free(h->arms);
	*h = (struct halving){ 0 };
}
