/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread that main joins gets almost no CPU: it is idle-scheduled beside busy ones.
 */
#include "tests/targets/target.h"

#include <sched.h>

static volatile bool done;
static int64_t until_ms;

static void *starve(void *arg)
{
	struct sched_param param = { 0 };

	/* The kernel's thread, which the libc's pthread_setschedparam would refuse on musl. */
	MUST(syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &param) == 0);
	for (volatile int i = 0; i < 200000; i++)
		;
	done = true;
	return arg;
}

static void *burn(void *arg)
{
	while (!done && target_now_ms() < until_ms)
		;
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t busy[4], starved;

	until_ms = target_now_ms() + target_duration_ms(argc, argv);
	for (int i = 0; i < 4; i++)
		busy[i] = target_thread(burn, NULL);
	starved = target_thread(starve, NULL);
	pthread_join(starved, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(busy[i], NULL);
	return 0;
}
