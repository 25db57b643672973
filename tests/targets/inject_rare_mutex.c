/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mutex that a thread holds for about 1 us, a thousand times a second, and a fork beside it whose
 * child takes it: a deadlock in about one of a thousand runs.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int value;

static void *keep(void *arg)
{
	struct timespec ms = { 0, 1000000 };

	for (;;) {
		pthread_mutex_lock(&lock);
		for (int i = 0; i < 500; i++)
			value++;
		pthread_mutex_unlock(&lock);
		nanosleep(&ms, NULL);
	}
	return arg;
}

int main(void)
{
	struct timespec ms = { 0, 5000000 };
	pthread_t thread;
	pid_t pid;
	int status;

	if (pthread_create(&thread, NULL, keep, NULL))
		return 2;
	do /* a busy machine may not have let it begin yet */
		nanosleep(&ms, NULL);
	while (!value);
	pid = fork();
	if (pid == 0) {
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}
