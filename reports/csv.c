/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv.c: one line a cell, as RFC 4180 says, for spreadsheets and R. Fields have the names of the
 * JSON; what is unknown stays empty. */
#include "reports/text.h"

#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

static void put_text(FILE *out, const char *s)
{
	char *clean cleanup(cleanup_free) = text_clean(s);

	if (!strpbrk(clean, ",\"\n\t ")) {
		fputs(clean, out);
		return;
	}
	fputc('"', out);
	for (const char *p = clean; *p; p++) {
		if (*p == '"')
			fputc('"', out);
		fputc(*p, out);
	}
	fputc('"', out);
}

static void put_texts(FILE *out, const struct record_cell *cell)
{
	const char *texts[] = { cell->target, cell->variant, cell->libc, cell->inject,
		arm_name(cell->arm) };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		put_text(out, texts[i]);
		fputc(',', out);
	}
}

static void put_quantile(FILE *out, const struct record_hist *h, double q)
{
	fputc(',', out);
	if (h->count)
		fprintf(out, "%.6g", (double)record_hist_quantile_ns(h, q) / (double)NSEC_PER_MSEC);
}

static void put_ends(
	FILE *out, const struct record_campaign *c, const struct record_cell *cell, enum verdict v)
{
	uint64_t n = record_cell_trials(cell);
	struct stats_interval i = text_interval_of(c, cell->count[v], n);

	if (n)
		fprintf(out, ",%.17g", (double)cell->count[v] / (double)n);
	else
		fputc(',', out);
	fprintf(out, ",%.17g,%.17g", i.low, i.high);
}

static void put_cell(FILE *out, const struct record_campaign *c, const struct record_cell *cell)
{
	static const char *const met[] = {
		[MET_YES] = "yes", [MET_NO] = "no", [MET_UNJUDGED] = ""
	};
	uint64_t k = record_cell_hangs(cell), n = record_cell_trials(cell);
	struct stats_interval i = text_interval_of(c, k, n);
	const char *decided = text_decision_name(c, cell);

	put_texts(out, cell);
	if (cell->dose >= 0)
		fprintf(out, "%.17g", cell->dose);
	fprintf(out, ",%s,%s,%d,%" PRIu64, expect_name(cell->expect),
		met[record_group_met(c, cell)], cell->canary, n);
	for (unsigned int v = 0; v < VERDICT_COUNT; v++)
		fprintf(out, ",%" PRIu64, cell->count[v]);
	if (n)
		fprintf(out, ",%.17g", (double)k / (double)n);
	else
		fputc(',', out);
	fprintf(out, ",%.17g,%.17g,%g", i.low, i.high, WORDS_CONFIDENCE);
	put_quantile(out, &cell->detect_ns, 0.5);
	put_quantile(out, &cell->detect_ns, 0.99);
	fprintf(out, ",%" PRIu64 ",%s", c->seed, decided ? decided : "");
	put_ends(out, c, cell, VERDICT_FAIL);
	put_ends(out, c, cell, VERDICT_CRASH);
	fputc(',', out);
	put_text(out, cell->command);
	fputc(',', out);
	put_text(out, cell->directory);
	fputc(',', out);
	put_text(out, cell->counters.note);
	fputs("\r\n", out);
}

int report_csv(const struct report_input *in, FILE *out)
{
	const struct record_campaign *c = in->campaign;

	fputs("target,variant,libc,inject,arm,dose,expect,met,canary,trials", out);
	for (unsigned int v = 0; v < VERDICT_COUNT; v++)
		fprintf(out, ",%s", verdict_name((enum verdict)v));
	fputs(",p_hang,ci_low,ci_high,confidence,detect_ms_p50,detect_ms_p99,seed,decided,"
	      "p_fail,p_fail_low,p_fail_high,p_crash,p_crash_low,p_crash_high,command,"
	      "directory,note\r\n",
		out);
	for (size_t i = 0; i < c->n_cells; i++)
		put_cell(out, c, &c->cells[i]);
	return ferror(out) ? -EIO : 0;
}
