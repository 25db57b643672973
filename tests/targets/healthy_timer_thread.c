/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A semaphore posted by a thread that the libc starts when a POSIX timer ends.
 */
#include "tests/targets/target.h"

#include <signal.h>

static sem_t posted;

static void on_timer(union sigval value)
{
	(void)value;
	sem_post(&posted);
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct itimerspec spec = { .it_value = { ms / 1000, ms % 1000 * 1000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD };
	timer_t timer;

	event.sigev_notify_function = on_timer;
	sem_init(&posted, 0, 0);
	MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	MUST(timer_settime(timer, 0, &spec, NULL) == 0);
	target_sem_wait(&posted);
	return 0;
}
