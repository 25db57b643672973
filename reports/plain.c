/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plain.c: the table for people. Its first lines say what matters: what hangs, what is not as
 * expected. Then one block a target, one line a level, in columns; a column that would be all zeros
 * is left out.
 */
#include "reports/lift.h"
#include "reports/text.h"

#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

#define WIDTH_DEFAULT 80
#define WIDTH_MIN 60
#define LEVEL_MIN 12
#define HEAD_MAX 10 /* groups named in the first lines */
#define CAUSES_MAX 3

enum column {
	COL_LEVEL,
	COL_N,
	COL_P,
	COL_VERDICT,
	COL_DETECT = COL_VERDICT + VERDICT_COUNT,
	COLS
};

struct table {
	const struct report_input *in;
	FILE *out;
	int line; /* columns of the terminal */
	bool shown[COLS];
	int width[COLS];
	int last;   /* shown column */
	bool brief; /* short headings: the line is */
};

enum style { PLAIN, BOLD, RED, GREEN, YELLOW, DIM };

static const char *style_on(const struct report_input *in, enum style style)
{
	static const char *const codes[] = {
		[PLAIN] = "",
		[BOLD] = "\x1b[1m",
		[RED] = "\x1b[1;31m",
		[GREEN] = "\x1b[32m",
		[YELLOW] = "\x1b[33m",
		[DIM] = "\x1b[2m",
	};

	return in->colour ? codes[style] : "";
}

static const char *style_off(const struct report_input *in, enum style style)
{
	return in->colour && style != PLAIN ? "\x1b[0m" : "";
}

/* Columns of a terminal that a UTF-8 text takes, near enough: one a character. */
static int columns_of(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

/* The text in so many columns, cut with an ellipsis where it has more. */
static void put_cut(FILE *out, const char *s, int columns)
{
	int n = columns_of(s) > columns ? columns - 1 : columns;
	const char *end = s;

	while (*end && (n > 0 || (*end & 0xc0) == 0x80))
		n -= (*end++ & 0xc0) != 0x80;
	fwrite(s, 1, (size_t)(end - s), out);
	if (*end)
		fputs("\xe2\x80\xa6", out);
}

/* Words behind an indent, broken at blanks. */
/*
 * Words from column at on; further lines begin there too, or not far from indent
 * where that would leave less than half of the line. Ends without a line feed.
 */
static void put_words(const struct table *t, int indent, int at, const char *text)
{
	bool begun = false;

	indent = at > t->line / 2 ? indent + 4 : at;
	while (*text) {
		size_t n = strcspn(text, " \n");
		char *word cleanup(cleanup_free) = mem_strndup(text, n);
		int columns = columns_of(word);

		if (begun && at + 1 + columns > t->line) {
			fprintf(t->out, "\n%*s", indent, "");
			at = indent;
		} else if (begun) {
			fputc(' ', t->out);
			at++;
		}
		begun = true;
		fputs(word, t->out);
		at += columns;
		text += n;
		text += strspn(text, " \n");
	}
}

static void put_wrapped(const struct table *t, int indent, const char *first, const char *text)
{
	fprintf(t->out, "%*s%s", indent, "", first);
	put_words(t, indent, indent + columns_of(first), text);
	fputc('\n', t->out);
}

static char *level_of(const struct record_cell *cell)
{
	char *level cleanup(cleanup_free) = text_clean(text_level(cell));
	bool said = !*cell->inject;

	return mem_printf("%s%s", level, cell->arm == ARM_NULL && !said ? " (null)" : "");
}

static char *field(const struct table *t, const struct record_cell *cell, int col)
{
	const struct record_campaign *c = t->in->campaign;
	char buf[WORDS_MAX];

	switch (col) {
	case COL_LEVEL:
		return level_of(cell);
	case COL_N:
		return mem_printf("%" PRIu64, record_cell_trials(cell));
	case COL_P:
		return mem_strdup(text_probability(
			c, record_cell_hangs(cell), record_cell_trials(cell), buf));
	case COL_DETECT:
		return mem_strdup(
			cell->detect_ns.count
				? text_duration(record_hist_quantile_ns(&cell->detect_ns, 0.5), buf)
				: "");
	default:
		return mem_printf("%" PRIu64, cell->count[col - COL_VERDICT]);
	}
}

/* Short where the line is. */
static const char *heading(const struct table *t, int col)
{
	static const char *const brief[] = {
		[VERDICT_PASS] = "pass",
		[VERDICT_DEADLOCK] = "dead",
		[VERDICT_TIMEOUT] = "time",
		[VERDICT_RECOVERED] = "recov",
		[VERDICT_FAIL] = "fail",
		[VERDICT_CRASH] = "crash",
		[VERDICT_BROKEN] = "broken",
		[VERDICT_SKIP] = "skip",
	};
	_Static_assert(ARRAY_SIZE(brief) == VERDICT_COUNT, "a heading for each verdict");

	switch (col) {
	case COL_LEVEL:
		return "";
	case COL_N:
		return "trials";
	case COL_P:
		return "P(hang), 95 %";
	case COL_DETECT:
		return t->brief ? "proof" : "proven in";
	default:
		return t->brief ? brief[col - COL_VERDICT]
				: verdict_name((enum verdict)(col - COL_VERDICT));
	}
}

/* Widths of the columns; returns what is left for the level. */
static int measure_columns(struct table *t, const size_t *order, size_t n)
{
	int rest = t->line - 4;

	for (int col = 0; col < COLS; col++) {
		bool any = col < COL_VERDICT;

		t->width[col] = columns_of(heading(t, col));
		for (size_t i = 0; i < n; i++) {
			char *f cleanup(cleanup_free) =
				field(t, &t->in->campaign->cells[order[i]], col);
			int w = columns_of(f);

			any |= *f && strcmp(f, "0") != 0;
			if (w > t->width[col])
				t->width[col] = w;
		}
		t->shown[col] = any;
		if (any)
			t->last = col;
		if (any && col != COL_LEVEL)
			rest -= t->width[col] + 2;
	}
	return rest;
}

static void measure(struct table *t, const size_t *order, size_t n)
{
	int rest = measure_columns(t, order, n);

	if (rest < t->width[COL_LEVEL]) {
		t->brief = true;
		rest = measure_columns(t, order, n);
	}
	if (t->width[COL_LEVEL] > rest)
		t->width[COL_LEVEL] = rest > LEVEL_MIN ? rest : LEVEL_MIN;
}

static enum style style_of(const struct record_cell *cell, int col)
{
	if (col == COL_P && record_cell_hangs(cell))
		return YELLOW;
	if (col == COL_VERDICT + VERDICT_BROKEN && cell->count[VERDICT_BROKEN])
		return RED;
	return PLAIN;
}

static void put_field(const struct table *t, int col, const char *text, enum style style)
{
	bool last = col == t->last;
	int pad = t->width[col] - columns_of(text);
	bool left = col == COL_LEVEL || col == COL_P;

	if (last && !*text)
		return;
	fputs(col == COL_LEVEL ? "    " : "  ", t->out);
	if (!left)
		fprintf(t->out, "%*s", pad > 0 ? pad : 0, "");
	fputs(style_on(t->in, style), t->out);
	put_cut(t->out, text, t->width[col]);
	fputs(style_off(t->in, style), t->out);
	if (left && !last)
		fprintf(t->out, "%*s", pad > 0 ? pad : 0, "");
}

static void put_headings(const struct table *t)
{
	fputc('\n', t->out);
	for (int col = 0; col < COLS; col++)
		if (t->shown[col])
			put_field(t, col, heading(t, col), DIM);
	fputc('\n', t->out);
}

/* What the first trial with that cause printed: the end of it. */
static void put_output(const struct table *t, const struct record_cause *cause)
{
	json_t *detail = cause->detail ? json_loads(cause->detail, 0, NULL) : NULL;
	const char *output = json_string_value(json_object_get(detail, "output"));
	char *clean cleanup(cleanup_free) = text_clean(output);

	for (const char *line = clean; *line;) {
		size_t n = strcspn(line, "\n");

		fprintf(t->out, "          | %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
	json_decref(detail);
}

/* A scenario is what it would name. */
static void put_see(
	const struct table *t, const struct record_cell *cell, const struct record_cause *cause)
{
	char *see cleanup(cleanup_free) = *cell->variant ? NULL : text_see(cause);

	if (see)
		put_wrapped(t, 8, "    ", see);
}

static void put_causes(const struct table *t, const struct record_cell *cell)
{
	for (size_t i = 0; i < cell->n_causes && i < CAUSES_MAX; i++) {
		char *first cleanup(cleanup_free) =
			mem_printf("%" PRIu64 " x ", cell->causes[i].count);
		char *text cleanup(cleanup_free) = text_clean(text_cause(&cell->causes[i]));

		put_wrapped(t, 8, first, text);
		put_see(t, cell, &cell->causes[i]);
		if (t->in->show_output)
			put_output(t, &cell->causes[i]);
	}
	if (cell->n_causes > CAUSES_MAX)
		fprintf(t->out, "        and %zu more cause%s\n", cell->n_causes - CAUSES_MAX,
			cell->n_causes == CAUSES_MAX + 1 ? "" : "s");
}

static void put_ends(const struct table *t, const struct record_cell *cell, enum verdict v)
{
	char *ends cleanup(cleanup_free) = text_ends(t->in->campaign, cell, v);

	if (ends)
		fprintf(t->out, "        %s\n", ends);
}

/* What timeouts looked like, and what the injector really did where that is news. */
static void put_notes(const struct table *t, const struct record_cell *cell)
{
	char *counters cleanup(cleanup_free) = text_counters(cell);
	char *after cleanup(cleanup_free) = text_after_fix(t->in, cell);
	char *lift cleanup(cleanup_free) = lift_words(t->in->campaign, cell);
	char buf[WORDS_MAX];
	const char *decided = text_decided(t->in->campaign, cell, buf);

	if (decided)
		fprintf(t->out, "        --decide: %s\n", decided);
	put_ends(t, cell, VERDICT_FAIL);
	put_ends(t, cell, VERDICT_CRASH);
	for (unsigned int l = 0; l < APPEARANCE_COUNT; l++)
		if (cell->appearance[l] && cell->count[VERDICT_TIMEOUT])
			fprintf(t->out, "        %" PRIu64 " x timeout, looked %s\n",
				cell->appearance[l], appearance_name((enum appearance)l));
	if (cell->slow)
		fprintf(t->out,
			"        %" PRIu64
			" x slow: beyond its deadline with progress, given more time\n",
			cell->slow);
	if (cell->false_proofs)
		fprintf(t->out, "        %s%" PRIu64 " FALSE PROOFS in %" PRIu64 " audited%s\n",
			style_on(t->in, RED), cell->false_proofs, cell->audited,
			style_off(t->in, RED));
	if (lift)
		put_wrapped(t, 8, "", lift);
	if (counters && (cell->counters.note || !cell->counters.fired))
		put_wrapped(t, 8, "injector: ", counters);
	if (after)
		put_wrapped(t, 8, "", after);
}

static void put_row(const struct table *t, const struct record_cell *cell)
{
	for (int col = 0; col < COLS; col++) {
		char *f cleanup(cleanup_free) = NULL;

		if (!t->shown[col])
			continue;
		f = field(t, cell, col);
		put_field(t, col, f, style_of(cell, col));
	}
	fputc('\n', t->out);
	put_causes(t, cell);
	put_notes(t, cell);
}

static enum style style_of_met(enum met met)
{
	return met == MET_NO ? RED : met == MET_YES ? GREEN : PLAIN;
}

static void put_group(const struct table *t, const struct record_cell *cell)
{
	const struct record_campaign *c = t->in->campaign;
	char *judgement cleanup(cleanup_free) = text_judgement(c, cell);
	char *libc cleanup(cleanup_free) = text_clean(cell->libc);
	char *variant cleanup(cleanup_free) = text_clean(cell->variant);
	enum style style = style_of_met(record_group_met(c, cell));
	char *name cleanup(cleanup_free) =
		mem_printf("%s%s%s", variant, *variant ? ", " : "", libc);

	fprintf(t->out, "  %s%s%s: %s", style_on(t->in, BOLD), name, style_off(t->in, BOLD),
		style_on(t->in, style));
	put_words(t, 2, 4 + columns_of(name), judgement);
	fprintf(t->out, "%s\n", style_off(t->in, style));
}

static void put_cells(const struct table *t, const size_t *order, size_t n)
{
	const struct record_cell *last = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct record_cell *cell = &t->in->campaign->cells[order[i]];

		if (!last || strcmp(last->target, cell->target) != 0) {
			char *target cleanup(cleanup_free) = text_clean(cell->target);

			fprintf(t->out, "%s%s%s\n", style_on(t->in, BOLD), target,
				style_off(t->in, BOLD));
		}
		if (!last || !record_cell_same_group(last, cell))
			put_group(t, cell);
		put_row(t, cell);
		last = cell;
	}
}

/* One line for each group that is not as expected, then for each that hangs as expected. */
static void put_head_groups(const struct table *t, const size_t *order, size_t n, bool met)
{
	const struct record_campaign *c = t->in->campaign;
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < n; i++) {
		const struct record_cell *cell = &c->cells[order[i]];
		char *name cleanup(cleanup_free) = NULL, *what cleanup(cleanup_free) = NULL;
		char *clean cleanup(cleanup_free) = NULL, *first cleanup(cleanup_free) = NULL;
		uint64_t count[VERDICT_COUNT];
		bool not_met = record_group_met(c, cell) == MET_NO;

		if ((i && record_cell_same_group(cell, &c->cells[order[i - 1]])) || met == not_met)
			continue;
		text_group_count(c, cell, count);
		if (met && !(count[VERDICT_DEADLOCK] + count[VERDICT_TIMEOUT]))
			continue;
		if (shown++ == HEAD_MAX)
			left = shown;
		if (shown > HEAD_MAX)
			continue;
		name = text_group_name(cell);
		clean = text_clean(name);
		what = met ? text_counts(count) : text_judgement(c, cell);
		first = mem_printf(
			met ? "hangs    %s, %s: " : "NOT MET  %s, %s: ", clean, cell->libc);
		put_wrapped(t, 2, first, what);
	}
	if (left)
		fprintf(t->out, "  and %zu more\n", shown - HEAD_MAX);
}

static void put_head(const struct table *t, const size_t *order, size_t n)
{
	const struct record_campaign *c = t->in->campaign;
	char *line cleanup(cleanup_free) = text_headline(c);
	char *headline cleanup(cleanup_free) = text_clean(line);
	cleanup(text_notes_done) struct text_notes notes;
	struct text_total total;
	enum style style;

	text_total(c, &total);
	text_notes(c, &notes);
	style = total.not_met || !total.judged ? RED : PLAIN;
	fputs(style_on(t->in, style), t->out);
	put_wrapped(t, 0, "", headline);
	fputs(style_off(t->in, style), t->out);
	for (size_t i = 0; i < notes.n; i++) {
		char *note cleanup(cleanup_free) = text_clean(notes.lines[i]);

		fputs(style_on(t->in, RED), t->out);
		put_wrapped(t, 2, "", note);
		fputs(style_off(t->in, RED), t->out);
	}
	put_head_groups(t, order, n, false);
	put_head_groups(t, order, n, true);
}

/* A probability means nothing without the seed and the rule behind its interval. */
static void put_origin(const struct table *t)
{
	const struct record_campaign *c = t->in->campaign;
	struct text_total total;
	char took[WORDS_MAX];
	char *line cleanup(cleanup_free) = NULL;
	char *decided cleanup(cleanup_free) = report_decided(c);

	text_total(c, &total);
	if (decided)
		put_wrapped(t, 0, "", decided);
	line = mem_printf("seed %" PRIu64 "; %" PRIu64 " trials%s%s%s; 95 %% intervals: %s%s%s",
		c->seed, total.trials, c->ended_ms ? " in " : "",
		c->ended_ms ? text_duration((c->ended_ms - c->started_ms) * NSEC_PER_MSEC, took)
			    : "",
		c->stop == STOP_DONE      ? ""
		: c->stop == STOP_BUDGET  ? ", until the budget ran out"
		: c->stop == STOP_PRECISE ? ", until precise enough"
		: c->stop == STOP_DECIDED ? ", until decided"
					  : "",
		text_interval_name(c), c->shards > 1 ? "; one shard of several" : "",
		total.skipped ? "; variants that do not exist here are left out" : "");
	put_wrapped(t, 0, "", line);
}

int report_text(const struct report_input *in, FILE *out)
{
	size_t n, *order cleanup(cleanup_free) = text_order(in->campaign, &n);
	struct table t = { .in = in, .out = out, .line = in->width ? in->width : WIDTH_DEFAULT };

	if (t.line < WIDTH_MIN)
		t.line = WIDTH_MIN;
	measure(&t, order, n);
	put_head(&t, order, n);
	put_origin(&t);
	if (n) {
		put_headings(&t);
		put_cells(&t, order, n);
	}
	return ferror(out) ? -EIO : 0;
}
