/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forksafe.c: a correct program that forks beside 4 busy threads, for the null arms: the child
 * calls what the threads call, which both libcs protect, and takes no lock that another thread ever
 * holds. Any hang under an injector is the injector's. It speaks the protocol, so that points reach
 * it too.
 */
#include "lib/scenario.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS 4
#define CHILDREN 2

struct own {
	pthread_mutex_t mutex;
	size_t n;
	int fd;
};

static void work(void *arg)
{
	struct own *own = arg;
	char *volatile p = malloc(own->n++ % 4096 + 1);

	pthread_mutex_lock(&own->mutex);
	CHECK(write(own->fd, p, 1) == 1);
	DELAY_POINT("busy");
	pthread_mutex_unlock(&own->mutex);
	free(p);
}

static void work_often(void *arg)
{
	for (int i = 0; i < 8; i++)
		work(arg);
}

static void fork_beside(void)
{
	static struct own own[THREADS + 1];
	pid_t pids[CHILDREN];

	for (int i = 0; i <= THREADS; i++) {
		MUST(pthread_mutex_init(&own[i].mutex, NULL) == 0);
		own[i].fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		MUST(own[i].fd >= 0);
	}
	for (int i = 0; i < THREADS; i++)
		scenario_stress(work, &own[i], 0);
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = scenario_fork(FORK, work_often, &own[THREADS]);
	for (int i = 0; i < CHILDREN; i++)
		scenario_wait(pids[i]);
}

SCENARIO(.summary = "a correct program that forks beside 4 busy threads",
	.hazard = "none but the instrument", .knobs = { { "busy", DELAY, "0,10us", "" } },
	.variants = { { "fork", "everything is its own or the libc's business", fork_beside,
		{ { "*", COMPLETES, "no lock is shared, and both libcs protect malloc" } } } }, );
