/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot_child.h: real children for the tests of the snapshot. A child runs one function and is
 * killed at the end; nobody sleeps to wait for it: snapshots are taken until one looks as expected.
 */
#ifndef TESTS_UNIT_SNAPSHOT_CHILD_H
#define TESTS_UNIT_SNAPSHOT_CHILD_H

#include "runner/snapshot/snapshot.h"

/* Forks; the child dies with the test. */
pid_t child_start(void (*run)(void *data), void *data);
/* The same for a child whose wait must be provable. Skips the test where /proc shows processes that
 * hangrate may not look into: they may hold the other end of anything. With tests/own.sh there are
 * none. */
pid_t child_start_provable(void (*run)(void *data), void *data);
/* fork(), but the child never outlives its parent: also for children of such a child. */
pid_t child_fork(void);
/* Kills and reaps it, and what is left of its process group. */
void child_end(pid_t pid);

/* Collects until the predicate holds (true), or 10 s have passed (false: the test has failed). The
 * last snapshot stays and must be freed. */
typedef bool (*snapshot_predicate)(const struct snapshot *s, const void *data);
bool child_await(pid_t pid, const struct snapshot_options *options, snapshot_predicate holds,
	const void *data, struct snapshot *ret_snapshot);

/* Some thread of the root process waits in this way (data: enum wait_kind), whatever its rest. */
bool holds_root_waits(const struct snapshot *s, const void *data);
/* Every thread of the tree is at rest, and every object's wakers are in the tree. */
bool holds_all_rest(const struct snapshot *s, const void *data);
/* Some thread has this rest (data: enum rest). */
bool holds_some_rest(const struct snapshot *s, const void *data);
/* Some object of a thread at rest is marked outside. */
bool holds_some_external(const struct snapshot *s, const void *data);

/* Every thread of the tree is blocked, and some process may have a timer armed. */
bool holds_timer_condition(const struct snapshot *s, const void *data);

/* For waits that a timer could end: until every thread of the tree is at rest. Skips the test where
 * that can't be: /proc/timer_list can't be read, or somebody on the machine has a timer armed. */
void child_await_no_timer(
	pid_t pid, const struct snapshot_options *options, struct snapshot *ret_snapshot);

const struct object *thread_object(const struct snapshot *s, const struct thread *t, size_t i);
bool object_wakes(const struct snapshot *s, const struct object *o, pid_t process);
void snapshot_print(const struct snapshot *s);

#endif
