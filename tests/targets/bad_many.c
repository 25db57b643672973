/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stuck with much to look at: "threads": 500 of them on one semaphore; "descriptors": up to 5000
 * copies of both ends of the pipe that it reads from.
 */
#include "tests/targets/target.h"

#include <sys/resource.h>

enum { THREADS = 500, DESCRIPTORS = 5000 };

static sem_t never;

static void *wait_for_ever(void *arg)
{
	(void)arg;
	target_sem_wait(&never);
	return NULL;
}

static void many_threads(void)
{
	MUST(sem_init(&never, 0, 0) == 0);
	for (int i = 1; i < THREADS; i++)
		target_thread(wait_for_ever, NULL);
	wait_for_ever(NULL);
}

static void many_descriptors(void)
{
	struct rlimit limit;
	int fds[2];

	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	MUST(pipe(fds) == 0);
	for (int i = 2; i < DESCRIPTORS && dup(fds[i % 2]) >= 0; i++)
		;
	target_read_byte(fds[0]);
}

int main(int argc, char **argv)
{
	MUST(argc == 2);
	if (strcmp(argv[1], "threads") == 0)
		many_threads();
	else
		many_descriptors();
	return 0;
}
