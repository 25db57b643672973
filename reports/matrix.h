/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * matrix.h: target/variant against libc, from one campaign (a pool of many, mostly), and which
 * columns differ by more than chance. Pure; the renderers are in matrix_*.c.
 */
#ifndef REPORTS_MATRIX_H
#define REPORTS_MATRIX_H

#include "reports/report.h"
#include "stats/stats.h"

#define MATRIX_ALPHA 0.05
#define MATRIX_FEW 30 /* with fewer trials a cell is marked: 0 of 29 may still hang in 10 % */

struct matrix {
	const struct record_campaign *campaign; /* not owned */
	/* The first cell of each distinct target/variant/injection in the order of the plan, and of
	 * each libc by name and version. */
	size_t *row, *column;
	size_t n_rows, n_columns;
	size_t *cell; /* n_rows * n_columns indices; SIZE_MAX: not run */
};
/* A user's program has no libc to compare by, canaries are of no interest: both are left out. Of
 * the arms the bare one is shown, and each level of an injection as a row of its own. */
void matrix_init(const struct record_campaign *c, struct matrix *ret_matrix);
void matrix_done(struct matrix *m);
const struct record_cell *matrix_cell(const struct matrix *m, size_t row, size_t column);

/* In that row the columns `more` hang more often than each of `less`, which never hung. */
struct matrix_difference {
	size_t row;
	size_t *more, *less; /* columns; owned */
	size_t n_more, n_less;
	double p; /* the largest of the pairs, after Holm over all pairs of the matrix */
};
/* Every pair of columns of every row is tested in both directions by Fisher's exact test; Holm over
 * all of them. The caller frees each with matrix_difference_done(), then the array. */
struct matrix_difference *matrix_compare(const struct matrix *m, size_t *ret_n);
void matrix_difference_done(struct matrix_difference *d);
/* "libc-localtime/fork: glibc 2.31, glibc 2.36 hang, musl 1.2.3 does not (p = 1e-20); cause ...".
 * The caller frees it. */
char *matrix_difference_words(const struct matrix *m, const struct matrix_difference *d);

/* Compares "glibc 2.9" and "glibc 2.36": numbers count as numbers. As strcmp(). */
int matrix_order(const char *a, const char *b);
/* "target/variant", and the injection where there is one. The caller frees it. */
char *matrix_row_name(const struct matrix *m, size_t row);
/* What the most frequent cause waits for: "orphaned-lock: libc lock tzset_lock (taken in tzset)";
 * NULL where no cause is known. The caller frees it. */
char *matrix_cause(const struct record_cell *cell);

/* The same formats as those of a campaign, of the matrix. NULL: there is no such one. */
const struct report_format *matrix_find(const char *name);

#endif
