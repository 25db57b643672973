/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passes while a child and a stopped grandchild in other process groups go on, with the output
 * pipes open: who waits for the end of the output waits for ever.
 */
#include "tests/targets/target.h"

#include <signal.h>

int main(void)
{
	pthread_barrier_t *away = target_barrier(3);

	if (target_fork() == 0) {
		MUST(setpgid(0, 0) == 0);
		if (target_fork() == 0) {
			MUST(setpgid(0, 0) == 0);
			pthread_barrier_wait(away);
			raise(SIGSTOP);
			_exit(0);
		}
		pthread_barrier_wait(away);
		target_sleep_ms(3600 * 1000);
		_exit(0);
	}
	pthread_barrier_wait(away);
	return 0;
}
