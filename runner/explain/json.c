/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The explanation as data: `why --json`, `why --dot`. */
#include "runner/explain/internal.h"

#include "runner/base/printable.h"
#include "runner/base/util.h"

/* Text of other processes may be any bytes; JSON takes UTF-8 only. */
static json_t *text(const char *s)
{
	cleanup(cleanup_free) char *clean = printable_copy(s, strlen(s));

	return json_string(clean);
}

static json_t *frame_json(const struct unwind_frame *f)
{
	const struct symbols_place *p = &f->place;
	cleanup(cleanup_free) char *words = unwind_frame_text(f);
	json_t *j = json_pack("{s:o, s:o, s:I, s:b}", "text", text(words), "module",
		text(p->module), "offset", (json_int_t)p->offset, "guessed", f->guessed);

	if (p->function)
		json_object_set_new(j, "function", text(p->function));
	if (p->file) {
		json_object_set_new(j, "file", text(p->file));
		json_object_set_new(j, "line", json_integer(p->line));
	}
	return j;
}

static json_t *language_frame_json(const struct language_stack *l, size_t i)
{
	const struct language_frame *f = &l->frames[i];
	cleanup(cleanup_free) char *words = language_frame_text(f);
	json_t *j = json_pack("{s:o, s:s, s:o, s:b}", "text", text(words), "language",
		l->language ? l->language : "", "function", text(f->function), "guessed", false);

	if (f->file) {
		json_object_set_new(j, "file", text(f->file));
		json_object_set_new(j, "line", json_integer(f->line));
	}
	return j;
}

static json_t *owner_json(const struct explanation *e, const struct explain_thread *t)
{
	static const char *const is[] = {
		[OWNER_SELF] = "itself",
		[OWNER_HERE] = "a thread that shares the lock",
		[OWNER_AT_FORK] = "left behind at fork",
		[OWNER_BEFORE_FORK] = "itself before fork",
		[OWNER_ENDED] = "has ended",
		[OWNER_LEFT] = "left behind at fork, has ended",
	};
	cleanup(cleanup_free) char *where = NULL;
	bool guessed;
	json_t *j;

	if (!t->owner_tid)
		return json_null();
	j = json_pack("{s:i, s:s}", "tid", (int)t->owner_tid, "is", is[t->owner_is]);
	if (t->owner_pid)
		json_object_set_new(j, "pid", json_integer(t->owner_pid));
	if (t->owner_comm[0])
		json_object_set_new(j, "comm", text(t->owner_comm));
	where = t->owner != SIZE_MAX ? explain_place(&e->threads[t->owner], &guessed) : NULL;
	if (where)
		json_object_set_new(j, "where", text(where));
	return j;
}

static json_t *thread_json(const struct explanation *e, size_t i)
{
	const struct thread *th = &e->s->threads[i];
	const struct explain_thread *t = &e->threads[i];
	cleanup(cleanup_free) char *object = explain_object(e, i);
	char state[2] = { th->state, 0 };
	json_t *stack = json_array();
	json_t *j = json_pack("{s:i, s:i, s:o, s:o, s:b, s:s, s:o, s:o}", "pid",
		(int)e->s->processes[th->process].pid, "tid", (int)th->tid, "comm", text(th->comm),
		"state", text(state), "stuck", t->stuck, "waits_on", wait_kind_name(th->wait),
		"object", text(object), "owner", owner_json(e, t));

	if (t->stuck) {
		json_object_set_new(j, "class", json_string(explain_class_name(t->class)));
	} else {
		cleanup(cleanup_free) char *why = explain_released(e, i);

		json_object_set_new(j, "not_stuck", text(why));
	}
	if (t->lock_name && e->s->threads[i].wait != WAIT_SIGNAL)
		json_object_set_new(j, "lock", text(t->lock_name));
	for (size_t k = 0, n = explain_native_frames(t); k < n; k++)
		json_array_append_new(stack, frame_json(&t->stack.frames[k]));
	for (size_t k = 0; k < t->language.n; k++)
		json_array_append_new(stack, language_frame_json(&t->language, k));
	json_object_set_new(j, "stack", stack);
	return j;
}

static json_t *task_json(const struct explanation *e, size_t process, size_t i)
{
	const struct language_task *t = &e->tasks[process].tasks[i];
	json_t *stack = json_array();

	for (size_t k = 0; k < t->stack.n; k++)
		json_array_append_new(stack, language_frame_json(&t->stack, k));
	return json_pack("{s:i, s:o, s:I, s:s, s:o}", "pid", (int)e->s->processes[process].pid,
		"text", text(t->description), "count", (json_int_t)t->count, "waits_for",
		language_wait_name(t->stack.wait), "stack", stack);
}

/* Goroutines, equal ones once. */
static json_t *tasks_json(const struct explanation *e)
{
	json_t *tasks = json_array();

	for (size_t i = 0; i < e->s->n_processes; i++)
		for (size_t k = 0; k < e->tasks[i].n; k++)
			json_array_append_new(tasks, task_json(e, i, k));
	return tasks;
}

/* Who waits for whom: the owner where one is stored, else every process that could end the wait. */
static void add_edges(const struct explanation *e, size_t thread, json_t *edges)
{
	enum { MAX_EDGES = 16 };
	const struct thread *th = &e->s->threads[thread];
	const struct explain_thread *t = &e->threads[thread];
	size_t who[MAX_EDGES], n;

	if (t->owner_tid) {
		json_array_append_new(edges,
			json_pack("{s:i, s:i}", "from", (int)th->tid, "to_tid", (int)t->owner_tid));
		return;
	}
	n = explain_waker_processes(e, thread, who, MAX_EDGES);
	for (size_t i = 0; i < n && i < MAX_EDGES; i++)
		json_array_append_new(edges, json_pack("{s:i, s:i}", "from", (int)th->tid, "to_pid",
						     (int)e->s->processes[who[i]].pid));
}

static json_t *pids_json(const struct explanation *e, const struct object *o)
{
	json_t *pids = json_array();
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < o->n_wakers; i++) {
		size_t p = e->s->threads[o->wakers[i]].process;

		if (p != last)
			json_array_append_new(pids, json_integer(e->s->processes[p].pid));
		last = p;
	}
	return pids;
}

static bool is_waited_on(const struct explanation *e, size_t object)
{
	for (size_t i = 0; i < e->s->n_threads; i++)
		for (size_t k = 0; e->threads[i].wanted && k < e->s->threads[i].n_objects; k++)
			if (e->s->threads[i].objects[k] == object)
				return true;
	return false;
}

static json_t *objects_json(const struct explanation *e, enum object_kind kind)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->s->n_objects; i++) {
		const struct object *o = &e->s->objects[i];
		json_t *j;

		if (o->kind != kind || !is_waited_on(e, i))
			continue;
		j = json_pack("{s:o, s:s, s:o}", "name", text(o->name), "waits",
			wait_kind_name(o->wait), "could_end_it", pids_json(e, o));
		if (kind == OBJECT_PIPE)
			json_object_update_new(
				j, json_pack("{s:I, s:I}", "fill", (json_int_t)o->fill, "capacity",
					   (json_int_t)o->capacity));
		else
			json_object_update_new(
				j, json_pack("{s:I, s:I, s:I, s:I}", "sendq", (json_int_t)o->sendq,
					   "recvq", (json_int_t)o->recvq, "peer_sendq",
					   (json_int_t)o->peer_sendq, "peer_recvq",
					   (json_int_t)o->peer_recvq));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *unless_json(const struct explanation *e)
{
	char *conditions[EXPLAIN_UNLESS_MAX];
	size_t more, n = explain_list_unless(e, conditions, &more);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, text(conditions[i]));
		free(conditions[i]);
	}
	return list;
}

json_t *explain_to_json(const struct explanation *e)
{
	cleanup(cleanup_free) char *summary = explain_summary(e);
	cleanup(cleanup_free) char *headline = explain_headline(e), *see = explain_see(e);
	json_t *threads = json_array(), *edges = json_array();

	for (size_t i = 0; i < e->s->n_threads; i++) {
		if (!e->threads[i].wanted)
			continue;
		json_array_append_new(threads, thread_json(e, i));
		if (e->s->threads[i].wait != WAIT_NONE)
			add_edges(e, i, edges);
	}
	return json_pack("{s:b, s:b, s:o, s:s, s:o, s:o, s:s, s:o, s:s?, s:o, s:o, s:o, s:o, s:o}",
		"proven", e->p->n_stuck > 0 && e->p->least > STUCK_UNLESS, "root_stuck",
		e->p->root_stuck, "unless", unless_json(e), "class", explain_class_name(e->class),
		"headline", *headline ? text(headline) : json_null(), "summary", text(summary),
		"remedy", explain_remedy(e), "scenarios", explain_scenarios_json(e), "see", see,
		"threads", threads, "tasks", tasks_json(e), "edges", edges, "pipes",
		objects_json(e, OBJECT_PIPE), "sockets", objects_json(e, OBJECT_SOCKET));
}

char *explain_json(const struct explanation *e)
{
	bool asleep = explain_outcome(e) == EXPLAIN_ASLEEP;
	json_t *j = explain_to_json(e);
	char *text;

	if (asleep) { /* what looks like an idle daemon is no hazard */
		json_object_set_new(j, "proven", json_false());
		json_object_set_new(j, "scenarios", json_array());
		json_object_set_new(j, "see", json_null());
	}
	json_object_set_new(j, "unless_signal", json_boolean(asleep));
	json_object_set_new(j, "schema", json_integer(1));
	json_object_set_new(j, "version", json_string(HANGRATE_VERSION));
	text = json_dumps(j, JSON_INDENT(2));
	json_decref(j);
	return text;
}

/* --- graphviz --- */

static void dot_label(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', out);
		fputc(*s, out);
	}
}

char *explain_dot(const struct explanation *e)
{
	char *dot = NULL;
	size_t size;
	FILE *out = open_memstream(&dot, &size);

	if (!out)
		return NULL;
	fputs("digraph why {\n\trankdir=LR;\n\tnode [shape=box];\n", out);
	for (size_t i = 0; i < e->s->n_threads; i++) {
		const struct thread *t = &e->s->threads[i];
		size_t who[16], n;
		cleanup(cleanup_free) char *object = NULL;

		if (!e->threads[i].wanted)
			continue;
		object = explain_object(e, i);
		fprintf(out, "\tt%d [label=\"", (int)t->tid);
		dot_label(out, t->comm);
		fprintf(out, "\\n%d\"%s];\n", (int)t->tid,
			e->threads[i].stuck ? " style=filled fillcolor=mistyrose" : "");
		if (t->wait == WAIT_NONE)
			continue;
		n = e->threads[i].owner != SIZE_MAX ? 0 : explain_waker_processes(e, i, who, 16);
		if (e->threads[i].owner != SIZE_MAX)
			who[n++] = SIZE_MAX;
		for (size_t k = 0; k < n && k < 16; k++) {
			pid_t to = who[k] == SIZE_MAX ? e->threads[i].owner_tid
						      : e->s->processes[who[k]].pid;

			fprintf(out, "\tt%d -> t%d [label=\"", (int)t->tid, (int)to);
			dot_label(out, object);
			fputs("\"];\n", out);
		}
	}
	fputs("}\n", out);
	fclose(out);
	return dot;
}
