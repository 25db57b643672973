/* SPDX-License-Identifier: GPL-3.0-or-later */
/* limit SECONDS COMMAND [ARG...]: ends the command after that time by SIGTERM, 5 s later by
 * SIGKILL, its process group as well. timeout(1) arms an alarm, and where one is armed anywhere on
 * the machine hangrate proves with a condition only: so tests that run beside each other would
 * change each other's results.
 *
 * The command is this process itself, so that its status, its signals and its children are its own.
 * Who waits is an orphan without any file. */
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GRACE_MS = 5000 };

static void watch(int pidfd, pid_t pid, int limit_ms)
{
	struct pollfd end = { pidfd, POLLIN, 0 };

	if (poll(&end, 1, limit_ms) == 0) {
		kill(-pid, SIGTERM);
		if (poll(&end, 1, GRACE_MS) == 0)
			kill(-pid, SIGKILL);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	int seconds = argc > 2 ? atoi(argv[1]) : 0, pidfd;
	pid_t pid = getpid(), child;

	if (seconds <= 0)
		errx(125, "usage: limit SECONDS COMMAND [ARG...]");
	setpgid(0, 0);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	child = pidfd < 0 ? -1 : fork();
	if (child < 0)
		err(125, "limit");
	if (child == 0) {
		/* Not in the group that it may have to end. */
		if (setsid() < 0 || fork() != 0)
			_exit(0);
		dup2(pidfd, 0);
		syscall(SYS_close_range, 1, ~0U, 0);
		watch(0, pid, seconds * 1000);
	}
	close(pidfd);
	waitpid(child, NULL, 0);
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
