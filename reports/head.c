/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * head.c: what every report says first, in the same words and numbers: one line that answers, and
 * what must be known before any number below is believed.
 */
#include "reports/lift.h"
#include "reports/text.h"

#include "runner/base/util.h"

#include <inttypes.h>

/* Of the first lines; the rest is in the cells. */
#define NOTES_EACH 4
static void add(struct text_notes *n, char *line)
{
	n->lines = mem_grow(n->lines, n->n, &n->cap, sizeof(*n->lines));
	n->lines[n->n++] = line;
}

void text_notes_done(struct text_notes *n)
{
	for (size_t i = 0; i < n->n; i++)
		free(n->lines[i]);
	free(n->lines);
	*n = (struct text_notes){};
}

/* --- the line that answers --- */

/* The group's most frequent cause of its end, for its words. */
static const struct record_cause *frequent_cause(
	const struct record_campaign *c, const struct record_cell *cell)
{
	const struct record_cause *best = NULL;

	for (size_t i = 0; i < c->n_cells; i++)
		for (size_t k = 0;
			record_cell_same_group(&c->cells[i], cell) && k < c->cells[i].n_causes; k++)
			if (!best || c->cells[i].causes[k].count > best->count)
				best = &c->cells[i].causes[k];
	return best;
}

static char *unmeasured(const struct record_campaign *c, const struct record_cell *cell)
{
	const struct record_cause *cause = frequent_cause(c, cell);
	char *name cleanup(cleanup_free) = text_group_name(cell);
	char *counts cleanup(cleanup_free) = NULL;
	uint64_t count[VERDICT_COUNT];

	text_group_count(c, cell, count);
	counts = text_counts(count);
	return mem_printf("nothing was measured: %s never passed (%s)%s%s", name, counts,
		cause ? ": " : "", cause ? text_cause(cause) : "");
}

static char *ends_of(const struct text_total *t)
{
	char *failing cleanup(cleanup_free) =
		t->failing ? mem_printf(", %zu fail", t->failing) : mem_strdup("");
	char *crashing cleanup(cleanup_free) =
		t->crashing ? mem_printf(", %zu crash", t->crashing) : mem_strdup("");

	return mem_printf("%zu of %zu hang%s%s", t->hanging, t->groups, crashing, failing);
}

char *text_headline(const struct record_campaign *c)
{
	size_t n, *order cleanup(cleanup_free) = text_order(c, &n);
	char *ends cleanup(cleanup_free) = NULL;
	struct text_total t;

	text_total(c, &t);
	for (size_t i = 0; i < n && t.groups == 1; i++)
		if (record_group_unmeasured(c, &c->cells[order[i]]))
			return unmeasured(c, &c->cells[order[i]]);
	ends = ends_of(&t);
	if (t.not_met)
		return mem_printf("%s; %zu of %zu not as expected", ends, t.not_met, t.judged);
	if (!t.judged)
		return mem_printf("%s; nothing was judged", ends);
	if (c->stop == STOP_INTERRUPTED || c->stop == STOP_KILLED)
		return mem_printf("%s in %" PRIu64 " trials; %s before the plan was done", ends,
			t.trials, c->stop == STOP_KILLED ? "killed" : "interrupted");
	return mem_printf("%s; %s", ends,
		t.judged == t.groups ? "all as expected" : "all that is judged as expected");
}

/* --- what must be known first --- */

static char *cell_name(const struct record_cell *cell)
{
	char *group cleanup(cleanup_free) = text_group_name(cell);

	return mem_printf("%s, %s", group, text_level(cell));
}

/* The note of each cell that has one; where many have, how many more. */
static void note_cells(struct text_notes *n, const struct record_campaign *c, const size_t *order,
	size_t n_order, char *(*note)(const struct record_campaign *, const struct record_cell *))
{
	size_t found = 0;

	for (size_t i = 0; i < n_order; i++) {
		char *line = note(c, &c->cells[order[i]]);

		if (line && found++ < NOTES_EACH)
			add(n, line);
		else
			free(line);
	}
	if (found > NOTES_EACH)
		add(n, mem_printf("and %zu more cells with such a note", found - NOTES_EACH));
}

static char *note_unmeasured(const struct record_campaign *c, const struct record_cell *cell)
{
	if (cell->arm != ARM_BARE || !record_group_unmeasured(c, cell))
		return NULL;
	return unmeasured(c, cell);
}

static char *note_not_applied(const struct record_campaign *c, const struct record_cell *cell)
{
	char *name cleanup(cleanup_free) = NULL;

	(void)c;
	if (!cell->not_applied)
		return NULL;
	name = cell_name(cell);
	return mem_printf("NOT INJECTED: %s: %s", name,
		cell->counters.note ? cell->counters.note : "a rule could not be applied");
}

static char *note_did_nothing(const struct record_campaign *c, const struct record_cell *cell)
{
	char *name cleanup(cleanup_free) = NULL, *why cleanup(cleanup_free) = NULL;

	(void)c;
	/* What does not exist here was never run, and had nothing to delay. */
	if (cell->not_applied || !record_cell_did_nothing(cell) || !record_cell_trials(cell))
		return NULL;
	name = cell_name(cell);
	why = text_counters(cell);
	return mem_printf("INJECTED NOTHING: %s: %s; its rate says nothing about these delays",
		name, why ? why : "no delay was ever made");
}

static char *note_alone(const struct record_campaign *c, const struct record_cell *cell)
{
	char *name cleanup(cleanup_free) = NULL;
	const struct record_cell *bare;

	if (cell->arm != ARM_NULL || !lift_null_differs(c, cell))
		return NULL;
	bare = record_cell_base(c, cell, ARM_BARE);
	name = text_group_name(cell);
	return mem_printf(
		"THE INJECTOR ALONE CHANGES THIS PROGRAM: %s: with every delay zero %" PRIu64
		" of %" PRIu64 " hang and %" PRIu64 " fail or crash, bare %" PRIu64 " of %" PRIu64
		" and %" PRIu64,
		name, record_cell_hangs(cell), record_cell_trials(cell),
		cell->count[VERDICT_FAIL] + cell->count[VERDICT_CRASH], record_cell_hangs(bare),
		record_cell_trials(bare), bare->count[VERDICT_FAIL] + bare->count[VERDICT_CRASH]);
}

static char *note_disturbed(const struct record_campaign *c, const struct record_cell *cell)
{
	uint64_t n = record_cell_trials(cell), bad = n - cell->count[VERDICT_PASS];
	char *name cleanup(cleanup_free) = NULL;

	if (!text_is_disturbed(cell))
		return NULL;
	name = cell_name(cell);
	return mem_printf("TRIALS DISTURB EACH OTHER: %s: %" PRIu64 " of %" PRIu64
			  " did not pass with %d at once, %" PRIu64 " of %" PRIu64
			  " one at a time: use -j 1, or --isolate",
		name, bad, n, c->jobs, cell->alone_bad, cell->alone);
}

static char *note_unknown(const struct record_campaign *c, const struct record_cell *cell)
{
	(void)c;
	if (!cell->command || strcmp(cell->command, RECORD_UNKNOWN) != 0 || cell->arm != ARM_BARE)
		return NULL;
	return mem_printf(
		"%s: recorded by an older version, without its arguments, directory and build: it is compared with nothing",
		cell->target);
}

void text_notes(const struct record_campaign *c, struct text_notes *ret_notes)
{
	size_t n_order, *order cleanup(cleanup_free) = text_order(c, &n_order);
	struct text_notes n = {};
	struct text_total t;

	text_total(c, &t);
	if (c->broken)
		add(&n, mem_printf("BROKEN: %s; nothing below may be believed", c->broken));
	if (t.false_proofs)
		add(&n, mem_printf("%" PRIu64 " FALSE PROOFS in %" PRIu64 " audited trials",
				t.false_proofs, t.audited));
	if (t.broken)
		add(&n, mem_printf("%" PRIu64 " broken trials, counted nowhere", t.broken));
	if (c->stop == STOP_KILLED)
		add(&n, mem_strdup("the runner was killed: this is what it had recorded"));
	else if (c->stop == STOP_INTERRUPTED)
		add(&n, mem_strdup("interrupted: not all of the plan was run"));
	if (t.groups > 1) /* of a single one the headline tells */
		note_cells(&n, c, order, n_order, note_unmeasured);
	note_cells(&n, c, order, n_order, note_not_applied);
	note_cells(&n, c, order, n_order, note_did_nothing);
	note_cells(&n, c, order, n_order, note_alone);
	note_cells(&n, c, order, n_order, note_disturbed);
	note_cells(&n, c, order, n_order, note_unknown);
	*ret_notes = n;
}
