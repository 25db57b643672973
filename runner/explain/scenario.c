/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cause in the words that scenarios use for theirs (lib/scenario.h), and who is of its kind.
 * Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/explain/scenario.h"
#include "runner/snapshot/wait/wait.h"

#include <ctype.h>
#include <sys/syscall.h>

enum { MAX_SIDES = 16, MAX_NAMED = 3 };

static const char *const primitives[PRIMITIVE_COUNT] = {
	[PRIMITIVE_UNKNOWN] = "futex",
	[PRIMITIVE_MUTEX] = "lock",
	[PRIMITIVE_RWLOCK] = "rwlock",
	[PRIMITIVE_FILE] = "stream-lock",
	[PRIMITIVE_LIBC_LOCK] = "libc-lock",
	[PRIMITIVE_CONDVAR] = "condition",
	[PRIMITIVE_SEMAPHORE] = "semaphore",
	[PRIMITIVE_BARRIER] = "barrier",
	[PRIMITIVE_ONCE] = "once",
	[PRIMITIVE_JOIN] = "join",
	[PRIMITIVE_GO] = "runtime",
	[PRIMITIVE_GO_LOCK] = "runtime",
	[PRIMITIVE_OPENMP] = "team",
	[PRIMITIVE_LANGUAGE_LOCK] = "lock",
	[PRIMITIVE_LANGUAGE_EVENT] = "event",
	[PRIMITIVE_LOCK] = "lock",
	[PRIMITIVE_RW_LOCK] = "rwlock",
	[PRIMITIVE_EVENT] = "event",
};

/* "socket write" is two words in the sentences, and one here: socket-write. */
static void print_word(FILE *out, const char *name)
{
	for (; *name; name++)
		fputc(*name == ' ' ? '-' : tolower((unsigned char)*name), out);
	fputc(' ', out);
}

static bool is_interrupted(const struct explain_thread *t)
{
	for (size_t i = 0; i < t->stack.n; i++)
		if (t->stack.frames[i].interrupted)
			return true;
	return false;
}

/* Another thread waits for the end of this one. */
static bool is_joined(const struct explanation *e, size_t thread)
{
	for (size_t i = 0; i < e->s->n_threads; i++)
		if (e->threads[i].lock.primitive == PRIMITIVE_JOIN && e->threads[i].owner == thread)
			return true;
	return false;
}

static void print_futex(FILE *out, const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];
	enum explain_primitive p = t->lock.primitive;

	/* What a runtime builds its own waits upon is no condition of the program's. */
	print_word(out, t->go == GO_WAIT_NONE ? primitives[p] : "runtime");
	if (p == PRIMITIVE_RWLOCK || p == PRIMITIVE_RW_LOCK)
		print_word(out, t->function.reads ? "reads" : "writes");
	if (explain_is_shared(e, thread))
		print_word(out, "shared");
	if (!t->owner_tid)
		print_word(out, "no-owner");
	if (is_joined(e, thread))
		print_word(out, "joined");
	if (t->owner_is == OWNER_BEFORE_FORK)
		print_word(out, "before-fork");
}

/* Nobody else could end it. */
static bool is_alone(const struct snapshot *s, const struct thread *t, const struct object *o)
{
	for (size_t i = 0; i < o->n_wakers; i++)
		if (s->threads[o->wakers[i]].process != t->process)
			return false;
	return !o->external;
}

static void print_object(FILE *out, const struct snapshot *s, const struct thread *t, size_t i)
{
	const struct object *o = &s->objects[t->objects[i]];

	if (o->wait != t->wait)
		print_word(out, wait_kind_name(o->wait));
	if (o->kind == OBJECT_FILE_LOCK)
		print_word(out, "file-lock");
	if (!strncmp(o->name, "unix dgram", 10))
		print_word(out, "datagram");
	if (!strncmp(o->name, "tcp", 3))
		print_word(out, "tcp");
	if (o->kind == OBJECT_SOCKET && (o->sendq > 0 || o->peer_sendq > 0))
		print_word(out, "full");
	if (is_alone(s, t, o))
		print_word(out, "alone");
}

static bool is_write(const struct thread *t)
{
	return t->syscall_nr == SYS_write || t->syscall_nr == SYS_writev;
}

/* Its parent is none of the tree: a daemon. */
static bool is_orphan(const struct snapshot *s, const struct thread *t)
{
	const struct process *p = &s->processes[t->process];

	return p->parent == SIZE_MAX && p->pid != s->root;
}

/* Of a runtime that a C program has loaded: where a call from C gets stuck. */
static bool is_call_from_c(enum explain_go_wait go)
{
	return go == GO_WAIT_INIT || go == GO_WAIT_PROCESSOR || go == GO_WAIT_BOUND;
}

static void print_words(FILE *out, const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	const struct explain_thread *x = &e->threads[thread];

	fputc(' ', out);
	if (explain_is_futex(t))
		print_futex(out, e, thread);
	else
		print_word(out, wait_kind_name(t->wait));
	for (size_t i = 0; !explain_is_futex(t) && i < t->n_objects; i++)
		print_object(out, e->s, t, i);
	if (is_write(t))
		print_word(out, "writes");
	if (is_interrupted(x))
		print_word(out, "handler");
	if (is_orphan(e->s, t))
		print_word(out, "daemon");
	if (x->language.language)
		print_word(out, x->language.language);
	if (x->go != GO_WAIT_NONE && e->forked[t->process])
		print_word(out, "go-copy");
	if (is_call_from_c(x->go))
		print_word(out, "from-c");
}

static void print_names(FILE *out, const struct explain_thread *t)
{
	fprintf(out, "\n%s\n", t->lock_name ? t->lock_name : "");
	for (size_t i = 0; i < t->stack.n; i++)
		if (t->stack.frames[i].place.function)
			fprintf(out, "%s\n", t->stack.frames[i].place.function);
	for (size_t i = 0; i < t->language.n; i++)
		if (t->language.frames[i].function)
			fprintf(out, "%s\n", t->language.frames[i].function);
}

struct sides {
	struct scenario_side list[MAX_SIDES];
	size_t n;
};

static void sides_done(struct sides *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->list[i].words);
		free(s->list[i].names);
	}
}

/* NULL: there is room for no more. */
static struct scenario_side *add_side(struct sides *s)
{
	return s->n < MAX_SIDES ? &s->list[s->n++] : NULL;
}

static void add_thread(struct sides *s, const struct explanation *e, size_t thread)
{
	struct scenario_side *side = add_side(s);
	FILE *words, *names;
	size_t size;

	if (!side)
		return;
	words = open_memstream(&side->words, &size);
	if (words) {
		print_words(words, e, thread);
		fclose(words);
	}
	names = open_memstream(&side->names, &size);
	if (names) {
		print_names(names, &e->threads[thread]);
		fclose(names);
	}
	side->words = side->words ? side->words : mem_strdup(" ");
	side->names = side->names ? side->names : mem_strdup("");
}

/* Goroutines, where they are what the cause tells of. */
static void add_tasks(struct sides *s, const struct explanation *e)
{
	cleanup(cleanup_free) char *told = explain_waiting_tasks(e);

	for (size_t i = 0; told && i < e->s->n_processes; i++) {
		for (size_t k = 0; k < e->tasks[i].n; k++) {
			const struct language_task *t = &e->tasks[i].tasks[k];

			for (size_t c = 0; c < t->count && c < 2; c++) {
				struct scenario_side *side = add_side(s);

				if (!side)
					return;
				side->words = mem_printf(
					" goroutine %s ", language_wait_name(t->stack.wait));
				side->names = mem_strdup("");
			}
		}
	}
}

/* Who takes part: those that the summary tells of. */
static void add_told(struct sides *s, const struct explanation *e)
{
	cleanup(cleanup_free) size_t *told = mem_alloc((e->s->n_threads + 1) * sizeof(size_t));
	size_t n = explain_list_told(e, told);

	for (size_t i = 0; i < n; i++)
		add_thread(s, e, told[i]);
}

static void add_likely(struct sides *s, const struct explanation *e)
{
	size_t first = explain_find_first(e), parent;

	add_tasks(s, e);
	if (first == SIZE_MAX || s->n)
		return;
	add_thread(s, e, first);
	parent = explain_find_parent(e, e->s->threads[first].process);
	if (parent != SIZE_MAX)
		add_thread(s, e, parent);
}

static size_t find(const struct explanation *e, const char **ret_names, size_t max)
{
	cleanup(sides_done) struct sides s = { .n = 0 };
	cleanup(cleanup_free) char *class = NULL;

	if (e->leaf == SIZE_MAX) {
		class = mem_strdup(e->is_cause ? " unproven trial " : " unproven ");
		add_likely(&s, e);
	} else {
		class = mem_printf(" %s ", explain_class_name(e->class));
		add_told(&s, e);
	}
	return scenario_find(scenario_causes, class, s.list, s.n, ret_names, max);
}

char *explain_see(const struct explanation *e)
{
	const char *names[MAX_NAMED];
	size_t n = find(e, names, MAX_NAMED);
	char *text = n ? mem_strdup(n > 1 ? "see scenarios " : "see scenario ") : NULL;

	for (size_t i = 0; i < n; i++) {
		cleanup(cleanup_free) char *before = text;

		text = mem_printf("%s%s%.*s", before,
			!i          ? ""
			: i + 1 < n ? ", "
				    : " and ",
			(int)strcspn(names[i], "\t"), names[i]);
	}
	if (text) {
		cleanup(cleanup_free) char *before = text;

		text = mem_printf("%s, docs/catalogue.md", before);
	}
	return text;
}

json_t *explain_scenarios_json(const struct explanation *e)
{
	const char *names[MAX_NAMED];
	size_t n = find(e, names, MAX_NAMED);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_stringn(names[i], strcspn(names[i], "\t")));
	return list;
}
