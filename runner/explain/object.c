/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a thread waits for, in words. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

#include <inttypes.h>
#include <sys/syscall.h>

/* --- locks --- */

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* "an" before a vowel that is spoken as one; there is one end of anything. */
static const char *article(const char *word)
{
	if (begins(word, "end of "))
		return "the";
	return strchr("aeioAEIO", *word) ? "an" : "a";
}

/* Where memory has no name: the address helps him who has a debugger at the process, and nobody
 * who reads about a hundred trials. */
static char *describe_nameless(const struct explanation *e, const char *kind, const char *where)
{
	const char *on = begins(where, "heap ")        ? "on the heap"
			 : begins(where, "shared mem") ? "in shared memory"
			 : begins(where, "stack of ")  ? "on a stack"
						       : "in memory";
	const char *address = strstr(where, "0x");

	if (!address && !begins(where, "stack of "))
		return mem_printf("%s %s", kind, where);
	if (e->is_cause || !address || begins(where, "shared mem"))
		return mem_printf("%s %s %s", article(kind), kind, on);
	return mem_printf(
		"%s %s %s at %.*s", article(kind), kind, on, (int)strcspn(address, " "), address);
}

/* "libc.so.6+0x1da700" is as good as a name: it is the same in every process. */
static bool is_plain_memory(const char *name)
{
	static const char *const kinds[] = { "heap ", "memory ", "stack of ", "shared memory",
		"0x" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (begins(name, kinds[i]))
			return true;
	return false;
}

/* "(taken in localtime)" behind a name, or "". */
static const char *find_taken(const char *name)
{
	const char *taken = strstr(name, " (taken in ");

	return taken ? taken : "";
}

char *explain_lock_text(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];
	const char *kind = t->function.name ? t->function.name
			   : t->lock.primitive == PRIMITIVE_UNKNOWN
				   ? "lock or event"
				   : explain_primitive_name(t->lock.primitive);
	const char *name = t->lock_name ? t->lock_name : "", *guard = " (its guard)";
	cleanup(cleanup_free) char *nameless = NULL;

	if (explain_go_name(t->go))
		return mem_strdup(explain_go_name(t->go));
	if (t->language.wait != LANGUAGE_WAIT_NONE && t->lock_name)
		return mem_strdup(t->lock_name);
	if (!*name)
		return mem_printf("%s %s", article(kind), kind);
	/* A word that libstdc++ shares among all that wait (bits/atomic_wait.h). */
	if (t->lock_has_symbol && begins(name, "std::__detail::"))
		return mem_printf("%s %s", article(kind), kind);
	if (t->function.name && t->lock.primitive == PRIMITIVE_ONCE && strstr(name, guard))
		return mem_printf("%s %.*s", kind, (int)(strstr(name, guard) - name), name);
	if (t->lock_has_symbol && !strcmp(name, kind))
		return mem_printf("%s \"%s\"", kind, name);
	if (t->lock_has_symbol || !is_plain_memory(name))
		return mem_printf("%s %s", kind, name);
	nameless = describe_nameless(e, kind, name);
	return mem_printf("%s%s", nameless, find_taken(name));
}

static char *describe_futex(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];
	cleanup(cleanup_free) char *place = NULL;

	if (t->lock.primitive == PRIMITIVE_JOIN && !t->owner_tid && t->function.name &&
		t->language.wait == LANGUAGE_WAIT_NONE)
		return mem_printf("%s %s", article(t->function.name), t->function.name);
	if (t->lock.primitive != PRIMITIVE_JOIN || !t->owner_tid)
		return explain_lock_text(e, thread);
	if (!e->is_cause)
		return mem_printf("the end of thread %d", (int)t->owner_tid);
	place = t->owner == SIZE_MAX ? NULL : explain_short_place(&e->threads[t->owner]);
	return place ? mem_printf("the end of the thread in %s", place)
		     : mem_strdup("the end of another thread");
}

/* --- files --- */

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

static char *describe_socket(const struct object *o)
{
	const char *name = o->name[0] ? o->name : "a socket";

	if (o->sendq < 0 && o->recvq < 0 && o->peer_sendq < 0 && o->peer_recvq < 0)
		return mem_strdup(name);
	if (!o->sendq && !o->recvq && !o->peer_sendq && !o->peer_recvq)
		return mem_printf("%s (empty)", name);
	return mem_printf("%s (Send-Q %" PRId64 " Recv-Q %" PRId64 ", other end Send-Q %" PRId64
			  " Recv-Q %" PRId64 ", sum %" PRId64 " bytes)",
		name, o->sendq, o->recvq, o->peer_sendq, o->peer_recvq, total_queued(o));
}

/* A number that the kernel gave it tells nothing about a hundred trials; a path does. */
static char *describe_pipe(const struct explanation *e, const struct object *o)
{
	const char *kind = begins(o->name, "fifo") || o->name[0] == '/' ? "FIFO" : "pipe";
	bool path = o->name[0] == '/';
	cleanup(cleanup_free) char *id =
		path ? mem_printf(" %s", o->name)
		: e->is_cause
			? mem_strdup("")
			: mem_printf(" %s", strchr(o->name, '[') ? strchr(o->name, '[') : o->name);

	if (o->fill < 0 || o->capacity < 0)
		return mem_printf("a %s%s", kind, id);
	if (o->wait == WAIT_PIPE_EDGE && o->fill > 0)
		return mem_printf("a %s%s, edge-triggered (%" PRId64 " bytes of it unread)", kind,
			id, o->fill);
	if (o->fill == 0)
		return mem_printf("an empty %s%s", kind, id);
	if (o->wait == WAIT_PIPE_WRITE || o->fill >= o->capacity)
		return mem_printf("a full %s%s (%" PRId64 " of %" PRId64 " bytes)", kind, id,
			o->fill, o->capacity);
	return mem_printf("a %s%s (filled: %" PRId64 " of %" PRId64 " bytes)", kind, id, o->fill,
		o->capacity);
}

/* --- children --- */

static char *describe_children(const struct explanation *e, const struct object *o)
{
	bool *seen = mem_alloc((e->s->n_processes + 1) * sizeof(bool));
	size_t n = 0, first = SIZE_MAX;
	cleanup(cleanup_free) char *name = NULL;

	for (size_t i = 0; i < o->n_wakers; i++) {
		size_t process = e->s->threads[o->wakers[i]].process;

		if (seen[process])
			continue;
		seen[process] = true;
		first = first == SIZE_MAX ? process : first;
		n++;
	}
	free(seen);
	if (!n)
		return o->name[0]
			       ? mem_printf("%s%s", begins(o->name, "pid") ? "child " : "", o->name)
			       : mem_strdup("a child");
	name = explain_process(e, first);
	if (n > 1)
		return mem_printf("the end of any of %zu children, such as %s", n, name);
	/* "a child of PROGRAM (for example pid 12)": whose child it is has been said. */
	if (begins(name, "a child of ") && strstr(name, " (for example"))
		memmove(name, strstr(name, " (for example") + 1,
			strlen(strstr(name, " (for example")));
	return o->wait == WAIT_VFORK ? mem_printf("its child %s", name)
				     : mem_printf("the end of its child %s", name);
}

static char *describe(const struct explanation *e, const struct object *o)
{
	switch (o->kind) {
	case OBJECT_PIPE:
		return describe_pipe(e, o);
	case OBJECT_SOCKET:
		return describe_socket(o);
	case OBJECT_CHILDREN:
		return describe_children(e, o);
	case OBJECT_FILE_LOCK:
		return mem_printf("the %s of %s",
			o->wait == WAIT_FLOCK ? "flock() lock" : "fcntl() lock",
			o->name[0] ? o->name : "a file");
	case OBJECT_EVENTFD:
		return e->is_cause || !o->name[0] ? mem_strdup("an eventfd") : mem_strdup(o->name);
	default:
		return o->name[0]   ? mem_strdup(o->name)
		       : o->address ? mem_printf("futex 0x%" PRIx64, o->address)
				    : mem_strdup("something unknown");
	}
}

bool explain_is_eventfd_writer(const struct thread *t)
{
	return t->wait == WAIT_EVENTFD &&
	       (t->syscall_nr == SYS_write || t->syscall_nr == SYS_writev);
}

/* By which the process wakes its own event loop: an eventfd or a pipe that nobody else has. */
static bool is_own_waker(
	const struct explanation *e, const struct thread *t, const struct object *o)
{
	if (o->kind != OBJECT_EVENTFD && o->kind != OBJECT_PIPE)
		return false;
	for (size_t i = 0; i < o->n_wakers; i++)
		if (e->s->threads[o->wakers[i]].process != t->process)
			return false;
	return o->n_wakers > 0 && o->fill <= 0 &&
	       !(e->strangers && e->strangers[o - e->s->objects]);
}

static bool has_others(const struct explanation *e, const struct thread *t)
{
	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &e->s->objects[t->objects[i]];

		if (o->kind != OBJECT_OTHER && !is_own_waker(e, t, o))
			return true;
	}
	return false;
}

/* The epoll itself is no more than the way to what is polled. */
static bool is_shown(const struct explanation *e, const struct thread *t, const struct object *o)
{
	if (t->n_objects == 1)
		return true;
	if (is_own_waker(e, t, o) && has_others(e, t))
		return false;
	return o->kind != OBJECT_OTHER || strcmp(o->name, "epoll") != 0;
}

char *explain_list(const struct explanation *e, size_t thread)
{
	enum { SHOWN = 4 };
	const struct thread *t = &e->s->threads[thread];
	size_t shown = 0;
	char *text = NULL;

	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &e->s->objects[t->objects[i]];
		cleanup(cleanup_free) char *before = NULL, *one = NULL;

		if (!is_shown(e, t, o) || shown++ >= SHOWN)
			continue;
		before = text;
		one = describe(e, o);
		text = before ? mem_printf("%s, %s", before, one) : mem_strdup(one);
	}
	if (shown > SHOWN) {
		cleanup(cleanup_free) char *before = text;

		text = mem_printf("%s and %zu more", before, shown - SHOWN);
	}
	return text ? text : mem_strdup("something unknown");
}

char *explain_object(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];

	if (explain_is_futex(t) || (t->wait == WAIT_NONE && explain_go_name(e->threads[thread].go)))
		return describe_futex(e, thread);
	if ((t->wait == WAIT_SIGNAL || t->wait == WAIT_POLL) && e->threads[thread].lock_name)
		return mem_strdup(e->threads[thread].lock_name);
	if (t->wait == WAIT_NONE)
		return mem_strdup("");
	return explain_list(e, thread);
}
