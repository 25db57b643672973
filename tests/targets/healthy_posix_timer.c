/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A semaphore posted by the handler of SIGUSR1, which a POSIX timer sends: no SIGALRM anywhere.
 */
#include "tests/targets/target.h"

#include <signal.h>

static sem_t posted;

static void on_timer(int signal)
{
	(void)signal;
	sem_post(&posted);
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct itimerspec spec = { .it_value = { ms / 1000, ms % 1000 * 1000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct sigaction action = { .sa_handler = on_timer, .sa_flags = SA_RESTART };
	timer_t timer;

	sem_init(&posted, 0, 0);
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	MUST(timer_settime(timer, 0, &spec, NULL) == 0);
	target_sem_wait(&posted);
	return 0;
}
