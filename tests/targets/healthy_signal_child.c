/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child waits on a semaphore of its own for a signal of its parent, which sleeps first.
 */
#include "tests/targets/target.h"

#include <signal.h>

static sem_t posted;

static void on_signal(int signal)
{
	(void)signal;
	sem_post(&posted);
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	pid_t pid;

	sem_init(&posted, 0, 0);
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	pid = target_fork();
	if (pid == 0) {
		target_sem_wait(&posted);
		_exit(0);
	}
	target_sleep_ms(ms);
	kill(pid, SIGUSR1);
	target_reap(pid);
	return 0;
}
