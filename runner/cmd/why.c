/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hangrate why PID: is this process tree stuck, and why; or what it waits for. Reads only. */
#include "runner/cmd/cmd.h"
#include "runner/cmd/watchdog.h"
#include "runner/cmd/why.h"
#include "runner/explain/explain.h"
#include "runner/prove/twice.h"
#include "runner/trial/ask.h"
#include "runner/base/util.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>

#define AT(field) offsetof(struct why_options, field)
static const struct option_row rows[] = {
	{ "all", 0, OPTION_FLAG, AT(all), NULL, "every process that may be read" },
	{ "tree", 0, OPTION_FLAG, AT(tree), NULL,
		"the whole tree that a process belongs to, up to the head of its session" },
	{ "cgroup", 0, OPTION_TEXT, AT(cgroup), "PATH",
		"the processes of a control group and of those below it" },
	{ "container", 0, OPTION_TEXT, AT(container), "NAME",
		"those of a container (asks docker or podman)" },
	{ "watch", 0, OPTION_DURATION, AT(watch_ns), "T",
		"look again and again; report what became stuck" },
	{ "openmetrics", 0, OPTION_TEXT, AT(metrics), "F",
		"write the numbers of each look to F for Prometheus" },
	{ "json", 0, OPTION_FLAG, AT(json), NULL, "the same as one JSON object" },
	{ "dot", 0, OPTION_FLAG, AT(dot), NULL, "the wait-for graph of one tree for graphviz" },
	{ "stacks", 0, OPTION_FLAG, AT(stacks), NULL,
		"attach to each thread for a moment to take its whole stack" },
	OPTION_ROW_HELP,
};

const struct option_table cmd_why_options = {
	.command = "why",
	.usage = (const char *const[]){ "[options] PID|NAME...",
		"[options] --all | --cgroup PATH | --container NAME", NULL },
	.about =
		"Says whether the process tree below PID is stuck, what each thread waits for, who could\n"
		"wake it and why they can't. Reads /proc only: nothing is stopped or changed.\n"
		"Of several trees it gives one answer each, worst first. Where a scenario of the catalogue\n"
		"is of the cause's kind, it is named: docs/catalogue.md shows what cures it.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.status =
		"0 nothing proven, 1 stuck, 2 no such process, 3 not permitted to look, or no answer",
};

/* 0: no process id. */
static pid_t parse_pid(const char *text)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	return errno || *end || end == text || pid <= 0 || pid > INT32_MAX ? 0 : (pid_t)pid;
}

static bool selects_many(const struct why_options *o)
{
	return o->all || o->tree || o->cgroup || o->container || o->watch_ns || o->metrics;
}

/* A core has the memory of one process and nothing of who else could wake it. */
static bool is_core(const char *path)
{
	cleanup(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Elf64_Ehdr header;

	return fd >= 0 && read(fd, &header, sizeof(header)) == sizeof(header) &&
	       !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_type == ET_CORE;
}

static enum option_result parse_options(int argc, char **argv, struct why_options *o)
{
	enum option_result r;
	int first;

	r = option_parse(&cmd_why_options, argc, argv, o, &first);
	if (r != OPTION_RUN)
		return r;
	o->names = argv + first;
	if (first == argc && !o->all && !o->cgroup && !o->container)
		return option_wrong(&cmd_why_options, "PID", "missing");
	if (o->json && o->dot)
		return option_wrong(&cmd_why_options, "--dot", "cannot be combined with --json");
	o->pid = first == argc - 1 && !selects_many(o) ? parse_pid(argv[first]) : 0;
	if (o->dot && !o->pid)
		return option_wrong(&cmd_why_options, "--dot", "takes one process id");
	for (int i = first; i < argc; i++)
		if (strchr(argv[i], '/') || is_core(argv[i])) {
			fprintf(stderr,
				"why: '%s': a file; a core does not tell who holds the other ends of its pipes and sockets. Ask while the process lives: hangrate why PID\n",
				argv[i]);
			return OPTION_WRONG;
		}
	return OPTION_RUN;
}

/* A process that hidepid hides looks like none; a signal of number 0 tells them apart. */
int why_complain(pid_t pid, int error)
{
	bool hidden = error == -ESRCH && kill(pid, 0) < 0 && errno == EPERM;

	if (error == -ESRCH && !hidden) {
		fprintf(stderr, "why: '%d': no such process\n", (int)pid);
		return EXIT_USAGE;
	}
	fprintf(stderr,
		hidden ? "why: '%d': not permitted to look: /proc hides it (hidepid). Nothing is known about it; ask as its owner or as root\n"
		: error == -EACCES || error == -EPERM
			? "why: '%d': not permitted to look: it belongs to another user or is protected. Nothing is known about it; ask as its owner or as root\n"
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

static int print(const struct explanation *e, const struct why_options *o)
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

/* Only what nobody can see without attaching keeps it from being proven. */
static bool would_asking_help(const struct prove_result *result)
{
	return result->has_if_no_timers && result->if_no_timers.least > result->p.least;
}

static int explain_and_print(const struct prove_result *result, const struct why_options *o)
{
	struct explanation *e;
	int r;

	if (o->stacks)
		fprintf(stderr, "why: attaching to %zu threads, each stops for some milliseconds\n",
			result->s.n_threads);
	r = explain_tree(
		&result->s, &result->p, o->stacks ? EXPLAIN_ATTACH : EXPLAIN_READ_ONLY, &e);
	if (r < 0)
		return why_complain(o->pid, r);
	r = print(e, o);
	if (!o->stacks && !o->json && !o->dot && would_asking_help(result))
		printf("to be sure: hangrate why --stacks %d, which stops each thread for a moment and asks it\n",
			(int)o->pid);
	explanation_free(e);
	return r;
}

/* A tree without a readable process proves nothing; it must not be called "not stuck". */
static bool is_root_readable(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].pid == s->root)
			return s->processes[i].readable;
	return false;
}

/* Attaching was asked for: a process that is stuck unless a timer is armed is asked for its timers.
 */
static void ask_for_timers(struct prove_result *r)
{
	struct ask a = { .mode = ASK_LET_GO }; /* no thread stays stopped */
	struct proof with_timers = r->p;
	bool armed, is_quiet;

	if (!would_asking_help(r))
		return;
	is_quiet = ask_stuck_set(&a, &r->s, &r->if_no_timers, &armed);
	ask_done(&a, false);
	if (!is_quiet)
		return;
	r->p = r->if_no_timers;
	r->if_no_timers = with_timers;
}

static int look(void *arg)
{
	enum { TRIES = 5 };
	const struct snapshot_options options = { .timed = true };
	const struct why_options *o = arg;
	struct prove_result result;
	int r;

	if (!o->pid)
		return why_many(o);
	r = prove_twice(o->pid, &options, TRIES, &result);
	if (r < 0)
		return why_complain(o->pid, r);
	prove_select_best(&result.p);
	if (result.has_if_no_timers)
		prove_select_best(&result.if_no_timers);
	if (o->stacks)
		ask_for_timers(&result);
	r = is_root_readable(&result.s) ? explain_and_print(&result, o)
					: why_complain(o->pid, -EACCES);
	prove_result_done(&result);
	return r;
}

int cmd_why(int argc, char **argv)
{
	enum option_result asked;
	struct why_options o = { 0 };

	asked = parse_options(argc, argv, &o);
	if (asked != OPTION_RUN)
		return option_exit(asked);
	return watchdog_run("why", look, &o);
}
