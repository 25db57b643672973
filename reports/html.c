/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html.c: the page: what a reader must know in ten seconds, then the figures, then how it was made.
 */
#include "reports/html.h"
#include "reports/text.h"

#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

/* Everything but the style sheet of the page is forbidden, also to names that hold markup. */
#define POLICY "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

struct totals {
	size_t judged, unmet, hanging, wrongly, cells; /* canaries aside */
	uint64_t count[VERDICT_COUNT], trials, audited, false_proofs;
	size_t worst; /* hangs most of those that matter most; SIZE_MAX: none */
};

/* Groups are counted once: at their first cell. */
static bool first_of_group(const struct record_campaign *c, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(c->cells[j].target, c->cells[i].target) &&
			!strcmp(c->cells[j].variant, c->cells[i].variant) &&
			!strcmp(c->cells[j].libc, c->cells[i].libc))
			return false;
	return true;
}

static void add_counts(const struct record_cell *cell, struct totals *t)
{
	t->trials += record_cell_trials(cell);
	t->audited += cell->audited;
	t->false_proofs += cell->false_proofs;
	for (int v = 0; v < VERDICT_COUNT; v++)
		t->count[v] += cell->count[v];
}

static void add_totals(const struct record_campaign *c, struct totals *t)
{
	enum html_rank worst_rank = HTML_CLEAN;
	double worst = -1;

	*t = (struct totals){ .worst = SIZE_MAX };
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];
		uint64_t k = record_cell_hangs(cell), n = record_cell_trials(cell);
		double p = n ? (double)k / (double)n : 0;
		enum html_rank rank = html_rank(c, cell);

		if (cell->canary) { /* it is there to judge the instrument */
			t->count[VERDICT_BROKEN] += cell->count[VERDICT_BROKEN];
			continue;
		}
		add_counts(cell, t);
		if (first_of_group(c, i)) {
			enum met met = record_group_met(c, cell);

			t->judged += met != MET_UNJUDGED;
			t->unmet += met == MET_NO;
		}
		t->cells += n > 0;
		t->hanging += k > 0;
		t->wrongly += rank == HTML_HANGS_WRONGLY;
		if (k && (rank < worst_rank || (rank == worst_rank && p > worst))) {
			worst = p;
			worst_rank = rank;
			t->worst = i;
		}
	}
}

static void put_head(const struct record_campaign *c, FILE *out)
{
	char *headline cleanup(cleanup_free) = text_headline(c);

	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta "
	      "http-equiv=\"Content-Security-Policy\" content=\"" POLICY
	      "\">\n<meta name=\"viewport\" "
	      "content=\"width=device-width,initial-scale=1\">\n<meta name=\"referrer\" "
	      "content=\"no-referrer\">\n<title>",
		out);
	html_text(out, headline, 120);
	fprintf(out, " \xc2\xb7 hangrate</title>\n<style>\n%s</style></head>\n", html_style);
	fputs("<body><a class=\"skip\" href=\"#body\">To the rates</a>\n<header "
	      "class=\"top-bar\"><div>"
	      "<b>hangrate</b><span>",
		out);
	html_date(out, c->started_ms);
	fputs("</span><nav aria-label=\"Sections\">", out);
}

/* Links only to what is there: the sections are rendered first. */
static void put_nav(const char *body, FILE *out)
{
	static const char *const sections[][2] = { { "rates", "Rates" }, { "causes", "Causes" },
		{ "matrix", "libcs" }, { "differences", "Differences" }, { "dose", "Dose" },
		{ "time", "Time" }, { "trend", "Trend" } };

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		cleanup(cleanup_free) char *id = mem_printf("<section id=\"%s\">", sections[i][0]);

		if (strstr(body, id))
			fprintf(out, "<a href=\"#%s\">%s</a>", sections[i][0], sections[i][1]);
	}
	fputs("<a href=\"#made\">Environment</a></nav></div></header>\n<main id=\"body\">\n", out);
}

static void put_banners(const struct record_campaign *c, FILE *out)
{
	cleanup(text_notes_done) struct text_notes notes;

	text_notes(c, &notes);
	for (size_t i = 0; i < notes.n; i++) {
		fputs("<p class=\"banner\" role=\"alert\">", out);
		html_text(out, notes.lines[i], 600);
		fputs("</p>\n", out);
	}
}

/* The same sentence and numbers as in every other format. */
static void put_headline(const struct record_campaign *c, const struct totals *t, FILE *out)
{
	char *headline cleanup(cleanup_free) = text_headline(c);
	const char *tag = t->unmet || !t->judged ? "em" : "span";

	fprintf(out, "<h1><%s%s>", tag, *tag == 's' ? " class=\"good\"" : "");
	html_text(out, headline, 300);
	fprintf(out, "</%s></h1>\n", tag);
}

/* No hang that should not be, but something else is not as expected: name it. */
static void put_unmet(const struct record_campaign *c, const struct totals *t, FILE *out)
{
	const struct record_cell *cell = NULL;

	for (size_t i = 0; i < c->n_cells && !cell; i++)
		if (!c->cells[i].canary && html_rank(c, &c->cells[i]) == HTML_WRONG)
			cell = &c->cells[i];
	fputs("<p class=\"sub\">", out);
	if (cell) {
		fputs(t->unmet > 1 ? "First: <b>" : "<b>", out);
		html_cell_name(out, cell);
		fputs("</b> (", out);
		html_text(out, cell->libc, 60);
		fprintf(out, ") was expected: %s, and in ", expect_name(cell->expect));
		html_count(out, record_cell_trials(cell));
		fprintf(out, " trials of a cell %s. ",
			record_cell_trials(cell) == cell->count[VERDICT_PASS] ? "all passed"
									      : "it was not so");
	}
	fprintf(out, "No cell hangs that should not; %zu of %zu hang as expected.</p>\n",
		t->hanging, t->cells);
}

static void put_answer(const struct record_campaign *c, const struct totals *t, FILE *out)
{
	const struct record_cell *worst;
	struct stats_interval ci;
	uint64_t k, n;

	put_headline(c, t, out);
	if (!t->wrongly && t->unmet) {
		put_unmet(c, t, out);
		return;
	}
	if (t->worst == SIZE_MAX) {
		fputs("<p class=\"sub\">How sure that is stands beside each cell below.</p>\n",
			out);
		return;
	}
	worst = &c->cells[t->worst];
	k = record_cell_hangs(worst);
	n = record_cell_trials(worst);
	ci = html_interval(c, k, n);
	fputs("<p class=\"sub\">Worst: <b>", out);
	html_cell_name(out, worst);
	fputs("</b> (", out);
	html_cell_where(out, worst);
	fputs(") in <b>", out);
	html_percent(out, (double)k / (double)n);
	fputs("</b> of ", out);
	html_count(out, n);
	fputs(" trials; 95" HTML_THIN "% interval ", out);
	html_percent(out, ci.low);
	fputs(" to ", out);
	html_percent(out, ci.high);
	fputs(".", out);
	if (t->wrongly && t->hanging > t->wrongly)
		fprintf(out, " %zu more of the %zu cells hang as expected.",
			t->hanging - t->wrongly, t->cells);
	fputs("</p>\n", out);
}

static void put_tile(FILE *out, bool bad, const char *label, uint64_t n)
{
	fprintf(out, "<li%s><b>", bad ? " class=\"bad\"" : "");
	html_count(out, n);
	fprintf(out, "</b><span>%s</span></li>", label);
}

static void put_tiles(const struct totals *t, FILE *out)
{
	fputs("<ul class=\"tiles\">", out);
	if (t->judged) {
		fprintf(out, "<li%s><b>%zu of %zu</b><span>expectations %smet</span></li>",
			t->unmet ? " class=\"bad\"" : "", t->unmet ? t->unmet : t->judged,
			t->judged, t->unmet ? "not " : "");
	}
	put_tile(out, false, "trials", t->trials);
	put_tile(out, false, "deadlocks, proven", t->count[VERDICT_DEADLOCK]);
	put_tile(out, false, "timeouts, not proven", t->count[VERDICT_TIMEOUT]);
	if (t->count[VERDICT_RECOVERED])
		put_tile(out, false, "recovered", t->count[VERDICT_RECOVERED]);
	if (t->count[VERDICT_FAIL] || t->count[VERDICT_CRASH])
		put_tile(out, false, "failed or crashed",
			t->count[VERDICT_FAIL] + t->count[VERDICT_CRASH]);
	if (t->audited)
		put_tile(out, t->false_proofs > 0, "proofs audited", t->audited);
	fputs("</ul>\n", out);
}

static void put_fact(FILE *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	fprintf(out, "<dt>%s</dt><dd>", name);
	html_text(out, value, 2000);
	fputs("</dd>\n", out);
}

static void put_libcs(const struct record_campaign *c, FILE *out)
{
	bool any = false;

	fputs("<dt>libcs</dt><dd>", out);
	for (size_t i = 0; i < c->n_cells; i++) {
		size_t j = 0;

		while (j < i && strcmp(c->cells[j].libc, c->cells[i].libc) != 0)
			j++;
		if (j < i)
			continue;
		fputs(any ? ", " : "", out);
		html_text(out, c->cells[i].libc, 40);
		any = true;
	}
	fputs("</dd>\n", out);
}

/* Behind every rate stand programs whose verdict was known. */
static void put_canaries(const struct record_campaign *c, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];

		if (!cell->canary)
			continue;
		fprintf(out, "%s%s: ", any ? "; " : "<dt>Canaries</dt><dd>", cell->variant);
		html_count(out, cell->count[cell->expect == EXPECT_DEADLOCKS ? VERDICT_DEADLOCK
									     : VERDICT_PASS]);
		fputs(" of ", out);
		html_count(out, record_cell_trials(cell) + cell->count[VERDICT_BROKEN]);
		fputs(" judged as they must be", out);
		any = true;
	}
	fputs(any ? "</dd>\n" : "", out);
}

static void put_made(const struct record_campaign *c, FILE *out)
{
	cleanup(cleanup_free) char *decided = report_decided(c);

	fputs("<section id=\"made\"><h2>How this was "
	      "measured</h2>\n<dl>\n<dt>Command</dt><dd><code>",
		out);
	html_text(out, c->command, 2000);
	fprintf(out,
		"</code></dd>\n<dt>Repeat it all</dt><dd>the same with <code>--seed %" PRIu64
		"</code>; a trial\xe2\x80\x99s seed follows from it, the cell and its number, and "
		"<code>hangrate repro</code> narrows it to one cause</dd>\n",
		c->seed);
	fprintf(out, "<dt>Plan</dt><dd>");
	html_text(out, c->key, 80);
	if (c->shards > 1)
		fprintf(out, ", shard %u of %u", c->shard, c->shards);
	fprintf(out, "</dd>\n<dt>Ended</dt><dd>");
	html_date(out, c->ended_ms);
	fprintf(out, " (%s)", stop_reason_name(c->stop));
	fprintf(out, "</dd>\n<dt>Intervals</dt><dd>%s</dd>\n",
		c->sequential
			? "95" HTML_THIN
			  "% beta-binomial confidence sequence, since the campaign was looked at while it ran"
			: "95" HTML_THIN
			  "% Clopper-Pearson; after 0 hangs the exact one-sided bound");
	put_fact(out, "Decision (--decide)", decided);
	put_canaries(c, out);
	put_fact(out, "hangrate", c->version);
	put_libcs(c, out);
	put_fact(out, "Host", c->host);
	put_fact(out, "Kernel", c->kernel);
	fputs("<dt>CPU</dt><dd>", out);
	html_text(out, c->cpu, 120);
	fprintf(out, ", %d online, %d trials at once</dd>\n</dl></section>\n", c->cpus, c->jobs);
}

static void put_campaign_sections(const struct report_input *in, FILE *out)
{
	html_forest(in, out);
	html_causes(in, out);
	html_matrix(in, out);
	html_dose(in, out);
	html_time(in, out);
	html_trend(in, out);
}

static void put_campaign_answer(const struct report_input *in, const struct totals *t, FILE *out)
{
	put_answer(in->campaign, t, out);
	if (t->hanging > 1)
		html_names(in->campaign, out);
	put_tiles(t, out);
	html_causes_brief(in, out);
}

static void put_libcs_answer(const struct report_input *in, const struct totals *t, FILE *out)
{
	html_libcs_answer(in->campaign, out);
	put_tiles(t, out);
}

/* What two pages differ in. */
struct page {
	void (*answer)(const struct report_input *in, const struct totals *t, FILE *out);
	void (*sections)(const struct report_input *in, FILE *out);
};

static int put_page(const struct page *page, const struct report_input *in, FILE *out)
{
	const struct record_campaign *c = in->campaign;
	cleanup(cleanup_free) char *body = NULL;
	struct totals t;
	size_t size;
	FILE *f = open_memstream(&body, &size);

	if (!f)
		return -errno;
	page->sections(in, f);
	if (fclose(f))
		return -errno;
	add_totals(c, &t);
	put_head(c, out);
	put_nav(body, out);
	put_banners(c, out);
	page->answer(in, &t, out);
	fwrite(body, 1, size, out);
	put_made(c, out);
	fputs("</main>\n<footer>Every number here is computed from the stored record; the JSON "
	      "report has the same ones unrounded. 95" HTML_THIN
	      "% intervals throughout.</footer></body></html>\n",
		out);
	return ferror(out) ? -EIO : 0;
}

int report_html(const struct report_input *in, FILE *out)
{
	static const struct page page = { put_campaign_answer, put_campaign_sections };

	return put_page(&page, in, out);
}

int report_html_libcs(const struct report_input *in, FILE *out)
{
	static const struct page page = { put_libcs_answer, html_libcs };

	return put_page(&page, in, out);
}
