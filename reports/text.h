/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.h: what the plain renderers share: which cells to show in which order, and numbers and
 * judgements in words. Plain text; each format escapes for itself.
 */
#ifndef REPORTS_TEXT_H
#define REPORTS_TEXT_H

#include "reports/report.h"
#include "stats/stats.h"

#define WORDS_CONFIDENCE 0.95
#define WORDS_MAX 64

/* The interval that may be stated for this campaign: of fixed n, or of a confidence sequence when
 * it was looked at on the way. And its name. */
struct stats_interval text_interval_of(const struct record_campaign *c, uint64_t k, uint64_t n);
const char *text_interval_name(const struct record_campaign *c);

/* Whether comparisons may take n as fixed: no result had a say in it (docs/statistics.md). */
bool text_fixed_n(const struct record_campaign *c);

/* A canary that behaved: of no interest to people. */
bool text_hidden(const struct record_campaign *c, const struct record_cell *cell);

/* Indices of the cells to show, by target, variant and libc in the order of the plan. The caller
 * frees it. */
size_t *text_order(const struct record_campaign *c, size_t *ret_n);

/* What stands at the head of a report. */
struct text_total {
	size_t groups, judged, not_met; /* target/variant/libc; hidden ones left out */
	size_t hanging, failing, crashing;
	uint64_t trials, hangs, broken, skipped, audited, false_proofs;
};
void text_total(const struct record_campaign *c, struct text_total *ret_total);
/* All cells of the group that cell belongs to, added up: verdict counts only. */
void text_group_count(const struct record_campaign *c, const struct record_cell *cell,
	uint64_t ret_count[VERDICT_COUNT]);

/* "target/variant"; the caller frees these. */
char *text_group_name(const struct record_cell *cell);
/* "deadlocks as expected", "expected to complete, but 3 of 200 trials hung", "ran 200 trials, not
 * judged": the sentence about a group. */
char *text_judgement(const struct record_campaign *c, const struct record_cell *cell);
/* "970 deadlock, 30 pass": what there is, the hangs first. */
char *text_counts(const uint64_t count[VERDICT_COUNT]);
/* "fired 12 times in 100 trials, 1.2 s of delay"; "armed but never fired: no evidence"; NULL where
 * nothing was injected. */
char *text_counters(const struct record_cell *cell);
/* --- head.c: what every report says first --- */

/* "1 of 1 hang; 1 of 1 not as expected", "nothing was measured: ...". The caller frees it. */
char *text_headline(const struct record_campaign *c);
/* What must be known before a number is believed, the gravest first; whole sentences. */
struct text_notes {
	char **lines;
	size_t n, cap;
};
void text_notes(const struct record_campaign *c, struct text_notes *ret_notes);
void text_notes_done(struct text_notes *n);
/* Whether trials of the cell do worse while others run beside them. */
bool text_is_disturbed(const struct record_cell *cell);
/* P(fail) or P(crash) of a cell in words: "P(crash) 12 % [3.5, 27]"; NULL where no trial ended so.
 * The caller frees it. */
char *text_ends(const struct record_campaign *c, const struct record_cell *cell, enum verdict v);

/* --- text_fix.c: after a fix --- */

#define WORDS_FEWER 10 /* times, so that a fix is called one */

/* Of a cell that must not hang: hangs and trials of the newest campaign that had any hang,
 * how many were run since, all clean, and how many it takes to call it ten times rarer with 95 %,
 * at the lower end of that campaign's interval. */
struct text_fix {
	uint64_t hangs, trials, clean, needed;
	bool changed; /* the program's files are others now */
};
/* False where there is nothing of the kind to say. */
bool text_fix(
	const struct report_input *in, const struct record_cell *cell, struct text_fix *ret_fix);
/* The same as a sentence; NULL where there is nothing to say. The caller frees it. */
char *text_after_fix(const struct report_input *in, const struct record_cell *cell);

/* --- text_decided.c: what --decide P0:P1 has answered --- */

/* Whether it was asked of this cell at all: not of a canary, nor where no trial counts. */
bool text_is_decided(const struct record_campaign *c, const struct record_cell *cell);
enum stats_decision text_decision(const struct record_campaign *c, const struct record_cell *cell);
/* "above 1 %", "below 10 %", "not decided"; NULL where it was not asked. */
const char *text_decided(const struct record_campaign *c, const struct record_cell *cell,
	char buf[static WORDS_MAX]);
/* For programs: "above", "below", "undecided"; NULL where it was not asked. */
const char *text_decision_name(const struct record_campaign *c, const struct record_cell *cell);
/* Level of the knobs, or the arm where there is none. Not to be freed. */
const char *text_level(const struct record_cell *cell);
/* One line for a cause; never NULL, not to be freed. */
const char *text_cause(const struct record_cause *cause);
/* "see scenario lock-order, docs/catalogue.md"; NULL: none is of its kind. The caller frees it. */
char *text_see(const struct record_cause *cause);
/* Well-formed UTF-8 without control characters but newline and tab (each becomes U+FFFD), for what
 * a program printed must not steer a terminal, and JSON and XML cannot hold it. NULL gives "". The
 * caller frees it. */
char *text_clean(const char *s);
/* Bytes of the first character of a text that is not empty; clean: it may be shown as it is. */
size_t text_character(const char *text, bool *ret_clean);
#define WORDS_REPLACEMENT "\xef\xbf\xbd"
/* What stands for it in XML and HTML, NULL where it may stand itself. */
const char *text_entity(char c);

/* "97.1 % [95.8, 98.0]", "< 0.30 %" for 0 of n, "> 99.7 %" for n of n, "-" for no trial. */
const char *text_probability(
	const struct record_campaign *c, uint64_t k, uint64_t n, char buf[static WORDS_MAX]);
/* Three significant digits: "1.25 ms", "12 s". */
const char *text_duration(int64_t ns, char buf[static WORDS_MAX]);
/* "2024-06-01 02:00:05 UTC". */
const char *text_date(int64_t unix_ms, char buf[static WORDS_MAX]);

#endif
