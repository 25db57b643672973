/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent reads a pipe that only it can write to: it does so in the handler of a signal that a
 * child which slept sends.
 */
#include "tests/targets/target.h"

#include <signal.h>

static int fds[2];

static void on_signal(int signal)
{
	(void)signal;
	target_write_byte(fds[1]);
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	pid_t pid;

	MUST(pipe(fds) == 0);
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(fds[0]);
		close(fds[1]);
		target_sleep_ms(ms);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	target_read_byte(fds[0]);
	target_reap(pid);
	return 0;
}
