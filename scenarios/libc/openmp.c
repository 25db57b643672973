/* SPDX-License-Identifier: MIT */
/* openmp.c: a parallel region ran before the fork, and the child runs one. No race. */
#include "lib/scenario.h"

static void run_region(void)
{
	int sum = 0;

#pragma omp parallel num_threads(2) reduction(+ : sum)
	sum += 1;
	CHECK(sum == 2);
}

LIBC_SCENARIO(.summary = "an OpenMP region in the child after one in the parent",
	.hazard = "the team's threads stay behind, and the child waits for them",
	.setup = run_region, .child = run_region,
	.fork = { { "*", DEADLOCKS, "libgomp does not notice the fork" } },
	.behind = { { "*", DEADLOCKS, "libgomp does not notice the fork" } }, );
