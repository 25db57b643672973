/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A record lock of another process, which sleeps before it gives it back.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[TARGET_PATH_MAX];
	int fd = mkostemp(target_path(path, "hangrate-target-XXXXXX"), O_CLOEXEC);
	pthread_barrier_t *locked = target_barrier(2);
	pid_t pid;

	MUST(fd >= 0 && unlink(path) == 0);
	pid = target_fork();
	if (pid == 0) {
		MUST(fcntl(fd, F_SETLKW, &whole) == 0);
		pthread_barrier_wait(locked);
		target_sleep_ms(ms);
		_exit(0);
	}
	pthread_barrier_wait(locked);
	MUST(fcntl(fd, F_SETLKW, &whole) == 0);
	target_reap(pid);
	return 0;
}
