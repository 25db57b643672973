/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hangrate why PID: is this process tree stuck, and why; or what it waits for. Reads only. */
#include "runner/cmd/cmd.h"
#include "runner/explain/explain.h"
#include "runner/prove/twice.h"
#include "runner/base/util.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>

struct options {
	pid_t pid;
	bool json, dot, stacks;
};

#define AT(field) offsetof(struct options, field)
static const struct option_row rows[] = {
	{ "json", 0, OPTION_FLAG, AT(json), NULL, "the same as one JSON object" },
	{ "dot", 0, OPTION_FLAG, AT(dot), NULL, "the wait-for graph for graphviz" },
	{ "stacks", 0, OPTION_FLAG, AT(stacks), NULL,
		"attach to each thread for a moment to take its whole stack" },
	OPTION_ROW_HELP,
};

const struct option_table cmd_why_options = {
	.command = "why",
	.usage = (const char *const[]){ "PID [--json | --dot] [--stacks]", NULL },
	.about = "Says whether the process tree below PID is stuck, what each thread waits for, "
		 "who could\n"
		 "wake it and why they can't. Reads /proc only: nothing is stopped or changed.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.status = "0 nothing proven, 1 stuck, 2 no such process, 3 not permitted to look",
};

static enum option_result parse_options(int argc, char **argv, struct options *o)
{
	enum option_result r;
	int first;
	char *end;
	long pid;

	r = option_parse(&cmd_why_options, argc, argv, o, &first);
	if (r != OPTION_RUN)
		return r;
	if (first != argc - 1)
		return option_wrong(&cmd_why_options, first < argc ? argv[first + 1] : "PID",
			first < argc ? "one process at a time" : "missing");
	if (o->json && o->dot)
		return option_wrong(&cmd_why_options, "--dot", "cannot be combined with --json");
	errno = 0;
	pid = strtol(argv[first], &end, 10);
	if (errno || *end || end == argv[first] || pid <= 0 || pid > INT32_MAX) {
		fprintf(stderr, "why: '%s': not a process id\n", argv[first]);
		return OPTION_WRONG;
	}
	o->pid = (pid_t)pid;
	return OPTION_RUN;
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

/* Lines are broken for people; a pipe gets them whole. */
static void put_text(const struct explanation *e)
{
	struct winsize size;
	bool terminal = isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	cleanup(cleanup_free) char *text = explain_text(e);
	cleanup(cleanup_free) char *wrapped = explain_wrap(text, terminal ? size.ws_col : 0);

	fputs(wrapped, stdout);
}

static int print(const struct explanation *e, const struct options *o)
{
	cleanup(cleanup_free) char *text = o->json  ? explain_json(e)
					   : o->dot ? explain_dot(e)
						    : NULL;

	if (text)
		fputs(text, stdout);
	else
		put_text(e);
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
	enum option_result asked;
	struct options o = { 0 };
	int r;

	asked = parse_options(argc, argv, &o);
	if (asked != OPTION_RUN)
		return option_exit(asked);
	r = prove_twice(o.pid, &options, TRIES, &result);
	if (r < 0)
		return complain(o.pid, r);
	prove_select_best(&result.p);
	r = is_root_readable(&result.s) ? explain_and_print(&result, &o) : complain(o.pid, -EACCES);
	prove_result_done(&result);
	return r;
}
