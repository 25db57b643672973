/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread waits on a condition variable with a deadline; main joins it without one.
 */
#include "tests/targets/target.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void *wait_until(void *arg)
{
	int r;

	pthread_mutex_lock(&lock);
	do
		r = pthread_cond_timedwait(&never, &lock, arg);
	while (r == 0);
	pthread_mutex_unlock(&lock);
	MUST(r == ETIMEDOUT);
	return NULL;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct timespec deadline;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += ms / 1000;
	deadline.tv_nsec += ms % 1000 * 1000000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_sec++;
		deadline.tv_nsec -= 1000000000;
	}
	pthread_join(target_thread(wait_until, &deadline), NULL);
	return 0;
}
