/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pthread_join() of a thread that sleeps.
 */
#include "tests/targets/target.h"

static void *nap(void *arg)
{
	target_sleep_ms(*(long *)arg);
	return NULL;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);

	pthread_join(target_thread(nap, &ms), NULL);
	return 0;
}
