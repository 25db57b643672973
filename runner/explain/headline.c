/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong, for a reader who has never heard of futexes. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

/* ", in move() a.py:7 and audit() a.py:12": each place once; "" where none is known. */
static char *list_places(const struct explanation *e, const size_t *threads, size_t n)
{
	enum { SHOWN = 3 };
	char *places[SHOWN], *text = mem_strdup("");
	size_t shown = 0;

	for (size_t i = 0; i < n && shown < SHOWN; i++) {
		char *place = explain_short_place(&e->threads[threads[i]]);
		bool known = !place;

		for (size_t k = 0; k < shown && !known; k++)
			known = !strcmp(places[k], place);
		if (known)
			free(place);
		else
			places[shown++] = place;
	}
	for (size_t i = 0; i < shown; i++) {
		char *before = text;

		text = mem_printf("%s%s%s", before,
			!i              ? ", in "
			: i + 1 < shown ? ", "
					: " and ",
			places[i]);
		free(before);
		free(places[i]);
	}
	return text;
}

/* A plain circle of locks, of threads or of processes that share memory. */
static char *circle_text(const struct explanation *e, const char *name)
{
	cleanup(cleanup_free) size_t *told = mem_alloc((e->s->n_threads + 1) * sizeof(size_t));
	size_t n = explain_list_told(e, told);
	size_t process = e->s->threads[e->leaf].process;
	cleanup(cleanup_free) char *places = list_places(e, told, n);

	for (size_t i = 0; i < n; i++)
		if (e->s->threads[told[i]].process != process)
			return mem_printf("%s and %zu more wait for each other's locks%s", name,
				n - 1, places);
	return n == 2 ? mem_printf("two threads of %s wait for each other's locks%s", name, places)
		      : mem_printf("%zu threads of %s wait for each other's locks in a circle%s", n,
				name, places);
}

/* Of a lock's waiter and its holder, who waits for something else. */
static char *mixed_text(const struct explanation *e, const char *name)
{
	size_t process = e->s->threads[e->leaf].process;
	size_t other = e->s->threads[e->threads[e->leaf].cause].process;
	cleanup(cleanup_free) char *holder = NULL;

	if (other == process)
		return mem_printf(
			"a thread of %s holds what the others need, and waits for them", name);
	holder = explain_process(e, other);
	return mem_printf("%s waits for what %s holds, and that one waits in turn", name, holder);
}

static const char *orphaned_text(const struct explain_thread *t)
{
	if (explain_go_name(t->go))
		return "runs Go code after fork(), and the other threads of the Go runtime stayed in the parent";
	if (t->lock.primitive == PRIMITIVE_OPENMP || t->lock.primitive == PRIMITIVE_BARRIER)
		return "waits for threads that stayed in the parent at fork()";
	if (t->owner_is == OWNER_BEFORE_FORK)
		return "waits for a lock that it locked itself before fork(): the child has a locked copy of it";
	return "waits for a lock that was locked in its parent at fork(): nobody in the child can unlock it";
}

static bool is_join(const struct explanation *e, size_t thread)
{
	return thread != SIZE_MAX && e->threads[thread].lock.primitive == PRIMITIVE_JOIN;
}

/* NULL: a plain circle of locks. */
static const char *cycle_text(const struct explanation *e, const struct explain_thread *t)
{
	if (t->owner_is != OWNER_HERE &&
		(t->lock.primitive == PRIMITIVE_RWLOCK || t->lock.primitive == PRIMITIVE_RW_LOCK))
		return "holds a read-write lock and wants it again, while another thread waits for it";
	if (is_join(e, e->leaf) && is_join(e, t->owner))
		return "has threads that wait for each other to end";
	if (is_join(e, e->leaf) || is_join(e, t->owner))
		return "waits for a thread to end, and holds what that thread needs to go on";
	return NULL;
}

static const char *pipe_text(const struct thread *t)
{
	if (t->wait == WAIT_FIFO_OPEN)
		return "opens a FIFO that nobody opens at its other end";
	return wait_row(t->wait)->purpose == WAITS_FOR_SPACE
		       ? "cannot write: the pipe is full, and the process that should read it does not"
		       : "waits to read from a pipe that nobody will write to or close";
}

static const char *socket_text(const struct thread *t)
{
	return wait_row(t->wait)->purpose == WAITS_FOR_SPACE
		       ? "cannot write: the socket is full, and the other side does not read"
		       : "waits for data on a socket that nobody will send";
}

/* What stands behind the name of the process; NULL: see cycle_text() and mixed_text(). */
static const char *text_of(const struct explanation *e)
{
	const struct explain_thread *t = &e->threads[e->leaf];
	const struct thread *th = &e->s->threads[e->leaf];

	switch (e->class) {
	case CLASS_ORPHANED_LOCK:
		return orphaned_text(t);
	case CLASS_SELF_LOCK:
		return "waits for a lock that it holds itself";
	case CLASS_ABANDONED_LOCK:
		return "waits for a lock whose holder has ended without unlocking it";
	case CLASS_MIXED: /* see mixed_text() */
		return NULL;
	case CLASS_LOCK_CYCLE:
		return cycle_text(e, t);
	case CLASS_FILE_LOCK:
		if (explain_holds_file_itself(e, e->leaf))
			return "waits for a file lock that it holds itself";
		return "waits for a file lock that is never released";
	case CLASS_PIPE:
		if (explain_is_edge_missed(e, e->leaf))
			return "waits for an event that was reported before: data is there, unread";
		return pipe_text(th);
	case CLASS_SOCKET:
		return socket_text(th);
	case CLASS_QUEUE:
		return wait_row(th->wait)->purpose == WAITS_FOR_SPACE
			       ? "cannot send: the message queue is full, and nobody receives"
			       : "waits for a message that nobody will send";
	case CLASS_LOST_WAKEUP:
		if (explain_is_eventfd_writer(th))
			return "cannot write: the eventfd is full, and nobody reads it";
		return "waits for a wake-up that nobody is left to give";
	case CLASS_SIGNAL_WAIT:
		return "waits for a signal that does not end the wait";
	case CLASS_CHILD_WAIT:
		return "waits for a child that never ends";
	case CLASS_NONE:
	case CLASS_COUNT:
		break;
	}
	return "does not go on";
}

char *explain_headline(const struct explanation *e)
{
	cleanup(cleanup_free) char *name = NULL, *place = NULL;
	const char *text;

	if (e->leaf == SIZE_MAX)
		return mem_strdup("");
	name = explain_process_and_parent(e, e->s->threads[e->leaf].process);
	text = text_of(e);
	place = explain_short_place(&e->threads[e->leaf]);
	if (text)
		return mem_printf("%s%s%s %s", name, place ? " in " : "", place ? place : "", text);
	return e->class == CLASS_MIXED ? mixed_text(e, name) : circle_text(e, name);
}
