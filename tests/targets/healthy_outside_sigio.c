/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A semaphore posted by the handler of SIGIO, which comes when a server outside the trial answers.
 *
 * needs: answerer
 */
#include "tests/targets/target.h"
#include "tests/targets/answerer.h"

#include <signal.h>

static sem_t posted;

static void on_io(int signal)
{
	(void)signal;
	sem_post(&posted);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_io, .sa_flags = SA_RESTART };
	int fd;

	sem_init(&posted, 0, 0);
	MUST(sigaction(SIGIO, &action, NULL) == 0);
	fd = answerer_ask(argc, argv, target_duration_ms(argc, argv));
	MUST(fcntl(fd, F_SETOWN, getpid()) == 0);
	MUST(fcntl(fd, F_SETFL, O_ASYNC) == 0);
	target_sem_wait(&posted);
	target_read_byte(fd);
	return 0;
}
