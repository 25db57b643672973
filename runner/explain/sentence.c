/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words for one thread: what it waits for, who has it, where it stands. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

#include <inttypes.h>

/* --- who --- */

size_t explain_waker_processes(
	const struct explanation *e, size_t thread, size_t *ret_processes, size_t max)
{
	const struct thread *t = &e->s->threads[thread];
	cleanup(cleanup_free) bool *seen = mem_alloc(e->s->n_processes * sizeof(bool));
	size_t n = 0;

	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &e->s->objects[t->objects[i]];

		for (size_t k = 0; k < o->n_wakers; k++) {
			const struct thread *w = &e->s->threads[o->wakers[k]];

			if (w->rest != REST_EXITING)
				seen[w->process] = true;
		}
	}
	for (size_t i = 0; i < e->s->n_processes; i++)
		if (i != t->process && seen[i]) {
			if (n < max)
				ret_processes[n] = i;
			n++;
		}
	if (n || !seen[t->process])
		return n;
	if (max)
		ret_processes[0] = t->process;
	return 1;
}

/* --- what --- */

/* What TCP has sent and the peer has not taken stands in Send-Q and not in Recv-Q; a Unix socket's
 * Send-Q is the memory that the peer's Recv-Q takes, and counts once. */
static int64_t total_queued(const struct object *o)
{
	const int64_t q[] = { o->recvq, o->peer_recvq, o->sendq, o->peer_sendq };
	size_t n = strncmp(o->name, "unix", 4) ? 4 : 2;
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += q[i] > 0 ? q[i] : 0;
	return sum;
}

static char *describe_queues(const struct object *o)
{
	if (o->sendq < 0 && o->recvq < 0 && o->peer_sendq < 0 && o->peer_recvq < 0)
		return mem_strdup(o->name);
	return mem_printf("%s (Send-Q %" PRId64 " Recv-Q %" PRId64 ", other end Send-Q %" PRId64
			  " Recv-Q %" PRId64 ", sum %" PRId64 " bytes)",
		o->name, o->sendq, o->recvq, o->peer_sendq, o->peer_recvq, total_queued(o));
}

static char *describe_pipe(const struct object *o)
{
	if (o->fill < 0 || o->capacity < 0)
		return mem_strdup(o->name);
	return mem_printf("%s (%s: %" PRId64 " of %" PRId64 " bytes)", o->name,
		o->fill == 0                 ? "empty"
		: o->wait == WAIT_PIPE_WRITE ? "full"
					     : "filled",
		o->fill, o->capacity);
}

char *explain_describe_object(const struct object *o)
{
	switch (o->kind) {
	case OBJECT_PIPE:
		return describe_pipe(o);
	case OBJECT_SOCKET:
		return describe_queues(o);
	case OBJECT_CHILDREN:
		return o->name[0] ? mem_printf("child %s", o->name) : mem_strdup("a child");
	case OBJECT_FILE_LOCK:
		return mem_printf("lock of %s", o->name);
	default:
		return o->name[0] ? mem_strdup(o->name)
				  : mem_printf("futex 0x%" PRIx64, o->address);
	}
}

static char *describe_lock(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];
	const char *kind = explain_primitive_name(t->lock.primitive);

	if (explain_go_name(t->go))
		return mem_strdup(explain_go_name(t->go));
	if (t->lock.primitive == PRIMITIVE_JOIN && t->owner_tid)
		return mem_printf("the end of thread %d", (int)t->owner_tid);
	if (t->language.wait != LANGUAGE_WAIT_NONE && t->lock_name)
		return mem_strdup(t->lock_name);
	return mem_printf("%s %s", kind, t->lock_name ? t->lock_name : "");
}

static char *describe_list(const struct explanation *e, const struct thread *t)
{
	enum { SHOWN = 4 };
	char *text = NULL;

	for (size_t i = 0; i < t->n_objects && i < SHOWN; i++) {
		cleanup(cleanup_free) char *before = text;
		cleanup(cleanup_free) char *one =
			explain_describe_object(&e->s->objects[t->objects[i]]);

		text = before ? mem_printf("%s, %s", before, one) : mem_strdup(one);
	}
	if (t->n_objects > SHOWN) {
		cleanup(cleanup_free) char *before = text;

		text = mem_printf("%s and %zu more", before, t->n_objects - SHOWN);
	}
	return text ? text : mem_strdup("");
}

char *explain_object(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];

	if (t->wait == WAIT_FUTEX ||
		(t->wait == WAIT_NONE && explain_go_name(e->threads[thread].go)))
		return describe_lock(e, thread);
	if ((t->wait == WAIT_SIGNAL || t->wait == WAIT_POLL) && e->threads[thread].lock_name)
		return mem_strdup(e->threads[thread].lock_name);
	return describe_list(e, t);
}

/* --- clauses of the sentence --- */

static char *place_clause(const struct explain_thread *t, const char *before)
{
	bool guessed;
	cleanup(cleanup_free) char *text = explain_place(t, &guessed);

	if (!text)
		return mem_strdup("");
	return mem_printf("%s%s in %s", before, guessed ? " probably" : "", text);
}

/* Of a lock whose owner is not stored, the class is all there is to say. */
static const char *unstored_clause(const struct explain_thread *t)
{
	switch (t->class) {
	case CLASS_ORPHANED_LOCK:
		return ", which a thread of the parent held at fork(); that thread did not come "
		       "along (the lock stores no owner)";
	case CLASS_SELF_LOCK:
		return ", which it must hold itself: no other thread has ever been here (the lock "
		       "stores no owner)";
	case CLASS_ABANDONED_LOCK:
		return ", whose owner has ended without unlocking it (the lock stores no owner)";
	case CLASS_LOST_WAKEUP:
		return ", and nobody is left to wake it";
	default:
		return "";
	}
}

bool explain_is_lone_copy(const struct explanation *e, size_t thread)
{
	size_t process = e->s->threads[thread].process;

	return e->forked[process] && e->s->processes[process].n_threads == 1;
}

static char *go_clause(const struct explanation *e, size_t thread)
{
	return mem_printf(
		": %s", explain_go_why(e->threads[thread].go, explain_is_lone_copy(e, thread)));
}

static char *owner_clause(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];
	cleanup(cleanup_free) char *now =
		t->owner != SIZE_MAX && t->owner_is == OWNER_AT_FORK
			? place_clause(&e->threads[t->owner], " and is now")
			: mem_strdup("");

	switch (t->owner_is) {
	case OWNER_SELF:
		return mem_strdup(", which it holds itself");
	case OWNER_HERE:
		return t->lock.primitive == PRIMITIVE_JOIN
			       ? mem_strdup("")
			       : mem_printf(", held by thread %d \"%s\"", (int)t->owner_tid,
					 t->owner_comm);
	case OWNER_AT_FORK:
		return mem_printf(", held at fork() by thread %d \"%s\" of process %d, which did "
				  "not come along%s",
			(int)t->owner_tid, t->owner_comm, (int)t->owner_pid, now);
	case OWNER_ENDED:
		return mem_printf(", whose owner, thread %d, has ended without unlocking it",
			(int)t->owner_tid);
	case OWNER_LEFT:
		return mem_printf(", held at fork() by thread %d of the parent, which did not come "
				  "along (and has ended since)",
			(int)t->owner_tid);
	case OWNER_UNKNOWN:
		break;
	}
	if (explain_go_name(t->go) && (t->stuck || explain_is_lone_copy(e, thread)))
		return go_clause(e, thread);
	return mem_strdup(t->stuck ? unstored_clause(t) : "");
}

static char *waker_clause(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	const char *verb = wait_row(t->wait)->duty;
	size_t who[2], n = verb ? explain_waker_processes(e, thread, who, 2) : 0;
	const struct process *p = n ? &e->s->processes[who[0]] : NULL;

	if (t->wait == WAIT_SIGNAL)
		return mem_strdup(", and has a handler for none that gets through");
	if (!n)
		return mem_strdup("");
	if (who[0] == t->process)
		return mem_printf(", which only it itself could %s", verb);
	if (n == 1)
		return mem_printf(
			", which process %d \"%s\" should %s", (int)p->pid, p->comm, verb);
	return mem_printf(", which process %d \"%s\" or %zu more should %s", (int)p->pid, p->comm,
		n - 1, verb);
}

/* A thread in an event loop on behalf of a coroutine: the user knows what that awaits. */
static bool is_event_loop(const struct explanation *e, size_t thread)
{
	return e->s->threads[thread].wait == WAIT_POLL &&
	       e->threads[thread].language.wait != LANGUAGE_WAIT_NONE;
}

static char *loop_clause(const struct explanation *e, size_t thread)
{
	cleanup(cleanup_free) char *polled = describe_list(e, &e->s->threads[thread]);
	cleanup(cleanup_free) char *who = waker_clause(e, thread);

	return mem_printf("; its event loop polls %s%s", polled, who);
}

char *explain_sentence(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	const struct process *p = &e->s->processes[t->process];
	bool futex = t->wait == WAIT_FUTEX ||
		     (t->wait == WAIT_NONE && explain_go_name(e->threads[thread].go));
	cleanup(cleanup_free) char *object = explain_object(e, thread);
	bool loop = is_event_loop(e, thread);
	cleanup(cleanup_free) char *who = loop    ? loop_clause(e, thread)
					  : futex ? owner_clause(e, thread)
						  : waker_clause(e, thread);
	cleanup(cleanup_free) char *where = place_clause(&e->threads[thread], "");
	const char *verb = futex || loop ? "waits for" : wait_row(t->wait)->verb;

	if (p->n_threads == 1)
		return mem_printf("process %d \"%s\" %s %s%s%s", (int)p->pid, p->comm, verb, object,
			where, who);
	return mem_printf("thread %d \"%s\" of process %d %s %s%s%s", (int)t->tid, t->comm,
		(int)p->pid, verb, object, where, who);
}
