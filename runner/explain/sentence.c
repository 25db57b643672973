/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words for one thread: who it is, what it waits for, who has that. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

#include <sys/syscall.h>

/* --- who could end it --- */

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

/* A process beyond the tree has it open: the first whom the snapshot names. */
static const char *find_stranger(const struct explanation *e, const struct thread *t)
{
	for (size_t i = 0; e->strangers && i < t->n_objects; i++)
		if (e->strangers[t->objects[i]])
			return e->strangers[t->objects[i]];
	return NULL;
}

static const char *own_end(const struct explanation *e, const struct thread *t)
{
	enum object_kind kind = e->s->objects[t->objects[0]].kind;

	if (kind == OBJECT_FILE_LOCK)
		return ", which this very process holds";
	if (kind == OBJECT_EVENTFD)
		return ", which no other process has";
	if (kind == OBJECT_PIPE || kind == OBJECT_SOCKET)
		return ", whose other end only this very process holds";
	return "";
}

/* The process that /proc/locks names; SIZE_MAX none, or none of the tree. */
static size_t find_lock_holder(const struct explanation *e, const struct thread *t)
{
	const struct object *o = t->n_objects ? &e->s->objects[t->objects[0]] : NULL;

	for (size_t i = 0;
		o && o->kind == OBJECT_FILE_LOCK && o->holder > 0 && i < e->s->n_processes; i++)
		if (e->s->processes[i].pid == o->holder)
			return i;
	return SIZE_MAX;
}

bool explain_holds_file_itself(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	size_t who[1];

	return wait_row(t->wait)->class == CLASS_FILE_LOCK &&
	       explain_waker_processes(e, thread, who, 1) == 1 && who[0] == t->process;
}

static char *holder_clause(const struct explanation *e, size_t thread, size_t holder)
{
	cleanup(cleanup_free) char *name = explain_process(e, holder);

	if (holder == e->s->threads[thread].process)
		return mem_strdup(", which this very process holds");
	return mem_printf(", held by %s", name);
}

/* A poll asks of each file what its kind asks. */
static const char *duty_of(const struct explanation *e, const struct thread *t)
{
	if (explain_is_eventfd_writer(t))
		return "read";
	if (t->wait == WAIT_POLL && t->n_objects == 1)
		return wait_row(e->s->objects[t->objects[0]].wait)->duty;
	return wait_row(t->wait)->duty;
}

static char *waker_clause(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	const char *verb = duty_of(e, t), *stranger = find_stranger(e, t);
	size_t holder = find_lock_holder(e, t);
	size_t who[2], n = verb ? explain_waker_processes(e, thread, who, 2) : 0;
	cleanup(cleanup_free) char *name = n ? explain_process(e, who[0]) : NULL;

	if (t->wait == WAIT_SIGNAL)
		return mem_strdup(", but no unblocked signal has a handler");
	if (holder != SIZE_MAX)
		return holder_clause(e, thread, holder);
	if (explain_is_edge_missed(e, thread))
		return mem_strdup("; EPOLLET reports data once: read until EAGAIN");
	if (stranger && (!n || who[0] == t->process))
		return mem_printf(", held open by %s", stranger);
	if (!n)
		return mem_strdup("");
	if (who[0] == t->process)
		return mem_strdup(own_end(e, t));
	if (n == 1)
		return mem_printf(", which %s should %s", name, verb);
	return mem_printf(", which %s or %zu more should %s", name, n - 1, verb);
}

/* --- who has the lock --- */

static const char *cycle_clause(const struct explain_thread *t)
{
	if (t->lock.primitive != PRIMITIVE_RWLOCK && t->lock.primitive != PRIMITIVE_RW_LOCK)
		return explain_primitive_is_lock(t->lock.primitive)
			       ? ", which another of these threads must hold"
			       : "";
	return t->function.reads ? ", which it holds already: a writer waits in between"
				 : ", which readers hold";
}

static bool has_joiner(const struct explanation *e, size_t process)
{
	const struct process *p = &e->s->processes[process];

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (explain_joins(&e->threads[i]))
			return true;
	return false;
}

/* Of a lock whose owner is not stored, the class is all there is to say. */
static const char *unstored_clause(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];
	bool lock = explain_primitive_is_lock(t->lock.primitive);

	switch (t->class) {
	case CLASS_ORPHANED_LOCK:
		return lock ? ", which was locked in the parent at fork(): only the parent's copy is ever unlocked"
			    : ", whose other threads stayed in the parent at fork()";
	case CLASS_SELF_LOCK:
		return has_joiner(e, e->s->threads[thread].process)
			       ? ", which it must hold itself, or who waits for its end"
			       : ", which it must hold itself: no other thread can have it";
	case CLASS_ABANDONED_LOCK:
		return ", whose holder has ended without unlocking it";
	case CLASS_MIXED:
		return lock ? ", which another thread of the process must hold" : "";
	case CLASS_LOCK_CYCLE:
		return cycle_clause(t);
	case CLASS_LOST_WAKEUP:
		return ", and nobody is left to wake it";
	default:
		return "";
	}
}

static char *go_clause(const struct explanation *e, size_t thread)
{
	return mem_printf(
		": %s", explain_go_why(e->threads[thread].go, explain_is_lone_copy(e, thread)));
}

static char *owner_name(const struct explanation *e, const struct explain_thread *t)
{
	if (e->is_cause)
		return mem_strdup("another thread");
	return t->owner_comm[0] ? mem_printf("thread %d \"%s\"", (int)t->owner_tid, t->owner_comm)
				: mem_printf("thread %d", (int)t->owner_tid);
}

static char *left_behind_clause(const struct explanation *e, const struct explain_thread *t)
{
	cleanup(cleanup_free) char *who = owner_name(e, t);
	cleanup(cleanup_free) char *now =
		t->owner != SIZE_MAX ? explain_short_place(&e->threads[t->owner]) : NULL;
	cleanup(cleanup_free) char *pid =
		e->is_cause ? mem_strdup("") : mem_printf(" %d", (int)t->owner_pid);

	return mem_printf(", held at fork() by %s of its parent%s, which did not come along%s%s",
		who, pid, now ? " and is now in " : "", now ? now : "");
}

static char *owner_clause(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];
	cleanup(cleanup_free) char *owner = NULL;

	switch (t->owner_is) {
	case OWNER_SELF:
		return mem_strdup(", which it holds itself");
	case OWNER_HERE:
		if (t->lock.primitive == PRIMITIVE_JOIN)
			return mem_strdup("");
		owner = t->owner == SIZE_MAX ? owner_name(e, t) : explain_subject(e, t->owner);
		return mem_printf(", %sheld by %s", t->owner_is_guess ? "probably " : "", owner);
	case OWNER_AT_FORK:
		return left_behind_clause(e, t);
	case OWNER_BEFORE_FORK:
		return mem_strdup(", which was locked by this thread before fork()");
	case OWNER_ENDED:
		owner = owner_name(e, t);
		return mem_printf(", whose holder, %s, has ended without unlocking it", owner);
	case OWNER_LEFT:
		owner = owner_name(e, t);
		return mem_printf(
			", held at fork() by %s of the parent, which did not come along (and has ended since)",
			owner);
	case OWNER_UNKNOWN:
		break;
	}
	if (explain_go_name(t->go) && (t->stuck || explain_is_lone_copy(e, thread)))
		return go_clause(e, thread);
	return mem_strdup(t->stuck ? unstored_clause(e, thread) : "");
}

/* --- what it holds itself --- */

/* "holds mutex accounts and ": of the locks that others wait for. */
static char *holds_clause(const struct explanation *e, size_t thread)
{
	char *text = mem_strdup("");
	uint64_t seen = 0;

	for (size_t i = 0; i < e->s->n_threads; i++) {
		const struct explain_thread *t = &e->threads[i];
		cleanup(cleanup_free) char *before = NULL, *lock = NULL;

		if (i == thread || t->owner != thread || t->owner_is != OWNER_HERE ||
			t->lock.primitive == PRIMITIVE_JOIN || t->lock_address == seen)
			continue;
		seen = t->lock_address;
		before = text;
		lock = explain_lock_text(e, i);
		text = mem_printf("%s%s%s and ", before, *before ? "" : "holds ", lock);
	}
	return text;
}

/* --- the sentence --- */

const char *explain_unrest(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];

	if (e->threads[thread].unrest)
		return e->threads[thread].unrest;
	return t->rest_why[0] ? t->rest_why : rest_name(t->rest);
}

bool explain_is_asleep(const struct thread *t)
{
	return t->rest == REST_TIMED &&
	       (t->syscall_nr == SYS_nanosleep || t->syscall_nr == SYS_clock_nanosleep);
}

/* A limit of time makes it no wait for good, but for what it is. */
static const char *limit_of(const struct explanation *e, size_t thread)
{
	return e->s->threads[thread].rest == REST_TIMED ? " (with a time limit)" : "";
}

/* A thread in an event loop on behalf of a coroutine: the user knows what that awaits. */
static bool is_event_loop(const struct explanation *e, size_t thread)
{
	return e->s->threads[thread].wait == WAIT_POLL &&
	       e->threads[thread].language.wait != LANGUAGE_WAIT_NONE;
}

/* Whatever it polls only the process itself could bring about, as the pipe by which other threads
 * wake it. */
static bool polls_itself_only(const struct explanation *e, size_t thread)
{
	size_t own = e->s->threads[thread].process, who[1];
	size_t n = explain_waker_processes(e, thread, who, 1);

	return n == 0 || (n == 1 && who[0] == own);
}

static char *loop_clause(const struct explanation *e, size_t thread)
{
	const char *own = e->threads[thread].language.holds_itself ? ", which it holds itself" : "";

	if (polls_itself_only(e, thread) && !find_stranger(e, &e->s->threads[thread]))
		return mem_printf("%s; nothing else wakes its event loop", own);
	cleanup(cleanup_free) char *polled = explain_list(e, thread);
	cleanup(cleanup_free) char *who = waker_clause(e, thread);

	return mem_printf("%s; its event loop polls %s%s", own, polled, who);
}

/* "an empty pipe [12] of Queue results": what the language calls that file by. */
static char *name_object(const struct explanation *e, size_t thread)
{
	const struct language_stack *l = &e->threads[thread].language;
	cleanup(cleanup_free) char *object = explain_object(e, thread);
	enum wait_kind wait = e->s->threads[thread].wait;
	bool file = wait == WAIT_PIPE_READ || wait == WAIT_PIPE_WRITE || wait == WAIT_SOCK_READ ||
		    wait == WAIT_SOCK_WRITE;

	if (!file || !l->name ||
		(l->wait != LANGUAGE_WAIT_QUEUE && l->wait != LANGUAGE_WAIT_CONNECTION &&
			l->wait != LANGUAGE_WAIT_PROXY))
		return mem_strdup(object);
	return mem_printf("%s of %s %s", object, language_wait_name(l->wait), l->name);
}

/* Two objects of a kind may have one name: NULL where these differ in it. holds: "holds X and ". */
static char *other_object(const char *holds, const char *object)
{
	cleanup(cleanup_free) char *same = mem_printf("holds %s and ", object);

	return strcmp(holds, same) ? NULL : mem_printf("the %s of another object", object);
}

/* "waits for mutex m, held by t() a.c:3": all but who does. */
static char *predicate(const struct explanation *e, size_t thread, bool futex)
{
	const struct thread *t = &e->s->threads[thread];
	bool loop = is_event_loop(e, thread), go = t->wait == WAIT_NONE;
	cleanup(cleanup_free) char *object = name_object(e, thread);
	cleanup(cleanup_free) char *clause = loop    ? loop_clause(e, thread)
					     : futex ? owner_clause(e, thread)
						     : waker_clause(e, thread);
	cleanup(cleanup_free) char *holds = holds_clause(e, thread);
	cleanup(cleanup_free) char *other = NULL;
	const char *verb = futex || loop ? "waits for" : wait_row(t->wait)->verb;

	if (explain_is_eventfd_writer(t))
		verb = "finds no room in";
	if (*holds && futex && explain_primitive_is_lock(e->threads[thread].lock.primitive))
		verb = "wants";
	/* Of one that holds what others need, the lack of a waker is no news. */
	if (*holds && e->threads[thread].owner_is == OWNER_UNKNOWN &&
		!explain_primitive_is_lock(e->threads[thread].lock.primitive))
		*clause = 0;
	other = other_object(holds, object);
	return mem_printf("%s%s %s%s%s", holds, verb, other ? other : object,
		go ? "" : limit_of(e, thread), clause);
}

/* No other thread of the program runs while it sleeps so. does: may say it already. */
static const char *interpreter_clause(const struct explanation *e, size_t thread, const char *does)
{
	return e->threads[thread].language.holds_interpreter &&
			       e->s->threads[thread].state == 'S' && !strstr(does, "(GIL)")
		       ? ", while it holds the global interpreter lock (GIL)"
		       : "";
}

char *explain_sentence(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	bool go = t->wait == WAIT_NONE && explain_go_name(e->threads[thread].go);
	bool futex = go || (explain_is_futex(t) && e->threads[thread].lock_name);
	cleanup(cleanup_free) char *who = explain_subject(e, thread), *does = NULL;

	if (explain_is_asleep(t))
		return mem_printf("%s is asleep until its timer", who);
	if (e->threads[thread].unrest)
		return mem_printf("%s %s", who, e->threads[thread].unrest);
	if (t->rest == REST_RUNNING && t->state == 'R')
		return mem_printf("%s is running, maybe spinning%s", who,
			e->is_cause || e->threads[thread].stack.n || e->threads[thread].language.n
				? ""
				: "; --stacks shows where");
	if (!futex && (t->wait == WAIT_NONE || (!t->n_objects && t->rest != REST_YES)))
		return mem_printf("%s: %s", who, explain_unrest(e, thread));
	does = predicate(e, thread, futex);
	return mem_printf("%s %s%s", who, does, interpreter_clause(e, thread, does));
}
