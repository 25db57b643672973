/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/matrix.h"

#include "reports/text.h"
#include "runner/base/util.h"

#include <ctype.h>
#include <jansson.h>

int matrix_order(const char *a, const char *b)
{
	while (*a && *b) {
		char *end_a, *end_b;
		unsigned long x, y;

		if (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b)) {
			if (*a != *b)
				return *a < *b ? -1 : 1;
			a++;
			b++;
			continue;
		}
		x = strtoul(a, &end_a, 10);
		y = strtoul(b, &end_b, 10);
		if (x != y)
			return x < y ? -1 : 1;
		a = end_a;
		b = end_b;
	}
	return !*b - !*a;
}

static bool same_row(const struct record_cell *a, const struct record_cell *b)
{
	return !strcmp(a->target, b->target) && !strcmp(a->variant, b->variant) &&
	       record_cell_same_command(a, b) && !strcmp(a->inject, b->inject);
}

static bool is_shown(const struct record_cell *cell)
{
	return *cell->variant && !cell->canary && cell->arm != ARM_NULL;
}

static size_t find_row(const struct matrix *m, const struct record_cell *cell)
{
	for (size_t r = 0; r < m->n_rows; r++)
		if (same_row(&m->campaign->cells[m->row[r]], cell))
			return r;
	return m->n_rows;
}

static size_t find_column(const struct matrix *m, const struct record_cell *cell)
{
	for (size_t l = 0; l < m->n_columns; l++)
		if (!strcmp(m->campaign->cells[m->column[l]].libc, cell->libc))
			return l;
	return m->n_columns;
}

static void add_column(struct matrix *m, size_t index)
{
	const struct record_cell *cells = m->campaign->cells;
	size_t l = m->n_columns++;

	for (; l && matrix_order(cells[index].libc, cells[m->column[l - 1]].libc) < 0; l--)
		m->column[l] = m->column[l - 1];
	m->column[l] = index;
}

void matrix_init(const struct record_campaign *c, struct matrix *ret_matrix)
{
	struct matrix *m = ret_matrix;
	size_t *order cleanup(cleanup_free) = NULL;
	size_t n;

	*m = (struct matrix){ .campaign = c };
	m->row = mem_alloc((c->n_cells + 1) * sizeof(*m->row));
	m->column = mem_alloc((c->n_cells + 1) * sizeof(*m->column));
	order = text_order(c, &n);
	for (size_t i = 0; i < n; i++) {
		const struct record_cell *cell = &c->cells[order[i]];

		if (!is_shown(cell))
			continue;
		if (find_row(m, cell) == m->n_rows)
			m->row[m->n_rows++] = order[i];
		if (find_column(m, cell) == m->n_columns)
			add_column(m, order[i]);
	}
	m->cell = mem_alloc((m->n_rows * m->n_columns + 1) * sizeof(*m->cell));
	for (size_t i = 0; i < m->n_rows * m->n_columns; i++)
		m->cell[i] = SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct record_cell *cell = &c->cells[order[i]];

		if (is_shown(cell) && record_cell_trials(cell))
			m->cell[find_row(m, cell) * m->n_columns + find_column(m, cell)] = order[i];
	}
}

void matrix_done(struct matrix *m)
{
	free(m->row);
	free(m->column);
	free(m->cell);
}

const struct record_cell *matrix_cell(const struct matrix *m, size_t row, size_t column)
{
	size_t i = m->cell[row * m->n_columns + column];

	return i == SIZE_MAX ? NULL : &m->campaign->cells[i];
}

static struct stats_count count_of(const struct record_cell *cell)
{
	return (struct stats_count){ record_cell_hangs(cell), record_cell_trials(cell) };
}

/* p that column a of the row hangs no more often than column b. */
static double test_pair(const struct matrix *m, size_t row, size_t a, size_t b)
{
	return stats_fisher_greater(
		count_of(matrix_cell(m, row, a)), count_of(matrix_cell(m, row, b)));
}

static size_t pair_index(const struct matrix *m, size_t row, size_t a, size_t b)
{
	return (row * m->n_columns + a) * m->n_columns + b;
}

/* Where none hung, or all did, no table with these margins tells the columns apart: such a pair can
 * never be rejected, so that the family is none the worse without it (Tarone 1990). */
static bool may_differ(const struct matrix *m, size_t row, size_t a, size_t b)
{
	const struct record_cell *x = matrix_cell(m, row, a), *y = matrix_cell(m, row, b);
	uint64_t k;

	if (a == b || !x || !y)
		return false;
	k = record_cell_hangs(x) + record_cell_hangs(y);
	return k && k < record_cell_trials(x) + record_cell_trials(y);
}

/* All ordered pairs that may differ are in the family. */
static double *adjusted_pairs(const struct matrix *m)
{
	size_t all = m->n_rows * m->n_columns * m->n_columns, n = 0;
	double *p cleanup(cleanup_free) = mem_alloc((all + 1) * sizeof(*p));
	double *some cleanup(cleanup_free) = mem_alloc((all + 1) * sizeof(*some));
	double *adjusted = mem_alloc((all + 1) * sizeof(*adjusted));
	size_t *order cleanup(cleanup_free) = mem_alloc((all + 1) * sizeof(*order));
	size_t *at cleanup(cleanup_free) = mem_alloc((all + 1) * sizeof(*at));

	for (size_t r = 0; r < m->n_rows; r++)
		for (size_t a = 0; a < m->n_columns; a++)
			for (size_t b = 0; b < m->n_columns; b++) {
				adjusted[pair_index(m, r, a, b)] = 1;
				if (!may_differ(m, r, a, b))
					continue;
				at[n] = pair_index(m, r, a, b);
				p[n++] = test_pair(m, r, a, b);
			}
	stats_holm(p, n, order, some);
	for (size_t i = 0; i < n; i++)
		adjusted[at[i]] = some[i];
	return adjusted;
}

/* Columns that never hung, and those that hang significantly more often than each of them. */
static bool compare_row(const struct matrix *m, size_t row, const double *adjusted,
	struct matrix_difference *ret_difference)
{
	struct matrix_difference d = { .row = row };

	d.more = mem_alloc((m->n_columns + 1) * sizeof(*d.more));
	d.less = mem_alloc((m->n_columns + 1) * sizeof(*d.less));
	for (size_t l = 0; l < m->n_columns; l++) {
		const struct record_cell *cell = matrix_cell(m, row, l);

		if (cell && record_cell_trials(cell) && !record_cell_hangs(cell))
			d.less[d.n_less++] = l;
	}
	for (size_t a = 0; a < m->n_columns; a++) {
		double worst = 0;

		if (!matrix_cell(m, row, a) || !record_cell_hangs(matrix_cell(m, row, a)))
			continue;
		for (size_t i = 0; i < d.n_less; i++)
			if (adjusted[pair_index(m, row, a, d.less[i])] > worst)
				worst = adjusted[pair_index(m, row, a, d.less[i])];
		if (!d.n_less || worst > MATRIX_ALPHA)
			continue;
		d.more[d.n_more++] = a;
		if (worst > d.p)
			d.p = worst;
	}
	if (!d.n_more) {
		matrix_difference_done(&d);
		return false;
	}
	*ret_difference = d;
	return true;
}

struct matrix_difference *matrix_compare(const struct matrix *m, size_t *ret_n)
{
	double *adjusted cleanup(cleanup_free) = adjusted_pairs(m);
	struct matrix_difference *found = mem_alloc((m->n_rows + 1) * sizeof(*found));
	size_t n = 0;

	for (size_t r = 0; r < m->n_rows; r++)
		n += compare_row(m, r, adjusted, &found[n]);
	*ret_n = n;
	return found;
}

void matrix_difference_done(struct matrix_difference *d)
{
	free(d->more);
	free(d->less);
}

static void put_libcs(const struct matrix *m, const size_t *columns, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++) {
		char *libc cleanup(cleanup_free) =
			text_clean(m->campaign->cells[m->column[columns[i]]].libc);

		fprintf(out, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " and ", libc);
	}
}

char *matrix_difference_words(const struct matrix *m, const struct matrix_difference *d)
{
	char *row cleanup(cleanup_free) = matrix_row_name(m, d->row), *text = NULL;
	char *cause cleanup(cleanup_free) = matrix_cause(matrix_cell(m, d->row, d->more[0]));
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return mem_strdup(row);
	fprintf(out, "%s: ", row);
	put_libcs(m, d->more, d->n_more, out);
	fprintf(out, " hang%s, ", d->n_more == 1 ? "s" : "");
	put_libcs(m, d->less, d->n_less, out);
	fprintf(out, " do%s not (p = %.2g)", d->n_less == 1 ? "es" : "", d->p);
	if (cause)
		fprintf(out, "; cause %s", cause);
	fclose(out);
	return text;
}

char *matrix_row_name(const struct matrix *m, size_t row)
{
	const struct record_cell *cell = &m->campaign->cells[m->row[row]];
	char *group cleanup(cleanup_free) = text_group_name(cell);

	return *cell->inject ? mem_printf("%s %s", group, cell->inject) : mem_strdup(group);
}

/* Without what is another one in each trial: an address, whose stack it is. */
static char *stable_part(const char *object)
{
	static const char *const varying[] = { " 0x", " of thread " };
	char *stable = mem_strdup(object);

	for (size_t i = 0; i < ARRAY_SIZE(varying); i++) {
		char *at = strstr(stable, varying[i]), *end;

		if (!at)
			continue;
		end = at + strlen(varying[i]);
		end += strspn(end, "0123456789abcdef");
		memmove(at, end, strlen(end) + 1);
	}
	return stable;
}

/* The last stuck thread of that class, or any (NULL), that waits for something else than a child:
 * the innermost process. */
static char *object_of(const json_t *detail, const char *class)
{
	const json_t *threads = json_object_get(detail, "threads");

	for (size_t i = json_array_size(threads); i--;) {
		const json_t *t = json_array_get(threads, i);
		const char *on = json_string_value(json_object_get(t, "waits_on"));
		const char *object = json_string_value(json_object_get(t, "object"));

		const char *its = json_string_value(json_object_get(t, "class"));

		if (!json_is_true(json_object_get(t, "stuck")) || !on || !object ||
			!strcmp(on, "child") || (class && (!its || strcmp(class, its))))
			continue;
		return stable_part(object);
	}
	return NULL;
}

char *matrix_cause(const struct record_cell *cell)
{
	const struct record_cause *most = NULL;
	char *object cleanup(cleanup_free) = NULL, *clean cleanup(cleanup_free) = NULL;
	json_t *detail;

	for (size_t i = 0; i < cell->n_causes; i++) {
		const struct record_cause *one = &cell->causes[i];

		if (one->class && !strcmp(one->class, RECORD_CAUSE_UNPROVEN))
			continue;
		if (!most || one->count > most->count)
			most = one;
	}
	if (!most)
		return NULL;
	detail = most->detail ? json_loads(most->detail, 0, NULL) : NULL;
	object = object_of(detail, most->class);
	if (!object)
		object = object_of(detail, NULL);
	json_decref(detail);
	clean = text_clean(object ? object : text_cause(most));
	return mem_printf("%s: %s", most->class ? most->class : "?", clean);
}
