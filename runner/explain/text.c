/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary line and the key of a cause. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/printable.h"
#include "runner/base/util.h"

#include <ctype.h>

/* --- summary --- */

/* The parent of a stuck child is not stuck itself; it waits for the stuck child. "" where none
 * does, or where it is told of anyway. */
static char *parent_clause(const struct explanation *e)
{
	size_t process = e->s->threads[e->leaf].process;
	size_t parent = explain_find_parent(e, process);
	cleanup(cleanup_free) char *name = NULL;

	if (parent == SIZE_MAX || e->s->threads[parent].process == process ||
		(e->class > CLASS_ABANDONED_LOCK && e->threads[e->leaf].go == GO_WAIT_NONE))
		return mem_strdup("");
	name = explain_process(e, e->s->threads[parent].process);
	return mem_printf("; its parent, %s, waits for it to end", name);
}

static char *summarise_unproven(const struct explanation *e)
{
	cleanup(cleanup_free) char *text = explain_unproven(e);
	size_t first = explain_find_first(e);
	char *tasks = explain_waiting_tasks(e);

	if (tasks)
		return tasks;
	if (!text)
		return mem_strdup("nothing proven; no wait explains it");
	return mem_printf("%s: %s",
		explain_is_asleep(&e->s->threads[first]) ? "not stuck" : "not proven, most likely",
		text);
}

static char *append(char *text, const char *separator, const char *more)
{
	char *longer = mem_printf("%s%s%s", text, separator, more);

	free(text);
	return longer;
}

static char *tell_sides(const struct explanation *e)
{
	enum { SHOWN = 3 };
	cleanup(cleanup_free) size_t *told = mem_alloc((e->s->n_threads + 1) * sizeof(size_t));
	cleanup(cleanup_free) char **lines = mem_alloc((e->s->n_threads + 1) * sizeof(*lines));
	size_t n = explain_fold(e, told, explain_list_told(e, told), lines);
	char *text = mem_strdup("");

	for (size_t i = 0; i < n; i++) {
		if (i < SHOWN)
			text = append(text, i ? "; " : "", lines[i]);
		free(lines[i]);
	}
	if (n > SHOWN) {
		cleanup(cleanup_free) char *more = mem_printf("%zu more", n - SHOWN);

		text = append(text, "; and ", more);
	}
	return text;
}

char *explain_summary(const struct explanation *e)
{
	cleanup(cleanup_free) char *parent = NULL, *unless = NULL;
	char *text;

	if (e->leaf == SIZE_MAX) {
		text = summarise_unproven(e);
	} else {
		parent = parent_clause(e);
		unless = explain_unless(e);
		text = append(tell_sides(e), parent, "");
		if (unless)
			text = append(text, "; stuck unless ", unless);
	}
	printable_clean(text);
	return text;
}

/* --- key --- */

/* Takes out what differs from trial to trial: addresses and ids, " 0x55d0" and " 4711". */
char *explain_normalise(const char *text)
{
	char *out = mem_alloc(strlen(text) + 1), *to = out;

	for (const char *p = text; *p;) {
		bool starts = p == text || p[-1] == ' ' || p[-1] == '[';

		if (starts && isdigit((unsigned char)*p)) {
			while (isalnum((unsigned char)*p))
				p++;
			*to++ = '#';
		} else {
			*to++ = *p++;
		}
	}
	return out;
}

enum { KEY_FRAMES = 6 };

/* Of the user's own language, where that is known. */
static char *normal_language(const struct language_stack *stack)
{
	char *text = mem_strdup("");

	for (size_t i = 0, shown = 0; i < stack->n && shown < KEY_FRAMES; i++)
		if (!stack->frames[i].library && stack->frames[i].function)
			text = append(text, shown++ ? "<" : "", stack->frames[i].function);
	return text;
}

/* Functions from the inside out, as far as main(): the user's own. What a libc is built of differs
 * from one build to the next, and whether it has names at all. */
static char *normal_frames(const struct explain_thread *t, bool foreign)
{
	char *text = mem_strdup("");

	for (size_t i = 0, shown = 0; i < t->stack.n && shown < KEY_FRAMES; i++) {
		const struct symbols_place *p = &t->stack.frames[i].place;

		if (p->function && explain_is_plumbing(p->function))
			continue;
		if (!foreign && explain_is_foreign(&t->stack.frames[i]))
			continue;
		text = append(text, shown++ ? "<" : "", p->function ? p->function : p->module);
		if (p->function && !strcmp(p->function, "main"))
			break;
	}
	return text;
}

static char *key_frames(const struct explain_thread *t)
{
	char *text = normal_language(&t->language);

	if (!*text) {
		free(text);
		text = normal_frames(t, false);
	}
	if (!*text) {
		free(text);
		text = normal_frames(t, true);
	}
	return text;
}

static char *normal_wait(const struct explanation *e, size_t thread)
{
	const struct thread *th = &e->s->threads[thread];
	const struct explain_thread *t = &e->threads[thread];

	if (th->wait == WAIT_FUTEX)
		return explain_normalise(t->lock_name ? t->lock_name : "");
	return mem_strdup(wait_kind_name(th->wait));
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In an order that the threads' numbers have no part in, each once. */
static char *join_parts(const char *head, char **parts, size_t n)
{
	char *text = mem_strdup(head);

	qsort(parts, n, sizeof(*parts), compare_text);
	for (size_t i = 0; i < n; i++) {
		cleanup(cleanup_free) char *before = NULL;

		if (i && !strcmp(parts[i], parts[i - 1]))
			continue;
		before = text;
		text = mem_printf("%s|%s", before, parts[i]);
	}
	return text;
}

char *explain_key(const struct explanation *e)
{
	cleanup(cleanup_free) size_t *told = mem_alloc((e->s->n_threads + 1) * sizeof(size_t));
	size_t n = explain_list_told(e, told);
	char **parts, *key;

	/* Who else waits for nobody differs from trial to trial. */
	if (e->class == CLASS_LOST_WAKEUP && n)
		n = 1;
	parts = mem_alloc((n + 1) * sizeof(*parts));
	for (size_t i = 0; i < n; i++) {
		cleanup(cleanup_free) char *wait = normal_wait(e, told[i]);
		cleanup(cleanup_free) char *frames = key_frames(&e->threads[told[i]]);

		parts[i] = mem_printf("%s %s", wait, frames);
	}
	key = join_parts(explain_class_name(e->class), parts, n);
	for (size_t i = 0; i < n; i++)
		free(parts[i]);
	free(parts);
	printable_clean(key);
	return key;
}
