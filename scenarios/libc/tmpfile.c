/* SPDX-License-Identifier: MIT */
/* tmpfile.c: threads make temporary files at the fork, and the child does. */
#include "lib/scenario.h"

#include <stdio.h>

static void make_file(void)
{
	FILE *f = tmpfile();

	CHECK(f != NULL);
	CHECK(fputs("text", f) >= 0);
	CHECK(fclose(f) == 0);
}

LIBC_SCENARIO(.summary = "tmpfile() in the child",
	.hazard = "the list of all FILEs has a lock, and malloc has", .stress = make_file,
	.child = make_file,
	.fork = { { "musl<1.2.2", MAY, "fork() takes the list's lock from 1.2.2 on" },
		{ "*", COMPLETES, "fork() takes the list's lock and malloc's" } },
	.behind = { { "*", MAY, "nobody takes the locks" } }, .heap = "0", );
