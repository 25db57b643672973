/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reporting.h: for the tests of reports: a small campaign, and what a renderer makes of it. */
#ifndef TESTS_UNIT_REPORTING_H
#define TESTS_UNIT_REPORTING_H

#include "reports/report.h"

/* The caller frees it. */
char *reporting_render(const char *format, const struct report_input *in);
/* One cell of one user's program. */
struct record_campaign reporting_small(enum expect e, uint64_t pass, uint64_t deadlock);
void reporting_assert_in(const char *text, const char *part, bool wanted);
/* The same of the text report. */
void reporting_assert_says(const struct record_campaign *c, const char *part, bool wanted);

#endif
