/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A read of a pipe whose writing end was given to a server outside the trial.
 *
 * needs: answerer
 */
#include "tests/targets/target.h"
#include "tests/targets/answerer.h"
#include "tests/targets/passfd.h"

int main(int argc, char **argv)
{
	int server = answerer_ask(argc, argv, target_duration_ms(argc, argv)), fds[2];

	MUST(pipe(fds) == 0);
	passfd_send(server, fds[1]);
	close(fds[1]);
	target_read_byte(fds[0]);
	return 0;
}
