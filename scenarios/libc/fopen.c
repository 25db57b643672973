/* SPDX-License-Identifier: MIT */
/* fopen.c: threads open and close FILEs at the fork, and the child does. */
#include "lib/scenario.h"

#include <stdio.h>

static void open_and_close(void)
{
	FILE *f = fopen("/dev/null", "we");

	CHECK(f != NULL);
	CHECK(fputs("text", f) >= 0);
	CHECK(fclose(f) == 0);
}

LIBC_SCENARIO(.summary = "fopen() and fclose() in the child",
	.hazard = "the list of all FILEs has a lock, and malloc has", .stress = open_and_close,
	.child = open_and_close,
	.fork = { { "musl<1.2.2", MAY, "fork() takes the list's lock from 1.2.2 on" },
		{ "*", COMPLETES, "fork() takes the list's lock and malloc's" } },
	.behind = { { "*", MAY, "nobody takes the locks" } }, .heap = "0", );
