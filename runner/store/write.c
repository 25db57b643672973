/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store/write.c: one campaign into the file, what changed in one transaction. */
#include "runner/store/sql.h"

#include "runner/base/hash.h"
#include "runner/base/util.h"

/* Many failing trials between two flushes must not fill the memory. */
#define WAITING_MAX 4096
#define WAITING_BYTES_MAX (8 << 20)

enum { SLOT_CAMPAIGN, SLOT_CELL, SLOT_CAUSE, SLOT_TRIAL };

static int bind_hist(sqlite3_stmt *st, int i, const struct record_hist *h)
{
	unsigned char buf[RECORD_HIST_MAX_BYTES];
	size_t n = record_hist_encode(h, buf);

	return n ? sqlite3_bind_blob(st, i, buf, (int)n, SQLITE_TRANSIENT)
		 : sqlite3_bind_null(st, i);
}

static int bind_text(sqlite3_stmt *st, int i, const char *text)
{
	return text ? sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC) : sqlite3_bind_null(st, i);
}

static int bind_output(sqlite3_stmt *st, int i, const struct record_trial *t)
{
	return t->output_len
		       ? sqlite3_bind_blob(st, i, t->output, (int)t->output_len, SQLITE_STATIC)
		       : sqlite3_bind_null(st, i);
}

static int bind_column(sqlite3_stmt *st, int i, const struct column *c, const void *row)
{
	const void *p = (const char *)row + c->offset;
	const char *text;

	switch (c->type) {
	case COLUMN_I64:
	case COLUMN_U64:
	case COLUMN_COUNT:
	case COLUMN_MS:
		return sqlite3_bind_int64(st, i, *(const int64_t *)p);
	case COLUMN_INT:
	case COLUMN_UINT:
		return sqlite3_bind_int64(st, i, *(const int *)p);
	case COLUMN_BOOL:
		return sqlite3_bind_int(st, i, *(const bool *)p);
	case COLUMN_DOUBLE:
		return sqlite3_bind_double(st, i, *(const double *)p);
	case COLUMN_TEXT:
		text = *(char *const *)p;
		return bind_text(st, i, text ? text : "");
	case COLUMN_TEXT_OPT:
		return bind_text(st, i, *(char *const *)p);
	case COLUMN_HIST:
		return bind_hist(st, i, p);
	case COLUMN_OUTPUT:
		return bind_output(st, i, row);
	case COLUMN_VERDICT:
		return bind_text(st, i, verdict_name(*(const enum verdict *)p));
	case COLUMN_APPEARANCE:
		return bind_text(st, i, appearance_name(*(const enum appearance *)p));
	case COLUMN_EXPECT:
		return bind_text(st, i, expect_name(*(const enum expect *)p));
	case COLUMN_ARM:
		return bind_text(st, i, arm_name(*(const enum arm *)p));
	case COLUMN_STOP:
		return bind_text(st, i, stop_reason_name(*(const enum stop_reason *)p));
	}
	return SQLITE_MISUSE;
}

/* "INSERT INTO t(a,b) VALUES(?,?)"; "UPDATE t SET a=?,b=? WHERE id=?", parents left as they are. */
static char *statement_of(const struct table *t, bool insert)
{
	size_t size;
	char *sql = NULL;
	FILE *out = open_memstream(&sql, &size);
	const char *comma = "";

	if (!out)
		return mem_strdup("");
	fprintf(out, insert ? "INSERT INTO %s(" : "UPDATE %s SET ", t->name);
	for (size_t i = 0; insert && i < ARRAY_SIZE(t->parents) && t->parents[i]; i++, comma = ",")
		fprintf(out, "%s%s", comma, t->parents[i]);
	for (size_t i = 0; i < t->n_columns; i++, comma = ",")
		fprintf(out, insert ? "%s%s" : "%s%s=?", comma, t->columns[i].name);
	if (insert) {
		size_t n = t->n_columns;

		for (size_t i = 0; i < ARRAY_SIZE(t->parents) && t->parents[i]; i++)
			n++;
		fputs(") VALUES(?", out);
		while (--n)
			fputs(",?", out);
		fputs(")", out);
	} else {
		fputs(" WHERE id=?", out);
	}
	fclose(out);
	return sql;
}

static int statement(struct store *s, const struct table *t, sqlite3_stmt **slot, bool insert)
{
	char *sql cleanup(cleanup_free) = NULL;

	if (*slot)
		return 0;
	sql = statement_of(t, insert);
	return store_prepare(s, sql, slot);
}

/* parents: of a new row; NULL: the row of this id is changed. */
static int bind_row(sqlite3_stmt *st, const struct table *t, const void *row,
	const int64_t *parents, int64_t id)
{
	int i = 1, rc = SQLITE_OK;

	for (size_t p = 0;
		parents && rc == SQLITE_OK && p < ARRAY_SIZE(t->parents) && t->parents[p]; p++, i++)
		rc = parents[p] ? sqlite3_bind_int64(st, i, parents[p]) : sqlite3_bind_null(st, i);
	for (size_t c = 0; rc == SQLITE_OK && c < t->n_columns; c++, i++)
		rc = bind_column(st, i, &t->columns[c], row);
	return rc == SQLITE_OK && !parents ? sqlite3_bind_int64(st, i, id) : rc;
}

/* Writes one row. *id 0: a new one, under these parents (0: NULL). */
static int write_row(struct store *s, int slot, const struct table *t, const void *row,
	const int64_t parents[2], int64_t *id)
{
	bool insert = !*id;
	sqlite3_stmt **st = insert ? &s->insert[slot] : &s->update[slot];
	int r, rc;

	r = statement(s, t, st, insert);
	if (r < 0)
		return r;
	rc = bind_row(*st, t, row, insert ? parents : NULL, *id);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(*st);
	if (rc != SQLITE_DONE)
		r = store_fail_sql(s, "write it");
	else if (insert)
		*id = sqlite3_last_insert_rowid(s->db);
	sqlite3_reset(*st);
	sqlite3_clear_bindings(*st);
	return r;
}

static uint64_t hash_text(uint64_t h, const char *text)
{
	return hash_string(hash_bytes(h, text ? "t" : "n", 1), text ? text : "");
}

static uint64_t hash_hist(uint64_t h, const struct record_hist *hist)
{
	unsigned char buf[RECORD_HIST_MAX_BYTES];

	return hash_bytes(h, buf, record_hist_encode(hist, buf));
}

static uint64_t hash_column(uint64_t h, const struct column *c, const void *row)
{
	const void *p = (const char *)row + c->offset;

	switch (c->type) {
	case COLUMN_I64:
	case COLUMN_U64:
	case COLUMN_COUNT:
	case COLUMN_MS:
	case COLUMN_DOUBLE:
		return hash_bytes(h, p, 8);
	case COLUMN_BOOL:
		return hash_bytes(h, p, sizeof(bool));
	case COLUMN_TEXT:
	case COLUMN_TEXT_OPT:
		return hash_text(h, *(char *const *)p);
	case COLUMN_HIST:
		return hash_hist(h, p);
	case COLUMN_OUTPUT:
		return h; /* trials are written once */
	case COLUMN_INT:
	case COLUMN_UINT:
	case COLUMN_VERDICT:
	case COLUMN_APPEARANCE:
	case COLUMN_EXPECT:
	case COLUMN_ARM:
	case COLUMN_STOP:
		return hash_bytes(h, p, sizeof(int));
	}
	return h;
}

/* Of what would be written: rows of equal hash need no writing. */
static uint64_t hash_row(const struct table *t, const void *row)
{
	uint64_t h = HASH_START;

	for (size_t i = 0; i < t->n_columns; i++)
		h = hash_column(h, &t->columns[i], row);
	return h;
}

static uint64_t hash_cause(const struct record_cause *c)
{
	return hash_row(&store_cause, c);
}

static uint64_t hash_cell(const struct record_cell *c)
{
	return hash_row(&store_cell, c);
}

static uint64_t hash_campaign(const struct record_campaign *c)
{
	return hash_row(&store_campaign, c);
}

static int write_causes(struct store *s, struct record_cell *cell, const struct stored_cell *stored)
{
	for (size_t i = 0; i < cell->n_causes; i++) {
		bool fresh = i >= stored->n_causes;
		int r;

		if (!fresh && stored->cause_hash[i] == hash_cause(&cell->causes[i]))
			continue;
		if (fresh)
			cell->causes[i].id = 0;
		r = write_row(s, SLOT_CAUSE, &store_cause, &cell->causes[i],
			(int64_t[]){ cell->id, 0 }, &cell->causes[i].id);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_cells(struct store *s, struct record_campaign *c)
{
	static const struct stored_cell nothing;

	for (size_t i = 0; i < c->n_cells; i++) {
		const struct stored_cell *stored = i < s->n_cells ? &s->cells[i] : &nothing;
		struct record_cell *cell = &c->cells[i];
		int r = 0;

		if (i >= s->n_cells)
			cell->id = 0;
		if (i >= s->n_cells || stored->hash != hash_cell(cell))
			r = write_row(s, SLOT_CELL, &store_cell, cell, (int64_t[]){ c->id, 0 },
				&cell->id);
		if (r >= 0)
			r = write_causes(s, cell, stored);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_trials(struct store *s, const struct record_campaign *c)
{
	for (size_t i = 0; i < s->n_waiting; i++) {
		const struct record_trial *t = &s->waiting[i];
		const struct record_cell *cell = &c->cells[t->cell];
		const struct record_cause *cause = NULL;
		int64_t id = 0;
		int r;

		if (t->cause_key) {
			cause = record_cell_find_cause(cell, t->cause_key);
			if (!cause)
				return store_fail(s, STORE_EUSE,
					"a trial's cause is missing among its cell's");
		}
		r = write_row(s, SLOT_TRIAL, &store_trial, t,
			(int64_t[]){ cell->id, cause ? cause->id : 0 }, &id);
		if (r < 0)
			return r;
	}
	return 0;
}

static void drop_waiting(struct store *s)
{
	for (size_t i = 0; i < s->n_waiting; i++)
		record_trial_done(&s->waiting[i]);
	s->n_waiting = 0;
	s->waiting_bytes = 0;
}

static void note_stored(struct store *s, const struct record_campaign *c)
{
	s->campaign_hash = hash_campaign(c);
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];
		struct stored_cell *stored;

		if (i == s->n_cells) {
			s->cells = mem_grow(s->cells, i, &s->cap_cells, sizeof(*s->cells));
			s->n_cells++;
		}
		stored = &s->cells[i];
		stored->hash = hash_cell(cell);
		while (stored->n_causes < cell->n_causes)
			stored->cause_hash = mem_grow(stored->cause_hash, stored->n_causes++,
				&stored->cap_causes, sizeof(*stored->cause_hash));
		for (size_t k = 0; k < cell->n_causes; k++)
			stored->cause_hash[k] = hash_cause(&cell->causes[k]);
	}
	drop_waiting(s);
}

static bool causes_changed(const struct stored_cell *stored, const struct record_cell *cell)
{
	if (cell->n_causes != stored->n_causes)
		return true;
	for (size_t i = 0; i < cell->n_causes; i++)
		if (stored->cause_hash[i] != hash_cause(&cell->causes[i]))
			return true;
	return false;
}

static bool changed(const struct store *s, const struct record_campaign *c)
{
	if (s->n_waiting || s->n_cells != c->n_cells || s->campaign_hash != hash_campaign(c))
		return true;
	for (size_t i = 0; i < c->n_cells; i++)
		if (s->cells[i].hash != hash_cell(&c->cells[i]) ||
			causes_changed(&s->cells[i], &c->cells[i]))
			return true;
	return false;
}

/* Once the file has lost its name, a record written to it could not be found. */
static int need_name(struct store *s)
{
	struct stat st;

	if (!stat(s->path, &st) && st.st_dev == s->dev && st.st_ino == s->ino)
		return 0;
	return store_fail(s, STORE_EOPEN, "was renamed, replaced or deleted while it was written");
}

static int write_all(struct store *s, struct record_campaign *c)
{
	int r = need_name(s);

	if (r >= 0)
		r = store_exec(s, "BEGIN IMMEDIATE", "write it");
	if (r < 0)
		return r;
	if (!s->writing)
		c->id = 0;
	r = write_row(s, SLOT_CAMPAIGN, &store_campaign, c, (int64_t[]){ 0, 0 }, &c->id);
	if (r >= 0)
		r = write_cells(s, c);
	if (r >= 0)
		r = write_trials(s, c);
	if (r >= 0)
		r = store_exec(s, "COMMIT", "write it");
	if (r < 0)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	else
		note_stored(s, c);
	return r;
}

void store_forget(struct store *s)
{
	drop_waiting(s);
	free(s->waiting);
	for (size_t i = 0; i < s->n_cells; i++)
		free(s->cells[i].cause_hash);
	free(s->cells);
	s->waiting = NULL;
	s->cells = NULL;
	s->n_cells = s->cap_cells = s->cap_waiting = 0;
	s->writing = false;
}

int store_begin(struct store *s, struct record_campaign *c)
{
	int r = store_need_open(s);

	if (r < 0)
		return r;
	store_forget(s);
	r = write_all(s, c);
	if (r >= 0)
		s->writing = true;
	return r;
}

int store_resume(struct store *s, struct record_campaign *c)
{
	int r = store_need_open(s);

	if (r < 0)
		return r;
	store_forget(s);
	note_stored(s, c);
	s->writing = true;
	return 0;
}

int store_flush(struct store *s, struct record_campaign *c)
{
	if (!s->writing)
		return store_fail(s, STORE_EUSE, "no campaign was begun");
	return changed(s, c) ? write_all(s, c) : 0;
}

int store_add_trial(struct store *s, struct record_campaign *c, const struct record_trial *t)
{
	if (!s->writing || t->cell >= c->n_cells)
		return store_fail(s, STORE_EUSE, "a trial of no cell");
	if (s->n_waiting >= WAITING_MAX || s->waiting_bytes >= WAITING_BYTES_MAX) {
		int r = store_flush(s, c);

		if (r < 0)
			return r;
	}
	s->waiting = mem_grow(s->waiting, s->n_waiting, &s->cap_waiting, sizeof(*s->waiting));
	record_trial_copy(t, &s->waiting[s->n_waiting++]);
	s->waiting_bytes += t->output_len;
	return 0;
}

int store_prune(struct store *s, int64_t before_ms, uint64_t *ret_n)
{
	sqlite3_stmt *st cleanup(cleanup_stmt) = NULL;
	int r = store_need_open(s);

	if (r >= 0)
		r = store_prepare(s, "DELETE FROM campaign WHERE started_ms < ?", &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, before_ms);
	if (sqlite3_step(st) != SQLITE_DONE)
		return store_fail_sql(s, "write it");
	*ret_n = (uint64_t)sqlite3_changes64(s->db);
	return 0;
}

int store_put_note(struct store *s, const char *kind, const char *key, const char *value)
{
	sqlite3_stmt *st cleanup(cleanup_stmt) = NULL;
	int r = store_need_open(s);

	if (r >= 0)
		r = store_prepare(
			s, "INSERT OR REPLACE INTO note(kind,key,value) VALUES(?,?,?)", &st);
	if (r < 0)
		return r;
	bind_text(st, 1, kind);
	bind_text(st, 2, key);
	bind_text(st, 3, value);
	return sqlite3_step(st) == SQLITE_DONE ? 0 : store_fail_sql(s, "write it");
}
