/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The class of a cause, on worlds built by hand: what was gathered goes in, the class comes out. */
#include "runner/explain/internal.h"
#include "tests/unit/world.h"

#include <criterion/criterion.h>

#define MAX 4

static struct snapshot s;
static struct explain_thread told[MAX];
static bool had_threads[MAX], forked[MAX];
static struct explanation e;

static void setup(void)
{
	s = world_new(1);
	memset(told, 0, sizeof(told));
	memset(had_threads, 0, sizeof(had_threads));
	memset(forked, 0, sizeof(forked));
}

static void teardown(void)
{
	world_done(&s);
}

TestSuite(explain_class, .init = setup, .fini = teardown);

/* A stuck thread of the process that was added last, at a lock that stores nobody. */
static size_t at_lock(pid_t tid, uint64_t address)
{
	size_t i = world_thread(&s, tid);

	world_futex_wait(&s, i, address);
	told[i] = (struct explain_thread){ .stuck = true,
		.cause = i,
		.owner = SIZE_MAX,
		.lock_address = address,
		.lock.primitive = PRIMITIVE_MUTEX };
	return i;
}

/* A stuck thread that waits for an object of another kind. */
static size_t at_object(pid_t tid, enum object_kind kind, enum wait_kind wait)
{
	size_t i = world_thread(&s, tid);

	world_wait(&s, i, world_object(&s, kind, wait, 77));
	told[i] = (struct explain_thread){ .stuck = true, .cause = i, .owner = SIZE_MAX };
	return i;
}

static enum cause_class classify(void)
{
	e = (struct explanation){
		.s = &s, .threads = told, .had_threads = had_threads, .forked = forked
	};
	explain_classify(&e);
	return e.class;
}

Test(explain_class, the_owner_decides)
{
	static const struct {
		enum explain_owner owner;
		enum cause_class class;
	} cases[] = {
		{ OWNER_SELF, CLASS_SELF_LOCK },
		{ OWNER_AT_FORK, CLASS_ORPHANED_LOCK },
		{ OWNER_BEFORE_FORK, CLASS_ORPHANED_LOCK },
		{ OWNER_LEFT, CLASS_ORPHANED_LOCK },
		{ OWNER_ENDED, CLASS_ABANDONED_LOCK },
	};

	world_process(&s, 1, 0);
	at_lock(1, 0x10);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		told[0].owner_is = cases[i].owner;
		cr_expect_eq(classify(), cases[i].class, "case %zu: %d", i, (int)e.class);
	}
}

/* Abandoned against orphaned against its own: what is known of the process tells. */
Test(explain_class, a_lock_that_stores_nobody)
{
	static const struct {
		bool forked, had_threads;
		enum cause_class class;
	} cases[] = {
		{ false, false, CLASS_SELF_LOCK },
		{ false, true, CLASS_ABANDONED_LOCK },
		{ true, false, CLASS_ORPHANED_LOCK },
		{ true, true, CLASS_ABANDONED_LOCK },
	};

	world_process(&s, 1, 0);
	at_lock(1, 0x10);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		forked[0] = cases[i].forked;
		had_threads[0] = cases[i].had_threads;
		cr_expect_eq(classify(), cases[i].class, "case %zu: %d", i, (int)e.class);
	}
}

Test(explain_class, a_shared_lock_that_stores_nobody_is_abandoned)
{
	size_t lock;

	world_process(&s, 1, 0);
	lock = at_lock(1, 0x10);
	s.objects[s.threads[lock].objects[0]].kind = OBJECT_FUTEX_SHARED;
	cr_expect_eq(classify(), CLASS_ABANDONED_LOCK);
}

Test(explain_class, two_locks_that_store_nobody_are_a_cycle)
{
	world_process(&s, 1, 0);
	at_lock(1, 0x10);
	at_lock(2, 0x20);
	cr_expect_eq(classify(), CLASS_LOCK_CYCLE);
}

/* Another thread of the process may have the lock and waits for something that is no lock. */
Test(explain_class, a_lock_whose_holder_may_wait_for_another_thing_is_mixed)
{
	size_t lock;

	world_process(&s, 1, 0);
	lock = at_lock(1, 0x10);
	at_object(2, OBJECT_PIPE, WAIT_PIPE_WRITE);
	classify();
	cr_expect_eq(told[lock].class, CLASS_MIXED, "%d", (int)told[lock].class);
}

Test(explain_class, a_cycle_of_a_lock_and_a_pipe_is_mixed)
{
	size_t lock, writer;

	world_process(&s, 1, 0);
	lock = at_lock(1, 0x10);
	writer = at_object(2, OBJECT_PIPE, WAIT_PIPE_WRITE);
	told[lock].owner_is = OWNER_HERE;
	told[lock].owner = writer;
	classify();
	cr_expect_eq(told[lock].class, CLASS_PIPE, "it only waits for who is stuck in the pipe");
	world_waker(&s, s.threads[writer].objects[0], lock);
	cr_expect_eq(classify(), CLASS_MIXED, "the reader is who waits for the lock");
}

Test(explain_class, owners_in_a_ring_are_a_cycle)
{
	world_process(&s, 1, 0);
	for (size_t i = 0; i < 3; i++) {
		at_lock((pid_t)i + 1, 0x10 * (i + 1));
		told[i].owner_is = OWNER_HERE;
		told[i].owner = (i + 1) % 3;
	}
	cr_expect_eq(classify(), CLASS_LOCK_CYCLE);
	cr_expect_eq(told[2].cause, 0);
}

Test(explain_class, a_wait_for_a_wake_up_is_lost)
{
	world_process(&s, 1, 0);
	told[at_lock(1, 0x10)].lock.primitive = PRIMITIVE_CONDVAR;
	cr_expect_eq(classify(), CLASS_LOST_WAKEUP);
}

Test(explain_class, a_team_that_stayed_behind_at_fork_is_orphaned)
{
	world_process(&s, 1, 0);
	told[at_lock(1, 0x10)].lock.primitive = PRIMITIVE_BARRIER;
	forked[0] = true;
	cr_expect_eq(classify(), CLASS_ORPHANED_LOCK);
}

/* A pipe that is polled beside an eventfd: the eventfd is mostly there to end the poll. */
Test(explain_class, of_a_list_the_gravest_counts)
{
	size_t i, pipe, child;

	world_process(&s, 1, 0);
	i = at_object(1, OBJECT_EVENTFD, WAIT_EVENTFD);
	pipe = world_object(&s, OBJECT_PIPE, WAIT_PIPE_READ, 78);
	world_wait(&s, i, pipe);
	world_waker(&s, pipe, i);
	cr_expect_eq(classify(), CLASS_LOST_WAKEUP, "nobody else has an end of the pipe");
	world_process(&s, 2, 1);
	child = world_thread(&s, 2);
	world_waker(&s, pipe, child);
	cr_expect_eq(classify(), CLASS_PIPE);
}

Test(explain_class, the_gravest_class_of_the_tree_is_the_cause)
{
	size_t lock;

	world_process(&s, 1, 0);
	told[at_lock(1, 0x10)].lock.primitive = PRIMITIVE_CONDVAR;
	world_process(&s, 2, 1);
	lock = at_lock(2, 0x20);
	told[lock].owner_is = OWNER_LEFT;
	cr_expect_eq(classify(), CLASS_ORPHANED_LOCK);
	cr_expect_eq(e.leaf, lock);
}
