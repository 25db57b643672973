/* SPDX-License-Identifier: MIT */
/* atexit-fork.c: an exit function forks, and the child leaves by exit(). One thread, no race. */
#include "lib/scenario.h"

#include <stdlib.h>

static enum fork_how way;

static void leave_by_exit(void *arg)
{
	(void)arg;
	exit(HANGRATE_EXIT_PASS);
}

static void fork_at_exit(void)
{
	scenario_wait(scenario_fork(way, leave_by_exit, NULL));
}

static void run(enum fork_how how)
{
	way = how;
	MUST(atexit(fork_at_exit) == 0);
	exit(HANGRATE_EXIT_PASS);
}

static void by_fork(void)
{
	run(FORK);
}

static void by__fork(void)
{
	run(FORK__FORK);
}

static void by_raw(void)
{
	run(FORK_RAW);
}

static void by_posix_spawn(void)
{
	run(FORK_POSIX_SPAWN);
}

/* pause() can't be proven where /proc/timer_list may not be read: an alarm might be set. */
#define STUCK_MS 200

SCENARIO(.summary = "fork() in an exit function; the child calls exit()",
	.hazard =
		"exit() may hold a lock while exit functions run, and the child's exit() takes it",
	.variants = {
		{ "fork", "fork() in the exit function", by_fork,
			{ { "glibc", COMPLETES, "the lock is the child's own, and recursive" },
				{ "musl>=1.2.6", HANGS,
					"exit() knows by the thread id who is in it, and lets others pause()" },
				{ "musl", COMPLETES, "exit() has no lock of that kind" } },
			.timeout_ms = STUCK_MS },
		{ "_Fork", "the same by _Fork()", by__fork, { { "*", MAY, "not measured" } },
			.timeout_ms = STUCK_MS },
		{ "raw", "the same by clone()", by_raw, { { "*", MAY, "not measured" } },
			.timeout_ms = STUCK_MS },
		{ "posix_spawn", "the child is a new program", by_posix_spawn,
			{ { "*", COMPLETES, "it is in no exit function" } } },
	}, );
