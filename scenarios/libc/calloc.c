/* SPDX-License-Identifier: MIT */
/* calloc.c: threads are in calloc() at the fork, and the child calls it. */
#include "lib/scenario.h"

#include <stdlib.h>
#include <string.h>

#define SIZE 3000

static void allocate(void)
{
	char *p = calloc(1, SIZE);

	CHECK(p != NULL);
	for (int i = 0; i < SIZE; i++)
		CHECK(p[i] == 0);
	memset(p, 'x', SIZE);
	free(p);
}

LIBC_SCENARIO(.summary = "calloc() in the child",
	.hazard = "malloc's locks; and what it gives must be zero", .stress = allocate,
	.child = allocate,
	.fork = { { "musl<1.2.2", MAY, "fork() takes malloc's lock from 1.2.2 on" },
		{ "*", COMPLETES, "fork() holds malloc's locks and resets them in the child" } },
	.behind = { { "*", MAY, "nobody takes the locks" } }, .heap = "0", );
