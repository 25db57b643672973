/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary line and the key of a cause. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

#include <ctype.h>

/* --- summary --- */

/* Which threads the summary tells of, the leaf first. One lock without an owner to follow is a
 * story of one thread; the rest takes several sides. */
static bool is_told(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];

	if (!t->stuck || thread == e->leaf)
		return t->stuck && thread == e->leaf;
	switch (e->class) {
	case CLASS_ORPHANED_LOCK:
	case CLASS_SELF_LOCK:
	case CLASS_ABANDONED_LOCK:
		return false;
	case CLASS_LOCK_CYCLE:
		return t->class == CLASS_LOCK_CYCLE && t->cause == e->threads[e->leaf].cause;
	case CLASS_LOST_WAKEUP:
		return t->class == CLASS_LOST_WAKEUP;
	default:
		return t->class == e->class || t->class == CLASS_CHILD_WAIT ||
		       t->class == CLASS_MIXED ||
		       (e->class == CLASS_MIXED && thread == e->threads[e->leaf].cause);
	}
}

/* A thread that waits for the end of that process; SIZE_MAX none. */
static size_t find_parent(const struct explanation *e, size_t process)
{
	for (size_t i = 0; i < e->s->n_threads; i++) {
		const struct thread *t = &e->s->threads[i];

		for (size_t k = 0; t->wait == WAIT_CHILD && k < t->n_objects; k++) {
			const struct object *o = &e->s->objects[t->objects[k]];

			for (size_t w = 0; w < o->n_wakers; w++)
				if (e->s->threads[o->wakers[w]].process == process)
					return i;
		}
	}
	return SIZE_MAX;
}

/* The parent of a stuck copy of a Go process is sound, and hangs all the same. "" where it doesn't.
 */
static char *parent_clause(const struct explanation *e)
{
	size_t parent = e->threads[e->leaf].go == GO_WAIT_NONE
				? SIZE_MAX
				: find_parent(e, e->s->threads[e->leaf].process);
	const struct process *p =
		parent == SIZE_MAX ? NULL : &e->s->processes[e->s->threads[parent].process];

	return p ? mem_printf("; its parent, process %d \"%s\", waits for it to end", (int)p->pid,
			   p->comm)
		 : mem_strdup("");
}

static char *summarise_unproven(const struct explanation *e)
{
	cleanup(cleanup_free) char *text = explain_unproven(e);

	return text ? mem_printf("not proven, most likely: %s", text)
		    : mem_strdup("nothing is proven, and no wait tells why");
}

char *explain_summary(const struct explanation *e)
{
	enum { SHOWN = 3 };
	size_t more = 0, shown = 1;
	cleanup(cleanup_free) char *parent = NULL, *unless = NULL;
	char *text;

	if (e->leaf == SIZE_MAX)
		return summarise_unproven(e);
	text = explain_sentence(e, e->leaf);
	for (size_t i = 0; i < e->s->n_threads; i++) {
		cleanup(cleanup_free) char *before = NULL, *one = NULL;

		if (i == e->leaf || !is_told(e, i))
			continue;
		if (shown == SHOWN) {
			more++;
			continue;
		}
		before = text;
		one = explain_sentence(e, i);
		text = mem_printf("%s; %s", before, one);
		shown++;
	}
	if (more) {
		cleanup(cleanup_free) char *before = text;

		text = mem_printf("%s; and %zu more", before, more);
	}
	parent = parent_clause(e);
	if (*parent) {
		cleanup(cleanup_free) char *before = text;

		text = mem_printf("%s%s", before, parent);
	}
	unless = explain_unless(e);
	if (unless) {
		cleanup(cleanup_free) char *before = text;

		text = mem_printf("%s; stuck unless %s", before, unless);
	}
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

/* Functions from the inside out, as far as the first one of the program's own and its callers. */
static char *normal_frames(const struct explain_thread *t)
{
	enum { FRAMES = 6 };
	char *text = mem_strdup("");
	size_t shown = 0;

	for (size_t i = 0; i < t->stack.n && shown < FRAMES; i++) {
		const struct symbols_place *p = &t->stack.frames[i].place;
		cleanup(cleanup_free) char *before = NULL;

		if (p->function && explain_is_plumbing(p->function))
			continue;
		before = text;
		text = mem_printf(
			"%s%s%s", before, shown ? "<" : "", p->function ? p->function : p->module);
		shown++;
		if (p->function && !strcmp(p->function, "main"))
			break;
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

static bool is_in_key(const struct explanation *e, size_t thread)
{
	if (e->class == CLASS_LOST_WAKEUP)
		return thread == e->leaf;
	return is_told(e, thread);
}

char *explain_key(const struct explanation *e)
{
	char **parts = mem_alloc((e->s->n_threads + 1) * sizeof(*parts)), *key;
	size_t n = 0;

	for (size_t i = 0; i < e->s->n_threads; i++) {
		cleanup(cleanup_free) char *wait = NULL, *frames = NULL;

		if (!is_in_key(e, i))
			continue;
		wait = normal_wait(e, i);
		frames = normal_frames(&e->threads[i]);
		parts[n++] = mem_printf("%s %s", wait, frames);
	}
	key = join_parts(explain_class_name(e->class), parts, n);
	for (size_t i = 0; i < n; i++)
		free(parts[i]);
	free(parts);
	return key;
}
