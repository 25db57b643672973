/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html_libcs.c: the page of `report --by libc`: one table a variant, and the differences in words.
 */
#include "reports/html.h"

#include "reports/matrix.h"
#include "runner/base/util.h"

/* With more variants than that a table for each would hide more than it shows. */
#define MAX_TABLES 8

static const char *variant_of(const struct matrix *m, size_t row)
{
	return m->campaign->cells[m->row[row]].variant;
}

/* Is no row above of the same variant? */
static bool is_first(const struct matrix *m, size_t row)
{
	for (size_t r = 0; r < row; r++)
		if (!strcmp(variant_of(m, r), variant_of(m, row)))
			return false;
	return true;
}

static size_t count_variants(const struct matrix *m)
{
	size_t n = 0;

	for (size_t r = 0; r < m->n_rows; r++)
		n += is_first(m, r);
	return n;
}

static void put_row(const struct matrix *m, size_t row, bool with_variant, FILE *out)
{
	const struct record_cell *first = &m->campaign->cells[m->row[row]];

	fputs("<tr><th scope=\"row\">", out);
	if (with_variant)
		html_cell_name(out, first);
	else
		html_text(out, first->target, 80);
	if (*first->inject) {
		fputs("<small>", out);
		html_text(out, first->inject, 80);
		fputs("</small>", out);
	}
	fputs("</th>", out);
	for (size_t l = 0; l < m->n_columns; l++)
		html_square(m->campaign, m->cell[row * m->n_columns + l], false, out);
	fputs("</tr>\n", out);
}

/* Of one variant; NULL: all rows. */
static void put_table(const struct matrix *m, const char *variant, FILE *out)
{
	fputs("<div class=\"wide tall\" tabindex=\"0\" role=\"region\" aria-label=\"Hang rate by "
	      "function and libc\"><table class=\"matrix\"><thead><tr><th scope=\"col\"></th>",
		out);
	for (size_t l = 0; l < m->n_columns; l++) {
		fputs("<th scope=\"col\">", out);
		html_text(out, m->campaign->cells[m->column[l]].libc, 60);
		fputs("</th>", out);
	}
	fputs("</tr></thead><tbody>\n", out);
	for (size_t r = 0; r < m->n_rows; r++)
		if (!variant || !strcmp(variant_of(m, r), variant))
			put_row(m, r, !variant, out);
	fputs("</tbody></table></div>\n", out);
}

static void put_tables(const struct matrix *m, FILE *out)
{
	fputs("<section id=\"matrix\"><h2>Every function under every libc</h2>\n<p "
	      "class=\"lead\">In a cell: P(hang), its 95" HTML_THIN
	      "% interval, the number of trials n, and what the proof named most often.</p>\n",
		out);
	html_square_legend(out);
	if (count_variants(m) > MAX_TABLES) {
		put_table(m, NULL, out);
	} else {
		for (size_t r = 0; r < m->n_rows; r++) {
			if (!is_first(m, r))
				continue;
			fputs("<h3 class=\"way\">", out);
			html_text(out, variant_of(m, r), 60);
			fputs("</h3>\n", out);
			put_table(m, variant_of(m, r), out);
		}
	}
	fputs("</section>\n", out);
}

static void put_differences(const struct matrix *m, FILE *out)
{
	size_t n;
	struct matrix_difference *found cleanup(cleanup_free) = matrix_compare(m, &n);

	fputs("<section id=\"differences\"><h2>Differences beyond chance</h2>\n<p class=\"lead\">"
	      "Each pair of columns of each row by Fisher\xe2\x80\x99s one-sided test, both ways, corrected by Holm.</p>\n",
		out);
	fputs(n ? "<ul class=\"plain\">\n" : "<p>No two columns differ.</p>\n", out);
	for (size_t i = 0; i < n; i++) {
		char *words cleanup(cleanup_free) = matrix_difference_words(m, &found[i]);

		fputs("<li>", out);
		html_text(out, words, 0);
		fputs("</li>\n", out);
		matrix_difference_done(&found[i]);
	}
	fputs(n ? "</ul></section>\n" : "</section>\n", out);
}

void html_libcs(const struct report_input *in, FILE *out)
{
	struct matrix m cleanup(matrix_done) = { 0 };

	matrix_init(in->campaign, &m);
	put_tables(&m, out);
	put_differences(&m, out);
}

void html_libcs_answer(const struct record_campaign *c, FILE *out)
{
	struct matrix m cleanup(matrix_done) = { 0 };
	size_t hanging = 0;

	matrix_init(c, &m);
	for (size_t r = 0; r < m.n_rows; r++) {
		bool hangs = false;

		for (size_t l = 0; l < m.n_columns; l++)
			hangs |= matrix_cell(&m, r, l) && record_cell_hangs(matrix_cell(&m, r, l));
		hanging += hangs;
	}
	fprintf(out,
		"<h1>Which libc hangs where</h1>\n<p class=\"sub\">%zu row%s under %zu libc%s: "
		"<b>%zu</b> hang%s under at least one.</p>\n",
		m.n_rows, m.n_rows == 1 ? "" : "s", m.n_columns, m.n_columns == 1 ? "" : "s",
		hanging, hanging == 1 ? "s" : "");
}
