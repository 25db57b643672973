/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * open() of a FIFO for reading blocks until somebody opens it for writing.
 */
#include "tests/targets/target.h"

#include <sys/stat.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	char dir[TARGET_PATH_MAX], path[TARGET_PATH_MAX + 8];
	pid_t pid;
	int fd;

	MUST(mkdtemp(target_path(dir, "hangrate-target-XXXXXX")));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	MUST(mkfifo(path, 0600) == 0);
	pid = target_fork();
	if (pid == 0) {
		target_sleep_ms(ms);
		fd = open(path, O_WRONLY);
		target_write_byte(fd);
		_exit(0);
	}
	fd = open(path, O_RDONLY);
	MUST(fd >= 0);
	target_read_byte(fd);
	unlink(path);
	rmdir(dir);
	target_reap(pid);
	return 0;
}
