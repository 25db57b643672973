/* SPDX-License-Identifier: GPL-3.0-or-later */
/* matrix_plain.c: the matrix as text, Markdown and CSV. */
#include "reports/matrix.h"

#include "reports/html.h"
#include "reports/text.h"
#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

#define TEXT_COLUMN 11 /* at least */

/* "97 %", "<1.5%" for no hang, "?" behind it where trials are few; what failed or crashed after f.
 */
static void put_short(const struct matrix *m, const struct record_cell *cell, int width, FILE *out)
{
	uint64_t k, n, bad;
	char text[40], wrong[24] = "";

	if (!cell) {
		fprintf(out, "%*s", width, "-");
		return;
	}
	k = record_cell_hangs(cell);
	n = record_cell_trials(cell);
	bad = cell->count[VERDICT_FAIL] + cell->count[VERDICT_CRASH];
	if (bad)
		snprintf(wrong, sizeof(wrong), " f%.2g", 100.0 * (double)bad / (double)n);
	if (k)
		snprintf(text, sizeof(text), "%.3g%s%s", 100.0 * (double)k / (double)n,
			n < MATRIX_FEW ? "?" : "", wrong);
	else
		snprintf(text, sizeof(text), "<%.2g%s%s",
			100 * text_interval_of(m->campaign, 0, n).high, n < MATRIX_FEW ? "?" : "",
			wrong);
	fprintf(out, "%*s", width, text);
}

static bool row_hangs(const struct matrix *m, size_t row)
{
	for (size_t l = 0; l < m->n_columns; l++)
		if (matrix_cell(m, row, l) && record_cell_hangs(matrix_cell(m, row, l)))
			return true;
	return false;
}

/* Each distinct cause of the row with the libcs that have it. */
static void put_causes(const struct matrix *m, size_t row, FILE *out)
{
	char **causes cleanup(cleanup_free) = mem_alloc((m->n_columns + 1) * sizeof(*causes));

	for (size_t l = 0; l < m->n_columns; l++) {
		const struct record_cell *cell = matrix_cell(m, row, l);

		causes[l] = cell && record_cell_hangs(cell) ? matrix_cause(cell) : NULL;
	}
	for (size_t l = 0; l < m->n_columns; l++) {
		const char *comma = "    ";

		if (!causes[l])
			continue;
		for (size_t k = l; k < m->n_columns; k++) {
			if (!causes[k] || strcmp(causes[k], causes[l]) != 0)
				continue;
			fprintf(out, "%s%s", comma, m->campaign->cells[m->column[k]].libc);
			comma = ", ";
			if (k > l) {
				free(causes[k]);
				causes[k] = NULL;
			}
		}
		fprintf(out, ": %s\n", causes[l]);
		free(causes[l]);
	}
}

static void put_made(const struct record_campaign *c, const char *end, FILE *out)
{
	char date[WORDS_MAX];

	fprintf(out, "seed %" PRIu64 "; %s; kernel %s; %g %% intervals: %s%s", c->seed,
		text_date(c->started_ms, date), c->kernel ? c->kernel : "?", 100 * WORDS_CONFIDENCE,
		text_interval_name(c), end);
	if (c->broken)
		fprintf(out, "nothing here may be believed: %s%s", c->broken, end);
}

static void put_differences(const struct matrix *m, const char *bullet, FILE *out)
{
	size_t n;
	struct matrix_difference *found cleanup(cleanup_free) = matrix_compare(m, &n);

	for (size_t i = 0; i < n; i++) {
		char *text cleanup(cleanup_free) = matrix_difference_words(m, &found[i]);

		fprintf(out, "%s%s\n", bullet, text);
		matrix_difference_done(&found[i]);
	}
	if (!n)
		fprintf(out, "%sno two columns differ by more than chance\n", bullet);
}

static int column_width(const struct matrix *m)
{
	int width = TEXT_COLUMN;

	for (size_t l = 0; l < m->n_columns; l++) {
		int len = (int)strlen(m->campaign->cells[m->column[l]].libc) + 1;

		width = len > width ? len : width;
	}
	return width;
}

static int render_text(const struct report_input *in, FILE *out)
{
	struct matrix m cleanup(matrix_done) = { 0 };
	int width;

	matrix_init(in->campaign, &m);
	width = column_width(&m);
	fputs("P(hang) in percent; < with no hang: the bound; ?: few trials; f: failed or crashed, "
	      "in percent\n",
		out);
	put_made(in->campaign, "\n", out);
	fprintf(out, "\n%-36s", "");
	for (size_t l = 0; l < m.n_columns; l++)
		fprintf(out, "%*s", width, in->campaign->cells[m.column[l]].libc);
	fputc('\n', out);
	for (size_t r = 0; r < m.n_rows; r++) {
		char *name cleanup(cleanup_free) = matrix_row_name(&m, r);

		fprintf(out, "%-36s", name);
		for (size_t l = 0; l < m.n_columns; l++)
			put_short(&m, matrix_cell(&m, r, l), width, out);
		fputc('\n', out);
	}
	fputs("\nCauses, as proven\n", out);
	for (size_t r = 0; r < m.n_rows; r++) {
		char *name cleanup(cleanup_free) = matrix_row_name(&m, r);

		if (!row_hangs(&m, r))
			continue;
		fprintf(out, "  %s\n", name);
		put_causes(&m, r, out);
	}
	fputs("\nDifferences beyond chance (one-sided Fisher, Holm)\n", out);
	put_differences(&m, "  ", out);
	return ferror(out) ? -EIO : 0;
}

/* Text of a table's cell: nothing that Markdown or HTML takes for its own. */
static void put_escaped(const char *s, FILE *out)
{
	for (; *s; s++) {
		if (strchr("<>&", *s))
			fprintf(out, "&#%d;", *s);
		else
			fprintf(out, "%s%c", strchr("\\`*_[]|~#!", *s) ? "\\" : "", *s);
	}
}

static void put_markdown_cell(const struct matrix *m, const struct record_cell *cell, FILE *out)
{
	char buf[WORDS_MAX];
	char *cause cleanup(cleanup_free) = NULL;
	uint64_t k, n, bad;

	if (!cell) {
		fputs(" not run |", out);
		return;
	}
	k = record_cell_hangs(cell);
	n = record_cell_trials(cell);
	bad = cell->count[VERDICT_FAIL] + cell->count[VERDICT_CRASH];
	fprintf(out, k ? " **" : " ");
	put_escaped(text_probability(m->campaign, k, n, buf), out);
	fprintf(out, "%s<br>n = %" PRIu64 "%s", k ? "**" : "", n, n < MATRIX_FEW ? " (few)" : "");
	if (cell->count[VERDICT_TIMEOUT])
		fprintf(out, "<br>%" PRIu64 " not proven", cell->count[VERDICT_TIMEOUT]);
	if (bad)
		fprintf(out, "<br>%" PRIu64 " wrong", bad);
	cause = k ? matrix_cause(cell) : NULL;
	if (cause) {
		fputs("<br>", out);
		put_escaped(cause, out);
	}
	fputs(" |", out);
}

static int render_markdown(const struct report_input *in, FILE *out)
{
	struct matrix m cleanup(matrix_done) = { 0 };

	matrix_init(in->campaign, &m);
	fputs("P(hang) with interval, number of trials and the cause that was proven most often; wrong: the call returned, but failed or crashed.\n\n| |",
		out);
	for (size_t l = 0; l < m.n_columns; l++) {
		fputc(' ', out);
		put_escaped(in->campaign->cells[m.column[l]].libc, out);
		fputs(" |", out);
	}
	fputs("\n| --- |", out);
	for (size_t l = 0; l < m.n_columns; l++)
		fputs(" --- |", out);
	fputc('\n', out);
	for (size_t r = 0; r < m.n_rows; r++) {
		char *name cleanup(cleanup_free) = matrix_row_name(&m, r);

		fputs("| ", out);
		put_escaped(name, out);
		fputs(" |", out);
		for (size_t l = 0; l < m.n_columns; l++)
			put_markdown_cell(&m, matrix_cell(&m, r, l), out);
		fputc('\n', out);
	}
	fputs("\nDifferences beyond chance (one-sided Fisher, Holm):\n\n", out);
	put_differences(&m, "- ", out);
	fputc('\n', out);
	put_made(in->campaign, "\n", out);
	return ferror(out) ? -EIO : 0;
}

static void put_quoted(const char *s, FILE *out)
{
	char *clean cleanup(cleanup_free) = text_clean(s);

	fputc('"', out);
	for (const char *p = clean; *p; p++)
		fprintf(out, "%s%c", *p == '"' ? "\"" : "", *p);
	fputc('"', out);
}

static void put_csv_cell(const struct matrix *m, const struct record_cell *cell, FILE *out)
{
	const char *texts[] = { cell->target, cell->variant, cell->inject, cell->libc };
	uint64_t k = record_cell_hangs(cell), n = record_cell_trials(cell);
	struct stats_interval i = text_interval_of(m->campaign, k, n);
	char *cause cleanup(cleanup_free) = matrix_cause(cell);

	for (size_t t = 0; t < ARRAY_SIZE(texts); t++) {
		put_quoted(texts[t], out);
		fputc(',', out);
	}
	fprintf(out, "%" PRIu64, n);
	for (unsigned int v = 0; v < VERDICT_COUNT; v++)
		fprintf(out, ",%" PRIu64, cell->count[v]);
	fprintf(out, ",%.17g,%.17g,%.17g,%g,%" PRIu64 ",", (double)k / (double)n, i.low, i.high,
		WORDS_CONFIDENCE, m->campaign->seed);
	put_quoted(cause, out);
	fputs("\r\n", out);
}

static int render_csv(const struct report_input *in, FILE *out)
{
	struct matrix m cleanup(matrix_done) = { 0 };

	matrix_init(in->campaign, &m);
	fputs("target,variant,inject,libc,trials", out);
	for (unsigned int v = 0; v < VERDICT_COUNT; v++)
		fprintf(out, ",%s", verdict_name((enum verdict)v));
	fputs(",p_hang,ci_low,ci_high,confidence,seed,cause\r\n", out);
	for (size_t r = 0; r < m.n_rows; r++)
		for (size_t l = 0; l < m.n_columns; l++)
			if (matrix_cell(&m, r, l))
				put_csv_cell(&m, matrix_cell(&m, r, l), out);
	return ferror(out) ? -EIO : 0;
}

const struct report_format *matrix_find(const char *name)
{
	static const struct report_format formats[] = {
		{ "text", "", render_text },
		{ "md", "", render_markdown },
		{ "csv", "", render_csv },
		{ "html", "", report_html_libcs },
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}
