/* SPDX-License-Identifier: MIT */
/* posix-memalign.c: threads are in posix_memalign() at the fork, and the child calls it. */
#include "lib/scenario.h"

#include <stdlib.h>

static void allocate(void)
{
	void *p;

	CHECK(posix_memalign(&p, 4096, 3000) == 0);
	CHECK(((uintptr_t)p & 4095) == 0);
	free(p);
}

LIBC_SCENARIO(.summary = "posix_memalign() in the child", .hazard = "malloc's locks",
	.stress = allocate, .child = allocate,
	.fork = { { "musl<1.2.2", MAY, "fork() takes malloc's lock from 1.2.2 on" },
		{ "*", COMPLETES, "fork() holds malloc's locks and resets them in the child" } },
	.behind = { { "*", MAY, "nobody takes the locks" } }, .heap = "0", );
