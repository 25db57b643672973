/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child stops itself; another child that slept lets it go on.
 */
#include "tests/targets/target.h"

#include <signal.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	pid_t stopped = target_fork(), waker;
	int status;

	if (stopped == 0) {
		raise(SIGSTOP);
		_exit(0);
	}
	MUST(waitpid(stopped, &status, WUNTRACED) == stopped && WIFSTOPPED(status));
	waker = target_fork();
	if (waker == 0) {
		target_sleep_ms(ms);
		kill(stopped, SIGCONT);
		_exit(0);
	}
	target_reap(stopped);
	target_reap(waker);
	return 0;
}
