/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread logs to a FILE now and then; the process forks and the child logs too. musl leaves the
 * lock of the FILE as it was at fork: a deadlock in about one of a thousand runs. glibc resets it.
 * With an argument the thread begins late, after the fork: no deadlock at all.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static FILE *logfile;
static struct timespec late = { 0, 20000000 };

static void *keep_logging(void *arg)
{
	struct timespec ms = { 0, 1000000 };

	if (arg)
		nanosleep(&late, NULL);
	for (;;) {
		fprintf(logfile, "tick\n");
		fflush(logfile);
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

	(void)argc;
	logfile = fopen("/dev/null", "w");
	if (!logfile || pthread_create(&thread, NULL, keep_logging, argv[1]))
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
