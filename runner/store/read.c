/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store/read.c: campaigns out of the file. Every value is checked, for files get damaged
 * and edited. */
#include "runner/store/sql.h"

#include "runner/base/util.h"

#define AT(type, field) offsetof(struct type, field)

static const struct column campaign_columns[] = {
	{ "key", COLUMN_TEXT, AT(record_campaign, key) },
	{ "started_ms", COLUMN_MS, AT(record_campaign, started_ms) },
	{ "ended_ms", COLUMN_MS, AT(record_campaign, ended_ms) },
	{ "seed", COLUMN_U64, AT(record_campaign, seed) },
	{ "command", COLUMN_TEXT, AT(record_campaign, command) },
	{ "version", COLUMN_TEXT, AT(record_campaign, version) },
	{ "host", COLUMN_TEXT, AT(record_campaign, host) },
	{ "kernel", COLUMN_TEXT, AT(record_campaign, kernel) },
	{ "cpu", COLUMN_TEXT, AT(record_campaign, cpu) },
	{ "cpus", COLUMN_INT, AT(record_campaign, cpus) },
	{ "jobs", COLUMN_INT, AT(record_campaign, jobs) },
	{ "shard", COLUMN_UINT, AT(record_campaign, shard) },
	{ "shards", COLUMN_UINT, AT(record_campaign, shards) },
	{ "sequential", COLUMN_BOOL, AT(record_campaign, sequential) },
	{ "stop", COLUMN_STOP, AT(record_campaign, stop) },
	{ "broken", COLUMN_TEXT_OPT, AT(record_campaign, broken) },
	{ "decide_low", COLUMN_DOUBLE, AT(record_campaign, decide_low), 2 },
	{ "decide_high", COLUMN_DOUBLE, AT(record_campaign, decide_high), 2 },
	{ "fail_on", COLUMN_UINT, AT(record_campaign, fail_on), 3 },
	{ "pending", COLUMN_TEXT_OPT, AT(record_campaign, pending), 6 },
};

#define COUNT(word, v)                                             \
	{                                                          \
		"n_" word, COLUMN_COUNT, AT(record_cell, count[v]) \
	}
#define LOOKS(word, l)                                                      \
	{                                                                   \
		"looks_" word, COLUMN_COUNT, AT(record_cell, appearance[l]) \
	}
#define COUNTERS(type)                                                           \
	{ "receipt_trials", COLUMN_U64, AT(type, counters.trials) },             \
		{ "receipt_armed", COLUMN_U64, AT(type, counters.armed) },       \
		{ "receipt_passed", COLUMN_U64, AT(type, counters.passed) },     \
		{ "receipt_fired", COLUMN_U64, AT(type, counters.fired) },       \
		{ "receipt_delay_ns", COLUMN_U64, AT(type, counters.delay_ns) }, \
	{                                                                        \
		"receipt_note", COLUMN_TEXT_OPT, AT(type, counters.note)         \
	}

static const struct column cell_columns[] = {
	{ "target", COLUMN_TEXT, AT(record_cell, target) },
	{ "variant", COLUMN_TEXT, AT(record_cell, variant) },
	{ "libc", COLUMN_TEXT, AT(record_cell, libc) },
	{ "inject", COLUMN_TEXT, AT(record_cell, inject) },
	{ "arm", COLUMN_ARM, AT(record_cell, arm) },
	{ "dose", COLUMN_DOUBLE, AT(record_cell, dose) },
	{ "expect", COLUMN_EXPECT, AT(record_cell, expect) },
	{ "why", COLUMN_TEXT_OPT, AT(record_cell, why) },
	{ "deadline_ns", COLUMN_I64, AT(record_cell, deadline_ns) },
	{ "canary", COLUMN_BOOL, AT(record_cell, canary) },
	COUNT("pass", VERDICT_PASS),
	COUNT("deadlock", VERDICT_DEADLOCK),
	COUNT("timeout", VERDICT_TIMEOUT),
	COUNT("recovered", VERDICT_RECOVERED),
	COUNT("fail", VERDICT_FAIL),
	COUNT("crash", VERDICT_CRASH),
	COUNT("broken", VERDICT_BROKEN),
	COUNT("skip", VERDICT_SKIP),
	LOOKS("unknown", APPEARANCE_UNKNOWN),
	LOOKS("spinning", APPEARANCE_SPINNING),
	LOOKS("polling", APPEARANCE_POLLING),
	LOOKS("sleeping", APPEARANCE_SLEEPING),
	LOOKS("waiting_outside", APPEARANCE_WAITING_OUTSIDE),
	{ "audited", COLUMN_COUNT, AT(record_cell, audited) },
	{ "false_proofs", COLUMN_COUNT, AT(record_cell, false_proofs) },
	{ "pass_ns", COLUMN_HIST, AT(record_cell, pass_ns) },
	{ "detect_ns", COLUMN_HIST, AT(record_cell, detect_ns) },
	COUNTERS(record_cell),
	{ "command", COLUMN_TEXT_OPT, AT(record_cell, command), 3 },
	{ "directory", COLUMN_TEXT_OPT, AT(record_cell, directory), 3 },
	{ "program", COLUMN_TEXT_OPT, AT(record_cell, program), 3 },
	{ "slow", COLUMN_COUNT, AT(record_cell, slow), 3 },
	{ "alone", COLUMN_COUNT, AT(record_cell, alone), 3 },
	{ "alone_bad", COLUMN_COUNT, AT(record_cell, alone_bad), 3 },
	{ "not_applied", COLUMN_BOOL, AT(record_cell, not_applied), 3 },
	{ "switched_off", COLUMN_BOOL, AT(record_cell, switched_off), 5 },
};

static const struct column cause_columns[] = {
	{ "key", COLUMN_TEXT, AT(record_cause, key) },
	{ "class", COLUMN_TEXT_OPT, AT(record_cause, class) },
	{ "summary", COLUMN_TEXT_OPT, AT(record_cause, summary) },
	{ "detail", COLUMN_TEXT_OPT, AT(record_cause, detail) },
	{ "count", COLUMN_COUNT, AT(record_cause, count) },
	{ "first_index", COLUMN_U64, AT(record_cause, first_index) },
	{ "first_seed", COLUMN_U64, AT(record_cause, first_seed) },
	{ "replay", COLUMN_TEXT_OPT, AT(record_cause, replay), 4 },
};

static const struct column trial_columns[] = {
	{ "idx", COLUMN_U64, AT(record_trial, index) },
	{ "seed", COLUMN_U64, AT(record_trial, seed) },
	{ "verdict", COLUMN_VERDICT, AT(record_trial, verdict) },
	{ "looks", COLUMN_APPEARANCE, AT(record_trial, appearance) },
	{ "exit_status", COLUMN_INT, AT(record_trial, exit_status) },
	{ "signal", COLUMN_INT, AT(record_trial, signal) },
	{ "at_ms", COLUMN_MS, AT(record_trial, at_ms) },
	{ "duration_ns", COLUMN_I64, AT(record_trial, duration_ns) },
	{ "detect_ns", COLUMN_I64, AT(record_trial, detect_ns) },
	{ "output", COLUMN_OUTPUT, AT(record_trial, output) },
	COUNTERS(record_trial),
};

#define TABLE(n, ...)                                                           \
	{                                                                       \
		.name = #n, .parents = { __VA_ARGS__ }, .columns = n##_columns, \
		.n_columns = ARRAY_SIZE(n##_columns)                            \
	}

const struct table store_campaign = TABLE(campaign, NULL);
const struct table store_cell = TABLE(cell, "campaign_id");
const struct table store_cause = TABLE(cause, "cell_id");
const struct table store_trial = TABLE(trial, "cell_id", "cause_id");

static bool read_text(sqlite3_stmt *st, int i, bool needed, char **ret_text)
{
	const unsigned char *text = sqlite3_column_text(st, i);

	if (!text)
		return !needed;
	*ret_text = mem_strdup((const char *)text);
	return true;
}

static bool read_word(sqlite3_stmt *st, int i, int (*from_name)(const char *), unsigned int *ret)
{
	int v = from_name((const char *)sqlite3_column_text(st, i));

	if (v < 0)
		return false;
	*ret = (unsigned int)v;
	return true;
}

static bool read_hist(sqlite3_stmt *st, int i, struct record_hist *ret_hist)
{
	const void *p = sqlite3_column_blob(st, i);

	return record_hist_decode(p, p ? (size_t)sqlite3_column_bytes(st, i) : 0, ret_hist) == 0;
}

static bool read_output(sqlite3_stmt *st, int i, struct record_trial *t)
{
	const void *p = sqlite3_column_blob(st, i);

	if (!p)
		return true;
	t->output_len = (size_t)sqlite3_column_bytes(st, i);
	t->output = mem_alloc(t->output_len);
	memcpy(t->output, p, t->output_len);
	return true;
}

/* Sums and products of these overflow nowhere, and what takes time for each trial ends. No campaign
 * comes near. */
#define COUNT_MAX (INT64_C(1) << 30)
#define MS_MAX (INT64_C(1) << 43) /* in the year 2248; in nanoseconds it still is an int64_t */

static bool read_bounded(sqlite3_stmt *st, int i, int64_t max, int64_t *ret_value)
{
	*ret_value = sqlite3_column_int64(st, i);
	return *ret_value >= 0 && *ret_value <= max;
}

static bool read_column(sqlite3_stmt *st, int i, const struct column *c, void *row)
{
	void *p = (char *)row + c->offset;

	switch (c->type) {
	case COLUMN_I64:
	case COLUMN_U64:
		*(int64_t *)p = sqlite3_column_int64(st, i);
		return true;
	case COLUMN_COUNT:
		return read_bounded(st, i, COUNT_MAX, p);
	case COLUMN_MS:
		return read_bounded(st, i, MS_MAX, p);
	case COLUMN_INT:
	case COLUMN_UINT:
		*(int *)p = sqlite3_column_int(st, i);
		return true;
	case COLUMN_BOOL:
		*(bool *)p = sqlite3_column_int(st, i);
		return true;
	case COLUMN_DOUBLE:
		*(double *)p = sqlite3_column_double(st, i);
		return true;
	case COLUMN_TEXT:
		return read_text(st, i, true, p);
	case COLUMN_TEXT_OPT:
		return read_text(st, i, false, p);
	case COLUMN_HIST:
		return read_hist(st, i, p);
	case COLUMN_OUTPUT:
		return read_output(st, i, row);
	case COLUMN_VERDICT:
		return read_word(st, i, verdict_from_name, p);
	case COLUMN_APPEARANCE:
		return read_word(st, i, appearance_from_name, p);
	case COLUMN_EXPECT:
		return read_word(st, i, expect_from_name, p);
	case COLUMN_ARM:
		return read_word(st, i, arm_from_name, p);
	case COLUMN_STOP:
		return read_word(st, i, stop_reason_from_name, p);
	}
	return false;
}

/* Columns of the row that st stands on, from column `at` on. */
static int read_row(struct store *s, sqlite3_stmt *st, int at, const struct table *t, void *row)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (!read_column(st, at + (int)i, &t->columns[i], row))
			return store_fail(s, STORE_EFORMAT, "corrupted: %s.%s makes no sense",
				t->name, t->columns[i].name);
	return 0;
}

/* "SELECT first,first,columns... FROM rest", with ? bound to id. */
static int select_rows(struct store *s, const char *first, const struct table *t, const char *rest,
	int64_t id, sqlite3_stmt **ret_stmt)
{
	char *sql cleanup(cleanup_free) = NULL;
	size_t size;
	FILE *out = open_memstream(&sql, &size);
	int r;

	if (!out)
		return store_fail(s, STORE_EIO, "out of memory");
	fprintf(out, "SELECT %s", first);
	for (size_t i = 0; i < t->n_columns; i++) {
		if (t->columns[i].since > s->version)
			fputs(t->columns[i].type == COLUMN_TEXT_OPT ? ",NULL" : ",0", out);
		else
			fprintf(out, ",%s.%s", t->name, t->columns[i].name);
	}
	fprintf(out, " FROM %s", rest);
	fclose(out);
	r = store_prepare(s, sql, ret_stmt);
	if (r >= 0)
		sqlite3_bind_int64(*ret_stmt, 1, id);
	return r;
}

/* 1: on a row; 0: behind the last one. */
static int step(struct store *s, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : store_fail_sql(s, "read it");
}

int store_list(struct store *s, int64_t **ret_ids, size_t *ret_n)
{
	sqlite3_stmt *st cleanup(cleanup_stmt) = NULL;
	int64_t *ids = NULL;
	size_t n = 0, cap = 0;
	int r = store_need_open(s);

	if (r >= 0)
		r = store_prepare(
			s, "SELECT id FROM campaign ORDER BY started_ms DESC, id DESC", &st);
	if (r < 0)
		return r;
	while ((r = step(s, st)) > 0) {
		ids = mem_grow(ids, n, &cap, sizeof(*ids));
		ids[n++] = sqlite3_column_int64(st, 0);
	}
	if (!r && !n)
		r = store_fail(s, STORE_ENONE, "no campaign in it");
	if (r < 0) {
		free(ids);
		return r;
	}
	*ret_ids = ids;
	*ret_n = n;
	return 0;
}

static int load_cells(struct store *s, struct record_campaign *c)
{
	sqlite3_stmt *st cleanup(cleanup_stmt) = NULL;
	int r;

	r = select_rows(s, "id", &store_cell, "cell WHERE campaign_id=? ORDER BY id", c->id, &st);
	if (r < 0)
		return r;
	while ((r = step(s, st)) > 0) {
		struct record_cell *cell = record_campaign_add_cell(c);

		cell->id = sqlite3_column_int64(st, 0);
		r = read_row(s, st, 1, &store_cell, cell);
		if (r < 0)
			return r;
		if (s->version < 3 && cell->expect == EXPECT_NONE)
			cell->command = mem_strdup(RECORD_UNKNOWN);
	}
	return r;
}

/* Cells stand in the order of their ids. */
static struct record_cell *cell_of_id(const struct record_campaign *c, int64_t id)
{
	size_t low = 0, high = c->n_cells;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->cells[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->n_cells && c->cells[low].id == id ? &c->cells[low] : NULL;
}

static int load_causes(struct store *s, struct record_campaign *c)
{
	sqlite3_stmt *st cleanup(cleanup_stmt) = NULL;
	int r;

	r = select_rows(s, "cause.id,cause.cell_id", &store_cause,
		"cause JOIN cell ON cell.id=cause.cell_id WHERE cell.campaign_id=? ORDER BY cause.id",
		c->id, &st);
	if (r < 0)
		return r;
	while ((r = step(s, st)) > 0) {
		struct record_cell *cell = cell_of_id(c, sqlite3_column_int64(st, 1));
		struct record_cause *cause;

		if (!cell)
			return store_fail(s, STORE_EFORMAT, "corrupted: a cause of no cell");
		cell->causes = mem_grow(
			cell->causes, cell->n_causes, &cell->cap_causes, sizeof(*cell->causes));
		cause = &cell->causes[cell->n_causes++];
		cause->id = sqlite3_column_int64(st, 0);
		r = read_row(s, st, 2, &store_cause, cause);
		if (r < 0)
			return r;
	}
	return r;
}

static int load_campaign(struct store *s, int64_t id, struct record_campaign *c)
{
	sqlite3_stmt *st cleanup(cleanup_stmt) = NULL;
	int r;

	r = select_rows(s, "id", &store_campaign, "campaign WHERE id=?", id, &st);
	if (r < 0)
		return r;
	r = step(s, st);
	if (r < 0)
		return r;
	if (!r)
		return store_fail(s, STORE_ENONE, "no campaign %lld in it", (long long)id);
	c->id = id;
	r = read_row(s, st, 1, &store_campaign, c);
	if (!c->ended_ms)
		c->stop = STOP_KILLED;
	return r;
}

int store_load(struct store *s, int64_t id, struct record_campaign *ret_campaign)
{
	struct record_campaign c = { 0 };
	int r = store_need_open(s);

	/* One transaction, so that a writer at work cannot come between cells and causes. */
	if (r >= 0)
		r = store_exec(s, "BEGIN", "read it");
	if (r < 0)
		return r;
	r = load_campaign(s, id, &c);
	if (r >= 0)
		r = load_cells(s, &c);
	if (r >= 0)
		r = load_causes(s, &c);
	sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	if (r < 0)
		record_campaign_done(&c);
	else
		*ret_campaign = c;
	return r;
}

int store_each_trial(struct store *s, int64_t campaign_id,
	int (*visit)(const struct record_trial *t, void *arg), void *arg)
{
	sqlite3_stmt *st cleanup(cleanup_stmt) = NULL;
	int r = store_need_open(s);

	/* The cell's place in the campaign is the number of cells before it. */
	if (r >= 0)
		r = select_rows(s,
			"(SELECT count(*) FROM cell AS c WHERE c.campaign_id=cell.campaign_id AND c.id<cell.id),cause.key",
			&store_trial,
			"trial JOIN cell ON cell.id=trial.cell_id LEFT JOIN cause ON cause.id=trial.cause_id WHERE cell.campaign_id=? ORDER BY trial.id",
			campaign_id, &st);
	if (r < 0)
		return r;
	while ((r = step(s, st)) > 0) {
		struct record_trial t = { .cell = (size_t)sqlite3_column_int64(st, 0) };

		read_text(st, 1, false, &t.cause_key);
		r = read_row(s, st, 2, &store_trial, &t);
		if (r >= 0)
			r = visit(&t, arg);
		record_trial_done(&t);
		if (r)
			return r;
	}
	return r;
}

int store_get_note(struct store *s, const char *kind, const char *key, char **ret_value)
{
	sqlite3_stmt *st cleanup(cleanup_stmt) = NULL;
	char *value = NULL;
	int r = store_need_open(s);

	if (r >= 0)
		r = store_prepare(s, "SELECT value FROM note WHERE kind=? AND key=?", &st);
	if (r < 0)
		return r;
	sqlite3_bind_text(st, 1, kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, key, -1, SQLITE_STATIC);
	r = step(s, st);
	if (r < 0)
		return r;
	if (r)
		read_text(st, 0, true, &value);
	*ret_value = value;
	return 0;
}
