/* SPDX-License-Identifier: MIT */
/* omp-fork.c: an OpenMP program forks, and the child wants its team of threads. */
#include "lib/scenario.h"

#include <sys/wait.h>
#include <unistd.h>

static int sum;

static void parallel(void *arg)
{
	(void)arg;
#pragma omp parallel for reduction(+ : sum) num_threads(4)
	for (int i = 0; i < 1000; i++)
		sum += i;
}

static void parallel_afresh(void)
{
	parallel(NULL);
}

/* The hazard: libgomp keeps its threads for the next region; the child has none of them. */
static void fork_after_region(void)
{
	parallel(NULL);
	scenario_wait(scenario_fork(FORK, parallel, NULL));
}

/* Fix: fork before the first region. */
static void fork_before_region(void)
{
	scenario_wait(scenario_fork(FORK, parallel, NULL));
	parallel(NULL);
}

/* Fix: the child is a new program. */
static void fork_and_exec(void)
{
	parallel(NULL);
	scenario_wait(scenario_fork(FORK_EXEC, NULL, NULL));
}

SCENARIO(
	.summary = "a forked child enters an OpenMP parallel region",
	.hazard = "the runtime's idle threads do not come along at fork()",
	.symptom = IN_FUTEX,
	.cause = "orphaned-lock: team; orphaned-lock: barrier",
	.after_fork = true,
	.child = parallel_afresh,
	.variants = {
		{ "fork", "a region, fork(), a region in the child", fork_after_region,
		  { { "glibc", DEADLOCKS, "the child waits at a barrier for threads it has not" } } },
		{ "fork-first", "fork() before the first region", fork_before_region,
		  { { "glibc", COMPLETES, "the child starts a team of its own" } } },
		{ "exec", "fork() and exec", fork_and_exec,
		  { { "glibc", COMPLETES, "a new program" } } },
	},
	.refs = { "https://gcc.gnu.org/bugzilla/show_bug.cgi?id=58378",
		"https://github.com/facebookresearch/faiss/issues/5206" },
);
