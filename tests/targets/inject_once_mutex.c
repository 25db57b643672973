/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread takes a mutex once, for about 1 us, and 2 ms later the process forks: a deadlock only if
 * the thread is still there, for a thread that waits at the fork waits in vain.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *once(void *arg)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	struct timespec ms = { 0, 2000000 };
	pthread_t thread;
	pid_t pid;
	int status;

	if (pthread_create(&thread, NULL, once, NULL))
		return 2;
	nanosleep(&ms, NULL);
	pid = fork();
	if (pid == 0) {
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}
