/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hangrate guard -- COMMAND: runs it as without us; says who hangs and why when it does. */
#include "runner/cmd/cmd.h"
#include "runner/guard/guard.h"
#include "runner/base/units.h"
#include "runner/base/util.h"

/* Kinds of the command's own. */
enum { OPTION_LIMIT = OPTION_OWN, OPTION_REPORT };

#define GRACE_NS (300 * NSEC_PER_SEC)
#define STALL_NS (600 * NSEC_PER_SEC)
#define NOT_GIVEN (-1)

#define AT(field) offsetof(struct guard_options, field)
static const struct option_row rows[] = {
	{ "grace", 0, OPTION_LIMIT, AT(limits.grace_ns), "T",
		"a part is proven stuck and the rest only waits in rounds: end the command after this time (5m, or T of --stall if that is shorter; off)" },
	{ "stall", 0, OPTION_LIMIT, AT(limits.stall_ns), "T",
		"no process has used the CPU or moved bytes for this time: report every process (10m; off); where you give T, also end the command, unless a sleep or a timer may wake it" },
	{ "end-stalled", 0, OPTION_FLAG, AT(end_stalled), NULL, "end it then in any case" },
	{ "max-time", 0, OPTION_LIMIT, AT(limits.max_ns), "T",
		"report and end the command after this time (off)" },
	{ "keep", 0, OPTION_FLAG, AT(keep), NULL, "only report, never end the command" },
	{ "kill-after", 0, OPTION_DURATION, AT(kill_after_ns), "T",
		"from SIGTERM to SIGKILL when ending it (5s)" },
	{ "reap", 0, OPTION_FLAG, AT(reap), NULL,
		"end processes that hold the output of a command that has ended" },
	{ "report", 0, OPTION_REPORT, 0, "FILE",
		"also write the report there (.md, .json, .html, .txt); may be repeated" },
	{ "on-hang", 0, OPTION_TEXT, AT(on_hang), "CMD",
		"run a shell command before the end, with HANGRATE_PID, HANGRATE_PIDS, HANGRATE_STUCK_PIDS, HANGRATE_VERDICT and HANGRATE_HEADLINE set" },
	OPTION_ROW_HELP,
};

static int read_limit(const char *value, int64_t *ret_ns)
{
	if (strcmp(value, "off") != 0)
		return units_parse_duration(value, ret_ns) == 0 && *ret_ns > 0 ? 0 : -1;
	*ret_ns = 0;
	return 0;
}

static int read_own(const struct option_row *row, const char *value, void *into)
{
	struct guard_options *o = into;

	if (row->kind == OPTION_LIMIT)
		return read_limit(value, (int64_t *)((char *)into + row->offset));
	if (!guard_report_format(value))
		return -1;
	o->reports[o->n_reports++] = value;
	return 0;
}

const struct option_table cmd_guard_options = {
	.command = "guard",
	.usage = (const char *const[]){ "[options] -- COMMAND [ARG...]", NULL },
	.about =
		"Runs COMMAND exactly as without hangrate: input, output, terminal, signals and exit status\n"
		"pass through. When it hangs, says which process waits for what, and ends it.\n"
		"In GitHub Actions the report goes to the step summary, with an annotation; in GitLab CI\n"
		"it is a section of the log.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.status = "that of COMMAND; 124 it was ended, 126 or 127 it could not be started, 2 usage",
	.program = true,
	.own = read_own,
};

/* Who waits only so long for a tree that does nothing wants no longer grace for a stuck part. */
static void settle_limits(struct guard_options *o)
{
	struct guard_limits *l = &o->limits;

	o->stall_given = l->stall_ns != NOT_GIVEN;
	if (!o->stall_given)
		l->stall_ns = STALL_NS;
	if (l->grace_ns == NOT_GIVEN)
		l->grace_ns = o->stall_given && l->stall_ns && l->stall_ns < GRACE_NS ? l->stall_ns
										      : GRACE_NS;
}

int cmd_guard(int argc, char **argv)
{
	cleanup(cleanup_free) const char **reports = mem_alloc((size_t)argc * sizeof(*reports));
	struct guard_options o = {
		.limits = { .grace_ns = NOT_GIVEN, .stall_ns = NOT_GIVEN },
		.kill_after_ns = 5 * NSEC_PER_SEC,
		.reports = reports,
	};
	enum option_result r;
	int first;

	r = option_parse(&cmd_guard_options, argc, argv, &o, &first);
	if (r != OPTION_RUN)
		return option_exit(r);
	if (first >= argc)
		return option_exit(option_wrong(&cmd_guard_options, "COMMAND", "missing"));
	settle_limits(&o);
	return guard_run(&o, argv + first);
}
