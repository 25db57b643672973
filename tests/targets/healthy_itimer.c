/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A read of a pipe whose only writer is the reader: the handler of SIGALRM writes to it.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/time.h>

static int fds[2];

static void on_alarm(int signal)
{
	(void)signal;
	target_write_byte(fds[1]);
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct itimerval timer = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	MUST(pipe(fds) == 0);
	MUST(sigaction(SIGALRM, &action, NULL) == 0);
	MUST(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	target_read_byte(fds[0]);
	return 0;
}
