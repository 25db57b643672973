/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child reads a terminal on which nobody types for a while.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	pid_t pid;

	MUST(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	MUST(slave >= 0);
	pid = target_fork();
	if (pid == 0) {
		close(master);
		target_read_byte(slave);
		_exit(0);
	}
	target_sleep_ms(ms);
	MUST(write(master, "\n", 1) == 1);
	target_reap(pid);
	return 0;
}
