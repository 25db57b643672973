/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent of a vfork() child that sleeps is uninterruptible (state D) all the while.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };
	pid_t pid = vfork();

	if (pid == 0) {
		syscall(SYS_nanosleep, &ts, NULL);
		_exit(0);
	}
	MUST(pid > 0);
	target_reap(pid);
	return 0;
}
