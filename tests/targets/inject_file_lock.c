/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread logs to a FILE now and then; the process forks and the child logs too. musl leaves the
 * lock of the FILE as it was at fork: a deadlock in about one of a thousand runs. glibc resets it.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static FILE *logfile;

static void *keep_logging(void *arg)
{
	struct timespec ms = { 0, 1000000 };

	for (;;) {
		fprintf(logfile, "tick\n");
		fflush(logfile);
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

	logfile = fopen("/dev/null", "w");
	if (!logfile || pthread_create(&thread, NULL, keep_logging, NULL))
		return 2;
	nanosleep(&ms, NULL);
	pid = fork();
	if (pid == 0) {
		fprintf(logfile, "child\n");
		fflush(logfile);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}
