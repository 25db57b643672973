/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole answer of `why` as text. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

#include <signal.h>

static void print_stack(FILE *out, const struct explain_thread *t)
{
	for (size_t i = 0, n = explain_native_frames(t); i < n; i++) {
		cleanup(cleanup_free) char *frame = unwind_frame_text(&t->stack.frames[i]);

		fprintf(out, "    %s\n", frame);
	}
	for (size_t i = 0; i < t->language.n; i++) {
		cleanup(cleanup_free) char *frame = language_frame_text(&t->language.frames[i]);

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
		for (size_t k = 0; k < explain_native_frames(&e->threads[i]); k++)
			if (e->threads[i].stack.frames[k].guessed)
				return true;
	return false;
}

/* An object of a poll that is polled because it is full. Edge-triggered, it may be asked for and
 * not be what is waited for. */
static bool is_full(const struct object *o)
{
	if (wait_row(o->wait)->purpose != WAITS_FOR_SPACE)
		return false;
	return o->kind == OBJECT_PIPE ? o->capacity > 0 && o->fill >= o->capacity
				      : o->sendq > 0 || o->peer_recvq > 0;
}

/* An idle program waits for input, for a wake-up or for a signal: never for a lock, nor to write
 * into something full. */
static bool is_never_idle(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];

	if (e->threads[thread].class <= CLASS_FILE_LOCK ||
		wait_row(t->wait)->purpose == WAITS_FOR_SPACE)
		return true;
	for (size_t i = 0; t->wait == WAIT_POLL && i < t->n_objects; i++)
		if (is_full(&e->s->objects[t->objects[i]]))
			return true;
	return false;
}

/*
 * A stuck process with a handler that may be just what is waited for, or NULL: an idle daemon
 * sleeps in sem_wait() or reads from a pipe to itself until SIGTERM. In a trial nobody sends it;
 * here anybody may. A set in which somebody waits as no idle program does is stuck, whatever it
 * catches: Python, Node and shells always catch some signal.
 */
static const struct process *open_to_signals(const struct explanation *e, uint64_t *ret_signals)
{
	const struct process *found = NULL;

	*ret_signals = 0;
	for (size_t i = 0; i < e->s->n_threads; i++) {
		const struct thread *t = &e->s->threads[i];
		const struct process *p = &e->s->processes[t->process];
		uint64_t signals = prove_handlers_for_others(p->caught) & ~t->blocked;

		if (!e->threads[i].stuck)
			continue;
		if (is_never_idle(e, i))
			return NULL;
		if (!found && signals) {
			found = p;
			*ret_signals = signals;
		}
	}
	return found;
}

enum explain_outcome explain_outcome(const struct explanation *e)
{
	uint64_t signals;

	if (!e->p->n_stuck)
		return EXPLAIN_NOTHING;
	if (e->p->least == STUCK_UNLESS)
		return EXPLAIN_UNLESS;
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
	cleanup(cleanup_free) char *summary = explain_summary(e), *unless = explain_unless(e);
	uint64_t signals;
	const struct process *open = open_to_signals(e, &signals);

	if (explain_outcome(e) == EXPLAIN_ASLEEP) {
		fprintf(out, "asleep until a signal comes: process %d \"%s\" catches ",
			(int)open->pid, open->comm);
		print_signals(out, signals);
		fprintf(out,
			"; an idle daemon looks like this. Without a signal %zu of %zu threads "
			"never run again (%s)\n%s\n",
			p->n_stuck, p->n_threads, explain_class_name(e->class), summary);
	} else if (p->n_stuck && p->least == STUCK_UNLESS)
		fprintf(out,
			"not proven: %s: %zu of %zu threads are stuck unless %s\n%s\n"
			"usually mended by: %s\n",
			explain_class_name(e->class), p->n_stuck, p->n_threads, unless, summary,
			explain_remedy(e));
	else if (p->n_stuck && unless)
		fprintf(out,
			"stuck: %s: %zu of %zu threads never run again unless %s\n%s\n"
			"usually mended by: %s\n",
			explain_class_name(e->class), p->n_stuck, p->n_threads, unless, summary,
			explain_remedy(e));
	else if (p->n_stuck)
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
