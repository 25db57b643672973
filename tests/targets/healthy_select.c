/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * select() without a timeout on two pipes; a thread that slept writes to one.
 */
#include "tests/targets/target.h"

#include <sys/select.h>

static int fds[2][2];

static void *write_later(void *arg)
{
	target_sleep_ms(*(long *)arg);
	target_write_byte(fds[1][1]);
	return NULL;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	pthread_t thread;
	fd_set set;

	FD_ZERO(&set);
	for (int i = 0; i < 2; i++) {
		MUST(pipe(fds[i]) == 0);
		FD_SET(fds[i][0], &set);
	}
	thread = target_thread(write_later, &ms);
	MUST(select(fds[1][0] + 1, &set, NULL, NULL, NULL) == 1);
	MUST(FD_ISSET(fds[1][0], &set));
	pthread_join(thread, NULL);
	return 0;
}
