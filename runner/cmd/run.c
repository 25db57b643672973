/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/run.c: `hangrate run`. */
#include "reports/report.h"
#include "runner/campaign/campaign.h"
#include "runner/campaign/canary.h"
#include "runner/campaign/leftovers.h"
#include "runner/cmd/cmd.h"
#include "runner/cmd/targets.h"
#include "runner/store/history.h"
#include "runner/base/shell.h"
#include "runner/base/terminal.h"
#include "runner/base/util.h"

#include <errno.h>
#include <signal.h>

/* The table for people goes to standard output, unless a report for a program does. */
static int write_reports(
	const struct run_options *o, const struct record_campaign *c, const struct history *h)
{
	struct report_input in = { .campaign = c, .history = h->campaigns, .n_history = h->n };
	bool stdout_taken = false;
	int status = 0, r;

	for (size_t i = 0; i < o->n_reports; i++) {
		r = report_write(report_find(o->reports[i].format), &in, o->reports[i].path);

		stdout_taken |= !strcmp(o->reports[i].path, "-");
		if (r < 0) {
			fprintf(stderr, "run: --%s '%s': %s\n", o->reports[i].format,
				o->reports[i].path, strerror(-r));
			status = EXIT_BROKEN;
		}
	}
	if (stdout_taken)
		return status;
	in.width = terminal_width(STDOUT_FILENO);
	in.colour = terminal_has_colour(STDOUT_FILENO);
	in.show_output = o->show_output;
	r = report_write(report_find("text"), &in, "-");
	if (r < 0) {
		fprintf(stderr, "run: standard output: %s\n", strerror(-r));
		status = EXIT_BROKEN;
	}
	return status;
}

/* What to try next with a program that never hung. */
static void propose(const struct run_options *o, const struct record_campaign *c)
{
	for (size_t i = 0; i < c->n_cells; i++)
		if (!c->cells[i].canary && record_cell_hangs(&c->cells[i]))
			return;
	if (o->program && !o->n_injects && !(o->decide.high > 0) && !(o->ci_width > 0))
		fputs("run: never hung; to search for rare hangs with delays, add --inject auto\n",
			stderr);
}

/* Of no trial that never hung does it matter. */
static void tell_blind(const struct run_options *o, const struct record_campaign *c)
{
	bool hung = false;

	for (size_t i = 0; i < c->n_cells; i++)
		hung |= !c->cells[i].canary && record_cell_hangs(&c->cells[i]);
	if (!o->quiet && hung && canary_lacks_sight(c))
		fputs("run: other users' processes cannot be looked into, so a wait for a pipe or a socket is not proven;\nrun: as root, or in a pid namespace: unshare --user --map-root-user --pid --fork --mount-proc\n",
			stderr);
}

static void tell_leftovers(
	const struct run_options *o, const struct leftovers *l, const struct record_campaign *c)
{
	char *what cleanup(cleanup_free) = NULL;
	uint64_t trials = 0;

	for (size_t i = 0; i < c->n_cells; i++)
		if (!c->cells[i].canary)
			trials += record_cell_trials(&c->cells[i]);
	if (o->quiet || o->isolate || !trials)
		return;
	what = leftovers_describe(l, trials);
	if (what)
		fprintf(stderr,
			"run: new since the first trial, and probably left by them: %s; --isolate takes such away\n",
			what);
}

static void cleanup_leftovers(struct leftovers **l)
{
	leftovers_free(*l);
}

static int run_plan(const struct run_options *o, const struct target_list *l, const struct plan *p,
	struct store *store, const char *command)
{
	cleanup(record_campaign_done) struct record_campaign c;
	cleanup(history_done) struct history history = {};
	cleanup(cleanup_free) char *error = NULL, *decided = NULL;
	cleanup(cleanup_leftovers) struct leftovers *before = leftovers_begin();
	int status, r;

	r = campaign_run(o, l, p, store, command, &c, &error);
	if (r == CAMPAIGN_COMPLETE && !o->quiet)
		fprintf(stderr, "run: --resume: '%s' has all trials of this plan\n", o->db);
	if (r < 0) {
		fprintf(stderr, "run: %s\n", error);
		if (r == -EINVAL)
			return EXIT_USAGE;
		if (r == -EOPNOTSUPP)
			return EXIT_BROKEN;
	}
	/* The reports do without, where it can't be read. */
	if (store && r >= 0 && history_load(store, c.id, &history) < 0)
		fprintf(stderr, "run: the older campaigns: %s\n", store_error(store));
	status = write_reports(o, &c, &history);
	if (r < 0 || status)
		return EXIT_BROKEN;
	if (c.broken)
		fprintf(stderr, "run: %s\n", c.broken);
	decided = report_decided(&c);
	if (decided && !o->quiet)
		fprintf(stderr, "run: %s\n", decided);
	tell_blind(o, &c);
	tell_leftovers(o, before, &c);
	status = campaign_status(&c);
	if (status == EXIT_MET && !o->quiet)
		propose(o, &c);
	return status == EXIT_MET && l->n_faults ? EXIT_BROKEN : status;
}

static int run_with_store(const struct run_options *o, const struct target_list *l,
	const struct plan *p, const char *command)
{
	cleanup(cleanup_store) struct store *store = NULL;
	bool fresh = o->db && access(o->db, F_OK) < 0;

	if (!o->db || store_open(o->db, STORE_APPEND, &store) >= 0) {
		if (fresh && !o->quiet && o->db == options_default_db)
			fprintf(stderr,
				"run: new record: '%s' (--db F: another, --db none: none)\n",
				o->db);
		return run_plan(o, l, p, store, command);
	}
	/* The user did not ask for this file: if the folder can't be written, measure without it.
	 */
	if (o->db == options_default_db && fresh) {
		fprintf(stderr, "run: no record is kept: %s\n", store_error(store));
		return run_plan(o, l, p, NULL, command);
	}
	fprintf(stderr, "run: --db %s\n", store_error(store));
	return EXIT_USAGE;
}

/* Found before the trials, which may take hours. */
static int check_reports(const struct run_options *o)
{
	for (size_t i = 0; i < o->n_reports; i++) {
		int r = report_check(o->reports[i].path);

		if (r == 0)
			continue;
		fprintf(stderr, "run: --%s '%s': cannot be written: %s\n", o->reports[i].format,
			o->reports[i].path, strerror(-r));
		return EXIT_BROKEN;
	}
	return 0;
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
	status = check_reports(&o);
	if (status)
		return status;
	status = targets_find(&o, &targets);
	if (status)
		return status;
	target_add_canaries(&targets);
	if (plan_make(&o, &targets, &plan, &why) < 0) {
		fprintf(stderr, "run: %s\n", why);
		return EXIT_USAGE;
	}
	return run_with_store(&o, &targets, &plan, command);
}
