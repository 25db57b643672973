/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole answer of `why` as text. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

#include <signal.h>

static void print_stack(FILE *out, const struct explain_thread *t)
{
	for (size_t i = 0; i < t->stack.n; i++) {
		cleanup(cleanup_free) char *frame = unwind_frame_text(&t->stack.frames[i]);

		fprintf(out, "    %s\n", frame);
	}
}

static void print_threads(FILE *out, const struct explanation *e, bool stuck)
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
		fprintf(out, "\n%s%s%s\n", sentence, stuck ? "" : ": ", why);
		print_stack(out, &e->threads[i]);
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

enum explain_outcome explain_outcome(const struct explanation *e)
{
	uint64_t signals;

	if (!e->p->n_stuck)
		return EXPLAIN_NOTHING;
	return open_to_signals(e, &signals) ? EXPLAIN_ASLEEP : EXPLAIN_STUCK;
}

static void print_signals(FILE *out, uint64_t signals)
{
	const char *separator = "";

	for (int signo = 1; signo <= 64; signo++) {
		if (!(signals >> (signo - 1) & 1))
			continue;
		if (signo < 32)
			fprintf(out, "%sSIG%s", separator, sigabbrev_np(signo));
		else
			fprintf(out, "%ssignal %d", separator, signo);
		separator = ", ";
	}
}

static void print_head(FILE *out, const struct explanation *e)
{
	const struct proof *p = e->p;
	cleanup(cleanup_free) char *summary = explain_summary(e);
	uint64_t signals;
	const struct process *open = open_to_signals(e, &signals);

	if (open) {
		fprintf(out, "asleep until a signal comes: process %d \"%s\" catches ",
			(int)open->pid, open->comm);
		print_signals(out, signals);
		fprintf(out,
			"; an idle daemon looks like this. Without a signal %zu of %zu threads "
			"never run again (%s)\n%s\n",
			p->n_stuck, p->n_threads, explain_class_name(e->class), summary);
	} else if (p->n_stuck)
		fprintf(out,
			"stuck: %s: %zu of %zu threads can never run again%s\n%s\n"
			"usually mended by: %s\n",
			explain_class_name(e->class), p->n_stuck, p->n_threads,
			p->root_stuck ? "" : "; the rest of the tree lives", summary,
			explain_remedy(e));
	else
		fprintf(out,
			"nothing proven: none of %zu threads is certain never to run again\n%s\n",
			p->n_threads, summary);
}

char *explain_text(const struct explanation *e)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return mem_strdup("");
	print_head(out, e);
	if (e->s->unreadable[0])
		fprintf(out, "not everything could be read: %s\n", e->s->unreadable);
	print_threads(out, e, true);
	print_threads(out, e, false);
	if (has_guesses(e))
		fputs("\n? found by scanning the stack, may be wrong; --stacks takes it for sure\n",
			out);
	fclose(out);
	return text;
}
