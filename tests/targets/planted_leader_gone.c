/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first thread has ended (it shows as a zombie) and the other one waits for nobody.
 *
 * class: lost-wakeup
 * lock: done
 * holder: no
 */
#include "tests/targets/target.h"

static sem_t done;

static void *wait_for_nobody(void *arg)
{
	target_say_last();
	target_sem_wait(&done);
	return arg;
}

int main(void)
{
	sem_init(&done, 0, 0);
	target_thread(wait_for_nobody, NULL);
	target_say_last();
	pthread_exit(NULL);
}
