/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent waits for a signal of its child with pause(): one that comes before is lost. "ok": it
 * is blocked until sigsuspend().
 */
#include "tests/targets/race.h"

#include <signal.h>

static volatile sig_atomic_t heard;

static void hear(int number)
{
	(void)number;
	heard = 1;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = hear };
	sigset_t usr1, before;
	pid_t child;

	race_start(argc, argv);
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	if (race_is_ok)
		MUST(sigprocmask(SIG_BLOCK, &usr1, &before) == 0);
	child = target_fork();
	if (child == 0) {
		target_sleep_ms(2);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	while (!heard)
		if (race_is_ok)
			sigsuspend(&before);
		else
			pause();
	target_reap(child);
	return 0;
}
