/* SPDX-License-Identifier: MIT */
/* abort.c: a thread handles SIGABRT at the fork, and the child aborts, and has to die of it. */
#include "lib/scenario.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void handle(void *arg)
{
	struct sigaction action = { .sa_handler = SIG_IGN }; /* abort() has to take it away */

	(void)arg;
	CHECK(sigaction(SIGABRT, &action, NULL) == 0);
}

static void abort_child(void *arg)
{
	(void)arg;
	abort();
}

static void abort_fresh(void)
{
	abort();
}

/* The thread stops before anybody is waited for: a stuck child leaves nothing running. */
static void make_children(enum fork_how how)
{
	const struct rlimit none = { 0, 0 };
	pid_t pids[4];
	int status;

	MUST(setrlimit(RLIMIT_CORE, &none) == 0);
	scenario_stress(handle, NULL, 0);
	for (int i = 0; i < 4; i++)
		pids[i] = scenario_fork(how, abort_child, NULL);
	scenario_stress_stop();
	for (int i = 0; i < 4; i++) {
		MUST(waitpid(pids[i], &status, 0) == pids[i]);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

static void by_fork(void)
{
	make_children(FORK);
}

static void by__fork(void)
{
	make_children(FORK__FORK);
}

static void by_raw(void)
{
	make_children(FORK_RAW);
}

static void by_vfork(void)
{
	make_children(FORK_VFORK_EXEC);
}

static void by_posix_spawn(void)
{
	make_children(FORK_POSIX_SPAWN);
}

SCENARIO(
	.summary = "abort() in the child, which is async-signal-safe",
	.hazard = "abort() has a lock",
	.child = abort_fresh,
	.variants = {
		{ "fork", "threads handle SIGABRT while fork() makes the child", by_fork,
		  { { "*", MAY, "whether fork() looks after the lock" } } },
		{ "_Fork", "the same by _Fork()", by__fork, { { "*", MAY, "nobody does" } } },
		{ "raw", "the same by clone(), behind the libc's back", by_raw,
		  { { "*", MAY, "nobody does" } } },
		{ "vfork", "vfork(), and the child exec's itself before it aborts", by_vfork,
		  { { "*", COMPLETES, "a new program has its own lock" } } },
		{ "posix_spawn", "posix_spawn() of the child", by_posix_spawn,
		  { { "*", COMPLETES, "a new program has its own lock" } } },
	},
	.refs = { "POSIX.1-2024: abort() and _Fork() are async-signal-safe" },
);
