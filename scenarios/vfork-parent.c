/* SPDX-License-Identifier: MIT */
/* vfork-parent.c: a child made by vfork() waits for its parent, which stands still until it execs.
 */
#include "lib/scenario.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static int go[2];

static void wait_for_go(void *arg)
{
	char byte;

	(void)arg;
	if (read(go[0], &byte, 1) != 1)
		_exit(1);
}

static void start_and_go(enum fork_how how)
{
	pid_t pid;

	MUST(pipe2(go, O_CLOEXEC) == 0);
	pid = scenario_fork(how, wait_for_go, NULL);
	CHECK(write(go[1], "g", 1) == 1);
	scenario_wait(pid);
}

/* The hazard: the parent writes after vfork() returns, and it returns after the child's exec. */
static void by_vfork(void)
{
	start_and_go(FORK_VFORK);
}

/* Fix: fork() returns at once in both. */
static void by_fork(void)
{
	start_and_go(FORK);
}

SCENARIO(
	.summary = "a vfork() child waits for its parent",
	.hazard = "vfork() suspends the parent until the child executes or ends",
	.symptom = IN_WAIT,
	.cause = "pipe: pipe-read + vfork",
	.variants = {
		{ "vfork", "the child reads a pipe before it executes", by_vfork,
		  { { "*", DEADLOCKS, "the only writer is suspended" } } },
		{ "fork", "the same by fork()", by_fork,
		  { { "*", COMPLETES, "the parent goes on" } } },
	},
	.refs = { "vfork(2)", "https://github.com/VIDA-NYU/reprozip/issues/121" },
);
