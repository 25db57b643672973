/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html.h: what the files of the HTML report share. One file a figure; html.c puts them together.
 *
 * The page is one file: no script, nothing fetched, so it opens from a mail or a CI artifact under
 * the strictest policy. Figures are HTML tables with a small SVG in each row (positions in percent,
 * so that they fit any width while the text stays text), or SVG of their own where there are axes.
 * Colour never says anything alone. Exact values stand in <data value>.
 */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include "reports/report.h"
#include "stats/stats.h"

#include <stdio.h>

#define HTML_CONFIDENCE 0.95
#define HTML_THIN "\xe2\x80\xaf" /* narrow no-break space */

/* Bounds that keep the largest page below 2 MB; what is left out is said and stays in the JSON. */
#define HTML_MAX_CELLS 600
#define HTML_MAX_CAUSES 40
#define HTML_MAX_THREADS 12
#define HTML_MAX_FRAMES 24
#define HTML_MAX_DOSES 12
#define HTML_MAX_TRENDS 24
#define HTML_MAX_NIGHTS 60

/* The whole page: a row of report_formats. */
/* The page of `report --by libc`: the matrix is its subject. */
int report_html_libcs(const struct report_input *in, FILE *out);

extern const char html_style[]; /* html.css as it stands */

/* What a reader should look at first. */
enum html_rank {
	HTML_HANGS_WRONGLY, /* hangs, and was expected not to */
	HTML_WRONG,         /* not as expected without that: should hang and did not, failed, ... */
	HTML_HANGS,         /* as expected, or not judged */
	HTML_CLEAN,
};
enum html_rank html_rank(const struct record_campaign *c, const struct record_cell *cell);

/* The names of what hangs, each leading to its row. Not a section: part of the answer. */
void html_names(const struct record_campaign *c, FILE *out);

/* One section each; they write nothing when they have nothing to show. */
void html_forest(const struct report_input *in, FILE *out);
void html_matrix(const struct report_input *in, FILE *out);
void html_dose(const struct report_input *in, FILE *out);
void html_time(const struct report_input *in, FILE *out);
void html_causes_brief(const struct report_input *in, FILE *out); /* the three most frequent */
void html_causes(const struct report_input *in, FILE *out);
void html_trend(const struct report_input *in, FILE *out);

/* The matrix of all cells by libc with its differences, and the sentence above it. */
void html_libcs(const struct report_input *in, FILE *out);
void html_libcs_answer(const struct record_campaign *c, FILE *out);
/* html_matrix.c: one <td> of a matrix: P(hang) with interval and n, what was not proven or wrong,
 * the cause; hatched where trials are few. index SIZE_MAX: not run. link: to the cell's row. */
void html_square(const struct record_campaign *c, size_t index, bool link, FILE *out);
void html_square_legend(FILE *out);

/* Who waits for whom, from the object of `why --json`; writes nothing when it names no threads.
 * label: for screen readers. */
struct json_t;
void svg_wait_graph(const struct json_t *detail, const char *label, FILE *out);

/* --- html_text.c: text and numbers --- */

/* Escaped; control characters and broken UTF-8 become U+FFFD. At most max bytes, then an ellipsis;
 * 0: all. NULL: nothing. */
void html_text(FILE *out, const char *s, size_t max);
void html_count(FILE *out, uint64_t n);      /* 1 234 567 */
void html_percent(FILE *out, double p);      /* of a probability, two significant digits */
void html_percent_tick(FILE *out, double p); /* the same for axes: no trailing zeros */
void html_duration(FILE *out, double ns);    /* "1.2 ms" */
void html_bytes(FILE *out, double bytes);    /* "64 KiB" */
void html_date(FILE *out, int64_t unix_ms);  /* "2024-06-01 02:00 UTC" */
/* A link to where it stands, by a name made of these texts: the same in every report of it. NULL
 * ends them. */
void html_anchor(FILE *out, const char *kind, ...) __attribute__((sentinel));
void html_cell_name(FILE *out, const struct record_cell *c);  /* target/variant */
void html_cell_where(FILE *out, const struct record_cell *c); /* libc, injection */

/* The interval that may be stated for this campaign: fixed n or sequence. */
struct stats_interval html_interval(const struct record_campaign *c, uint64_t k, uint64_t n);

/* Whether tests and intervals for a fixed n may be shown beside it: not where the result itself
 * decided when to stop. A time budget or a Ctrl-C does not look at the result. */
bool html_fixed_n(const struct record_campaign *c);

/* A percentage of the width on a logarithmic axis. */
struct html_axis {
	double low, high;
};
double html_axis_at(const struct html_axis *a, double value);
/* For probabilities: decades, from below the smallest thing that can be seen, to 1. */
struct html_axis html_axis_probability(double smallest);
void html_axis_grid(const struct html_axis *a, const char *id, FILE *out); /* <symbol>-like <g> */
void html_axis_labels(const struct html_axis *a, void (*label)(FILE *out, double v), FILE *out);

#endif
