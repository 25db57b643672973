/* SPDX-License-Identifier: MIT */
/* pthread-once.c: a thread is inside pthread_once() at the fork, and the child calls it. No race.
 */
#include "lib/scenario.h"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pid_t home; /* 0 in a fresh process */

/* Takes its time in the parent; in the child it is quick. */
static void initialise(void)
{
	static sem_t never;

	while (getpid() == home)
		sem_wait(&never);
}

static void linger(void)
{
	home = getpid();
	pthread_once(&once, initialise);
}

static void initialise_too(void)
{
	CHECK(pthread_once(&once, initialise) == 0);
}

LIBC_SCENARIO(.summary = "pthread_once() in the child while a thread of the parent was in it",
	.hazard = "who waits for the one that initialises waits for ever when it stayed behind",
	.stays = linger, .child = initialise_too,
	.fork = { { "glibc", COMPLETES,
			  "the child sees that a fork came in between and starts anew" },
		{ "musl", DEADLOCKS, "the child waits for a thread that it does not have" } },
	.behind = { { "musl", DEADLOCKS, "the child waits for a thread that it does not have" },
		{ "*", MAY, "whether the fork is noticed" } }, );
