/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A read of an inotify fd; a child that slept touches the file.
 */
#include "tests/targets/target.h"

#include <sys/inotify.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	char path[TARGET_PATH_MAX], event[4096];
	int file = mkostemp(target_path(path, "hangrate-target-XXXXXX"), O_CLOEXEC),
	    fd = inotify_init1(IN_CLOEXEC);
	pid_t pid;

	MUST(file >= 0 && fd >= 0);
	MUST(inotify_add_watch(fd, path, IN_MODIFY) >= 0);
	MUST(unlink(path) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(fd);
		target_sleep_ms(ms);
		target_write_byte(file);
		_exit(0);
	}
	MUST(read(fd, event, sizeof(event)) > 0);
	target_reap(pid);
	return 0;
}
