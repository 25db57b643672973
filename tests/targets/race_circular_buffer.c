/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * As race_queue, on a ring of few places: the consumer expects its round's number. "ok": the number
 * of items that it has taken.
 */
#include "tests/targets/race.h"

#define PLACES 10
#define ROUNDS 7

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int ring[PLACES], in, out;
static bool may_send = true, may_receive;

static void *send_all(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		if (may_send) {
			ring[in % PLACES] = race_is_ok ? in : i;
			in++;
			may_send = false;
			may_receive = true;
		}
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void *receive_all(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		if (may_receive) {
			race_check(ring[out % PLACES] == (race_is_ok ? out : i));
			out++;
			may_receive = false;
			may_send = true;
		}
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t sender, receiver;

	race_start(argc, argv);
	sender = target_thread(send_all, NULL);
	receiver = target_thread(receive_all, NULL);
	pthread_join(sender, NULL);
	pthread_join(receiver, NULL);
	return 0;
}
