/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * poll() without a timeout on a signalfd; a sibling that slept sends the signal.
 */
#include "tests/targets/target.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct pollfd pfd = { .events = POLLIN };
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pfd.fd = signalfd(-1, &set, SFD_CLOEXEC);
	MUST(pfd.fd >= 0);
	pid = target_fork();
	if (pid == 0) {
		target_sleep_ms(ms);
		kill(getppid(), SIGUSR2);
		_exit(0);
	}
	MUST(poll(&pfd, 1, -1) == 1);
	target_reap(pid);
	return 0;
}
