/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hangrate lint -- PROGRAM: what its forked children do that they may not, and in which orders its
 * threads take locks that could deadlock. Runs it once or a few times; no race has to be hit. */
#include "runner/cmd/cmd.h"
#include "runner/cmd/lint_order.h"
#include "runner/base/environ.h"
#include "runner/inject/inject.h"
#include "runner/inject/program.h"
#include "runner/lint/lint.h"
#include "runner/trial/spawn.h"
#include "runner/plan/target.h"
#include "runner/base/units.h"
#include "runner/base/util.h"

#include "lib/protocol.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;

struct options {
	uint64_t runs;
	uint64_t confirm; /* trials for each predicted deadlock; 0: none is tried */
	int64_t timeout_ns;
	bool json;
};

#define AT(field) offsetof(struct options, field)
static const struct option_row rows[] = {
	{ "runs", 0, OPTION_COUNT, AT(runs), "N", "run it that often (1)" },
	{ "confirm", 0, OPTION_COUNT, AT(confirm), "N",
		"try to make each predicted deadlock happen, in N trials a way (0)" },
	{ "timeout", 0, OPTION_DURATION, AT(timeout_ns), "T", "end a run after that time (10s)" },
	{ "json", 0, OPTION_FLAG, AT(json), NULL, "one JSON object instead of text" },
	OPTION_ROW_HELP,
};

const struct option_table cmd_lint_options = {
	.command = "lint",
	.usage =
		(const char *const[]){
			"[--runs N] [--confirm N] [--timeout T] [--json] -- PROGRAM [ARG...]",
			NULL },
	.about =
		"Runs the program under the preload. For each fork of a process with threads it reports\n"
		"every function that the child calls before exec or exit although POSIX does not call it\n"
		"async-signal-safe, and every lock it takes that other threads take as well, unless a\n"
		"fork handler takes care of it; with stacks, and the locks that other threads held.\n"
		"Lock orders that could deadlock are predicted from runs in which nothing happened;\n"
		"--confirm makes them happen, if they can.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.status = "0 nothing found, 1 something was, 2 usage, 3 the program could not be watched",
	.program = true,
};

/* Ends and reaps what is left of a run; this process is its subreaper. */
static void end_all(const struct spawner *s)
{
	pid_t pids[64];
	int n;

	while ((n = spawn_children(s->children, pids, ARRAY_SIZE(pids))) > 0) {
		for (int i = 0; i < n && i < (int)ARRAY_SIZE(pids); i++)
			kill(pids[i], SIGKILL);
		waitpid(-1, NULL, 0);
	}
}

static pid_t start(const struct target *t, struct inject_trial *trial, const char *lint_name)
{
	char *name cleanup(cleanup_free) = mem_printf(HANGRATE_ENV_LINT "=%s", lint_name);
	char *own[] = { name, NULL };
	char *const *more[] = { inject_trial_environ(trial), own };
	char **env = environ_merge(environ, more, ARRAY_SIZE(more));
	struct inject_child child;
	pid_t pid;

	inject_trial_child(trial, &child);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO); /* standard output is the report's */
		if (inject_child_enter(&child) == 0)
			execve(t->path, t->argv, env);
		_exit(127);
	}
	free(env);
	return pid;
}

/* One run, to its end or the time's. 0, or -errno. */
static int run_once(const struct spawner *s, const struct target *t, struct inject *inject,
	struct lint *l, int64_t timeout_ns, struct record_counters *ret_counters, bool *ret_cut_off)
{
	int64_t deadline = time_now_ns() + timeout_ns;
	int pidfd cleanup(cleanup_close) = -1;
	struct inject_trial *trial;
	int r = inject_trial_new(inject, 0, &trial);
	pid_t pid;

	if (r < 0)
		return r;
	pid = start(t, trial, l->name);
	pidfd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		r = -errno;
	inject_trial_attach(trial, pid);
	while (r == 0) {
		int64_t left = deadline - time_now_ns();

		if (left <= 0) {
			*ret_cut_off = true;
			break;
		}
		r = lint_serve(l, pidfd, (int)(left / NSEC_PER_MSEC) + 1);
	}
	*ret_cut_off |= r == -ETIMEDOUT;
	end_all(s);
	inject_trial_finish(trial, false, ret_counters);
	return r > 0 || r == -ETIMEDOUT ? 0 : r;
}

static void print_lines(const char *head, char *const *lines, size_t n)
{
	if (n)
		printf("   %s\n", head);
	for (size_t i = 0; i < n; i++)
		printf("      %s\n", lines[i]);
}

/* Calls of an interpreter, as one line. */
static void print_folded(const struct lint *l, size_t number)
{
	uint64_t n[LINT_FOLD_COUNT] = { 0 };

	for (size_t i = 0; i < l->n_findings; i++)
		n[l->findings[i].fold]++;
	if (n[LINT_FOLD_RUNS_CODE])
		printf("%zu. the child goes on to run interpreted code; %" PRIu64
		       " calls are not async-signal-safe\n",
			number + 1, n[LINT_FOLD_RUNS_CODE]);
	if (n[LINT_FOLD_AFTER_FORK])
		printf("left out: %" PRIu64 " calls of the interpreter's own code after a fork\n",
			n[LINT_FOLD_AFTER_FORK]);
}

/* How many findings a reader is told of, lock orders apart. */
static size_t count_findings(const struct lint *l)
{
	size_t n = 0, runs_code = 0;

	for (size_t i = 0; i < l->n_findings; i++) {
		n += l->findings[i].fold == LINT_FOLD_NOT;
		runs_code |= l->findings[i].fold == LINT_FOLD_RUNS_CODE;
	}
	return n + runs_code;
}

static void print_findings(const struct lint *l)
{
	size_t number = 0;

	for (size_t i = 0; i < l->n_findings; i++) {
		const struct lint_finding *f = &l->findings[i];

		if (f->fold != LINT_FOLD_NOT)
			continue;
		printf("%zu. %s", ++number, f->what);
		if (f->count > 1)
			printf(" (%" PRIu64 " times)", f->count);
		printf("\n   %s\n", f->fork);
		print_lines("locks that other threads held at the fork:", f->held, f->n_held);
		print_lines("the call:", f->stack, f->n_stack);
	}
	print_folded(l, number);
}

/* Their locks are not those of the preload's functions, or are tried first. */
static bool is_interpreter(const struct target *t)
{
	static const char *const names[] = { "python", "java", "ruby", "node", "perl", "php" };
	struct inject_program p = { 0 };
	bool is = false;

	if (inject_program_read(t->path, &p) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *slash = strrchr(p.exe, '/');

		is |= !strncmp(slash ? slash + 1 : p.exe, names[i], strlen(names[i]));
	}
	inject_program_done(&p);
	return is;
}

static void say_orders(const struct target *t, const struct order_found *f)
{
	if (is_interpreter(t))
		fputs("lint: locks of the interpreter are not seen, only those of its libraries\n",
			stderr);
	fprintf(stderr,
		"lint: watched %" PRIu64 " acquisitions of a lock by threads that held another%s\n",
		f->acquisitions,
		f->cut ? "; there are too many orders, not all were looked at" : "");
	if (f->dropped)
		fprintf(stderr,
			"lint: %" PRIu64
			" of them, or of their threads and locks, found no room and were left out\n",
			f->dropped);
}

/* An empty report means something only where something was watched. */
static void say_watched(const struct target *t, const struct lint *l, const struct options *o,
	uint64_t cut_off, uint64_t forks, const struct order_found *found)
{
	bool orders = found && found->acquisitions;

	if (cut_off)
		fprintf(stderr,
			"lint: the program had not ended after %" PRId64
			" s and was ended (--timeout); what it does later was not watched\n",
			o->timeout_ns / NSEC_PER_SEC);
	if (l->n_forks)
		fprintf(stderr,
			"lint: watched %" PRIu64 " fork%s of processes with up to %u threads%s\n",
			l->n_forks, l->n_forks == 1 ? "" : "s", l->most_threads,
			l->n_forks < forks ? "; forks without other threads are safe" : "");
	else if (forks)
		fprintf(stderr,
			"lint: nothing to watch: %" PRIu64
			" forks, none beside other threads (static, privileged and Go programs below it can't be watched)\n",
			forks);
	else if (orders)
		fputs("lint: nothing was forked\n", stderr);
	else
		fputs("lint: nothing to watch: nothing was forked (vfork and posix_spawn are safe; static, privileged and Go programs can't be watched)\n",
			stderr);
	if (orders)
		say_orders(t, found);
}

/* Prints all that was found; returns how much. */
static size_t report(const struct options *o, const struct target *t, const struct lint *l,
	const struct order_found *found)
{
	size_t n = count_findings(l), n_orders;
	struct lint_order *orders;

	lint_orders_new(found, &orders, &n_orders);
	if (o->confirm)
		lint_orders_confirm(orders, n_orders, t, o->confirm, o->timeout_ns);
	if (o->json) {
		lint_json_print(l, orders, n_orders);
	} else {
		print_findings(l);
		lint_orders_print(orders, n_orders, n);
	}
	lint_orders_done(orders, n_orders);
	return n + n_orders;
}

static int run_all(const struct options *o, const struct target *t, struct inject *inject)
{
	struct record_counters counters = { 0 };
	uint64_t loaded = 0, cut_off = 0, forks = 0;
	const struct order_found *found;
	size_t n;
	struct spawner s cleanup(spawner_done);
	struct lint l;
	int r = spawner_init(&s);

	if (r < 0) {
		fprintf(stderr, "lint: cannot start anything: %s\n", strerror(-r));
		return EXIT_BROKEN;
	}
	r = lint_init(&l);
	if (r < 0) {
		fprintf(stderr, "lint: cannot listen: %s\n", strerror(-r));
		return EXIT_BROKEN;
	}
	for (uint64_t i = 0; i < o->runs && r == 0; i++) {
		bool cut = false;

		r = run_once(&s, t, inject, &l, o->timeout_ns, &counters, &cut);
		cut_off += cut;
		forks += counters.passed;
		loaded += counters.trials;
		free(counters.note);
		free(counters.replay);
		counters = (struct record_counters){ 0 };
	}
	found = inject_order_found(inject);
	n = report(o, t, &l, found);
	if (r < 0)
		fprintf(stderr, "lint: '%s': %s\n", t->path, strerror(-r));
	else if (!loaded)
		fprintf(stderr, "lint: '%s': the preload was never loaded\n", t->path);
	if (r >= 0 && loaded)
		say_watched(t, &l, o, cut_off, forks, found);
	if (r < 0 || !loaded)
		r = EXIT_BROKEN;
	else if (n)
		r = EXIT_NOT_MET;
	else
		r = cut_off && !l.n_forks && !(found && found->acquisitions) ? EXIT_BROKEN
									     : EXIT_MET;
	lint_done(&l);
	return r;
}

/* The preload is what an injection of no delay at all brings along. */
static int lint_program(const struct options *o, const struct target *t)
{
	static const char rules[] = "func:fork:delay_enter=0;order";
	struct inject_target target = { .exe = t->path };
	struct inject_spec spec = { 0 };
	struct inject *inject = NULL;
	char *error cleanup(cleanup_free) = NULL;
	int r = inject_parse(rules, strlen(rules), &spec, &error);

	if (r == 0)
		r = inject_new(&spec, &target, ARM_NULL, &inject, &error);
	if (r < 0) {
		fprintf(stderr, "lint: '%s': %s\n", t->path, error);
		r = EXIT_BROKEN;
	} else if (!inject_engines(inject)) {
		fprintf(stderr, "lint: '%s': %s\n", t->path, inject_note(inject));
		r = EXIT_BROKEN;
	} else {
		r = run_all(o, t, inject);
	}
	inject_free(inject);
	inject_spec_done(&spec);
	return r;
}

int cmd_lint(int argc, char **argv)
{
	struct target_list list = { 0 };
	struct options o = { .runs = 1, .timeout_ns = 10 * NSEC_PER_SEC };
	enum option_result asked;
	int first, r;

	asked = option_parse(&cmd_lint_options, argc, argv, &o, &first);
	if (asked == OPTION_RUN && first == argc)
		asked = option_wrong(&cmd_lint_options, "PROGRAM", "missing");
	if (asked != OPTION_RUN)
		return option_exit(asked);
	r = target_add_program(&list, argv + first, NULL);
	if (r < 0) {
		fprintf(stderr, "lint: '%s': cannot execute: %s\n", argv[first], strerror(-r));
		r = EXIT_BROKEN;
	} else {
		r = lint_program(&o, &list.targets[0]);
	}
	target_list_done(&list);
	return r;
}
