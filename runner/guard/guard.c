/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard's loop: the command's events, the looks at its tree, and what comes of them. */
#include "runner/guard/guard.h"

#include "runner/base/util.h"
#include "runner/proc/cgroup.h"

#include <errno.h>
#include <fcntl.h>

/* Who polls is mostly asleep, and tells what it waits for only then. */
#define REPORT_TRIES 5

struct guard {
	const struct guard_options *options;
	char *const *argv;
	struct guard_command command;
	struct guard_output output;
	struct guard_watch watch;
};

static void write_file(const struct guard *g, const char *path, const char *text)
{
	cleanup(cleanup_fclose) FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0 || fflush(f) != 0)
		guard_output_printf(
			&g->output, "hangrate guard: report '%s': %s\n", path, strerror(errno));
}

/* Files first: who reads standard error may be stuck himself. */
static void publish(struct guard *g, const struct guard_report *r)
{
	cleanup(cleanup_free) char *plain = guard_report_text(r);
	cleanup(cleanup_free) char *dressed = guard_ci_text(r, plain);
	const char *text = dressed ? dressed : plain;

	for (size_t i = 0; i < g->options->n_reports; i++) {
		guard_report_fn render = guard_report_format(g->options->reports[i]);
		cleanup(cleanup_free) char *rendered = render(r);

		write_file(g, g->options->reports[i], rendered);
	}
	guard_ci_summary(r);
	/* The command may have left a line unfinished, as test runners do with their dots. */
	guard_output_write(&g->output, "\n", 1);
	guard_output_write(&g->output, text, strlen(text));
	if (g->options->on_hang)
		guard_hook(g->options->on_hang, &g->command, r, &g->output);
}

/* *ret_reason: why a stalled command goes on although the user limits that time; the caller frees.
 */
static bool will_end(struct guard *g, enum guard_verdict v, char **ret_reason)
{
	*ret_reason = NULL;
	if (g->options->keep)
		return false;
	if (v != GUARD_STALLED || g->options->end_stalled)
		return true;
	if (!g->options->stall_given)
		return false;
	*ret_reason = guard_stall_reason(&g->watch);
	return !*ret_reason;
}

/* The tree as it is now must still say so: a healthy parent may have ended a stuck part since. */
static bool is_still_true(struct guard *g, enum guard_verdict v, bool ends, struct prove_result *r)
{
	if (v != GUARD_PROVEN && v != GUARD_PART_STUCK)
		return true;
	return (v == GUARD_PROVEN ? r->p.root_stuck : r->p.n_stuck > 0) &&
	       (!ends || guard_watch_is_sure(&g->watch, r));
}

/* Reports it. False when there was nothing to report after all. */
static bool report(struct guard *g, enum guard_verdict verdict)
{
	cleanup(cleanup_free) char *reason = NULL;
	bool ends = will_end(g, verdict, &reason);
	struct guard_report r;
	struct prove_result now;
	int error;

	if (guard_watch_prove(
		    &g->watch, REPORT_TRIES, ends ? GUARD_USE_END : GUARD_USE_REPORT, &now) < 0)
		return false;
	if (!is_still_true(g, verdict, ends, &now)) {
		ask_done(&g->watch.last, false);
		prove_result_done(&now);
		return false;
	}
	prove_select_best(&now.p); /* else, what it is stuck on unless a condition comes true */
	g->command.ending = ends;
	if (ends)
		guard_freeze(&now);
	ask_done(&g->watch.last, ends);
	error = guard_report_make(&g->watch.judge, verdict, g->argv, &now,
		ends ? EXPLAIN_ATTACH : EXPLAIN_READ_ONLY, &r);
	if (error == 0) {
		publish(g, &r);
		guard_report_done(&r);
	} else {
		guard_output_printf(&g->output, "hangrate guard: %s: the tree cannot be read: %s\n",
			guard_verdict_name(verdict), strerror(-error));
	}
	prove_result_done(&now);
	if (reason)
		guard_output_printf(&g->output,
			"hangrate guard: the command goes on: %s; --end-stalled ends it all the same\n",
			reason);
	return true;
}

/* Whether the command is to be ended. */
static bool handle(struct guard *g, enum guard_verdict verdict)
{
	if (verdict == GUARD_FINE)
		return false;
	if (!report(g, verdict)) {
		guard_watch_doubt(&g->watch, time_now_ns());
		return false;
	}
	if (g->command.ending)
		return true;
	/* Told once; what comes next is the command's own affair. */
	if (verdict != GUARD_STALLED)
		g->watch.judge.limits = (struct guard_limits){ 0 };
	g->watch.judge.told_whole = g->watch.judge.told_whole || verdict == GUARD_PROVEN;
	return false;
}

/* True when the command is to be ended; false when it has ended. */
static bool watch(struct guard *g)
{
	for (;;) {
		int64_t until_ns = g->watch.next_ns, now_ns;
		const struct guard_limits *l = &g->watch.judge.limits;

		if (l->max_ns && g->watch.judge.started_ns + l->max_ns < until_ns)
			until_ns = g->watch.judge.started_ns + l->max_ns;
		switch (guard_command_next(&g->command, until_ns)) {
		case GUARD_EVENT_ENDED:
			return false;
		case GUARD_EVENT_RESUMED:
			guard_watch_resume(&g->watch, time_now_ns());
			continue;
		default:
			now_ns = time_now_ns();
		}
		if (handle(g, guard_watch_look(&g->watch, now_ns)))
			return true;
		if (g->command.ended) /* while we reported */
			return false;
	}
}

/* As env(1) and timeout(1). */
static int complain(const struct guard *g, int error)
{
	guard_output_printf(
		&g->output, "guard: '%s': cannot run: %s\n", g->argv[0], strerror(-error));
	return error == -ENOENT ? 127 : 126;
}

int guard_run(const struct guard_options *options, char *const *argv)
{
	struct guard g = { .options = options, .argv = argv };
	int r = guard_command_start(argv, &g.command, &g.output);

	if (r == 0) {
		cgroup_watch(g.command.pid);
		r = guard_command_exec(&g.command);
	}
	if (r < 0)
		return complain(&g, r);
	guard_watch_init(&g.watch, g.command.pid, &options->limits, !options->keep, time_now_ns());
	if (watch(&g)) {
		guard_end(&g.command, &g.watch.tree, options->kill_after_ns);
		guard_output_printf(&g.output, "hangrate guard: the command was ended; status %d\n",
			GUARD_EXIT_ENDED);
		guard_command_done(&g.command);
		r = GUARD_EXIT_ENDED;
	} else {
		guard_leftovers(&g.command, &g.watch.tree, &g.output, options->reap);
	}
	guard_watch_done(&g.watch);
	cgroup_unwatch();
	guard_output_done(&g.output);
	if (r != GUARD_EXIT_ENDED)
		guard_command_leave_as(&g.command);
	return r;
}
