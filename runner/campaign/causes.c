/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/causes.h"

#include "runner/base/util.h"
#include "runner/campaign/outcome.h"

static bool is_outcome(const struct record_cause *cause)
{
	return !strcmp(cause->class, verdict_name(VERDICT_FAIL)) ||
	       !strcmp(cause->class, verdict_name(VERDICT_CRASH));
}

static struct record_cause *find_or_add(
	struct record_cell *cell, const struct record_cause *from, const struct trial *t)
{
	struct record_cause *cause = record_cell_find_cause(cell, from->key);

	if (cause)
		return cause;
	cause = record_cell_add_cause(cell, from->key);
	cause->class = mem_strdup(from->class);
	cause->summary = mem_strdup(from->summary);
	cause->detail = mem_strdup(from->detail);
	cause->first_index = t->index;
	cause->first_seed = t->seed;
	return cause;
}

/* A program that ends with other words each time must not fill the record. */
static void limit(const struct record_cell *cell, struct record_cause *cause)
{
	size_t n = 0;

	for (size_t i = 0; i < cell->n_causes; i++)
		n += is_outcome(&cell->causes[i]);
	if (n < CAUSES_MAX_OUTCOMES || record_cell_find_cause(cell, cause->key))
		return;
	free(cause->key);
	free(cause->summary);
	cause->key = mem_printf("%s|other", cause->class);
	cause->summary = mem_printf("%s in another way", cause->class);
}

/* What made the cause most often makes it again, and what made it once may have been luck: a
 * majority by Boyer and Moore. */
static void vote(struct record_cause *cause, const char *replay)
{
	if (!replay)
		return;
	if (cause->replay && !strcmp(cause->replay, replay)) {
		cause->replay_lead++;
	} else if (cause->replay && cause->replay_lead) {
		cause->replay_lead--;
	} else {
		free(cause->replay);
		cause->replay = mem_strdup(replay);
	}
}

struct record_cause *causes_count(
	struct record_cell *cell, const struct trial_over *o, enum verdict v)
{
	struct record_cause outcome = {}, *cause = NULL;

	if (v == VERDICT_FAIL || v == VERDICT_CRASH) {
		outcome_cause(o->status, o->output, o->output_len, &outcome);
		limit(cell, &outcome);
		cause = find_or_add(cell, &outcome, &o->trial);
		record_cause_done(&outcome);
	} else if (o->cause &&
		   (v == VERDICT_DEADLOCK || v == VERDICT_RECOVERED || v == VERDICT_TIMEOUT)) {
		cause = find_or_add(cell, o->cause, &o->trial);
	}
	if (!cause)
		return NULL;
	cause->count++;
	vote(cause, o->counters.replay);
	return cause;
}
