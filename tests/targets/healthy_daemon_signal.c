/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process that was forked twice and adopted sends the signal on whose handler the root waits.
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
	pid_t root = getpid(), pid;

	sem_init(&posted, 0, 0);
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	pid = target_fork();
	if (pid == 0) {
		if (target_fork() > 0)
			_exit(0);
		target_sleep_ms(ms);
		kill(root, SIGUSR1);
		_exit(0);
	}
	target_reap(pid);
	target_sem_wait(&posted);
	return 0;
}
