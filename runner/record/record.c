/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/record/record.h"

#include "runner/base/util.h"

static const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_PASS] = "pass",
	[VERDICT_DEADLOCK] = "deadlock",
	[VERDICT_TIMEOUT] = "timeout",
	[VERDICT_RECOVERED] = "recovered",
	[VERDICT_FAIL] = "fail",
	[VERDICT_CRASH] = "crash",
	[VERDICT_BROKEN] = "broken",
	[VERDICT_SKIP] = "skip",
};

static const char *const looks_names[APPEARANCE_COUNT] = {
	[APPEARANCE_UNKNOWN] = "unknown",
	[APPEARANCE_SPINNING] = "spinning",
	[APPEARANCE_POLLING] = "polling",
	[APPEARANCE_SLEEPING] = "sleeping",
	[APPEARANCE_WAITING_OUTSIDE] = "waiting-outside",
};

/* The words of the protocol; a user's program, which declares nothing, has "none". */
static const char *const expect_names[EXPECT_COUNT] = {
	[EXPECT_NONE] = "none",
	[EXPECT_COMPLETES] = "completes",
	[EXPECT_DEADLOCKS] = "deadlocks",
	[EXPECT_MAY] = "may",
	[EXPECT_TIMES_OUT] = "times-out",
	[EXPECT_HANGS] = "hangs",
	[EXPECT_RECOVERS] = "recovers",
	[EXPECT_FAILS] = "fails",
};

static const char *const arm_names[ARM_COUNT] = {
	[ARM_BARE] = "bare",
	[ARM_NULL] = "null",
	[ARM_INJECTED] = "injected",
};

static const char *const stop_names[STOP_COUNT] = {
	[STOP_DONE] = "done",
	[STOP_BUDGET] = "budget",
	[STOP_PRECISE] = "precise",
	[STOP_DECIDED] = "decided",
	[STOP_INTERRUPTED] = "interrupted",
	[STOP_KILLED] = "killed",
};

static const char *word_name(const char *const *names, size_t n, unsigned int i)
{
	return i < n ? names[i] : "?";
}

static int word_find(const char *const *names, size_t n, const char *s)
{
	for (size_t i = 0; s && i < n; i++)
		if (!strcmp(names[i], s))
			return (int)i;
	return -1;
}

const char *verdict_name(enum verdict v)
{
	return word_name(verdict_names, VERDICT_COUNT, v);
}

const char *appearance_name(enum appearance l)
{
	return word_name(looks_names, APPEARANCE_COUNT, l);
}

const char *expect_name(enum expect e)
{
	return word_name(expect_names, EXPECT_COUNT, e);
}

const char *arm_name(enum arm a)
{
	return word_name(arm_names, ARM_COUNT, a);
}

const char *stop_reason_name(enum stop_reason r)
{
	return word_name(stop_names, STOP_COUNT, r);
}

int verdict_from_name(const char *s)
{
	return word_find(verdict_names, VERDICT_COUNT, s);
}

int appearance_from_name(const char *s)
{
	return word_find(looks_names, APPEARANCE_COUNT, s);
}

int expect_from_name(const char *s)
{
	return word_find(expect_names, EXPECT_COUNT, s);
}

int arm_from_name(const char *s)
{
	return word_find(arm_names, ARM_COUNT, s);
}

int stop_reason_from_name(const char *s)
{
	return word_find(stop_names, STOP_COUNT, s);
}

struct record_cell *record_campaign_add_cell(struct record_campaign *c)
{
	struct record_cell *cell;

	c->cells = mem_grow(c->cells, c->n_cells, &c->cap_cells, sizeof(*c->cells));
	cell = &c->cells[c->n_cells++];
	cell->dose = -1;
	return cell;
}

struct record_cause *record_cell_find_cause(const struct record_cell *cell, const char *key)
{
	for (size_t i = 0; i < cell->n_causes; i++)
		if (!strcmp(cell->causes[i].key, key))
			return &cell->causes[i];
	return NULL;
}

struct record_cause *record_cell_add_cause(struct record_cell *cell, const char *key)
{
	struct record_cause *cause = record_cell_find_cause(cell, key);

	if (cause)
		return cause;
	cell->causes =
		mem_grow(cell->causes, cell->n_causes, &cell->cap_causes, sizeof(*cell->causes));
	cause = &cell->causes[cell->n_causes++];
	cause->key = mem_strdup(key);
	return cause;
}

void record_cause_done(struct record_cause *cause)
{
	free(cause->key);
	free(cause->class);
	free(cause->summary);
	free(cause->detail);
	free(cause->replay);
	*cause = (struct record_cause){ 0 };
}

static void cell_done(struct record_cell *cell)
{
	free(cell->target);
	free(cell->variant);
	free(cell->libc);
	free(cell->command);
	free(cell->directory);
	free(cell->program);
	free(cell->inject);
	free(cell->why);
	free(cell->counters.note);
	for (size_t i = 0; i < cell->n_causes; i++)
		record_cause_done(&cell->causes[i]);
	free(cell->causes);
}

void record_campaign_done(struct record_campaign *c)
{
	if (!c)
		return;
	free(c->key);
	free(c->command);
	free(c->version);
	free(c->host);
	free(c->kernel);
	free(c->cpu);
	free(c->broken);
	free(c->pending);
	for (size_t i = 0; i < c->n_cells; i++)
		cell_done(&c->cells[i]);
	free(c->cells);
	*c = (struct record_campaign){ 0 };
}

void record_trial_done(struct record_trial *t)
{
	if (!t)
		return;
	free(t->cause_key);
	free(t->output);
	free(t->counters.note);
	free(t->counters.replay);
	*t = (struct record_trial){ 0 };
}

void record_counters_merge(struct record_counters *r, const struct record_counters *from)
{
	r->trials += from->trials;
	r->armed += from->armed;
	r->passed += from->passed;
	r->fired += from->fired;
	r->delay_ns += from->delay_ns;
	if (!r->note)
		r->note = mem_strdup(from->note);
}

static void cause_merge(struct record_cause *to, const struct record_cause *from)
{
	if (!to->count || from->first_index < to->first_index) {
		to->first_index = from->first_index;
		to->first_seed = from->first_seed;
	}
	to->count += from->count;
	if (!to->class)
		to->class = mem_strdup(from->class);
	if (!to->summary)
		to->summary = mem_strdup(from->summary);
	if (!to->detail)
		to->detail = mem_strdup(from->detail);
	if (!to->replay)
		to->replay = mem_strdup(from->replay);
}

void record_cell_merge(struct record_cell *cell, const struct record_cell *from)
{
	for (unsigned int v = 0; v < VERDICT_COUNT; v++)
		cell->count[v] += from->count[v];
	for (unsigned int l = 0; l < APPEARANCE_COUNT; l++)
		cell->appearance[l] += from->appearance[l];
	record_join_text(&cell->program, from->program);
	cell->slow += from->slow;
	cell->not_applied |= from->not_applied;
	cell->switched_off |= from->switched_off;
	cell->alone += from->alone;
	cell->alone_bad += from->alone_bad;
	cell->audited += from->audited;
	cell->false_proofs += from->false_proofs;
	if (from->deadline_ns > cell->deadline_ns)
		cell->deadline_ns = from->deadline_ns;
	record_hist_merge(&cell->pass_ns, &from->pass_ns);
	record_hist_merge(&cell->detect_ns, &from->detect_ns);
	record_counters_merge(&cell->counters, &from->counters);
	for (size_t i = 0; i < from->n_causes; i++)
		cause_merge(record_cell_add_cause(cell, from->causes[i].key), &from->causes[i]);
}

uint64_t record_cell_trials(const struct record_cell *c)
{
	uint64_t n = 0;

	for (unsigned int v = 0; v < VERDICT_COUNT; v++)
		if (v != VERDICT_BROKEN && v != VERDICT_SKIP)
			n += c->count[v];
	return n;
}

uint64_t record_cell_hangs(const struct record_cell *c)
{
	return c->count[VERDICT_DEADLOCK] + c->count[VERDICT_TIMEOUT];
}

static uint64_t counted(const struct record_campaign *c, const uint64_t count[VERDICT_COUNT])
{
	unsigned int on = c->fail_on ? c->fail_on : RECORD_ON_HANG;
	uint64_t n = 0;

	if (on & RECORD_ON_HANG)
		n += count[VERDICT_DEADLOCK] + count[VERDICT_TIMEOUT];
	if (on & RECORD_ON_CRASH)
		n += count[VERDICT_CRASH];
	if (on & RECORD_ON_FAIL)
		n += count[VERDICT_FAIL];
	return n;
}

uint64_t record_cell_counted(const struct record_campaign *c, const struct record_cell *cell)
{
	return counted(c, cell->count);
}

bool record_cell_did_nothing(const struct record_cell *c)
{
	const struct record_counters *r = &c->counters;

	return c->arm == ARM_INJECTED && !r->fired && (r->trials || r->note);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool record_cell_same_command(const struct record_cell *a, const struct record_cell *b)
{
	return same_text(a->command, b->command) && same_text(a->directory, b->directory);
}

bool record_cell_same_group(const struct record_cell *a, const struct record_cell *b)
{
	return a == b || (!strcmp(a->target, b->target) && !strcmp(a->variant, b->variant) &&
				 !strcmp(a->libc, b->libc) && record_cell_same_command(a, b));
}

static bool is_unknown(const struct record_cell *c)
{
	return c->command && !strcmp(c->command, RECORD_UNKNOWN);
}

bool record_cell_same(const struct record_cell *a, const struct record_cell *b)
{
	return a->arm == b->arm && (a == b || !is_unknown(a)) && record_cell_same_group(a, b) &&
	       !strcmp(a->inject, b->inject);
}

struct record_cell *record_campaign_find_cell(
	const struct record_campaign *c, const struct record_cell *like, size_t place)
{
	for (size_t i = 0; i < c->n_cells; i++) {
		struct record_cell *cell = &c->cells[(place + i) % c->n_cells];

		if (record_cell_same(cell, like) && cell->canary == like->canary)
			return cell;
	}
	return NULL;
}

struct record_cell *record_campaign_cell_like(
	struct record_campaign *c, const struct record_cell *like)
{
	struct record_cell *cell = record_campaign_find_cell(c, like, 0);

	if (cell)
		return cell;
	cell = record_campaign_add_cell(c);
	cell->target = mem_strdup(like->target);
	cell->variant = mem_strdup(like->variant);
	cell->libc = mem_strdup(like->libc);
	cell->command = mem_strdup(like->command);
	cell->directory = mem_strdup(like->directory);
	cell->inject = mem_strdup(like->inject);
	cell->why = mem_strdup(like->why);
	cell->arm = like->arm;
	cell->dose = like->dose;
	cell->expect = like->expect;
	cell->canary = like->canary;
	return cell;
}

void record_join_text(char **text, const char *more)
{
	char *longer;

	if (!more || (*text && strstr(*text, more)))
		return;
	longer = *text && **text ? mem_printf("%s, %s", *text, more) : mem_strdup(more);
	free(*text);
	*text = longer;
}

/* What a group's verdicts, added up, say about one expectation. */
static bool expect_is_met(
	const struct record_campaign *c, enum expect e, const uint64_t count[VERDICT_COUNT])
{
	uint64_t hangs = count[VERDICT_DEADLOCK] + count[VERDICT_TIMEOUT];

	switch (e) {
	case EXPECT_NONE:
		return !counted(c, count);
	case EXPECT_COMPLETES:
		return !hangs && !count[VERDICT_RECOVERED] && !count[VERDICT_FAIL] &&
		       !count[VERDICT_CRASH];
	case EXPECT_DEADLOCKS:
		return count[VERDICT_DEADLOCK];
	case EXPECT_TIMES_OUT:
		return count[VERDICT_TIMEOUT];
	case EXPECT_HANGS:
		return hangs;
	/* The watchdog, or the wrong behaviour, is there to end the trial: a hang contradicts it.
	 */
	case EXPECT_RECOVERS:
		return count[VERDICT_RECOVERED] && !hangs;
	case EXPECT_FAILS:
		return count[VERDICT_FAIL] && !hangs;
	default:
		return false;
	}
}

/* The verdicts of a group; returns how many trials. */
static uint64_t count_group(const struct record_campaign *c, const struct record_cell *cell,
	uint64_t count[VERDICT_COUNT])
{
	uint64_t n = 0;

	for (size_t i = 0; i < c->n_cells; i++) {
		if (!record_cell_same_group(&c->cells[i], cell))
			continue;
		for (unsigned int v = 0; v < VERDICT_COUNT; v++)
			count[v] += c->cells[i].count[v];
		n += record_cell_trials(&c->cells[i]);
	}
	return n;
}

bool record_group_unmeasured(const struct record_campaign *c, const struct record_cell *cell)
{
	uint64_t count[VERDICT_COUNT] = { 0 };

	return cell->expect == EXPECT_NONE && !cell->count[VERDICT_PASS] &&
	       count_group(c, cell, count) && !count[VERDICT_PASS] && !count[VERDICT_RECOVERED] &&
	       !count[VERDICT_DEADLOCK] && !count[VERDICT_TIMEOUT] && !counted(c, count);
}

enum met record_group_met(const struct record_campaign *c, const struct record_cell *cell)
{
	uint64_t count[VERDICT_COUNT] = { 0 };

	if (cell->expect == EXPECT_MAY || !count_group(c, cell, count) ||
		record_group_unmeasured(c, cell))
		return MET_UNJUDGED;
	return expect_is_met(c, cell->expect, count) ? MET_YES : MET_NO;
}

/* How many of the levels of base are those of cell; every knob of base is one of cell: *ret_all. */
static size_t levels_shared(const char *base, const char *cell, bool *ret_all)
{
	size_t n = 0;

	*ret_all = true;
	for (const char *at = base; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " "), name = strcspn(at, "= ");
		bool same = false, knob = false;

		for (const char *in = cell; *in; in += strspn(in, " ")) {
			size_t n_in = strcspn(in, " ");

			same |= n_in == len && !strncmp(in, at, len);
			knob |= name < len && !strncmp(in, at, name + 1);
			in += n_in;
		}
		n += same;
		*ret_all = *ret_all && (same || knob);
		at += len;
	}
	return n;
}

const struct record_cell *record_cell_base(
	const struct record_campaign *c, const struct record_cell *cell, enum arm base)
{
	const struct record_cell *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *b = &c->cells[i];
		bool all;
		size_t n;

		if (b->arm != base || !record_cell_same_group(b, cell))
			continue;
		n = levels_shared(b->inject, cell->inject, &all);
		if ((base == ARM_BARE && !all) || (best && n <= most))
			continue;
		best = b;
		most = n;
	}
	return best;
}
