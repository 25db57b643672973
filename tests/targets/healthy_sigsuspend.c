/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread lets SIGUSR1 through only while it suspends; another one, which sleeps first, sends it.
 */
#include "tests/targets/target.h"

#include <signal.h>

static void nothing(int signal)
{
	(void)signal;
}

static void *suspend(void *arg)
{
	sigset_t all_but;

	sigfillset(&all_but);
	sigdelset(&all_but, SIGUSR1);
	sigsuspend(&all_but);
	return arg;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct sigaction action = { .sa_handler = nothing };
	pthread_t thread;
	sigset_t set;

	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	thread = target_thread(suspend, NULL);
	target_sleep_ms(ms);
	kill(getpid(), SIGUSR1);
	pthread_join(thread, NULL);
	return 0;
}
