/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world.h: builds snapshots by hand, for the tests of what reads them. Everything that is added is
 * at rest until the test says otherwise.
 */
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include "runner/snapshot/snapshot.h"

struct snapshot world_new(pid_t root);
struct snapshot world_copy(const struct snapshot *s);
void world_done(struct snapshot *s);

/* Each returns the index of what it added. Threads go to the process that was added last. */
size_t world_process(struct snapshot *s, pid_t pid, pid_t ppid);
size_t world_thread(struct snapshot *s, pid_t tid);
size_t world_object(struct snapshot *s, enum object_kind kind, enum wait_kind wait, uint64_t id);

void world_wait(struct snapshot *s, size_t thread, size_t object);
void world_waker(struct snapshot *s, size_t object, size_t thread);
void world_wakers_of(struct snapshot *s, size_t object, size_t process); /* all its threads */
void world_wakes_up(struct snapshot *s, size_t thread);                  /* runs now, and has run */

/* A private futex of the thread's process: it waits there and all threads of it may wake. */
size_t world_futex_wait(struct snapshot *s, size_t thread, uint64_t address);

/* A small generator of its own, so that a failing seed fails everywhere: SplitMix64. */
uint64_t world_random(uint64_t *seed, uint64_t below);

#endif
