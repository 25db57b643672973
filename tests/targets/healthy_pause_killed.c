/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child without any handler pauses until its parent, which sleeps first, kills it.
 */
#include "tests/targets/target.h"

#include <signal.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	pid_t pid = target_fork();
	int status;

	if (pid == 0)
		for (;;)
			pause();
	target_sleep_ms(ms);
	kill(pid, SIGTERM);
	MUST(waitpid(pid, &status, 0) == pid);
	return !WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM;
}
