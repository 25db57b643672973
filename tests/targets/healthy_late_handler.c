/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Main pauses without a handler for anything; a thread, which sleeps first, installs one and sends
 * the signal.
 */
#include "tests/targets/target.h"

#include <signal.h>

static volatile sig_atomic_t came;

static void on_signal(int signal)
{
	(void)signal;
	came = 1;
}

static void *install_and_send(void *arg)
{
	struct sigaction action = { .sa_handler = on_signal };

	target_sleep_ms(*(long *)arg);
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	for (;;) {
		kill(getpid(), SIGUSR1);
		target_sleep_ms(1); /* main may not have been in pause() yet */
	}
	return arg;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	sigset_t set;

	target_thread(install_and_send, &ms);
	/* The handler is to run here. */
	sigemptyset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	while (!came)
		pause();
	return 0;
}
