/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child without any handler pauses until an alarm ends it, as its parent expects.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/time.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct itimerval timer = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	pid_t pid = target_fork();
	int status;

	if (pid == 0) {
		setitimer(ITIMER_REAL, &timer, NULL);
		for (;;)
			pause();
	}
	MUST(waitpid(pid, &status, 0) == pid);
	return !WIFSIGNALED(status) || WTERMSIG(status) != SIGALRM;
}
