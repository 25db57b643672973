/* SPDX-License-Identifier: MIT */
/* sem-wait.c: a thread has taken a semaphore at the fork, and the child waits for it. No race. */
#include "lib/scenario.h"

#include <semaphore.h>

static sem_t sem;

static void prepare(void)
{
	MUST(sem_init(&sem, 0, 1) == 0);
}

static void take(void)
{
	sem_wait(&sem);
}

static void take_and_give(void)
{
	CHECK(sem_wait(&sem) == 0);
	CHECK(sem_post(&sem) == 0);
}

LIBC_SCENARIO(.summary = "sem_wait() in the child, of a semaphore that another thread had taken",
	.hazard = "who would post it stayed behind", .setup = prepare, .stays = take,
	.child = take_and_give,
	.fork = { { "*", DEADLOCKS, "the child's copy is posted by nobody" } },
	.behind = { { "*", DEADLOCKS, "the child's copy is posted by nobody" } }, );
