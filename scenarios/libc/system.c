/* SPDX-License-Identifier: MIT */
/* system.c: a thread is in system() at the fork, and the child calls it. */
#include "lib/scenario.h"

#include <stdlib.h>

static void run_shell(void)
{
	CHECK(system("exit 0") == 0);
}

LIBC_SCENARIO(.summary = "system() in the child",
	.hazard = "glibc counts under a lock who has SIGINT and SIGQUIT ignored",
	.stress = run_shell, .child = run_shell, .children = 2,
	.fork = { { "glibc", MAY, "fork() leaves the lock alone; it is held for an instant" },
		{ "musl", COMPLETES, "system() takes no lock" } },
	.behind = { { "*", MAY, "nobody takes it" } }, );
