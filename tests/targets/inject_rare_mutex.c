/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mutex that a thread holds for about 1 us, a thousand times a second, and a fork beside it whose
 * child takes it: a deadlock in about one of a thousand runs. With an argument the thread begins
 * late, after the fork: no deadlock at all.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int value;
static struct timespec late = { 0, 20000000 };

static void *keep(void *arg)
{
	struct timespec ms = { 0, 1000000 };

	if (arg)
		nanosleep(&late, NULL);
	for (;;) {
		pthread_mutex_lock(&lock);
		for (int i = 0; i < 500; i++)
			value++;
		pthread_mutex_unlock(&lock);
		nanosleep(&ms, NULL);
	}
	return arg;
}

int main(int argc, char **argv)
{
	struct timespec ms = { 0, 5000000 };
	pthread_t thread;
	pid_t pid;
	int status;

	if (pthread_create(&thread, NULL, keep, argv[1]))
		return 2;
	do /* a busy machine may not have let it begin yet */
		nanosleep(&ms, NULL);
	while (!value && argc == 1);
	pid = fork();
	if (pid == 0) {
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}
