/* SPDX-License-Identifier: MIT */
/* realloc.c: threads are in realloc() at the fork, and the child moves a block of its parent. */
#include "lib/scenario.h"

#include <stdlib.h>
#include <string.h>

#define SIZE 3000

static char *block;

static void allocate(void)
{
	block = malloc(SIZE);
	MUST(block != NULL);
	memset(block, 'b', SIZE);
}

static void grow_and_shrink(void)
{
	char *p = realloc(malloc(SIZE), 4 * SIZE);

	CHECK(p != NULL);
	p = realloc(p, SIZE / 2);
	CHECK(p != NULL);
	free(p);
}

static void grow_parents(void)
{
	char *p = realloc(block, 4 * SIZE);

	CHECK(p != NULL);
	for (int i = 0; i < SIZE; i++)
		CHECK(p[i] == 'b');
}

LIBC_SCENARIO(.summary = "realloc() in the child, of a block that its parent allocated",
	.hazard = "malloc's locks; and what was in the block must stay", .setup = allocate,
	.stress = grow_and_shrink, .child = grow_parents,
	.fork = { { "musl<1.2.2", MAY, "fork() takes malloc's lock from 1.2.2 on" },
		{ "*", COMPLETES, "fork() holds malloc's locks and resets them in the child" } },
	.behind = { { "*", MAY, "nobody takes the locks" } }, .heap = "0", );
