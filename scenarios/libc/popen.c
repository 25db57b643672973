/* SPDX-License-Identifier: MIT */
/* popen.c: a thread is in popen() at the fork, and the child calls it. */
#include "lib/scenario.h"

#include <stdio.h>

static void run_shell(void)
{
	FILE *f = popen("exit 0", "r");

	CHECK(f != NULL);
	CHECK(pclose(f) == 0);
}

LIBC_SCENARIO(.summary = "popen() in the child", .hazard = "the list of popen() streams has a lock",
	.stress = run_shell, .child = run_shell, .children = 2,
	.fork = { { "glibc>=2.41", COMPLETES, "fork() takes the list's lock from 2.41 on" },
		{ "glibc", DEADLOCKS, "fork() leaves the list's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes the list of FILEs from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes the list of FILEs that popen() uses" } },
	.behind = { { "*", MAY, "nobody takes it" } }, );
