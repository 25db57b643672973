/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Producer and consumer take turns by two flags, but each counts its rounds, not its items. A round
 * without an item lets the consumer look for the wrong one. "ok": it counts items.
 */
#include "tests/targets/race.h"

#define SIZE 20

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int queue[SIZE + 1], stored[SIZE + 1], head, tail;
static bool may_put = true, may_take;

static void *produce(void *arg)
{
	int value = 0;

	for (int i = 0; i < SIZE; i++) {
		pthread_mutex_lock(&lock);
		if (may_put) {
			stored[race_is_ok ? tail : i] = value;
			queue[tail++] = value++;
			may_put = false;
			may_take = true;
		}
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void *consume(void *arg)
{
	for (int i = 0; i < SIZE; i++) {
		pthread_mutex_lock(&lock);
		if (may_take) {
			race_check(queue[head] == stored[race_is_ok ? head : i]);
			head++;
			may_take = false;
			may_put = true;
		}
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t producer, consumer;

	race_start(argc, argv);
	for (int i = 0; i <= SIZE; i++)
		stored[i] = -1;
	producer = target_thread(produce, NULL);
	consumer = target_thread(consume, NULL);
	pthread_join(producer, NULL);
	pthread_join(consumer, NULL);
	return 0;
}
