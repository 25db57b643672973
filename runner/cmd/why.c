/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hangrate why PID: is this process tree stuck, and why; or what it waits for. Reads only. */
#include "runner/cmd/cmd.h"
#include "runner/explain/internal.h"
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

static void print_stack(const struct explain_thread *t)
{
	for (size_t i = 0; i < t->stack.n; i++) {
		cleanup(cleanup_free) char *frame = unwind_frame_text(&t->stack.frames[i]);

		printf("    %s\n", frame);
	}
}

static void print_threads(const struct explanation *e, bool stuck)
{
	for (size_t i = 0; i < e->s->n_threads; i++) {
		const struct thread *t = &e->s->threads[i];
		cleanup(cleanup_free) char *sentence = NULL, *why = NULL;

		if (e->threads[i].stuck != stuck)
			continue;
		if (t->wait == WAIT_NONE && e->threads[i].go == GO_WAIT_NONE)
			sentence = mem_printf("thread %d \"%s\" of process %d", (int)t->tid,
				t->comm, (int)e->s->processes[t->process].pid);
		else
			sentence = explain_sentence(e, i);
		why = stuck ? mem_strdup("") : explain_released(e, i);
		printf("\n%s%s%s\n", sentence, stuck ? "" : ": ", why);
		print_stack(&e->threads[i]);
	}
}

static bool has_guesses(const struct explanation *e)
{
	for (size_t i = 0; i < e->s->n_threads; i++)
		for (size_t k = 0; k < e->threads[i].stack.n; k++)
			if (e->threads[i].stack.frames[k].guessed)
				return true;
	return false;
}

/*
 * A stuck process with a handler that may be just what is waited for, or NULL: an idle daemon
 * sleeps in sem_wait() or reads from a pipe to itself until SIGTERM. In a trial nobody sends it;
 * here anybody may. A lock that has an owner is no such wait.
 */
static const struct process *open_to_signals(const struct explanation *e, uint64_t *ret_signals)
{
	if (e->class != CLASS_LOST_WAKEUP && e->class != CLASS_PIPE && e->class != CLASS_SOCKET &&
		e->class != CLASS_CHILD_WAIT && e->class != CLASS_MIXED)
		return NULL;
	for (size_t i = 0; i < e->s->n_threads; i++) {
		const struct thread *t = &e->s->threads[i];
		const struct process *p = &e->s->processes[t->process];

		*ret_signals = prove_handlers_for_others(p->caught) & ~t->blocked;
		if (e->threads[i].stuck && *ret_signals)
			return p;
	}
	return NULL;
}

static void print_signals(uint64_t signals)
{
	const char *separator = "";

	for (int signo = 1; signo <= 64; signo++) {
		if (!(signals >> (signo - 1) & 1))
			continue;
		if (signo < 32)
			printf("%sSIG%s", separator, sigabbrev_np(signo));
		else
			printf("%ssignal %d", separator, signo);
		separator = ", ";
	}
}

static void print_text(const struct explanation *e)
{
	const struct proof *p = e->p;
	cleanup(cleanup_free) char *summary = explain_summary(e);
	uint64_t signals;
	const struct process *open = open_to_signals(e, &signals);

	if (open) {
		printf("asleep until a signal comes: process %d \"%s\" catches ", (int)open->pid,
			open->comm);
		print_signals(signals);
		printf("; an idle daemon looks like this. Without a signal %zu of %zu threads "
		       "never run "
		       "again (%s)\n%s\n",
			p->n_stuck, p->n_threads, explain_class_name(e->class), summary);
	} else if (p->n_stuck)
		printf("stuck: %s: %zu of %zu threads can never run again%s\n%s\nusually mended "
		       "by: %s\n",
			explain_class_name(e->class), p->n_stuck, p->n_threads,
			p->root_stuck ? "" : "; the rest of the tree lives", summary,
			explain_remedy(e));
	else
		printf("nothing proven: none of %zu threads is certain never to run again\n%s\n",
			p->n_threads, summary);
	if (e->s->unreadable[0])
		printf("not everything could be read: %s\n", e->s->unreadable);
	print_threads(e, true);
	print_threads(e, false);
	if (has_guesses(e))
		puts("\n? found by scanning the stack, may be wrong; --stacks takes it for sure");
}

static int print(const struct explanation *e, const struct options *o)
{
	uint64_t signals;
	bool open = open_to_signals(e, &signals) != NULL;

	if (o->json) {
		json_t *j = explain_to_json(e);

		if (open)
			json_object_set_new(j, "proven", json_false());
		json_object_set_new(j, "unless_signal", json_boolean(open));
		json_dumpf(j, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(j);
	} else if (o->dot) {
		cleanup(cleanup_free) char *dot = explain_to_dot(e);

		fputs(dot ? dot : "", stdout);
	} else {
		print_text(e);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "why: standard output: %s\n", strerror(errno));
		return EXIT_BROKEN;
	}
	return e->p->n_stuck && !open ? EXIT_NOT_MET : EXIT_MET;
}

static int explain_tree(const struct snapshot *s, const struct proof *p, const struct options *o)
{
	struct explanation e;
	int r;

	if (o->stacks)
		fprintf(stderr, "why: attaching to %zu threads, each stops for some milliseconds\n",
			s->n_threads);
	r = explain_gather(s, p, o->stacks ? EXPLAIN_ATTACH : EXPLAIN_READ_ONLY, true, true, &e);
	if (r < 0)
		return complain(o->pid, r);
	explain_classify(&e);
	r = print(&e, o);
	explanation_done(&e);
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

struct probe_twice {
	struct snapshot first, second;
	struct proof proof;
};

static void looks_twice_done(struct probe_twice *t)
{
	proof_done(&t->proof);
	snapshot_done(&t->first);
	snapshot_done(&t->second);
}

static int look_twice(pid_t pid, struct probe_twice *ret)
{
	const struct snapshot_options options = { 0 };
	int r = snapshot_collect(pid, &options, &ret->first);

	if (r < 0)
		return r;
	r = snapshot_collect(pid, &options, &ret->second);
	if (r < 0) {
		snapshot_done(&ret->first);
		return r;
	}
	prove(&ret->first, &ret->second, &ret->proof);
	return 0;
}

/* Who polls is mostly asleep, and tells what it waits for only then: looks again where somebody
 * runs. */
static int probe(pid_t pid, struct probe_twice *ret)
{
	enum { TRIES = 5 };
	int r = look_twice(pid, ret);

	for (int i = 1;
		r == 0 && i < TRIES && !ret->proof.n_stuck && snapshot_anyone_runs(&ret->second);
		i++) {
		looks_twice_done(ret);
		r = look_twice(pid, ret);
	}
	return r;
}

int cmd_why(int argc, char **argv)
{
	struct probe_twice t;
	struct options o;
	bool help;
	int r = parse_options(argc, argv, &o, &help);

	if (help) {
		fputs(usage, stdout);
		return EXIT_MET;
	}
	if (r != 0)
		return r;
	r = probe(o.pid, &t);
	if (r < 0)
		return complain(o.pid, r);
	r = is_root_readable(&t.second) ? explain_tree(&t.second, &t.proof, &o)
					: complain(o.pid, -EACCES);
	looks_twice_done(&t);
	return r;
}
