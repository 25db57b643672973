/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html_matrix.c: target/variant against libc, the worst cell of each. Only with several libcs. */
#include "reports/html.h"

#include "reports/matrix.h"
#include "runner/base/util.h"

#include <math.h>

struct worst {
	const struct record_campaign *c;
	size_t *row, *column; /* first cell of each distinct target/variant, and libc */
	size_t n_rows, n_columns;
};

static bool same_row(const struct record_cell *a, const struct record_cell *b)
{
	return !strcmp(a->target, b->target) && !strcmp(a->variant, b->variant);
}

static void matrix_collect(struct worst *m)
{
	for (size_t i = 0; i < m->c->n_cells; i++) {
		const struct record_cell *cell = &m->c->cells[i];
		size_t r = 0, l = 0;

		/* A user's program is its own libc: no column to compare with. */
		if (!*cell->variant || cell->canary)
			continue;
		while (r < m->n_rows && !same_row(&m->c->cells[m->row[r]], cell))
			r++;
		while (l < m->n_columns && strcmp(m->c->cells[m->column[l]].libc, cell->libc) != 0)
			l++;
		if (r == m->n_rows)
			m->row[m->n_rows++] = i;
		if (l == m->n_columns)
			m->column[m->n_columns++] = i;
	}
}

/* The cell that hangs most; without a hang the one with most trials. SIZE_MAX: none. */
static size_t worst_cell(const struct worst *m, size_t row, size_t column)
{
	size_t worst = SIZE_MAX;
	double worst_p = -1, worst_n = 0;

	for (size_t i = 0; i < m->c->n_cells; i++) {
		const struct record_cell *cell = &m->c->cells[i];
		double n = (double)record_cell_trials(cell), p;

		if (n <= 0 || !same_row(cell, &m->c->cells[row]) ||
			strcmp(cell->libc, m->c->cells[column].libc) != 0)
			continue;
		p = (double)record_cell_hangs(cell) / n;
		if (p > worst_p || (p == worst_p && n > worst_n)) {
			worst = i;
			worst_p = p;
			worst_n = n;
		}
	}
	return worst;
}

/* 1 to 6 by half decades; 0: no hang. */
static int heat(double p)
{
	if (p <= 0)
		return 0;
	return (int)fmin(6, fmax(1, 1 + floor((log10(p) + 3) * 2)));
}

static void put_rate(const struct record_campaign *c, uint64_t k, uint64_t n, FILE *out)
{
	struct stats_interval i = html_interval(c, k, n);

	fputs("<b>", out);
	if (k) {
		html_percent(out, (double)k / (double)n);
	} else {
		fputs("&lt; ", out);
		html_percent(out, i.high);
	}
	fputs("</b><small>", out);
	if (k) {
		html_percent(out, i.low);
		fputs("\xe2\x80\x93", out);
		html_percent(out, i.high);
		fputs("</small><small>", out);
	}
	fputs("n ", out);
	html_count(out, n);
	fputs("</small>", out);
}

/* What is no proven hang and no pass, and the cause that was proven most often. */
static void put_notes(const struct record_cell *cell, FILE *out)
{
	uint64_t wrong = cell->count[VERDICT_FAIL] + cell->count[VERDICT_CRASH];
	char *cause cleanup(cleanup_free) =
		cell->count[VERDICT_DEADLOCK] ? matrix_cause(cell) : NULL;

	if (cell->count[VERDICT_TIMEOUT]) {
		fputs("<small>", out);
		html_count(out, cell->count[VERDICT_TIMEOUT]);
		fputs(" not proven</small>", out);
	}
	if (wrong) {
		fputs("<small>", out);
		html_count(out, wrong);
		fputs(" wrong</small>", out);
	}
	if (cause) {
		fputs("<small class=\"cause-of\" title=\"", out);
		html_text(out, cause, 200);
		fputs("\">", out);
		html_text(out, cause, 200);
		fputs("</small>", out);
	}
}

void html_square(const struct record_campaign *c, size_t index, bool link, FILE *out)
{
	const struct record_cell *cell;
	uint64_t k, n;

	if (index == SIZE_MAX) {
		fputs("<td class=\"none\"><span class=\"sr\">not run</span>\xc2\xb7</td>", out);
		return;
	}
	cell = &c->cells[index];
	k = record_cell_hangs(cell);
	n = record_cell_trials(cell);
	fprintf(out, "<td class=\"h%d%s\">", heat((double)k / (double)n),
		n < MATRIX_FEW ? " few" : "");
	if (link) {
		fprintf(out, "<a href=\"#c%zu\" title=\"", index);
		html_cell_where(out, cell);
		fputs("\">", out);
	}
	put_rate(c, k, n, out);
	put_notes(cell, out);
	fputs(link ? "</a></td>" : "</td>", out);
}

void html_square_legend(FILE *out)
{
	static const char *const words[] = { "never hung: bound", "below 0.3" HTML_THIN "%",
		"0.3\xe2\x80\x93"
		"1",
		"1\xe2\x80\x93"
		"3",
		"3\xe2\x80\x93"
		"10",
		"10\xe2\x80\x93"
		"30",
		"above 30" HTML_THIN "%" };

	fputs("<p class=\"key heat\">", out);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		fprintf(out, "<span><i class=\"h%zu\"></i>%s</span>", i, words[i]);
	fprintf(out, "<span><i class=\"few\"></i>hatched: fewer than %d trials</span></p>\n",
		MATRIX_FEW);
}

void html_matrix(const struct report_input *in, FILE *out)
{
	const struct record_campaign *c = in->campaign;
	cleanup(cleanup_free) size_t *row = mem_alloc((c->n_cells + 1) * sizeof(*row));
	cleanup(cleanup_free) size_t *column = mem_alloc((c->n_cells + 1) * sizeof(*column));
	struct worst m = { c, row, column, 0, 0 };

	matrix_collect(&m);
	if (m.n_columns < 2)
		return;
	fputs("<section id=\"matrix\"><h2>Which libc hangs where</h2>\n<p class=\"lead\">The worst "
	      "cell of each; every number leads to its row.</p>\n",
		out);
	html_square_legend(out);
	fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Hang rate by "
	      "variant and libc\"><table class=\"matrix\"><thead><tr><th scope=\"col\">Variant</th>",
		out);
	for (size_t l = 0; l < m.n_columns; l++) {
		fputs("<th scope=\"col\">", out);
		html_text(out, c->cells[m.column[l]].libc, 40);
		fputs("</th>", out);
	}
	fputs("</tr></thead><tbody>\n", out);
	for (size_t r = 0; r < m.n_rows; r++) {
		fputs("<tr><th scope=\"row\">", out);
		html_cell_name(out, &c->cells[m.row[r]]);
		fputs("</th>", out);
		for (size_t l = 0; l < m.n_columns; l++)
			html_square(c, worst_cell(&m, m.row[r], m.column[l]), true, out);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div></section>\n", out);
}
