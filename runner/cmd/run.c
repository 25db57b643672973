/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/run.c: `hangrate run`. */
#include "reports/report.h"
#include "runner/campaign/campaign.h"
#include "runner/cmd/cmd.h"
#include "runner/store/history.h"
#include "runner/base/shell.h"
#include "runner/base/util.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>

static int find_targets(const struct run_options *o, struct target_list *l)
{
	const char *unmatched;
	int r;

	if (o->program) {
		r = target_add_program(l, o->program, o->name);
		if (r < 0) {
			fprintf(stderr, "run: '%s': cannot execute: %s\n", o->program[0],
				strerror(-r));
			return EXIT_BROKEN;
		}
		return 0;
	}
	r = target_find(l, o->scenarios_dir, o->patterns, o->n_patterns, &unmatched);
	if (r < 0) {
		fprintf(stderr, "run: --scenarios '%s': %s\n", o->scenarios_dir, strerror(-r));
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < l->n_faults; i++)
		fprintf(stderr, "run: %s\n", l->faults[i]);
	if (unmatched) {
		fprintf(stderr, "run: '%s': no such scenario in '%s'; see hangrate list\n",
			unmatched, o->scenarios_dir);
		return EXIT_USAGE;
	}
	if (!l->n) {
		fprintf(stderr, "run: '%s': no scenario found; build them with make\n",
			o->scenarios_dir);
		return EXIT_BROKEN;
	}
	return 0;
}

/* The table for people goes to standard output, unless a report for a program does. */
static int write_reports(
	const struct run_options *o, const struct record_campaign *c, const struct history *h)
{
	struct report_input in = { .campaign = c, .history = h->campaigns, .n_history = h->n };
	struct winsize size;
	bool stdout_taken = false;
	int status = 0;

	for (size_t i = 0; i < o->n_reports; i++) {
		int r = report_write(report_find(o->reports[i].format), &in, o->reports[i].path);

		stdout_taken |= !strcmp(o->reports[i].path, "-");
		if (r < 0) {
			fprintf(stderr, "run: --%s '%s': %s\n", o->reports[i].format,
				o->reports[i].path, strerror(-r));
			status = EXIT_BROKEN;
		}
	}
	if (stdout_taken)
		return status;
	in.width =
		isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? size.ws_col : 0;
	in.colour = isatty(STDOUT_FILENO) && !(getenv("NO_COLOR") && *getenv("NO_COLOR"));
	if (report_write(report_find("text"), &in, "-") < 0)
		status = EXIT_BROKEN;
	return status;
}

static int run_plan(const struct run_options *o, const struct target_list *l, const struct plan *p,
	struct store *store, const char *command)
{
	cleanup(record_campaign_done) struct record_campaign c;
	cleanup(history_done) struct history history = {};
	cleanup(cleanup_free) char *error = NULL, *decided = NULL;
	int status, r;

	r = campaign_run(o, l, p, store, command, &c, &error);
	if (r < 0) {
		fprintf(stderr, "run: %s\n", error);
		if (r == -EINVAL)
			return EXIT_USAGE;
	}
	/* The reports do without, where it can't be read. */
	if (store && !r && history_load(store, c.id, &history) < 0)
		fprintf(stderr, "run: the older campaigns: %s\n", store_error(store));
	status = write_reports(o, &c, &history);
	if (r < 0 || status)
		return EXIT_BROKEN;
	if (c.broken)
		fprintf(stderr, "run: %s\n", c.broken);
	decided = report_decided(&c);
	if (decided && !o->quiet)
		fprintf(stderr, "run: %s\n", decided);
	status = campaign_status(&c);
	return status == EXIT_MET && l->n_faults ? EXIT_BROKEN : status;
}

static int run_with_store(const struct run_options *o, const struct target_list *l,
	const struct plan *p, const char *command)
{
	cleanup(cleanup_store) struct store *store = NULL;

	if (o->db && store_open(o->db, STORE_APPEND, &store) < 0) {
		fprintf(stderr, "run: --db %s\n", store ? store_error(store) : "out of memory");
		return EXIT_USAGE;
	}
	return run_plan(o, l, p, store, command);
}

int cmd_run(int argc, char **argv)
{
	cleanup(target_list_done) struct target_list targets = {};
	cleanup(plan_done) struct plan plan = {};
	cleanup(cleanup_free) char *command = shell_join("hangrate", argv);
	cleanup(cleanup_free) char *why = NULL;
	struct run_options o;
	int status;

	switch (run_options_parse(argc, argv, &o)) {
	case OPTION_HELPED:
		return EXIT_MET;
	case OPTION_WRONG:
		return EXIT_USAGE;
	case OPTION_RUN:
		break;
	}
	/* What cannot be written is an error to be told, no reason to vanish. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	status = find_targets(&o, &targets);
	if (status)
		return status;
	target_add_canaries(&targets);
	if (plan_make(&o, &targets, &plan, &why) < 0) {
		fprintf(stderr, "run: %s\n", why);
		return EXIT_USAGE;
	}
	return run_with_store(&o, &targets, &plan, command);
}
