/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html_trend.c: P(hang) over the campaigns of the database, with intervals. */
#include "reports/html.h"
#include "reports/text.h"

#include "runner/base/util.h"

#include <math.h>

#define H 64

struct trend {
	const struct record_cell *cell;
	struct stats_count *night; /* oldest first; the campaign asked for is last */
	struct stats_count before; /* all but the last, pooled */
	double p;                  /* of a rise, one-sided */
};

static struct stats_count count_in(
	const struct record_campaign *c, const struct record_cell *cell, size_t place)
{
	const struct record_cell *old = record_campaign_find_cell(c, cell, place);

	return old ? (struct stats_count){ record_cell_hangs(old), record_cell_trials(old) }
		   : (struct stats_count){ 0, 0 };
}

/* Of night i, the oldest being 0. */
static const struct record_campaign *campaign_of(
	const struct report_input *in, size_t nights, size_t i)
{
	return i < nights ? &in->history[nights - 1 - i] : in->campaign;
}

static bool trend_collect(const struct report_input *in, const struct record_cell *cell,
	size_t nights, struct trend *t)
{
	bool any = false;

	*t = (struct trend){ .cell = cell, .night = mem_alloc((nights + 1) * sizeof(*t->night)) };
	for (size_t i = 0; i < nights; i++) {
		t->night[i] = count_in(
			campaign_of(in, nights, i), cell, (size_t)(cell - in->campaign->cells));
		t->before.k += t->night[i].k;
		t->before.n += t->night[i].n;
		any = any || t->night[i].k;
	}
	t->night[nights] =
		(struct stats_count){ record_cell_hangs(cell), record_cell_trials(cell) };
	t->p = stats_fisher_greater(t->night[nights], t->before);
	if (t->before.n && (any || t->night[nights].k))
		return true;
	free(t->night);
	return false;
}

static void put_plot(const struct trend *t, const struct report_input *in, size_t nights, FILE *out)
{
	size_t first = 0;
	double top = 0;

	while (first < nights && !t->night[first].n)
		first++;
	for (size_t i = first; i <= nights; i++)
		if (t->night[i].n)
			top = fmax(top, html_interval(campaign_of(in, nights, i), t->night[i].k,
						t->night[i].n)
						.high);
	fprintf(out,
		"<svg class=\"hang\" aria-hidden=\"true\"><line class=\"grid\" x1=\"0\" "
		"x2=\"100%%\" "
		"y1=\"%d\" y2=\"%d\"/>",
		H - 6, H - 6);
	for (size_t i = first; i <= nights; i++) {
		double x = 2 + 96 * (i - first + 0.5) / (double)(nights - first + 1);
		struct stats_interval ci;
		double p;

		if (!t->night[i].n)
			continue;
		ci = html_interval(campaign_of(in, nights, i), t->night[i].k, t->night[i].n);
		p = (double)t->night[i].k / (double)t->night[i].n;
		fprintf(out,
			"<line class=\"ci thin\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%.1f\" "
			"y2=\"%.1f\"/><circle cx=\"%.2f%%\" cy=\"%.1f\" r=\"%s\"/>",
			x, x, H - 6 - (H - 12) * ci.low / top, H - 6 - (H - 12) * ci.high / top, x,
			H - 6 - (H - 12) * p / top, i == nights ? "5" : "3");
	}
	fputs("</svg><small class=\"top\">full height ", out);
	html_percent(out, top);
	fputs("</small>", out);
}

static void put_points(double v, FILE *out)
{
	fprintf(out, "%+.2f", v * 100);
}

/* Never "0 %". */
static void put_rate(const struct record_campaign *c, struct stats_count n, FILE *out)
{
	if (!n.n) {
		fputs("no trial", out);
	} else if (n.k) {
		html_percent(out, (double)n.k / (double)n.n);
	} else {
		fputs("&lt; ", out);
		html_percent(out, html_interval(c, 0, n.n).high);
	}
}

static void put_row(const struct trend *t, const struct report_input *in, size_t nights, FILE *out)
{
	struct stats_count now = t->night[nights];
	cleanup(cleanup_free) char *after = text_after_fix(in, t->cell);
	struct stats_interval d;

	fputs("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><b>", out);
	html_cell_name(out, t->cell);
	fputs("</b><small>", out);
	html_cell_where(out, t->cell);
	fputs("</small></th><td role=\"cell\" class=\"plot tall\">", out);
	put_plot(t, in, nights, out);
	fputs("</td><td role=\"cell\" class=\"p\"><b>", out);
	put_rate(in->campaign, now, out);
	fputs("</b><small>before: ", out);
	put_rate(in->campaign, t->before, out);
	fputs("</small></td><td role=\"cell\" class=\"x\">", out);
	if (now.n && html_fixed_n(in->campaign)) {
		d = stats_newcombe(now, t->before, HTML_CONFIDENCE);
		fputs("<b>", out);
		put_points(
			(double)now.k / (double)now.n - (double)t->before.k / (double)t->before.n,
			out);
		fputs("</b> points<small>[", out);
		put_points(d.low, out);
		fputs(", ", out);
		put_points(d.high, out);
		fprintf(out, "]</small><small>rise: p%s%.2g</small>",
			t->p < 1e-12 ? HTML_THIN "&lt;" HTML_THIN : HTML_THIN "=" HTML_THIN,
			fmax(t->p, 1e-12));
	} else {
		fputs("<small>stopped early: no fixed-n test</small>", out);
	}
	if (after) {
		fputs("<small>", out);
		html_text(out, after, 0);
		fputs("</small>", out);
	}
	fputs("</td></tr>\n", out);
}

/* The surest rises first. */
static int compare_trends(const void *a, const void *b)
{
	double x = ((const struct trend *)a)->p, y = ((const struct trend *)b)->p;

	return x < y ? -1 : x > y;
}

void html_trend(const struct report_input *in, FILE *out)
{
	size_t nights = in->n_history < HTML_MAX_NIGHTS ? in->n_history : HTML_MAX_NIGHTS;
	struct trend *trends = NULL, t;
	size_t n = 0, cap = 0;

	for (size_t i = 0; nights && i < in->campaign->n_cells; i++) {
		if (in->campaign->cells[i].canary ||
			!trend_collect(in, &in->campaign->cells[i], nights, &t))
			continue;
		trends = mem_grow(trends, n, &cap, sizeof(*trends));
		trends[n++] = t;
	}
	if (n) {
		qsort(trends, n, sizeof(*trends), compare_trends);
		fprintf(out,
			"<section id=\"trend\"><h2>What changed since %zu earlier "
			"campaign%s</h2>\n<p "
			"class=\"lead\">Oldest left, this one the large dot; each with its "
			"95" HTML_THIN
			"%% interval. The difference to all earlier ones pooled has Newcombe\xe2\x80\x99s interval, the rise Fisher\xe2\x80\x99s one-sided p, not corrected for the number of cells: <code>hangrate check</code> is what decides.</p>\n<table "
			"role=\"table\" class=\"rows trend\" aria-label=\"Trend over "
			"campaigns\"><thead "
			"role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" "
			"scope=\"col\">Cell</th>"
			"<th role=\"columnheader\" scope=\"col\" class=\"plot\">Campaigns, oldest "
			"left</th><th role=\"columnheader\" scope=\"col\" "
			"class=\"p\">P(hang)</th><th "
			"role=\"columnheader\" scope=\"col\" "
			"class=\"x\">Change</th></tr></thead><tbody "
			"role=\"rowgroup\">\n",
			nights, nights == 1 ? "" : "s");
		for (size_t i = 0; i < n && i < HTML_MAX_TRENDS; i++)
			put_row(&trends[i], in, nights, out);
		fputs("</tbody></table>\n", out);
		if (n > HTML_MAX_TRENDS)
			fprintf(out,
				"<p class=\"note\">The %d surest rises of %zu cells that ever hung "
				"are shown.</p>\n",
				HTML_MAX_TRENDS, n);
		fputs("</section>\n", out);
	}
	for (size_t i = 0; i < n; i++)
		free(trends[i].night);
	free(trends);
}
