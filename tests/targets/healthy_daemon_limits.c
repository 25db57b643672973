/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only writer of a pipe has left the family, and takes off what it has inherited, as a daemon
 * does: limits, environment, working directory.
 */
#include <sys/resource.h>

#include "tests/targets/target.h"

static void shed(void)
{
	struct rlimit limit;

	for (int i = 0; i < RLIMIT_NLIMITS; i++)
		if (i != RLIMIT_STACK && getrlimit(i, &limit) == 0) {
			limit.rlim_cur = limit.rlim_max;
			setrlimit(i, &limit);
		}
	clearenv();
	MUST(chdir("/") == 0);
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	int fds[2];
	pid_t pid;

	MUST(pipe(fds) == 0);
	pid = target_fork();
	if (pid == 0) {
		MUST(setsid() > 0);
		if (target_fork() > 0)
			_exit(0);
		shed();
		target_sleep_ms(ms);
		target_write_byte(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	target_reap(pid);
	target_read_byte(fds[0]);
	return 0;
}
