/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * formats.h: the formats of reports, one row each: X(id, name, help). The name is also the option
 * (--html F) of every command that writes reports, and report_ID() in reports/ID.c its renderer. A
 * new format is that file and a row here.
 */
#ifndef RUNNER_RECORD_FORMATS_H
#define RUNNER_RECORD_FORMATS_H

#define RECORD_FORMATS(X)                                                          \
	X(text, "text", "a table for people")                                      \
	X(html, "html", "one page with figures: no script, self-contained")        \
	X(md, "md", "Markdown that fits a pull request (60,000 characters)")       \
	X(md_full, "md-full", "the same with all cells and causes, at most 1 MiB") \
	X(json, "json", "everything, as docs/summary.schema.json says")            \
	X(junit, "junit", "one test case a cell, for Jenkins and GitLab")          \
	X(csv, "csv", "one line a cell")                                           \
	X(openmetrics, "openmetrics", "OpenMetrics text, for Prometheus")

#endif
