/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has the lock that a thread waits for: ids in its words, looked up in the snapshot and beyond.
 */
#include "runner/explain/internal.h"

#include "runner/arch/arch.h"
#include "runner/base/util.h"
#include "runner/proc/facts.h"

#include <inttypes.h>

static bool is_ancestor(const struct snapshot *s, size_t ancestor, size_t process)
{
	for (size_t i = 0; i < s->n_processes && process != SIZE_MAX; i++) {
		process = s->processes[process].parent;
		if (process == ancestor)
			return true;
	}
	return false;
}

bool explain_is_shared(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];

	return t->n_objects && e->s->objects[t->objects[0]].kind == OBJECT_FUTEX_SHARED;
}

bool explain_is_lone_copy(const struct explanation *e, size_t thread)
{
	size_t process = e->s->threads[thread].process;

	return e->forked[process] && e->s->processes[process].n_threads == 1;
}

/* Ranks candidates with the owner's tid: numbers may repeat across pid namespaces. */
static int nearness(const struct explanation *e, size_t waiter, size_t candidate)
{
	size_t here = e->s->threads[waiter].process, there = e->s->threads[candidate].process;

	if (here == there || e->s->processes[here].mm == e->s->processes[there].mm)
		return 3;
	return is_ancestor(e->s, there, here) ? 2 : 1;
}

size_t explain_find_thread(const struct explanation *e, size_t waiter, uint32_t tid)
{
	size_t best = SIZE_MAX;
	int score = 0;

	for (size_t i = 0; tid && i < e->s->n_threads; i++) {
		int n;

		if ((uint32_t)e->local_tid[i] != tid || e->s->threads[i].rest == REST_EXITING)
			continue;
		n = nearness(e, waiter, i);
		if (n > score) {
			score = n;
			best = i;
		}
	}
	return best;
}

/* The parents beyond the tree: a user who asks about a child alone wants to know them too. */
static pid_t find_outside(const struct explanation *e, size_t process, uint32_t tid)
{
	pid_t pid = e->s->processes[process].ppid;

	for (int i = 0; i < 8 && pid > 1; i++) {
		if (procfs_has_thread(pid, (pid_t)tid))
			return pid;
		pid = procfs_read_parent(pid);
	}
	return 0;
}

void explain_set_owner(struct explanation *e, size_t waiter, size_t owner)
{
	struct explain_thread *t = &e->threads[waiter];
	const struct thread *o = &e->s->threads[owner];

	t->owner = owner;
	t->owner_tid = o->tid;
	t->owner_pid = e->s->processes[o->process].pid;
	memcpy(t->owner_comm, o->comm, sizeof(t->owner_comm));
	if (owner == waiter)
		t->owner_is = OWNER_SELF;
	else if (nearness(e, waiter, owner) == 3 || explain_is_shared(e, waiter))
		t->owner_is = OWNER_HERE;
	else
		t->owner_is = OWNER_AT_FORK;
}

/* fork() leaves one thread, which goes on with the same stack at the same address. */
void explain_see_forking_thread(struct explanation *e, size_t thread, const struct symbols *s)
{
	struct explain_thread *t = &e->threads[thread];
	const struct thread *th = &e->s->threads[thread];
	const struct symbols_map *stack = symbols_find_map(s, th->sp);
	uint64_t sp;

	if (t->owner_is != OWNER_AT_FORK || t->owner == SIZE_MAX || !stack ||
		th->tid != e->s->processes[th->process].pid)
		return;
	sp = e->s->threads[t->owner].sp;
	if (sp >= stack->begin && sp < stack->end)
		t->owner_is = OWNER_BEFORE_FORK;
}

/* Ids are given in rising order: a thread of this process has a higher one than its leader, so a
 * lower one was there before. (Wrapped ids turn that around; then the word is "ended".) */
static void set_vanished_owner(struct explanation *e, size_t waiter, uint32_t tid)
{
	struct explain_thread *t = &e->threads[waiter];
	size_t process = e->s->threads[waiter].process;
	size_t leader = e->s->processes[process].first_thread;

	t->owner_tid = (pid_t)tid;
	if (explain_is_shared(e, waiter)) {
		t->owner_is = OWNER_ENDED;
		return;
	}
	t->owner_pid = find_outside(e, process, tid);
	if (t->owner_pid) {
		procfs_read_comm(t->owner_pid, (pid_t)tid, t->owner_comm);
		t->owner_is = OWNER_AT_FORK;
	} else {
		t->owner_is = tid < (uint32_t)e->local_tid[leader] ? OWNER_LEFT : OWNER_ENDED;
	}
}

/* A pointer that points to a struct pthread has that struct point to itself. */
uint32_t explain_tid_of_tcb(const struct symbols *s, uint64_t tcb)
{
	uint64_t self;
	uint32_t tid;

	if (!tcb || symbols_read(s, tcb + 0x10, &self, sizeof(self)) < 0 || self != tcb ||
		symbols_read(s, tcb + ARCH_GLIBC_TID, &tid, sizeof(tid)) < 0)
		return 0;
	return tid;
}

void explain_find_owner(struct explanation *e, size_t thread, const struct symbols *s)
{
	struct explain_thread *t = &e->threads[thread];
	struct explain_lock *lock = &t->lock;

	if (lock->owner_tcb) {
		lock->owners[0] = explain_tid_of_tcb(s, lock->owner_tcb);
		if (lock->owners[0])
			lock->primitive = PRIMITIVE_FILE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lock->owners); i++) {
		size_t owner = explain_find_thread(e, thread, lock->owners[i]);

		if (owner == SIZE_MAX)
			continue;
		explain_set_owner(e, thread, owner);
		return;
	}
	/* Of a rwlock or a join, a word that is the id of no thread is no id. */
	if (lock->owners[0] &&
		(lock->primitive == PRIMITIVE_MUTEX || lock->primitive == PRIMITIVE_FILE))
		set_vanished_owner(e, thread, lock->owners[0]);
}
