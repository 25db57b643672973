/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two threads hand one turn to and fro: nearly always both sleep in the same wait as a moment ago.
 */
#include "tests/targets/target.h"

static sem_t turn[2];
static int64_t until_ms;

static void *play(void *arg)
{
	int me = *(int *)arg;

	while (target_now_ms() < until_ms) {
		target_sem_wait(&turn[me]);
		sem_post(&turn[!me]);
	}
	sem_post(&turn[!me]);
	return NULL;
}

int main(int argc, char **argv)
{
	int me[2] = { 0, 1 };
	pthread_t thread;

	until_ms = target_now_ms() + target_duration_ms(argc, argv);
	sem_init(&turn[0], 0, 1);
	sem_init(&turn[1], 0, 0);
	thread = target_thread(play, &me[1]);
	play(&me[0]);
	pthread_join(thread, NULL);
	return 0;
}
