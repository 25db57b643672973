/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * junit.c: one test case a cell, as Jenkins and GitLab read them: the program is the class.
 * Canaries are left out unless one was misjudged. A failure stands at the cells that contradict
 * what was expected, with what that cell did, or at all of a group when what was expected did not
 * show in any. GitLab drops a case whose classname and name came before, so a repeated one is
 * numbered.
 */
#include "reports/text.h"

#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

enum outcome { OUTCOME_PASS, OUTCOME_FAILURE, OUTCOME_ERROR, OUTCOME_SKIPPED };

static void put_xml(FILE *out, const char *s)
{
	char *clean cleanup(cleanup_free) = text_clean(s);

	for (const char *p = clean; *p; p++) {
		const char *entity = text_entity(*p);

		if (*p == '\n' || *p == '\t') /* an attribute would turn them into blanks */
			fprintf(out, "&#%d;", *p);
		else if (entity)
			fputs(entity, out);
		else
			fputc(*p, out);
	}
}

static bool contradicts(const struct record_campaign *c, const struct record_cell *cell)
{
	switch (cell->expect) {
	case EXPECT_NONE:
		return record_cell_counted(c, cell);
	case EXPECT_COMPLETES:
		return record_cell_trials(cell) != cell->count[VERDICT_PASS];
	default:
		return true;
	}
}

static enum outcome outcome_of(const struct record_campaign *c, const struct record_cell *cell)
{
	if (cell->count[VERDICT_BROKEN] || cell->false_proofs || cell->not_applied ||
		record_group_unmeasured(c, cell))
		return OUTCOME_ERROR;
	if (!record_cell_trials(cell))
		return OUTCOME_SKIPPED;
	return record_group_met(c, cell) == MET_NO && contradicts(c, cell) ? OUTCOME_FAILURE
									   : OUTCOME_PASS;
}

static char *case_name(const struct record_cell *cell)
{
	return mem_printf("%s, %s%s", cell->libc, text_level(cell),
		cell->arm == ARM_NULL && *cell->inject ? ", null" : "");
}

static bool same_case(const struct record_cell *a, const struct record_cell *b)
{
	return record_cell_same_group(a, b) && !strcmp(text_level(a), text_level(b)) &&
	       (a->arm == ARM_NULL) == (b->arm == ARM_NULL);
}

/* How many cells before it have its name. */
static size_t repeats(const struct record_campaign *c, size_t index)
{
	size_t n = 0;

	for (size_t i = 0; i < index; i++)
		n += same_case(&c->cells[i], &c->cells[index]);
	return n;
}

/* What was expected of the group, and what this cell did. */
static char *why_of(const struct record_campaign *c, const struct record_cell *cell)
{
	char *judgement cleanup(cleanup_free) = text_judgement(c, cell);
	char *counts cleanup(cleanup_free) = text_counts(cell->count);
	char *but = strstr(judgement, ", but: ");

	if (cell->false_proofs)
		return mem_printf("%" PRIu64 " false proofs; %s", cell->false_proofs, counts);
	if (cell->not_applied)
		return mem_printf("not injected: %s",
			cell->counters.note ? cell->counters.note : "a rule could not be applied");
	if (!but || !*counts)
		return mem_strdup(judgement);
	return mem_printf("%.*s, but: %s", (int)(but - judgement), judgement, counts);
}

static void put_outcome(FILE *out, const struct record_campaign *c, const struct record_cell *cell)
{
	static const char *const elements[] = { [OUTCOME_PASS] = "",
		[OUTCOME_FAILURE] = "failure",
		[OUTCOME_ERROR] = "error",
		[OUTCOME_SKIPPED] = "skipped" };
	enum outcome o = outcome_of(c, cell);
	char *why cleanup(cleanup_free) = NULL;

	if (o == OUTCOME_PASS)
		return;
	why = why_of(c, cell);
	fprintf(out, "      <%s message=\"", elements[o]);
	put_xml(out, why);
	fputs("\"", out);
	if (o == OUTCOME_SKIPPED) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, " type=\"%s\">", expect_name(cell->expect));
	for (size_t i = 0; i < cell->n_causes && i < 10; i++) {
		char *see cleanup(cleanup_free) = text_see(&cell->causes[i]);

		fprintf(out, "%" PRIu64 " x ", cell->causes[i].count);
		put_xml(out, text_cause(&cell->causes[i]));
		if (see)
			fputs("; ", out);
		put_xml(out, see ? see : "");
		fputc('\n', out);
	}
	fprintf(out, "</%s>\n", elements[o]);
}

static void put_case(FILE *out, const struct record_campaign *c, size_t index)
{
	const struct record_cell *cell = &c->cells[index];
	char *group cleanup(cleanup_free) = text_group_name(cell);
	char *name cleanup(cleanup_free) = case_name(cell);
	char *counts cleanup(cleanup_free) = text_counts(cell->count);
	size_t before = repeats(c, index);
	const char *decided;
	char p[WORDS_MAX];

	fputs("    <testcase classname=\"", out);
	put_xml(out, group);
	fputs("\" name=\"", out);
	put_xml(out, name);
	if (before)
		fprintf(out, " (%zu)", before + 1);
	fprintf(out, "\" time=\"%.3f\">\n",
		(double)(cell->pass_ns.sum_ns + cell->detect_ns.sum_ns) / (double)NSEC_PER_SEC);
	put_outcome(out, c, cell);
	text_probability(c, record_cell_hangs(cell), record_cell_trials(cell), p);
	fputs("      <system-out>P(hang) ", out);
	put_xml(out, p);
	decided = text_decided(c, cell, p);
	if (decided)
		fprintf(out, " (95 %%), --decide: %s", decided);
	fprintf(out, "%s, seed %" PRIu64 ", %" PRIu64 " trials: %s", decided ? "" : " (95 %)",
		c->seed, record_cell_trials(cell), counts);
	if (cell->counters.note) {
		fputs("; injector: ", out);
		put_xml(out, cell->counters.note);
	}
	fputs("</system-out>\n", out);
	fputs("    </testcase>\n", out);
}

int report_junit(const struct report_input *in, FILE *out)
{
	const struct record_campaign *c = in->campaign;
	size_t n[4] = { 0 }, cases = 0;

	for (size_t i = 0; i < c->n_cells; i++)
		if (!text_hidden(c, &c->cells[i]))
			n[outcome_of(c, &c->cells[i])]++;
	for (size_t i = 0; i < ARRAY_SIZE(n); i++)
		cases += n[i];
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	fprintf(out,
		"  <testsuite name=\"hangrate\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
		"skipped=\"%zu\">\n",
		cases + !!c->broken, n[OUTCOME_FAILURE], n[OUTCOME_ERROR] + !!c->broken,
		n[OUTCOME_SKIPPED]);
	for (size_t i = 0; i < c->n_cells; i++)
		if (!text_hidden(c, &c->cells[i]))
			put_case(out, c, i);
	if (c->broken) {
		fputs("    <testcase classname=\"hangrate\" name=\"campaign\" time=\"0\">\n"
		      "      <error message=\"",
			out);
		put_xml(out, c->broken);
		fputs("\" type=\"broken\"/>\n    </testcase>\n", out);
	}
	fputs("  </testsuite>\n</testsuites>\n", out);
	return ferror(out) ? -EIO : 0;
}
