/* SPDX-License-Identifier: MIT */
/* malloc-one-arena.c: the same as malloc.c where all threads share one arena. */
#include "lib/scenario.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 3000

static void share_arena(void)
{
#ifdef M_ARENA_MAX
	MUST(mallopt(M_ARENA_MAX, 1));
#endif
}

static void allocate(void)
{
	char *p = malloc(SIZE), *q = malloc(2 * SIZE);

	CHECK(p && q);
	memset(p, 'p', SIZE);
	CHECK(p[0] == 'p' && p[SIZE - 1] == 'p');
	free(p);
	free(q);
}

LIBC_SCENARIO(.summary = "malloc() in the child, one arena for all threads",
	.hazard = "the arena's lock is the one that the child needs", .setup = share_arena,
	.stress = allocate, .child = allocate,
	.fork = { { "musl<1.2.2", MAY, "fork() takes malloc's lock from 1.2.2 on" },
		{ "*", COMPLETES, "fork() holds malloc's locks and resets them in the child" } },
	.behind = { { "*", DEADLOCKS, "no libc code runs that could take the lock first" } },
	.heap = "0", );
