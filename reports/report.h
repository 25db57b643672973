/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h: renderers. Each takes stored records and writes one document; none reads anything else.
 * A new format is one file reports/NAME.c and one row in runner/record/formats.h.
 */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include "runner/record/formats.h"
#include "runner/record/record.h"

#include <stdio.h>

/* What a report is made of: the campaign asked for, and the older ones of the same database for
 * trends (newest first, may be empty). */
struct report_input {
	const struct record_campaign *campaign;
	const struct record_campaign *history;
	size_t n_history;
	bool colour;      /* text only */
	bool show_output; /* text only: what trials that failed or crashed printed */
	int width;        /* text only: columns of the terminal; 0: not a terminal */
};

/* 0 or -errno of the stream. */
typedef int (*report_render)(const struct report_input *in, FILE *out);

struct report_format {
	const char *name; /* also the option: --html F */
	const char *help;
	report_render render;
};
extern const struct report_format report_formats[]; /* ends with a NULL name */

/* The renderer of each format. */
#define REPORT_DECLARE(id, name, help) int report_##id(const struct report_input *in, FILE *out);
RECORD_FORMATS(REPORT_DECLARE)

/* What --decide has answered: "P(hang) is below 1 %", or in how many cells it is, and the error
 * rate, in one line. NULL where it was not asked. The caller frees it. */
char *report_decided(const struct record_campaign *c);

const struct report_format *report_find(const char *name);
/* Whether report_write() to that path would have a chance: 0 or -errno. Changes nothing. */
int report_check(const char *path);
/* Writes to path ("-": standard output) through a temporary file beside it and rename(2), so that a
 * full disk or a kill leaves the old report in place. 0 or -errno. */
int report_write(const struct report_format *f, const struct report_input *in, const char *path);

#endif
