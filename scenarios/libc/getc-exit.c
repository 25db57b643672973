/* SPDX-License-Identifier: MIT */
/* getc-exit.c: a thread waits in getc() at the fork, and the child leaves by exit(). No race. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static FILE *f;

static void open_pipe(void)
{
	int fds[2];

	MUST(pipe2(fds, O_CLOEXEC) == 0);
	f = fdopen(fds[0], "r"); /* and nobody writes */
	MUST(f != NULL);
}

static void wait_for_input(void)
{
	getc(f);
}

static void leave(void)
{
	exit(HANGRATE_EXIT_PASS);
}

LIBC_SCENARIO(.summary = "exit() in the child while a thread of the parent waits for input",
	.hazard = "getc() keeps the FILE locked while it waits, and exit() locks each FILE",
	.setup = open_pipe, .stays = wait_for_input, .child = leave,
	.fork = { { "glibc", COMPLETES, "fork() overwrites each FILE's lock in the child" },
		{ "musl", DEADLOCKS, "fork() leaves each FILE's lock as it was" } },
	.behind = { { "musl", DEADLOCKS, "nobody resets the lock" },
		{ "*", MAY, "whether exit() waits for a FILE that is locked" } }, );
