/* SPDX-License-Identifier: MIT */
/* random.c: a thread draws random numbers at the fork, and the child does. */
#include "lib/scenario.h"

#include <stdlib.h>

static void draw(void)
{
	CHECK(random() >= 0);
	CHECK(rand() >= 0);
}

LIBC_SCENARIO(.summary = "random() and rand() in the child", .hazard = "the generator has a lock",
	.stress = draw, .child = draw,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves the generator's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", DEADLOCKS, "nobody takes it" } }, );
