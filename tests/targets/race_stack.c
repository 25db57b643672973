/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread pushes, another pops as soon as anything was ever pushed: it may pop from an empty
 * stack. "ok": it looks whether there is something.
 */
#include "tests/targets/race.h"

#define SIZE 10

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int top;
static bool pushed;

static void *push(void *arg)
{
	for (int i = 0; i < SIZE; i++) {
		pthread_mutex_lock(&lock);
		top++;
		pushed = true;
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void *pop(void *arg)
{
	for (int i = 0; i < SIZE; i++) {
		pthread_mutex_lock(&lock);
		if (race_is_ok ? top > 0 : pushed) {
			race_check(top > 0);
			top--;
		}
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t pusher, popper;

	race_start(argc, argv);
	pusher = target_thread(push, NULL);
	popper = target_thread(pop, NULL);
	pthread_join(pusher, NULL);
	pthread_join(popper, NULL);
	return 0;
}
