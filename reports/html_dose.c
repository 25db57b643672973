/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html_dose.c: P(hang) against the level of a swept knob, Firth's logistic fit, ED50. */
#include "reports/html.h"

#include "runner/base/util.h"

#include <math.h>

#define MAX_LEVELS 32
#define W 420
#define H 236
#define LEFT 52
#define RIGHT 14
#define TOP 14
#define BOTTOM 40

/* The cells of one target, variant and libc that differ in the dose. Other knobs are pooled: their
 * levels are the same at each dose, since a sweep runs all combinations. */
struct dose {
	const struct record_cell *cell; /* the first */
	char knob[64];
	bool bytes;
	double level[MAX_LEVELS], x[MAX_LEVELS];
	struct stats_count count[MAX_LEVELS];
	size_t n;
	double unit; /* smallest level above 0: x = log(1 + level / unit), so that 0 has a place */
	double z;    /* of the trend */
	double trend_p;
	bool fitted;
	struct stats_logistic fit;
};

static bool same_group(const struct record_cell *a, const struct record_cell *b)
{
	return !strcmp(a->target, b->target) && !strcmp(a->variant, b->variant) &&
	       !strcmp(a->libc, b->libc);
}

/* "a=1ms b=64M" at the dose that is not zero: the first word whose value is that dose. */
static void name_knob(struct dose *d, const struct record_cell *cell)
{
	const char *equals = strchr(cell->inject, '=');
	size_t end = equals ? strcspn(equals, " ") : 0;

	if (!equals || d->knob[0])
		return;
	snprintf(d->knob, sizeof(d->knob), "%.*s", (int)(equals - cell->inject), cell->inject);
	/* A duration ends in s (1ms, 5us, 2s); a size in a digit or a multiplier. */
	d->bytes = end && equals[end - 1] != 's';
}

static void add_level(struct dose *d, const struct record_cell *cell)
{
	size_t i = 0;

	while (i < d->n && d->level[i] < cell->dose)
		i++;
	if (i == d->n || d->level[i] != cell->dose) {
		if (d->n == MAX_LEVELS)
			return;
		memmove(&d->level[i + 1], &d->level[i], (d->n - i) * sizeof(*d->level));
		memmove(&d->count[i + 1], &d->count[i], (d->n - i) * sizeof(*d->count));
		d->level[i] = cell->dose;
		d->count[i] = (struct stats_count){ 0, 0 };
		d->n++;
	}
	d->count[i].k += record_cell_hangs(cell);
	d->count[i].n += record_cell_trials(cell);
	if (cell->dose > 0)
		name_knob(d, cell);
}

/* False when there is no dose to speak of: fewer than two levels, or no hang. */
static bool dose_collect(const struct record_campaign *c, size_t first, struct dose *d)
{
	uint64_t hangs = 0;

	*d = (struct dose){ .cell = &c->cells[first] };
	if (d->cell->dose < 0)
		return false;
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];

		if (!same_group(cell, d->cell) || cell->dose < 0)
			continue;
		if (i < first)
			return false; /* was the group of an earlier cell */
		if (record_cell_trials(cell))
			add_level(d, cell);
		hangs += record_cell_hangs(cell);
	}
	if (d->n < 2 || !hangs)
		return false;
	d->unit = d->level[0] > 0 ? d->level[0] : d->level[1];
	for (size_t i = 0; i < d->n; i++)
		d->x[i] = log1p(d->level[i] / d->unit);
	d->trend_p = stats_trend(d->x, d->count, d->n, &d->z);
	d->fitted = d->n > 2 && stats_firth(d->x, d->count, d->n, &d->fit) == 0;
	return true;
}

static double at_x(const struct dose *d, double x)
{
	double span = d->x[d->n - 1] - d->x[0];

	return LEFT + 8 + (W - LEFT - RIGHT - 16) * (x - d->x[0]) / span;
}

static double at_y(double p)
{
	return TOP + (H - TOP - BOTTOM) * (1 - p);
}

static void put_level(const struct dose *d, double level, FILE *out)
{
	/* A size knob may count other things (arenas=1); sizes are never all below 1K. */
	if (d->bytes && d->level[d->n - 1] < 1024)
		fprintf(out, "%.3g", level);
	else if (d->bytes)
		html_bytes(out, level);
	else if (level > 0)
		html_duration(out, level);
	else
		fputs("0", out);
}

static void put_axes(const struct dose *d, FILE *out)
{
	double last = -1000;

	for (int i = 0; i <= 4; i++) {
		fprintf(out,
			"<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text "
			"class=\"last\" x=\"%d\" y=\"%.1f\">%d" HTML_THIN "%%</text>",
			LEFT, W - RIGHT, at_y(i / 4.0), at_y(i / 4.0), LEFT - 6, at_y(i / 4.0) + 4,
			25 * i);
	}
	for (size_t i = 0; i < d->n; i++) {
		double x = at_x(d, d->x[i]);

		if (x - last < 52 && i) /* labels must not touch; the dots still show the level */
			continue;
		last = x;
		fprintf(out, "<text x=\"%.1f\" y=\"%d\">", x, H - BOTTOM + 17);
		put_level(d, d->level[i], out);
		fputs("</text>", out);
	}
	fprintf(out, "<text class=\"muted\" x=\"%d\" y=\"%d\">", (LEFT + W - RIGHT) / 2, H - 6);
	html_text(out, d->knob[0] ? d->knob : "dose", 48);
	fputs("</text>", out);
}

static void put_curve(const struct dose *d, FILE *out)
{
	double first = d->x[0], step = (d->x[d->n - 1] - d->x[0]) / 48;

	fputs("<path class=\"band\" d=\"M", out);
	for (int i = 0; i <= 48; i++)
		fprintf(out, "%.1f %.1f ", at_x(d, first + i * step),
			at_y(stats_logistic_band(&d->fit, first + i * step, HTML_CONFIDENCE).low));
	for (int i = 48; i >= 0; i--)
		fprintf(out, "%.1f %.1f ", at_x(d, first + i * step),
			at_y(stats_logistic_band(&d->fit, first + i * step, HTML_CONFIDENCE).high));
	fputs("z\"/><path class=\"curve\" d=\"M", out);
	for (int i = 0; i <= 48; i++)
		fprintf(out, "%.1f %.1f ", at_x(d, first + i * step),
			at_y(stats_logistic_at(&d->fit, first + i * step)));
	fputs("\"/>", out);
}

static void put_points(const struct dose *d, const struct record_campaign *c, FILE *out)
{
	for (size_t i = 0; i < d->n; i++) {
		struct stats_interval ci = html_interval(c, d->count[i].k, d->count[i].n);
		double x = at_x(d, d->x[i]);

		fprintf(out,
			"<line class=\"ci\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
			"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/>",
			x, x, at_y(ci.low), at_y(ci.high), x,
			at_y((double)d->count[i].k / (double)d->count[i].n));
	}
}

/* True and the ED50 when it lies within the levels that were run. */
static bool find_ed50(const struct dose *d, double *ret_x, struct stats_interval *ret_ci)
{
	return d->fitted && d->fit.b > 0 &&
	       stats_ed50(&d->fit, HTML_CONFIDENCE, ret_x, ret_ci) == 0 && *ret_x >= d->x[0] &&
	       *ret_x <= d->x[d->n - 1];
}

static double level_of(const struct dose *d, double x)
{
	return fmax(0, d->unit * expm1(x));
}

static void put_words(const struct dose *d, const struct record_campaign *c, FILE *out)
{
	struct stats_interval ci;
	double x;

	fputs("<p>", out);
	if (!html_fixed_n(c))
		fputs("Stopped early: the fit is a description, not a test.", out);
	else if (find_ed50(d, &x, &ci)) {
		fprintf(out, "<b>ED50 <data value=\"%.10g\">", level_of(d, x));
		put_level(d, level_of(d, x), out);
		fputs("</data></b>, 95" HTML_THIN "% interval ", out);
		put_level(d, level_of(d, ci.low), out);
		fputs(" \xe2\x80\x93 ", out);
		put_level(d, level_of(d, ci.high), out);
		fputs(": there one trial in two hangs.", out);
	} else if (d->fitted) {
		fputs("No ED50 within the levels that were run.", out);
	} else {
		fputs("Too few levels for a fit.", out);
	}
	if (html_fixed_n(c))
		fprintf(out, " Rising trend: z" HTML_THIN "=" HTML_THIN "%.1f, one-sided p%s%.2g.",
			d->z,
			d->trend_p < 1e-12 ? HTML_THIN "&lt;" HTML_THIN : HTML_THIN "=" HTML_THIN,
			fmax(d->trend_p, 1e-12));
	fputs("</p>", out);
}

static void put_figure(const struct dose *d, const struct record_campaign *c, FILE *out)
{
	struct stats_interval ci;
	double x;

	fputs("<figure><figcaption><b>", out);
	html_cell_name(out, d->cell);
	fputs("</b><small>", out);
	html_text(out, d->cell->libc, 60);
	fputs("</small></figcaption>", out);
	fprintf(out,
		"<svg class=\"chart hang\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"P(hang) "
		"by %s: ",
		W, H, d->knob[0] ? "level" : "dose");
	for (size_t i = 0; i < d->n; i++) {
		put_level(d, d->level[i], out);
		fprintf(out, " %llu of %llu%s", (unsigned long long)d->count[i].k,
			(unsigned long long)d->count[i].n, i + 1 < d->n ? ", " : "");
	}
	fputs("\">", out);
	put_axes(d, out);
	if (d->fitted)
		put_curve(d, out);
	if (find_ed50(d, &x, &ci) && html_fixed_n(c))
		fprintf(out, "<line class=\"ed50\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%d\"/>",
			at_x(d, x), at_x(d, x), at_y(0.5), H - BOTTOM);
	put_points(d, c, out);
	fputs("</svg>\n", out);
	put_words(d, c, out);
	fputs("</figure>\n", out);
}

static int compare_trend(const void *a, const void *b)
{
	double x = ((const struct dose *)a)->z, y = ((const struct dose *)b)->z;

	return x > y ? -1 : x < y;
}

void html_dose(const struct report_input *in, FILE *out)
{
	const struct record_campaign *c = in->campaign;
	struct dose *doses = NULL, d;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < c->n_cells; i++) {
		if (!dose_collect(c, i, &d))
			continue;
		doses = mem_grow(doses, n, &cap, sizeof(*doses));
		doses[n++] = d;
	}
	if (n) {
		qsort(doses, n, sizeof(*doses), compare_trend);
		fputs("<section id=\"dose\"><h2>How the rate follows the dose</h2>\n<p "
		      "class=\"lead\">Dots with 95" HTML_THIN
		      "% intervals; the line is Firth\xe2\x80\x99s penalised logistic fit on log(1 "
		      "+ "
		      "dose / smallest dose), the dashed line the dose at which one half hangs.</p>\n"
		      "<div class=\"figures\">\n",
			out);
		for (size_t i = 0; i < n && i < HTML_MAX_DOSES; i++)
			put_figure(&doses[i], c, out);
		fputs("</div>\n", out);
		if (n > HTML_MAX_DOSES)
			fprintf(out, "<p class=\"note\">The %d strongest of %zu are drawn.</p>\n",
				HTML_MAX_DOSES, n);
		fputs("</section>\n", out);
	}
	free(doses);
}
