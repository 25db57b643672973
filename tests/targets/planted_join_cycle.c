/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three threads join each other in a ring (glibc refuses a ring of two).
 *
 * class: lock-cycle
 */
#include "tests/targets/target.h"

static pthread_t ring[3];
static pthread_barrier_t *all_known;

static void *join_next(void *arg)
{
	pthread_t *self = arg;

	pthread_barrier_wait(all_known);
	target_say_last();
	pthread_join(ring[(self - ring + 1) % 3], NULL);
	return NULL;
}

int main(void)
{
	all_known = target_barrier(3);
	ring[0] = pthread_self();
	ring[1] = target_thread(join_next, &ring[1]);
	ring[2] = target_thread(join_next, &ring[2]);
	join_next(&ring[0]);
	return 0;
}
