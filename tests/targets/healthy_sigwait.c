/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread waits in sigwait() for a timer signal that all threads block; main joins it.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/time.h>

static sigset_t set;

static void *wait_signal(void *arg)
{
	int got;

	MUST(sigwait(&set, &got) == 0 && got == SIGALRM);
	return arg;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct itimerval timer = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	pthread_t thread;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	thread = target_thread(wait_signal, NULL);
	MUST(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	pthread_join(thread, NULL);
	return 0;
}
