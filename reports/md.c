/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * md.c: for a pull request or a step summary. A comment on GitHub takes 65,536 characters and a
 * step summary 1 MiB, so rows and causes end before that, and it is said how many are left out. A
 * cause's detail is the whole JSON or it is left out.
 */
#include "reports/lift.h"
#include "reports/text.h"

#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

#define PAGE_MAX 60000
#define PAGE_FULL_MAX (1 << 20)
#define TEXT_MAX 400 /* of one name or summary */
#define DETAIL_MAX 20000

struct page {
	const struct record_campaign *c;
	FILE *out;
	size_t used, max;
	bool full;
};

static void put(struct page *p, const char *s)
{
	fputs(s, p->out);
	p->used += strlen(s);
}

/* Escapes what Markdown or HTML could take for markup; cut at max bytes. */
static void put_escaped(struct page *p, const char *s, size_t max)
{
	char *clean cleanup(cleanup_free) = text_clean(s);
	char c[8];

	for (const char *q = clean; *q; q++) {
		if ((size_t)(q - clean) >= max && (*q & 0xc0) != 0x80) {
			put(p, "\xe2\x80\xa6");
			return;
		}
		if (*q == '<' || *q == '>' || *q == '&')
			snprintf(c, sizeof(c), "&#%d;", *q);
		else if (strchr("\\`*_[]|~#!", *q))
			snprintf(c, sizeof(c), "\\%c", *q);
		else
			snprintf(c, sizeof(c), "%c", *q == '\n' || *q == '\t' ? ' ' : *q);
		put(p, c);
	}
}

static void put_row(struct page *p, const struct record_cell *cell)
{
	static const char *const met[] = {
		[MET_YES] = "met", [MET_NO] = "**not met**", [MET_UNJUDGED] = ""
	};
	char *group cleanup(cleanup_free) = text_group_name(cell);
	char *counts cleanup(cleanup_free) = text_counts(cell->count);
	char n[32], buf[WORDS_MAX];
	const char *decided;

	put(p, "| ");
	put_escaped(p, group, TEXT_MAX);
	put(p, " | ");
	put_escaped(p, cell->libc, TEXT_MAX);
	put(p, " | ");
	put_escaped(p, text_level(cell), TEXT_MAX);
	snprintf(n, sizeof(n), " | %" PRIu64 " | ", record_cell_trials(cell));
	put(p, n);
	put_escaped(p,
		text_probability(p->c, record_cell_hangs(cell), record_cell_trials(cell), buf),
		WORDS_MAX);
	decided = text_decided(p->c, cell, buf);
	if (decided) {
		put(p, "; ");
		put(p, decided);
	}
	put(p, " | ");
	put(p, counts);
	put(p, " | ");
	put(p, cell->detect_ns.count
			? text_duration(record_hist_quantile_ns(&cell->detect_ns, 0.5), buf)
			: "");
	put(p, " | ");
	put(p, expect_name(cell->expect));
	put(p, " ");
	put(p, met[record_group_met(p->c, cell)]);
	put(p, " |\n");
}

static void put_left(struct page *p, size_t left, const char *what)
{
	char buf[96];

	if (!left)
		return;
	snprintf(buf, sizeof(buf), "\n*%zu more %s are in the JSON.*\n", left, what);
	put(p, buf);
}

static void put_table(struct page *p, const size_t *order, size_t n)
{
	size_t i;

	put(p, "\n| target | libc | level | trials | P(hang), 95 % | verdicts | proven in | "
	       "expected |\n"
	       "| --- | --- | --- | ---: | --- | --- | ---: | --- |\n");
	for (i = 0; i < n && p->used < p->max / 2; i++)
		put_row(p, &p->c->cells[order[i]]);
	put_left(p, n - i, "cells");
}

/* Fenced, so that it stays valid JSON; no line of JSON begins with the fence. */
static void put_detail(struct page *p, const struct record_cause *cause)
{
	char *clean cleanup(cleanup_free) = NULL;

	if (!p->full || !cause->detail || strlen(cause->detail) > DETAIL_MAX) {
		put_escaped(p, cause->key, TEXT_MAX);
		put(p, "\n\n");
		return;
	}
	clean = text_clean(cause->detail);
	put(p, "~~~~~~json\n");
	put(p, clean);
	put(p, "\n~~~~~~\n\n");
}

static void put_cause(
	struct page *p, const struct record_cell *cell, const struct record_cause *cause)
{
	char *group cleanup(cleanup_free) = text_group_name(cell);
	char *see cleanup(cleanup_free) = text_see(cause);
	char n[32];

	snprintf(n, sizeof(n), "<details><summary>%" PRIu64 " x ", cause->count);
	put(p, n);
	put_escaped(p, text_cause(cause), TEXT_MAX);
	put(p, " (");
	put_escaped(p, group, TEXT_MAX);
	put(p, ", ");
	put_escaped(p, cell->libc, TEXT_MAX);
	put(p, ", ");
	put_escaped(p, text_level(cell), TEXT_MAX);
	put(p, ")</summary>\n\n");
	if (see) {
		put_escaped(p, see, TEXT_MAX);
		put(p, "\n\n");
	}
	put_detail(p, cause);
	put(p, "</details>\n");
}

static size_t cause_max(const struct page *p)
{
	return (size_t)6 * 5 * TEXT_MAX + (p->full ? 3 * DETAIL_MAX : 0);
}

static void put_causes(struct page *p, const size_t *order, size_t n)
{
	size_t left = 0;
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		const struct record_cell *cell = &p->c->cells[order[i]];

		for (size_t k = 0; k < cell->n_causes; k++) {
			/* an escaped one takes six bytes a character at the worst */
			if (p->used + cause_max(p) > p->max - 2048) {
				left++;
				continue;
			}
			if (first)
				put(p, "\n### Causes\n\n");
			first = false;
			put_cause(p, cell, &cell->causes[k]);
		}
	}
	put_left(p, left, "causes");
}

static void put_not_met(struct page *p, const size_t *order, size_t n)
{
	for (size_t i = 0, shown = 0; i < n && shown < (p->full ? 50 : 15); i++) {
		const struct record_cell *cell = &p->c->cells[order[i]];
		char *group cleanup(cleanup_free) = NULL, *why cleanup(cleanup_free) = NULL;

		if (record_group_met(p->c, cell) != MET_NO ||
			(i && record_cell_same_group(cell, &p->c->cells[order[i - 1]])))
			continue;
		group = text_group_name(cell);
		why = text_judgement(p->c, cell);
		put(p, "- **not met**: ");
		put_escaped(p, group, TEXT_MAX);
		put(p, ", ");
		put_escaped(p, cell->libc, TEXT_MAX);
		put(p, ": ");
		put_escaped(p, why, TEXT_MAX);
		put(p, "\n");
		shown++;
	}
}

/* What is said of one cell, as an item of a list; its line is not ended. */
static void put_item(struct page *p, const struct record_cell *cell, const char *what)
{
	char *group cleanup(cleanup_free) = text_group_name(cell);

	put(p, "- ");
	put_escaped(p, group, TEXT_MAX);
	put(p, ", ");
	put_escaped(p, cell->libc, TEXT_MAX);
	put(p, ", ");
	put_escaped(p, text_level(cell), TEXT_MAX);
	put(p, ": ");
	put_escaped(p, what, TEXT_MAX);
}

static void put_after_fix(
	struct page *p, const struct report_input *in, const size_t *order, size_t n)
{
	for (size_t i = 0, shown = 0; i < n && shown < (p->full ? 50 : 15); i++) {
		const struct record_cell *cell = &p->c->cells[order[i]];
		char *after cleanup(cleanup_free) = text_after_fix(in, cell);

		if (!after)
			continue;
		put_item(p, cell, after);
		put(p, "\n");
		shown++;
	}
}

/* What each injection achieved, and that it was switched off. */
static void put_lifts(struct page *p, const size_t *order, size_t n)
{
	for (size_t i = 0, shown = 0; i < n && shown < (p->full ? 50 : 15); i++) {
		const struct record_cell *cell = &p->c->cells[order[i]];
		char *lift cleanup(cleanup_free) = lift_words(p->c, cell);

		if (!lift && !cell->counters.note)
			continue;
		put_item(p, cell, lift ? lift : "injected");
		if (cell->counters.note) {
			put(p, "; ");
			put_escaped(p, cell->counters.note, TEXT_MAX);
		}
		put(p, "\n");
		shown++;
	}
}

static void put_head(struct page *p)
{
	char *decided cleanup(cleanup_free) = report_decided(p->c);
	char *headline cleanup(cleanup_free) = text_headline(p->c);
	cleanup(text_notes_done) struct text_notes notes;
	struct text_total t;
	char buf[256];

	text_total(p->c, &t);
	text_notes(p->c, &notes);
	put(p, "## hangrate: ");
	put_escaped(p, headline, TEXT_MAX);
	put(p, "\n\n");
	for (size_t i = 0; i < notes.n; i++) {
		put(p, "**");
		put_escaped(p, notes.lines[i], TEXT_MAX);
		put(p, "**\n\n");
	}
	snprintf(buf, sizeof(buf),
		"Seed %" PRIu64 ", %" PRIu64 " trials (%s); 95 %% intervals: %s.\n\n", p->c->seed,
		t.trials, stop_reason_name(p->c->stop), text_interval_name(p->c));
	put(p, buf);
	if (decided) {
		put(p, decided);
		put(p, ".\n\n");
	}
}

static int render(const struct report_input *in, FILE *out, bool full)
{
	struct page p = {
		.c = in->campaign, .out = out, .full = full, .max = full ? PAGE_FULL_MAX : PAGE_MAX
	};
	size_t n, *order cleanup(cleanup_free) = text_order(in->campaign, &n);

	put_head(&p);
	put_not_met(&p, order, n);
	put_after_fix(&p, in, order, n);
	put_lifts(&p, order, n);
	if (n)
		put_table(&p, order, n);
	put_causes(&p, order, n);
	return ferror(out) ? -EIO : 0;
}

int report_md(const struct report_input *in, FILE *out)
{
	return render(in, out, false);
}

int report_md_full(const struct report_input *in, FILE *out)
{
	return render(in, out, true);
}
