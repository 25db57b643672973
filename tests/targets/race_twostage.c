/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A writer changes two words in two critical sections; a reader between them sees half. "ok": in
 * one. After the classic "two-stage access" example.
 */
#include "tests/targets/race.h"

static pthread_mutex_t first_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second_lock = PTHREAD_MUTEX_INITIALIZER;
static int first, second;

static void *write_both(void *arg)
{
	pthread_mutex_lock(&first_lock);
	first = 1;
	if (!race_is_ok)
		pthread_mutex_unlock(&first_lock);
	pthread_mutex_lock(&second_lock);
	second = first + 1;
	pthread_mutex_unlock(&second_lock);
	if (race_is_ok)
		pthread_mutex_unlock(&first_lock);
	return arg;
}

static void *read_both(void *arg)
{
	int a, b;

	pthread_mutex_lock(&first_lock);
	a = first;
	pthread_mutex_unlock(&first_lock);
	if (!a)
		return arg;
	pthread_mutex_lock(&second_lock);
	b = second;
	pthread_mutex_unlock(&second_lock);
	race_check(b == a + 1);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t writer, reader;

	race_start(argc, argv);
	writer = target_thread(write_both, NULL);
	reader = target_thread(read_both, NULL);
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	return 0;
}
