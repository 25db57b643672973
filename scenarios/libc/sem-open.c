/* SPDX-License-Identifier: MIT */
/* sem-open.c: a thread opens and closes a named semaphore at the fork, and the child does. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <semaphore.h>

#define NAME "/hangrate-sem-open" /* the same for all: what is left behind is one file at most */

static void open_and_close(void)
{
	sem_t *sem = sem_open(NAME, O_CREAT, 0600, 1);

	CHECK(sem != SEM_FAILED);
	CHECK(sem_close(sem) == 0);
	sem_unlink(NAME); /* another may have done it */
}

LIBC_SCENARIO(.summary = "sem_open() in the child",
	.hazard = "the list of open semaphores has a lock", .stress = open_and_close,
	.child = open_and_close,
	.fork = { { "glibc", MAY, "fork() leaves the list's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", MAY, "nobody takes it" } }, );
