/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file lock held across a sleep by a child.
 */
#include "tests/targets/target.h"

#include <sys/file.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	char path[TARGET_PATH_MAX];
	int mine = mkostemp(target_path(path, "hangrate-target-XXXXXX"), O_CLOEXEC),
	    other = open(path, O_RDWR | O_CLOEXEC);
	pid_t pid;

	MUST(mine >= 0 && other >= 0 && unlink(path) == 0);
	MUST(flock(other, LOCK_EX) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(mine);
		target_sleep_ms(ms);
		_exit(0);
	}
	close(other); /* the child has the only open file that holds it */
	MUST(flock(mine, LOCK_EX) == 0);
	target_reap(pid);
	return 0;
}
