/* SPDX-License-Identifier: MIT */
/* fork.c: a thread forks at the fork, and the child forks. */
#include "lib/scenario.h"

#include <sys/wait.h>
#include <unistd.h>

static void fork_and_wait(void)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0)
		_exit(HANGRATE_EXIT_PASS);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

LIBC_SCENARIO(.summary = "fork() in the child while another thread of the parent forks",
	.hazard = "fork() takes the locks of the libc one after the other", .stress = fork_and_wait,
	.child = fork_and_wait, .children = 2,
	.fork = { { "*", COMPLETES, "all take the locks in the same order" } },
	.behind = { { "*", MAY, "the other fork holds them, and nobody takes them" } }, );
