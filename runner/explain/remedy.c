/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of the cause classes, and what usually ends such a hang for good. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

static const struct {
	const char *name, *remedy;
} classes[] = {
	[CLASS_ORPHANED_LOCK] = { "orphaned-lock",
		"after fork() in a program with threads call only async-signal-safe functions until exec(), or hold the lock across fork() with pthread_atfork()" },
	[CLASS_SELF_LOCK] = { "self-lock",
		"unlock before this call, or call a variant that expects the lock to be held" },
	[CLASS_ABANDONED_LOCK] = { "abandoned-lock",
		"unlock on every way out of the thread, or make the mutex robust" },
	[CLASS_MIXED] = { "mixed", "do not wait while holding what the other side needs" },
	[CLASS_LOCK_CYCLE] = { "lock-cycle", "take these locks in one order everywhere" },
	[CLASS_FILE_LOCK] = { "file-lock",
		"take the file locks in one order everywhere, or all of them by fcntl(), which the kernel checks for cycles" },
	[CLASS_PIPE] = { "pipe",
		"read what the other side writes while waiting for it (poll() or a thread), and close the ends that a process does not use" },
	[CLASS_SOCKET] = { "socket",
		"read while there is something to read instead of writing on, or make the sockets non-blocking" },
	[CLASS_QUEUE] = { "queue",
		"receive what the other side sends while sending, or use a queue for each direction and never wait for room in both" },
	[CLASS_LOST_WAKEUP] = { "lost-wakeup",
		"test a condition under the lock before each wait, and find out who should have given the wake-up" },
	[CLASS_SIGNAL_WAIT] = { "signal-wait",
		"find out which signal should end this wait: no unblocked signal has a handler" },
	[CLASS_CHILD_WAIT] = { "child-wait", "find out what the child waits for" },
	[CLASS_NONE] = { "", "" },
};
_Static_assert(ARRAY_SIZE(classes) == CLASS_COUNT, "a row for each class");

const char *explain_class_name(enum cause_class c)
{
	return classes[c].name;
}

const char *explain_class_remedy(enum cause_class c)
{
	return classes[c].remedy;
}

static bool is_language(const struct explanation *e, const char *name)
{
	const char *is = e->threads[e->leaf].language.language;

	return is && !strcmp(is, name);
}

static bool is_interrupted(const struct explain_thread *t)
{
	for (size_t i = 0; i < t->stack.n; i++)
		if (t->stack.frames[i].interrupted)
			return true;
	return false;
}

static const char *remedy_of_orphan(const struct explanation *e, const struct explain_thread *t)
{
	if (is_language(e, "Python"))
		return "start processes with multiprocessing.get_context(\"spawn\") or subprocess, or fork before the first thread starts";
	if (t->lock.primitive == PRIMITIVE_OPENMP || t->lock.primitive == PRIMITIVE_BARRIER)
		return "start the threads after the last fork(), in the process that uses them, or exec() after fork()";
	return NULL;
}

static const char *remedy_of_self_lock(const struct explanation *e, const struct explain_thread *t)
{
	if (is_language(e, "Python"))
		return "take no lock in a signal handler or callback that may run while it is held; queue.SimpleQueue may be used there";
	if (is_interrupted(t))
		return "call only async-signal-safe functions in a signal handler: set a flag or write to a pipe, and do the work outside";
	if (t->lock.primitive == PRIMITIVE_RWLOCK || t->lock.primitive == PRIMITIVE_RW_LOCK)
		return "give the read lock back before asking for the write lock";
	return NULL;
}

static bool is_join(const struct explanation *e, size_t thread)
{
	return thread != SIZE_MAX && e->threads[thread].lock.primitive == PRIMITIVE_JOIN;
}

static const char *remedy_of_cycle(const struct explanation *e, const struct explain_thread *t)
{
	if (t->lock.primitive == PRIMITIVE_RWLOCK || t->lock.primitive == PRIMITIVE_RW_LOCK)
		return "do not ask for a read-write lock that the thread already holds: pass the fact on, or give it back first";
	if (is_join(e, e->leaf) || is_join(e, t->owner))
		return "wait for a thread to end only while holding nothing that it needs";
	return NULL;
}

static const char *remedy_of_wait(const struct explanation *e)
{
	const struct explain_thread *t = &e->threads[e->leaf];

	switch (e->class) {
	case CLASS_ORPHANED_LOCK:
		return remedy_of_orphan(e, t);
	case CLASS_SELF_LOCK:
		return remedy_of_self_lock(e, t);
	case CLASS_LOCK_CYCLE:
		return remedy_of_cycle(e, t);
	default:
		return wait_row(e->s->threads[e->leaf].wait)->fix;
	}
}

const char *explain_remedy(const struct explanation *e)
{
	const char *go, *own;

	if (e->leaf == SIZE_MAX)
		return explain_class_remedy(e->class);
	go = explain_go_remedy(e->threads[e->leaf].go);
	own = remedy_of_wait(e);
	return go ? go : own ? own : explain_class_remedy(e->class);
}
