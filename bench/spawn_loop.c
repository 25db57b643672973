/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spawn_loop: the least that running a program many times can cost: posix_spawn(3) and wait4(2),
 * JOBS at once, nothing captured, nothing recorded. What `make bench` measures the runner against.
 *
 *	spawn_loop TRIALS JOBS PROGRAM [ARG...]
 *
 * Exits with 1 when a trial did not end with status 0.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int start(char **argv)
{
	pid_t pid;
	int r = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);

	if (r > 0)
		fprintf(stderr, "spawn_loop: '%s': %s\n", argv[0], strerror(r));
	return -r;
}

int main(int argc, char **argv)
{
	long trials = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
	long jobs = argc > 3 ? strtol(argv[2], NULL, 10) : 0;
	long started = 0, ended = 0;
	int status;

	if (trials < 1 || jobs < 1) {
		fprintf(stderr, "usage: spawn_loop TRIALS JOBS PROGRAM [ARG...]\n");
		return 2;
	}
	while (ended < trials) {
		while (started < trials && started - ended < jobs) {
			if (start(argv + 3) < 0)
				return 1;
			started++;
		}
		if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			fprintf(stderr, "spawn_loop: a trial failed\n");
			return 1;
		}
		ended++;
	}
	return 0;
}
