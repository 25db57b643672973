/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * open() of a FIFO for reading; a child that slept opens it for writing.
 */
#include "tests/targets/target.h"

#include <sys/stat.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	char path[TARGET_PATH_MAX];
	pid_t pid;

	MUST(mkfifo(target_path_own(path, "hangrate-target"), 0600) == 0);
	pid = target_fork();
	if (pid == 0) {
		target_sleep_ms(ms);
		MUST(open(path, O_WRONLY) >= 0);
		_exit(0);
	}
	MUST(open(path, O_RDONLY) >= 0);
	MUST(unlink(path) == 0);
	target_reap(pid);
	return 0;
}
