/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first thread has ended (it shows as a zombie) and another one goes on and ends the process.
 */
#include "tests/targets/target.h"

static void *nap_and_leave(void *arg)
{
	target_sleep_ms(*(long *)arg);
	exit(0);
}

int main(int argc, char **argv)
{
	static long ms;

	ms = target_duration_ms(argc, argv);
	target_thread(nap_and_leave, &ms);
	pthread_exit(NULL);
}
