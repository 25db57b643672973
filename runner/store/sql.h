/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store/sql.h: what store.c, store/write.c and store/read.c share. No other file includes it.
 *
 * A column is one row of a table that says where in which struct its value lives, so that writing
 * and reading cannot disagree, and a new field is one row here and one in schema.sql.
 */
#ifndef RUNNER_STORE_SQL_H
#define RUNNER_STORE_SQL_H

#include "runner/store/store.h"

#include <sqlite3.h>
#include <sys/stat.h>

enum column_type {
	COLUMN_I64,
	COLUMN_U64,
	COLUMN_COUNT, /* of trials: checked when read */
	COLUMN_MS,    /* a time: the same */
	COLUMN_INT,
	COLUMN_UINT,
	COLUMN_BOOL,
	COLUMN_DOUBLE,
	COLUMN_TEXT,     /* NULL is written as "" */
	COLUMN_TEXT_OPT, /* may be NULL */
	COLUMN_HIST,
	COLUMN_OUTPUT, /* struct record_trial: output and output_len */
	COLUMN_VERDICT,
	COLUMN_APPEARANCE,
	COLUMN_EXPECT,
	COLUMN_ARM,
	COLUMN_STOP,
};

struct column {
	const char *name;
	enum column_type type;
	size_t offset;
	unsigned int since; /* version of the schema; older files have 0, or NULL, there */
};

struct table {
	const char *name;
	const char *parents[2]; /* columns that hold ids of other rows, written before the others */
	const struct column *columns;
	size_t n_columns;
};

extern const struct table store_campaign, store_cell, store_cause, store_trial;

/* What of a cell is in the file. */
struct stored_cell {
	uint64_t hash;
	uint64_t *cause_hash;
	size_t n_causes, cap_causes;
};

struct store {
	char *path; /* as given */
	sqlite3 *db;
	unsigned int version; /* of the file's schema */
	dev_t dev;            /* STORE_APPEND: which file it is */
	ino_t ino;
	char *error;
	sqlite3_stmt *insert[4], *update[3]; /* campaign, cell, cause, trial */
	/* the campaign that is being written */
	bool writing;
	uint64_t campaign_hash;
	struct stored_cell *cells;
	size_t n_cells, cap_cells;
	struct record_trial *waiting; /* trials that the next flush writes */
	size_t n_waiting, cap_waiting, waiting_bytes;
};

/* --- sql.c --- */
/* How long a statement waits for a lock of another program. */
#define STORE_BUSY_MS 10000

/* Sets the error text, and returns -code. */
int store_fail(struct store *s, enum store_errno code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same from what SQLite said last. */
int store_fail_sql(struct store *s, const char *doing);
int store_exec(struct store *s, const char *sql, const char *doing);
int store_prepare(struct store *s, const char *sql, sqlite3_stmt **ret_stmt);
/* -STORE_EUSE unless the store is open. */
int store_need_open(struct store *s);
/* --- write.c --- */
/* Forgets the campaign that is being written. */
void store_forget(struct store *s);

static inline void cleanup_stmt(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}

#endif
