/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hangrate why PID: is this process tree stuck, and why; or what it waits for. Reads only. */
#include "runner/cmd/cmd.h"
#include "runner/explain/explain.h"
#include "runner/prove/twice.h"
#include "runner/base/util.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>

struct options {
	pid_t pid;
	bool json, dot, stacks;
};

static const char usage[] =
	"usage: hangrate why PID [--json | --dot] [--stacks]\n"
	"\n"
	"Says whether the process tree below PID is stuck, what each thread waits for, who could\n"
	"wake it and why they can't. Reads /proc only: nothing is stopped or changed.\n"
	"\n"
	"  --json     the same as one JSON object\n"
	"  --dot      the wait-for graph for graphviz\n"
	"  --stacks   attach to each thread for a moment to take its whole stack\n"
	"\n"
	"exit status: 0 nothing proven, 1 stuck, 2 no such process, 3 not permitted to look\n";

/* 0, or the exit status to leave with. */
static int parse_options(int argc, char **argv, struct options *ret_options, bool *ret_help)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "dot", no_argument, NULL, 'd' },
		{ "stacks", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options o = { 0 };
	char *end;
	long pid;
	int c;

	*ret_help = false;
	optind = 0;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		o.json = o.json || c == 'j';
		o.dot = o.dot || c == 'd';
		o.stacks = o.stacks || c == 's';
		*ret_help = *ret_help || c == 'h';
		if (c == '?')
			return EXIT_USAGE;
	}
	if (*ret_help)
		return 0;
	if (optind != argc - 1 || (o.json && o.dot)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	errno = 0;
	pid = strtol(argv[optind], &end, 10);
	if (errno || *end || end == argv[optind] || pid <= 0 || pid > INT32_MAX) {
		fprintf(stderr, "why: '%s': not a process id\n", argv[optind]);
		return EXIT_USAGE;
	}
	o.pid = (pid_t)pid;
	*ret_options = o;
	return 0;
}

/* A process that hidepid hides looks like none; a signal of number 0 tells them apart. */
static int complain(pid_t pid, int error)
{
	bool hidden = error == -ESRCH && kill(pid, 0) < 0 && errno == EPERM;

	if (error == -ESRCH && !hidden) {
		fprintf(stderr, "why: '%d': no such process\n", (int)pid);
		return EXIT_USAGE;
	}
	fprintf(stderr,
		hidden ? "why: '%d': not permitted to look: /proc hides it (hidepid). Nothing is "
			 "known about it; ask as its owner or as root\n"
		: error == -EACCES || error == -EPERM
			? "why: '%d': not permitted to look: it belongs to another user or is "
			  "protected. Nothing is known about it; ask as its owner or as root\n"
			: "why: '%d': cannot be read\n",
		(int)pid);
	return EXIT_BROKEN;
}

static int print(const struct explanation *e, const struct options *o)
{
	cleanup(cleanup_free) char *text = o->json  ? explain_json(e)
					   : o->dot ? explain_dot(e)
						    : explain_text(e);

	fputs(text ? text : "", stdout);
	if (o->json)
		putchar('\n');
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "why: standard output: %s\n", strerror(errno));
		return EXIT_BROKEN;
	}
	return explain_outcome(e) == EXPLAIN_STUCK ? EXIT_NOT_MET : EXIT_MET;
}

static int explain_and_print(const struct prove_result *result, const struct options *o)
{
	struct explanation *e;
	int r;

	if (o->stacks)
		fprintf(stderr, "why: attaching to %zu threads, each stops for some milliseconds\n",
			result->s.n_threads);
	r = explain_tree(
		&result->s, &result->p, o->stacks ? EXPLAIN_ATTACH : EXPLAIN_READ_ONLY, &e);
	if (r < 0)
		return complain(o->pid, r);
	r = print(e, o);
	explanation_free(e);
	return r;
}

/* A tree in which nobody could be read proves nothing, and that is not "not stuck". */
static bool is_root_readable(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].pid == s->root)
			return s->processes[i].readable;
	return false;
}

int cmd_why(int argc, char **argv)
{
	enum { TRIES = 5 };
	const struct snapshot_options options = { 0 };
	struct prove_result result;
	struct options o;
	bool help;
	int r = parse_options(argc, argv, &o, &help);

	if (help) {
		fputs(usage, stdout);
		return EXIT_MET;
	}
	if (r != 0)
		return r;
	r = prove_twice(o.pid, &options, TRIES, &result);
	if (r < 0)
		return complain(o.pid, r);
	r = is_root_readable(&result.s) ? explain_and_print(&result, &o) : complain(o.pid, -EACCES);
	prove_result_done(&result);
	return r;
}
