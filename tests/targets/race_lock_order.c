/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two threads take two locks in opposite order, once: a deadlock when both hold their first.
 * "ok": in the same order.
 */
#include "tests/targets/race.h"

static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static int total;

static void move(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	total++;
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *forth(void *arg)
{
	move(&accounts, &journal);
	return arg;
}

static void *back(void *arg)
{
	if (race_is_ok)
		move(&accounts, &journal);
	else
		move(&journal, &accounts);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t one, two;

	race_start(argc, argv);
	one = target_thread(forth, NULL);
	two = target_thread(back, NULL);
	pthread_join(one, NULL);
	pthread_join(two, NULL);
	return total == 2 ? 0 : 1;
}
