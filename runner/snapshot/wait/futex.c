/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Futexes.
 *
 * The kernel's key decides, see get_futex_key(): with the private flag the memory and the address;
 * without it the same for memory that is mapped private and anonymous (so a thread that ends wakes
 * pthread_join with an unflagged wake), but the file and offset for memory mapped shared.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

#ifndef SYS_futex_wait
#define SYS_futex_wait 455 /* the same on every architecture, since 6.7 */
#endif
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#define FUTEX2_PRIVATE 128 /* FUTEX2_* flags of futex_waitv and futex_wait */
#ifndef FUTEX_WAITV_MAX
#define FUTEX_WAITV_MAX 128
#endif

static void add_mm_wakers(struct collect *c, size_t object, size_t process)
{
	size_t mm = c->s->processes[process].mm;

	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct process *p = &c->s->processes[i];

		if (p->mm == mm || !p->readable)
			object_add_process(c, object, i);
	}
}

static size_t futex_private(struct collect *c, size_t process, uint64_t address)
{
	struct object key = {
		.kind = OBJECT_FUTEX_PRIVATE,
		.wait = WAIT_FUTEX,
		.address = address,
		.process = process,
	};
	bool new;
	size_t o = object_intern(c, &key, &new);

	if (new)
		add_mm_wakers(c, o, process);
	return o;
}

static size_t futex_shared(
	struct collect *c, size_t process, uint64_t address, const struct procfs_map *map)
{
	struct object key = {
		.kind = OBJECT_FUTEX_SHARED,
		.wait = WAIT_FUTEX,
		.dev = map->dev,
		.inode = map->inode,
		.address = address,
		.offset = map->offset + (address - map->begin),
		.process = process,
	};
	bool new;
	size_t o = object_intern(c, &key, &new);

	if (!new)
		return o;
	c->s->objects[o].within_reach = true;
	if (!memory_is_plain(c, process, map))
		object_set_external(c, o, "its file may be mapped under another number (overlay)");
	if (memory_has_name(c, process, map))
		object_set_unless(
			c, o, "somebody maps %.*s", (int)scan_left(&map->name), map->name.p);
	snprintf(c->s->objects[o].name, OBJECT_MAX_NAME, "%.*s", (int)scan_left(&map->name),
		map->name.p);
	for (size_t i = 0; i < c->s->n_processes; i++)
		if (process_alive(c->s, i) &&
			(maps_read(c, i) < 0 || maps_file(c, i, map->dev, map->inode)))
			object_add_process(c, o, i);
	return o;
}

static void add_futex(struct collect *c, size_t thread, uint64_t address, bool private)
{
	struct thread *t = &c->s->threads[thread];
	struct procfs_map map = { 0 };
	struct object *object;
	size_t o;
	int r;

	if (!private) {
		r = map_find(c, t->process, address, &map);
		if (r < 0) {
			thread_mark_runnable(t, REST_UNREADABLE, "mapping of futex 0x%llx: %s",
				(unsigned long long)address, strerror(-r));
			return;
		}
	}
	if (map.shared)
		o = futex_shared(c, t->process, address, &map);
	else
		o = futex_private(c, t->process, address);
	/* A file's page that was never written to is still the file's: anyone may map it. */
	if (!map.shared && map.inode && !map.write)
		object_set_external(c, o, "futex in read-only memory of a file");
	/* Without the private flag a wait may have been moved to another futex (FUTEX_REQUEUE), and
	 * other memory may lie at the address since: it may be one that others have, too. */
	if (!private && !map.shared && tree_shares_memory(c))
		c->s->objects[o].within_reach = true;
	object = &c->s->objects[o];
	object->futex_word_known = memory_read(c, t->process, address, &object->futex_word,
					   sizeof(object->futex_word)) == 0;
	thread_add_object(c, thread, o);
}

/* True also if unknown. */
static bool lock_has_owner(struct collect *c, size_t process, uint64_t address)
{
	uint32_t word;

	return memory_read(c, process, address, &word, sizeof(word)) < 0 || (word & FUTEX_TID_MASK);
}

/*
 * The kernel itself hands a PI futex on when its owner ends (exit_pi_state_list), whether that one
 * has the memory or not: in a forked child the word names a thread of the parent.
 */
static void add_owner(struct collect *c, size_t thread, uint64_t address)
{
	struct thread *t = &c->s->threads[thread];
	size_t o = t->objects[t->n_objects - 1];
	uint32_t word;

	if (memory_read(c, t->process, address, &word, sizeof(word)) < 0) {
		object_set_external(c, o, "its owner can't be read");
		return;
	}
	if (!same_pid_namespace(c, t->process)) {
		object_set_external(c, o, "its owner is named in another pid namespace");
		return;
	}
	for (size_t i = 0; i < c->s->n_threads; i++)
		if ((uint32_t)c->s->threads[i].tid == (word & FUTEX_TID_MASK)) {
			object_add_process(c, o, c->s->threads[i].process);
			return;
		}
	object_set_external(c, o, "its owner, thread %u, is not in the tree",
		(unsigned)(word & FUTEX_TID_MASK));
}

static void resolve_futex(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];

	t->wait = WAIT_FUTEX;
	add_futex(c, thread, call->address, call->private);
	if (call->owned && t->rest == REST_YES)
		add_owner(c, thread, call->address);
	/* Which of the two it waits on is not told. */
	if (!call->requeue || t->rest != REST_YES)
		return;
	add_futex(c, thread, call->requeue, call->private);
	if (t->rest == REST_YES && lock_has_owner(c, t->process, call->requeue))
		add_owner(c, thread, call->requeue);
}

static void resolve_futexv(struct collect *c, size_t thread, const struct call *call)
{
	struct futex_waitv waiters[FUTEX_WAITV_MAX];
	struct thread *t = &c->s->threads[thread];
	int r = -EINVAL;

	t->wait = WAIT_FUTEXV;
	if (call->count > 0 && call->count <= FUTEX_WAITV_MAX)
		r = memory_read(
			c, t->process, call->address, waiters, call->count * sizeof(*waiters));
	if (r < 0) {
		thread_mark_runnable(t, REST_UNREADABLE, "futex_waitv's list: %s", strerror(-r));
		return;
	}
	if (!memory_is_own(c, thread, call->address))
		thread_set_unless(t, "the list of futexes was changed after the call began");
	for (size_t i = 0; i < call->count && t->rest == REST_YES; i++)
		add_futex(c, thread, waiters[i].uaddr, waiters[i].flags & FUTEX2_PRIVATE);
}

static void decode_futex(const uint64_t a[6], struct call *c)
{
	unsigned op = (unsigned)a[1] & (unsigned)FUTEX_CMD_MASK;

	if (op != FUTEX_WAIT && op != FUTEX_WAIT_BITSET && op != FUTEX_LOCK_PI &&
		op != FUTEX_LOCK_PI2 && op != FUTEX_WAIT_REQUEUE_PI) {
		c->kind = CALL_UNKNOWN;
		return;
	}
	c->address = a[0];
	c->private = a[1] & FUTEX_PRIVATE_FLAG;
	c->owned = op == FUTEX_LOCK_PI || op == FUTEX_LOCK_PI2;
	if (op == FUTEX_WAIT_REQUEUE_PI)
		c->requeue = a[4];
	if (a[3])
		call_set_timed(c, "timeout");
}

#ifdef SYS_futex_waitv
static void decode_futexv(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
	c->count = (unsigned)a[1];
	if (a[3])
		call_set_timed(c, "timeout");
}
#endif

/* futex_wait(uaddr, val, mask, flags, timespec, clock) */
static void decode_futex_wait(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
	c->private = a[3] & FUTEX2_PRIVATE;
	if (a[4])
		call_set_timed(c, "timeout");
}

static const struct wait_call calls[] = {
	WAIT_CALL(futex, decode_futex, resolve_futex),
	WAIT_CALL(futex_wait, decode_futex_wait, resolve_futex),
#ifdef SYS_futex_waitv
	WAIT_CALL(futex_waitv, decode_futexv, resolve_futexv),
#endif
};

WAIT_OPS(wait_futex_ops, calls, NULL, NULL, NULL, wait_is_unchanged, NULL, NULL);
