/* SPDX-License-Identifier: MIT */
/* pthread-join.c: the child joins a thread that stayed behind in its parent. No race. */
#include "lib/scenario.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_t thread;
static atomic_bool started; /* not so in a fresh process */

static void note_thread(void)
{
	thread = pthread_self();
	started = true;
}

static void join(void)
{
	if (started)
		CHECK(pthread_join(thread, NULL) == 0);
}

LIBC_SCENARIO(.summary = "pthread_join() of a thread that did not come along",
	.hazard = "it waits until the kernel says that the thread ended, and nobody tells it",
	.stays = note_thread, .child = join,
	.fork = { { "glibc<2.42", COMPLETES, "fork() marks the other threads as ended" },
		{ "glibc>=2.43", DEADLOCKS, "the thread's state stays as it was" },
		{ "glibc", MAY, "not measured" },
		{ "musl", DEADLOCKS, "the thread's state stays as it was" } },
	.behind = { { "*", MAY, "not measured" } },
	.refs = { "POSIX.1-2024 fork(): the child has a single thread" }, );
