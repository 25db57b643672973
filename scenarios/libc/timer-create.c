/* SPDX-License-Identifier: MIT */
/* timer-create.c: a thread makes timers with a thread each at the fork, and the child does. */
#include "lib/scenario.h"

#include <signal.h>
#include <time.h>

static void nothing(union sigval value)
{
	(void)value;
}

static void make_and_delete(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = nothing };
	timer_t timer;

	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	CHECK(timer_delete(timer) == 0);
}

LIBC_SCENARIO(.summary = "timer_create() with SIGEV_THREAD in the child",
	.hazard = "a list of timers with a lock, and a helper thread that stays behind",
	.stress = make_and_delete, .child = make_and_delete, .timeout_ms = 500,
	.fork = { { "*", MAY, "fork() leaves the timers' lock alone" } },
	.behind = { { "*", MAY, "nobody takes it" } }, );
