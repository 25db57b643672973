/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * formats.h: the formats of reports, one row each: X(name, help). The name is also the option
 * (--html F) of every command that writes reports, and report_NAME() in reports/NAME.c its
 * renderer. A new format is that file and a row here.
 */
#ifndef RUNNER_RECORD_FORMATS_H
#define RUNNER_RECORD_FORMATS_H

#define RECORD_FORMATS(X)                                           \
	X(text, "a table for people")                               \
	X(html, "one page with figures: no script, self-contained") \
	X(md, "Markdown, for a pull request or a step summary")     \
	X(json, "everything, as docs/summary.schema.json says")     \
	X(junit, "one test case a cell, for Jenkins and GitLab")    \
	X(csv, "one line a cell")                                   \
	X(openmetrics, "OpenMetrics text, for Prometheus")

#endif
