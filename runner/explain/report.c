/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole answer of `why` as text. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/printable.h"
#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

#include <signal.h>

/* A line of foreign text: nothing in it may act on a terminal. */
static void print_line(FILE *out, const char *indent, const char *text)
{
	cleanup(cleanup_free) char *clean = printable_copy(text, strlen(text));

	fprintf(out, "%s%s\n", indent, clean);
}

static void print_stack(FILE *out, const struct explain_thread *t)
{
	for (size_t i = 0, n = explain_native_frames(t); i < n; i++) {
		cleanup(cleanup_free) char *frame = unwind_frame_text(&t->stack.frames[i]);

		print_line(out, "    ", frame);
	}
	for (size_t i = 0; i < t->language.n; i++) {
		cleanup(cleanup_free) char *frame = language_frame_text(&t->language.frames[i]);

		print_line(out, "    ", frame);
	}
}

static void print_tasks(FILE *out, const struct explanation *e)
{
	for (size_t i = 0; i < e->s->n_processes; i++) {
		for (size_t k = 0; k < e->tasks[i].n; k++) {
			const struct language_task *t = &e->tasks[i].tasks[k];

			fputc('\n', out);
			print_line(out, "", t->description);
			for (size_t f = 0; f < t->stack.n; f++) {
				cleanup(cleanup_free) char *frame =
					language_frame_text(&t->stack.frames[f]);

				print_line(out, "    ", frame);
			}
		}
	}
}

static void print_threads(FILE *out, const struct explanation *e, bool stuck)
{
	for (size_t i = 0; i < e->s->n_threads; i++) {
		cleanup(cleanup_free) char *sentence = NULL, *why = NULL, *line = NULL;

		if (e->threads[i].stuck != stuck)
			continue;
		sentence = explain_sentence(e, i);
		why = stuck ? NULL : explain_released(e, i);
		/* What a sentence says already. */
		if (why && (strstr(sentence, why) || !strcmp(why, explain_unrest(e, i)))) {
			free(why);
			why = NULL;
		}
		line = mem_printf("%s%s%s", sentence, why ? ": " : "", why ? why : "");
		fputc('\n', out);
		print_line(out, "", line);
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
 * catches: Python, Node and shells always catch some signal. So is one whose root catches nothing:
 * of a daemon and its workers, it is the daemon that is told to end.
 */
static const struct process *open_to_signals(const struct explanation *e, uint64_t *ret_signals)
{
	const struct process *found = NULL;
	bool root_stuck = false, root_open = false;

	*ret_signals = 0;
	for (size_t i = 0; i < e->s->n_threads; i++) {
		const struct thread *t = &e->s->threads[i];
		const struct process *p = &e->s->processes[t->process];
		uint64_t signals = prove_handlers_for_others(p->caught) & ~t->blocked;

		if (!e->threads[i].stuck)
			continue;
		if (is_never_idle(e, i))
			return NULL;
		root_stuck = root_stuck || p->pid == e->s->root;
		root_open = root_open || (p->pid == e->s->root && signals);
		if (!found && signals) {
			found = p;
			*ret_signals = signals;
		}
	}
	return root_stuck && !root_open ? NULL : found;
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

/* The line above has named the only process. */
static const char *without_process(const struct explanation *e, const char *line)
{
	cleanup(cleanup_free) char *name = explain_process(e, 0), *prefix = NULL;

	prefix = mem_printf("%s in ", name);
	return e->s->n_processes == 1 && !strncmp(line, prefix, strlen(prefix))
		       ? line + strlen(prefix)
		       : line;
}

/* The culprit first, one line for each participant. */
static void print_told(FILE *out, const struct explanation *e)
{
	enum { SHOWN = 6 };
	cleanup(cleanup_free) size_t *told = mem_alloc((e->s->n_threads + 1) * sizeof(size_t));
	cleanup(cleanup_free) char **lines = mem_alloc((e->s->n_threads + 1) * sizeof(*lines));
	size_t n = explain_fold(e, told, explain_list_told(e, told), lines);

	for (size_t i = 0; i < n; i++) {
		if (i < SHOWN)
			print_line(out, "  ", without_process(e, lines[i]));
		free(lines[i]);
	}
	if (n > SHOWN)
		fprintf(out, "  and %zu more\n", n - SHOWN);
}

static void print_remedy(FILE *out, const struct explanation *e)
{
	fprintf(out, "typical fix: %s\n", explain_remedy(e));
}

static void print_see(FILE *out, const struct explanation *e)
{
	cleanup(cleanup_free) char *see = explain_see(e);

	if (see)
		print_line(out, "", see);
}

static void print_stuck(FILE *out, const struct explanation *e)
{
	const struct proof *p = e->p;
	cleanup(cleanup_free) char *headline = explain_headline(e), *unless = explain_unless(e);
	cleanup(cleanup_free) char *first = NULL, *count = NULL;
	bool proven = p->least != STUCK_UNLESS;

	first = mem_printf("%s: %s", proven ? "stuck" : "not proven", headline);
	print_line(out, "", first);
	print_told(out, e);
	count = unless ? mem_printf("%s: %zu of %zu threads never run again unless %s",
				 explain_class_name(e->class), p->n_stuck, p->n_threads, unless)
		       : mem_printf("%s: %zu of %zu threads can never run again%s",
				 explain_class_name(e->class), p->n_stuck, p->n_threads,
				 p->root_stuck ? "" : "; the rest of the tree lives");
	print_line(out, "", count);
	print_remedy(out, e);
	print_see(out, e);
}

static void print_asleep(FILE *out, const struct explanation *e)
{
	uint64_t signals;
	const struct process *open = open_to_signals(e, &signals);
	cleanup(cleanup_free) char *name = explain_process(e, (size_t)(open - e->s->processes));
	cleanup(cleanup_free) char *headline = explain_headline(e);
	cleanup(cleanup_free) char *line = mem_printf("asleep until a signal comes: %s", headline);

	print_line(out, "", line);
	print_told(out, e);
	fprintf(out, "%s: %zu of %zu threads never run again without a signal\n",
		explain_class_name(e->class), e->p->n_stuck, e->p->n_threads);
	print_line(out, "an idle daemon looks like this: ", name);
	fputs("  catches ", out);
	print_signals(out, signals);
	fputs("\n", out);
	print_remedy(out, e);
}

static void print_unproven(FILE *out, const struct explanation *e)
{
	cleanup(cleanup_free) char *summary = explain_summary(e);

	print_line(out, "", summary);
	fprintf(out, "nothing proven: none of %zu threads is certain never to run again\n",
		e->p->n_threads);
	print_see(out, e);
}

static void print_head(FILE *out, const struct explanation *e)
{
	switch (explain_outcome(e)) {
	case EXPLAIN_NOTHING:
		print_unproven(out, e);
		return;
	case EXPLAIN_ASLEEP:
		print_asleep(out, e);
		return;
	case EXPLAIN_UNLESS:
	case EXPLAIN_STUCK:
		print_stuck(out, e);
		return;
	}
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
	print_tasks(out, e);
	if (has_guesses(e))
		fputs("\n? found by scanning the stack, may be wrong; --stacks takes it for sure\n",
			out);
	fclose(out);
	return text;
}
