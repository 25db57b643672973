/* SPDX-License-Identifier: MIT */
/* free.c: threads are in malloc() and free() at the fork, and the child frees its parent's blocks.
 */
#include "lib/scenario.h"

#include <stdlib.h>

#define BLOCKS 16
#define SIZE 3000

static void *blocks[BLOCKS];

static void allocate(void)
{
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(SIZE);
		MUST(blocks[i] != NULL);
	}
}

static void allocate_and_free(void)
{
	void *p = malloc(SIZE);

	CHECK(p != NULL);
	free(p);
}

static void free_parents(void)
{
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
}

LIBC_SCENARIO(.summary = "free() in the child, of blocks that its parent allocated",
	.hazard = "malloc's locks", .setup = allocate, .stress = allocate_and_free,
	.child = free_parents,
	.fork = { { "musl<1.2.2", MAY, "fork() takes malloc's lock from 1.2.2 on" },
		{ "*", COMPLETES, "fork() holds malloc's locks and resets them in the child" } },
	.behind = { { "*", MAY, "nobody takes the locks" } }, .heap = "0", );
