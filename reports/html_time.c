/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html_time.c: how long it took from the last progress to the proof. Timeouts count as hangs that
 * were watched until their deadline and not proven: censored. */
#include "reports/html.h"

#include "runner/base/util.h"

#include <math.h>

#define W 560
#define H 230
#define LEFT 54
#define RIGHT 14
#define TOP 10
#define BOTTOM 34
#define MAX_ROWS 20

/* A target/variant over all its cells. */
struct detection {
	const struct record_cell *cell; /* the first */
	struct record_hist hist;
	uint64_t late; /* timeouts */
};

struct times {
	struct stats_time at[2 * RECORD_HIST_BUCKETS + 1];
	struct stats_survival s[2 * RECORD_HIST_BUCKETS + 1];
	size_t n;
	struct html_axis axis;
};

/* Merges a count into the ascending list. */
static void add_time(struct times *t, double ns, uint64_t events, uint64_t censored)
{
	size_t i = 0;

	if (!events && !censored)
		return;
	while (i < t->n && t->at[i].t < ns)
		i++;
	if (i == t->n || t->at[i].t != ns) {
		if (t->n == ARRAY_SIZE(t->at))
			return;
		memmove(&t->at[i + 1], &t->at[i], (t->n - i) * sizeof(*t->at));
		t->at[i] = (struct stats_time){ .t = ns };
		t->n++;
	}
	t->at[i].events += events;
	t->at[i].censored += censored;
}

/* A bucket's trials stand at its end: detection is never drawn earlier than it was. */
static void collect_times(const struct record_campaign *c, struct times *t)
{
	double first = INFINITY, last = 0;

	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];

		if (cell->canary)
			continue;
		for (unsigned int b = 0; b < RECORD_HIST_BUCKETS; b++)
			add_time(t,
				fmin((double)record_hist_bucket_ns(b + 1),
					(double)cell->detect_ns.max_ns),
				cell->detect_ns.bucket[b], 0);
		add_time(t, (double)cell->deadline_ns, 0, cell->count[VERDICT_TIMEOUT]);
	}
	if (!t->n)
		return;
	stats_kaplan_meier(t->at, t->n, HTML_CONFIDENCE, t->s);
	first = t->at[0].t;
	last = t->at[t->n - 1].t;
	t->axis.low = pow(10, floor(log10(fmax(first * 0.7, 1e3))));
	t->axis.high = pow(10, ceil(log10(fmax(last * 1.2, t->axis.low * 10)) - 1e-9));
}

static double at_x(const struct times *t, double ns)
{
	return LEFT + (W - LEFT - RIGHT) * html_axis_at(&t->axis, ns) / 100;
}

static double at_y(double share)
{
	return TOP + (H - TOP - BOTTOM) * (1 - share);
}

static void put_frame(const struct times *t, FILE *out)
{
	for (int i = 0; i <= 4; i++)
		fprintf(out,
			"<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text "
			"class=\"last\" x=\"%d\" y=\"%.1f\">%d" HTML_THIN "%%</text>",
			LEFT, W - RIGHT, at_y(i / 4.0), at_y(i / 4.0), LEFT - 6, at_y(i / 4.0) + 4,
			25 * i);
	for (double v = t->axis.low; v <= t->axis.high * 1.001; v *= 10) {
		fprintf(out,
			"<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/><text "
			"%sx=\"%.1f\" y=\"%d\">",
			at_x(t, v), at_x(t, v), TOP, H - BOTTOM,
			v > t->axis.high * 0.9 ? "class=\"last\" " : "", at_x(t, v),
			H - BOTTOM + 19);
		html_duration(out, v);
		fputs("</text>", out);
	}
}

/* One edge of the step function 1 - S; backwards for the lower edge of a band. */
static void put_steps(const struct times *t, int which, bool backwards, FILE *out)
{
	for (size_t j = 0; j < t->n; j++) {
		size_t i = backwards ? t->n - 1 - j : j;
		const struct stats_survival *s = &t->s[i], *before = i ? &t->s[i - 1] : NULL;
		double now = which == 0 ? s->surviving : which < 0 ? s->ci.low : s->ci.high;
		double old = !before      ? 1
			     : which == 0 ? before->surviving
			     : which < 0  ? before->ci.low
					  : before->ci.high;
		double x = at_x(t, t->at[i].t);

		fprintf(out, "%.1f %.1f %.1f %.1f ", x, at_y(1 - (backwards ? now : old)), x,
			at_y(1 - (backwards ? old : now)));
	}
}

static void put_curve(const struct times *t, FILE *out)
{
	fprintf(out,
		"<svg class=\"chart hang big\" viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-label=\"Share of the hangs detected by a time; the table below has the "
		"quantiles\">",
		W, H);
	put_frame(t, out);
	fputs("<path class=\"band\" d=\"M", out);
	put_steps(t, -1, false, out);
	put_steps(t, 1, true, out);
	fprintf(out, "z\"/><path class=\"curve\" d=\"M%.1f %.1f ", at_x(t, t->axis.low), at_y(0));
	put_steps(t, 0, false, out);
	fprintf(out, "%d %.1f\"/></svg>\n", W - RIGHT, at_y(1 - t->s[t->n - 1].surviving));
}

static void put_row(const struct times *t, const struct detection *d, FILE *out)
{
	double q[4];
	static const double shares[4] = { 0.05, 0.5, 0.95, 0.99 };

	for (size_t i = 0; i < 4; i++)
		q[i] = (double)record_hist_quantile_ns(&d->hist, shares[i]);
	fputs("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><b>", out);
	html_cell_name(out, d->cell);
	fputs("</b></th><td role=\"cell\" class=\"plot\"><svg class=\"hang\" "
	      "aria-hidden=\"true\"><use "
	      "href=\"#tg\"/>",
		out);
	fprintf(out,
		"<line class=\"ci\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"50%%\" y2=\"50%%\"/><circle "
		"cx=\"%.2f%%\" cy=\"50%%\" r=\"5\"/></svg></td><td role=\"cell\" class=\"p\"><b>",
		html_axis_at(&t->axis, q[0]), html_axis_at(&t->axis, q[2]),
		html_axis_at(&t->axis, q[1]));
	html_duration(out, q[1]);
	fputs("</b><small>median</small></td><td role=\"cell\" class=\"p\"><b>", out);
	html_duration(out, q[3]);
	fputs("</b><small>99 of 100</small></td><td role=\"cell\" class=\"n\"><b>", out);
	html_count(out, d->hist.count);
	fputs("</b><small>proven", out);
	if (d->late) {
		fputs(", ", out);
		html_count(out, d->late);
		fputs(" timed out", out);
	}
	fputs("</small></td></tr>\n", out);
}

static int compare_detections(const void *a, const void *b)
{
	const struct detection *x = a, *y = b;
	int64_t p = record_hist_quantile_ns(&x->hist, 0.5),
		q = record_hist_quantile_ns(&y->hist, 0.5);

	return p > q ? -1 : p < q;
}

static size_t collect_rows(const struct record_campaign *c, struct detection **ret_rows)
{
	struct detection *rows = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];
		size_t r = 0;

		if (!cell->detect_ns.count || cell->canary)
			continue;
		while (r < n && (strcmp(rows[r].cell->target, cell->target) ||
					strcmp(rows[r].cell->variant, cell->variant)))
			r++;
		if (r == n) {
			rows = mem_grow(rows, n, &cap, sizeof(*rows));
			rows[n++].cell = cell;
		}
		record_hist_merge(&rows[r].hist, &cell->detect_ns);
		rows[r].late += cell->count[VERDICT_TIMEOUT];
	}
	if (n)
		qsort(rows, n, sizeof(*rows), compare_detections);
	*ret_rows = rows;
	return n;
}

void html_time(const struct report_input *in, FILE *out)
{
	cleanup(cleanup_free) struct times *t = mem_alloc(sizeof(*t));
	struct detection *rows;
	size_t n = collect_rows(in->campaign, &rows);

	if (n) {
		collect_times(in->campaign, t);
		fputs("<section id=\"time\"><h2>How soon a hang is proven</h2>\n<p "
		      "class=\"lead\">From "
		      "the trial\xe2\x80\x99s last progress to the proof, Kaplan-Meier with a 95" HTML_THIN
		      "% band; what timed out was watched to its deadline and stays unproven.</p>\n",
			out);
		put_curve(t, out);
		html_axis_grid(&t->axis, "tg", out);
		fputs("<table role=\"table\" class=\"rows time\" aria-label=\"Time to "
		      "detection\"><thead "
		      "role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">"
		      "Variant</th><th role=\"columnheader\" scope=\"col\" class=\"plot\"><span "
		      "class=\"sr\">5 to 95 of 100, dot: median</span>",
			out);
		html_axis_labels(&t->axis, html_duration, out);
		fputs("</th><th role=\"columnheader\" scope=\"col\" class=\"p\">Median</th><th "
		      "role=\"columnheader\" scope=\"col\" class=\"p\">p99</th><th "
		      "role=\"columnheader\" "
		      "scope=\"col\" class=\"n\">Hangs</th></tr></thead><tbody "
		      "role=\"rowgroup\">\n",
			out);
		for (size_t i = 0; i < n && i < MAX_ROWS; i++)
			put_row(t, &rows[i], out);
		fputs("</tbody></table>\n", out);
		if (n > MAX_ROWS)
			fprintf(out, "<p class=\"note\">The %d slowest of %zu are shown.</p>\n",
				MAX_ROWS, n);
		fputs("</section>\n", out);
	}
	free(rows);
}
