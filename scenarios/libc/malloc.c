/* SPDX-License-Identifier: MIT */
/* malloc.c: threads are in malloc() and free() at the fork, and the child allocates. */
#include "lib/scenario.h"

#include <stdlib.h>
#include <string.h>

#define SIZE 3000 /* above what glibc serves from a thread's own cache without a lock */

static void allocate(void)
{
	char *p = malloc(SIZE), *q = malloc(2 * SIZE);

	CHECK(p && q);
	memset(p, 'p', SIZE);
	memset(q, 'q', 2 * SIZE);
	CHECK(p[0] == 'p' && p[SIZE - 1] == 'p' && q[0] == 'q');
	free(p);
	free(q);
}

LIBC_SCENARIO(.summary = "malloc() in the child", .hazard = "each arena has a lock",
	.stress = allocate, .child = allocate,
	.fork = { { "musl<1.2.2", MAY, "fork() takes malloc's lock from 1.2.2 on" },
		{ "*", COMPLETES, "fork() holds malloc's locks and resets them in the child" } },
	.behind = { { "musl", DEADLOCKS, "one heap, one lock, and nobody takes it" },
		{ "*", MAY, "the thread that allocates has an arena of its own" } },
	.heap = "0", );
