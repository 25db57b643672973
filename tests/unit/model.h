/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model.h: a small operating system to test the proof against. Processes with threads lock mutexes
 * (private and shared), read and write pipes, sleep, compute, start threads, fork, wait for
 * children and end, in an order that a seed decides. Snapshots of it are taken like those of /proc:
 * thread by thread, while the rest of the world runs on.
 */
#ifndef TESTS_UNIT_MODEL_H
#define TESTS_UNIT_MODEL_H

#include "runner/snapshot/snapshot.h"

struct model;

struct model *model_new(uint64_t seed);
/* Two threads of one process hand each other the word for ever: mostly one of them sleeps, and
 * a reader of one after the other may find both asleep. */
struct model *model_new_ping_pong(uint64_t seed);
void model_free(struct model *m);

/* Lets n random steps happen: a runnable thread runs, or a sleeper wakes up. False when nobody
 * could take one more. */
bool model_run(struct model *m, unsigned int n);

/* Reads every process and thread in turn, with up to `churn` steps between any two reads. */
struct snapshot model_collect(struct model *m, unsigned int churn);

/* How often a thread has gone to sleep or been woken so far. */
uint64_t model_activity(const struct model *m, pid_t tid);

#endif
