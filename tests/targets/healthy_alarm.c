/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A wait on a semaphore that a handler of alarm() posts. A second or more, as alarm() counts.
 *
 * slow: yes
 */
#include "tests/targets/target.h"

#include <signal.h>

static sem_t posted;

static void on_alarm(int signal)
{
	(void)signal;
	sem_post(&posted);
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	sem_init(&posted, 0, 0);
	MUST(sigaction(SIGALRM, &action, NULL) == 0);
	alarm(1);
	target_sem_wait(&posted);
	return 0;
}
