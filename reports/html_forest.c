/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html_forest.c: the first thing to look at: P(hang) of every cell with its interval. */
#include "reports/html.h"
#include "reports/lift.h"
#include "reports/text.h"

#include "runner/base/util.h"

#include <inttypes.h>
#include <math.h>

/* More clean cells than this are folded away: they matter as a bound, not one by one. */
#define MANY_CLEAN 12
#define MANY_ROWS 40
/* Of what hangs as expected: no news, and named at the top of the page. */
#define MANY_EXPECTED 16

struct sorted {
	size_t cell;
	enum html_rank rank;
};

struct forest {
	const struct report_input *in;
	struct html_axis axis;
	FILE *out;
};

enum html_rank html_rank(const struct record_campaign *c, const struct record_cell *cell)
{
	uint64_t n = record_cell_trials(cell), k = record_cell_hangs(cell);
	bool clean = n == cell->count[VERDICT_PASS];
	bool unmet = record_group_met(c, cell) == MET_NO;
	bool should_hang = cell->expect == EXPECT_DEADLOCKS || cell->expect == EXPECT_TIMES_OUT ||
			   cell->expect == EXPECT_HANGS;

	if (unmet && k && !should_hang)
		return HTML_HANGS_WRONGLY;
	/* An expectation is the whole group's: a clean cell may stand in a group that hung. */
	if (unmet && n && (should_hang || !clean))
		return HTML_WRONG;
	return k ? HTML_HANGS : HTML_CLEAN;
}

/* By rank, then what hangs most, then the clean ones by their bound (worst first); what hangs alike
 * in the order of names, so that the libcs of a variant stand together. */
static int compare_cells(const void *a, const void *b, void *arg)
{
	const struct sorted *x = a, *y = b;
	const struct record_cell *cells = arg;
	double nx = (double)record_cell_trials(&cells[x->cell]);
	double ny = (double)record_cell_trials(&cells[y->cell]);
	double px = nx > 0 ? (double)record_cell_hangs(&cells[x->cell]) / nx : 0;
	double py = ny > 0 ? (double)record_cell_hangs(&cells[y->cell]) / ny : 0;

	if (x->rank == y->rank && cells[x->cell].canary != cells[y->cell].canary)
		return cells[x->cell].canary ? 1 : -1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (px != py)
		return px > py ? -1 : 1;
	if (px > 0 && strcmp(cells[x->cell].target, cells[y->cell].target) != 0)
		return strcmp(cells[x->cell].target, cells[y->cell].target);
	if (px > 0 && strcmp(cells[x->cell].variant, cells[y->cell].variant) != 0)
		return strcmp(cells[x->cell].variant, cells[y->cell].variant);
	if (nx != ny)
		return nx < ny ? -1 : 1;
	return x->cell < y->cell ? -1 : 1;
}

static void put_lift(const struct forest *f, const struct record_cell *cell)
{
	struct lift l;

	if (!lift_of(f->in->campaign, cell, &l))
		return;
	fputs("<small title=\"P(hang) here over that of the bare arm (or of the null arm, where "
	      "the injector alone changes the program), 95 % interval\">lift ",
		f->out);
	if (isinf(l.value))
		fprintf(f->out, "over %.3g\xc3\x97", l.ci.low);
	else if (isinf(l.ci.high))
		fprintf(f->out, "%.3g\xc3\x97, over %.3g", l.value, l.ci.low);
	else
		fprintf(f->out, "%.3g\xc3\x97 [%.3g, %.3g]", l.value, l.ci.low, l.ci.high);
	fputs("</small>", f->out);
}

/* What auto found, what was left out. */
static void put_note(const struct forest *f, const struct record_cell *cell)
{
	if (!cell->counters.note)
		return;
	fputs("<small>", f->out);
	html_text(f->out, cell->counters.note, 300);
	fputs("</small>", f->out);
}

static void put_bar(
	const struct forest *f, const struct record_cell *cell, struct stats_interval ci, double p)
{
	uint64_t proven = cell->count[VERDICT_DEADLOCK], k = record_cell_hangs(cell);
	double at = html_axis_at(&f->axis, p), low = k ? html_axis_at(&f->axis, ci.low) : 0;
	double high = html_axis_at(&f->axis, ci.high);
	const char *kind = !k ? "clean" : proven ? "hang" : "late";

	fprintf(f->out, "<svg class=\"%s\" aria-hidden=\"true\"><use href=\"#fg\"/>", kind);
	if (record_cell_trials(cell)) {
		fprintf(f->out,
			"<line class=\"ci\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"50%%\" y2=\"50%%\"/>",
			low, high);
		if (!k)
			fprintf(f->out,
				"<line class=\"cap\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"28%%\" "
				"y2=\"72%%\"/>",
				high, high);
		else if (proven)
			fprintf(f->out, "<circle cx=\"%.2f%%\" cy=\"50%%\" r=\"5.5\"/>", at);
		else
			fprintf(f->out,
				"<svg x=\"%.2f%%\" y=\"50%%\" overflow=\"visible\"><path "
				"d=\"M0-7 7 0 0 7-7 0z\"/></svg>",
				at);
	}
	fputs("</svg>", f->out);
}

static void put_verdict(const struct forest *f, const struct record_cell *cell)
{
	static const struct {
		const char *class, *sign, *says;
	} words[] = { [MET_YES] = { "met", "\xe2\x9c\x93", "as expected" },
		[MET_NO] = { "unmet", "\xe2\x9c\x97", "not as expected" },
		[MET_UNJUDGED] = { "open", "\xe2\x80\x93", "not judged" } };
	enum met met = record_group_met(f->in->campaign, cell);
	bool elsewhere = met == MET_NO && html_rank(f->in->campaign, cell) == HTML_CLEAN;

	fprintf(f->out, "<td role=\"cell\" class=\"x\"><span class=\"badge %s\" title=\"",
		words[met].class);
	html_text(f->out, cell->why, 200);
	fprintf(f->out, "\"><b aria-hidden=\"true\">%s</b> %s</span><small>%s%s</small></td>",
		words[met].sign, elsewhere ? "not met in another cell" : words[met].says,
		cell->expect == EXPECT_NONE ? "expects no hang" : "expects: ",
		cell->expect == EXPECT_NONE ? "" : expect_name(cell->expect));
}

static void put_ends(const struct forest *f, const struct record_cell *cell, enum verdict v)
{
	char *ends cleanup(cleanup_free) = text_ends(f->in->campaign, cell, v);

	if (ends) {
		fputs("<small>", f->out);
		html_text(f->out, ends, 0);
		fputs("</small>", f->out);
	}
}

static void put_rate(
	const struct forest *f, const struct record_cell *cell, struct stats_interval ci, double p)
{
	uint64_t k = record_cell_hangs(cell), n = record_cell_trials(cell);
	const char *decided;
	char buf[WORDS_MAX];

	fputs("<td role=\"cell\" class=\"p\">", f->out);
	if (!n) {
		fputs("<b>no trial</b></td>", f->out);
		return;
	}
	fprintf(f->out, "<b><data value=\"%.10g\">", k ? p : ci.high);
	if (!k)
		fputs("&lt; ", f->out);
	html_percent(f->out, k ? p : ci.high);
	fputs("</data></b><small>", f->out);
	if (k) {
		fprintf(f->out, "<data value=\"%.10g\">", ci.low);
		html_percent(f->out, ci.low);
		fprintf(f->out, "</data> \xe2\x80\x93 <data value=\"%.10g\">", ci.high);
		html_percent(f->out, ci.high);
		fputs("</data>", f->out);
	} else {
		fputs("with 95" HTML_THIN "%", f->out);
	}
	fputs("</small>", f->out);
	decided = text_decided(f->in->campaign, cell, buf);
	if (decided)
		fprintf(f->out, "<small>--decide: %s</small>", decided);
	put_ends(f, cell, VERDICT_FAIL);
	put_ends(f, cell, VERDICT_CRASH);
	put_lift(f, cell);
	put_note(f, cell);
	fputs("</td>", f->out);
}

static void put_counts(const struct forest *f, const struct record_cell *cell)
{
	static const enum verdict shown[] = { VERDICT_DEADLOCK, VERDICT_TIMEOUT, VERDICT_RECOVERED,
		VERDICT_FAIL, VERDICT_CRASH, VERDICT_BROKEN };
	bool any = false;

	fputs("<td role=\"cell\" class=\"n\"><b>", f->out);
	html_count(f->out, record_cell_trials(cell));
	fputs("</b><small>", f->out);
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		if (!cell->count[shown[i]])
			continue;
		fputs(any ? ", " : "", f->out);
		html_count(f->out, cell->count[shown[i]]);
		fprintf(f->out, " %s", verdict_name(shown[i]));
		any = true;
	}
	fputs(any ? "" : "all passed", f->out);
	fputs("</small></td>", f->out);
}

/* For the filter of the page. */
static const char *kind_of(const struct record_cell *cell)
{
	return cell->count[VERDICT_DEADLOCK]                            ? "dead"
	       : cell->count[VERDICT_TIMEOUT]                           ? "late"
	       : cell->count[VERDICT_FAIL] + cell->count[VERDICT_CRASH] ? "fail"
									: "pass";
}

static void put_row(const struct forest *f, size_t index)
{
	const struct record_cell *cell = &f->in->campaign->cells[index];
	uint64_t k = record_cell_hangs(cell), n = record_cell_trials(cell);
	struct stats_interval ci = html_interval(f->in->campaign, k, n);
	double p = n ? (double)k / (double)n : 0;

	fprintf(f->out,
		"<tr role=\"row\" id=\"c%zu\" class=\"v-%s\"><th role=\"rowheader\" scope=\"row\"><b>",
		index, kind_of(cell));
	html_cell_name(f->out, cell);
	fputs("</b><small>", f->out);
	html_cell_where(f->out, cell);
	html_anchor(f->out, "cell", cell->target, cell->variant, cell->libc, cell->inject,
		arm_name(cell->arm), NULL);
	fputs("</small></th><td role=\"cell\" class=\"plot\">", f->out);
	put_bar(f, cell, ci, p);
	fputs("</td>", f->out);
	put_rate(f, cell, ci, p);
	put_counts(f, cell);
	put_verdict(f, cell);
	fputs("</tr>\n", f->out);
}

static void put_table(
	const struct forest *f, const struct sorted *order, size_t n, const char *label)
{
	fprintf(f->out,
		"<table role=\"table\" class=\"rows\" aria-label=\"%s\"><thead "
		"role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" "
		"scope=\"col\">Cell</th>"
		"<th role=\"columnheader\" scope=\"col\" class=\"plot\"><span "
		"class=\"sr\">P(hang), "
		"logarithmic</span>",
		label);
	html_axis_labels(&f->axis, html_percent_tick, f->out);
	fputs("</th><th role=\"columnheader\" scope=\"col\" class=\"p\">P(hang)</th><th "
	      "role=\"columnheader\" scope=\"col\" class=\"n\">Trials</th><th "
	      "role=\"columnheader\" "
	      "scope=\"col\" class=\"x\">Expectation</th></tr></thead><tbody role=\"rowgroup\">\n",
		f->out);
	for (size_t i = 0; i < n; i++)
		put_row(f, order[i].cell);
	fputs("</tbody></table>\n", f->out);
}

/* The head of a long table says enough for the first look. */
static void put_long_table(
	const struct forest *f, const struct sorted *order, size_t n, const char *label)
{
	size_t most = order->rank == HTML_HANGS ? MANY_EXPECTED : MANY_ROWS;
	size_t head = n > most ? most : n;

	put_table(f, order, head, label);
	if (head == n)
		return;
	fputs("<details class=\"fold\"><summary>", f->out);
	html_count(f->out, n - head);
	fputs(" more, none of which hangs more often</summary>\n", f->out);
	put_table(f, order + head, n - head, label);
	fputs("</details>\n", f->out);
}

static void put_clean(const struct forest *f, const struct sorted *order, size_t n)
{
	const struct record_campaign *c = f->in->campaign;
	uint64_t least = UINT64_MAX;

	if (!n)
		return;
	for (size_t i = 0; i < n; i++) {
		uint64_t trials = record_cell_trials(&c->cells[order[i].cell]);

		if (trials && trials < least && !c->cells[order[i].cell].canary)
			least = trials;
	}
	fprintf(f->out, "<details class=\"fold\"%s><summary>", n <= MANY_CLEAN ? " open" : "");
	html_count(f->out, n);
	fprintf(f->out, " cell%s never hung", n == 1 ? "" : "s");
	if (least != UINT64_MAX) {
		fputs(": each P(hang) is below ", f->out);
		html_percent(f->out, html_interval(c, 0, least).high);
		fputs(" with 95" HTML_THIN "%, or lower", f->out);
	}
	fputs("</summary>\n", f->out);
	put_table(f, order, n, "Cells that never hung");
	fputs("</details>\n", f->out);
}

static double smallest_end(const struct record_campaign *c)
{
	double smallest = 0.1;

	for (size_t i = 0; i < c->n_cells; i++) {
		uint64_t k = record_cell_hangs(&c->cells[i]), n = record_cell_trials(&c->cells[i]);
		struct stats_interval ci = html_interval(c, k, n);

		if (n)
			smallest = fmin(smallest, k ? fmax(ci.low, ci.high / 100) : ci.high / 2);
	}
	return smallest;
}

static void put_key(const struct record_campaign *c, FILE *out)
{
	fputs("<p class=\"key\"><span><svg class=\"hang\" aria-hidden=\"true\"><line class=\"ci\" "
	      "x1=\"4\" x2=\"40\" y1=\"9\" y2=\"9\"/><circle cx=\"22\" cy=\"9\" "
	      "r=\"5.5\"/></svg>proven deadlocks</span><span><svg class=\"late\" "
	      "aria-hidden=\"true\"><line class=\"ci\" x1=\"4\" x2=\"40\" y1=\"9\" y2=\"9\"/>"
	      "<path d=\"M22 2 29 9 22 16 15 9z\"/></svg>timeouts only</span><span><svg "
	      "class=\"clean\" "
	      "aria-hidden=\"true\"><line class=\"ci\" x1=\"4\" x2=\"36\" y1=\"9\" y2=\"9\"/>"
	      "<line class=\"cap\" x1=\"36\" x2=\"36\" y1=\"3\" y2=\"15\"/></svg>never hung: upper "
	      "bound</span><span>bars: ",
		out);
	fputs(c->sequential ? "95" HTML_THIN
			      "% confidence sequence (holds although it stopped early)"
			    : "95" HTML_THIN "% interval, Clopper-Pearson",
		out);
	fputs("</span></p>\n", out);
}

/* Without a script: the style sheet hides the rows of another kind. */
static void put_filter(const struct record_campaign *c, FILE *out)
{
	static const char *const kinds[][2] = { { "all", "all" }, { "dead", "deadlocks" },
		{ "late", "timeouts" }, { "fail", "fail or crash" }, { "pass", "clean" } };

	if (c->n_cells < MANY_CLEAN)
		return;
	fputs("<fieldset class=\"filter\"><legend>Show</legend>", out);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		fprintf(out,
			"<label><input type=\"radio\" name=\"show\" id=\"show-%s\"%s> %s</label>",
			kinds[i][0], i ? "" : " checked", kinds[i][1]);
	fputs("</fieldset>\n", out);
}

void html_forest(const struct report_input *in, FILE *out)
{
	static const char *const titles[] = { [HTML_HANGS_WRONGLY] = "Hang, and should not",
		[HTML_WRONG] = "Not as expected in another way",
		[HTML_HANGS] = "Hang, as expected or not judged" };
	const struct record_campaign *c = in->campaign;
	struct forest f = { in, html_axis_probability(smallest_end(c)), out };
	cleanup(cleanup_free) struct sorted *order = mem_alloc((c->n_cells + 1) * sizeof(*order));
	size_t n = 0, shown, from = 0, to;

	for (size_t i = 0; i < c->n_cells; i++)
		if (!text_hidden(c, &c->cells[i]))
			order[n++] = (struct sorted){ i, html_rank(c, &c->cells[i]) };
	shown = n < HTML_MAX_CELLS ? n : HTML_MAX_CELLS;
	qsort_r(order, n, sizeof(*order), compare_cells, c->cells);
	fputs("<section id=\"rates\"><h2>How often each cell hangs</h2>\n", out);
	put_key(c, out);
	put_filter(c, out);
	html_axis_grid(&f.axis, "fg", out);
	for (enum html_rank rank = 0; rank < HTML_CLEAN; rank++, from = to) {
		for (to = from; to < shown && order[to].rank == rank;)
			to++;
		if (to == from)
			continue;
		fprintf(out, "<h3 class=\"r%d\">%s</h3>\n", rank, titles[rank]);
		put_long_table(&f, order + from, to - from, titles[rank]);
	}
	put_clean(&f, order + from, shown - from);
	if (shown < n)
		fprintf(out,
			"<p class=\"note\">%zu more cells are left out here; the JSON has "
			"them.</p>\n",
			n - shown);
	fputs("</section>\n", out);
}
