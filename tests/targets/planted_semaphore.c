/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two threads wait for a slot of a semaphore that nobody is left to post.
 *
 * class: lost-wakeup
 * lock: slots
 * holder: no
 */
#include "tests/targets/target.h"

static sem_t slots;

static void *worker(void *arg)
{
	target_say_last();
	target_sem_wait(&slots);
	return arg;
}

int main(void)
{
	sem_init(&slots, 0, 0);
	target_thread(worker, NULL);
	target_say_last();
	target_sem_wait(&slots);
	return 0;
}
