/* SPDX-License-Identifier: MIT */
/* cond-waiter-killed.c: a process is killed while it waits for a condition that others share. */
#include "lib/scenario.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 4

static struct shared {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	sem_t count;
	int waiting; /* how many have waited so far */
} * shared;

static void init_shared(void)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;

	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(shared != MAP_FAILED);
	MUST(pthread_mutexattr_init(&mutex) == 0 && pthread_condattr_init(&cond) == 0);
	MUST(pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_mutex_init(&shared->lock, &mutex) == 0);
	MUST(pthread_cond_init(&shared->changed, &cond) == 0);
	MUST(sem_init(&shared->count, 1, 0) == 0);
}

static void wait_condition(void *arg)
{
	(void)arg;
	CHECK(pthread_mutex_lock(&shared->lock) == 0);
	shared->waiting++;
	for (;;)
		CHECK(pthread_cond_wait(&shared->changed, &shared->lock) == 0);
}

static void wait_semaphore(void *arg)
{
	(void)arg;
	CHECK(pthread_mutex_lock(&shared->lock) == 0);
	shared->waiting++;
	CHECK(pthread_mutex_unlock(&shared->lock) == 0);
	for (;;)
		CHECK(sem_wait(&shared->count) == 0);
}

/* Who counts itself has the lock until it waits. */
static void await_waiter(int number)
{
	int waiting;

	do {
		sched_yield();
		CHECK(pthread_mutex_lock(&shared->lock) == 0);
		waiting = shared->waiting;
		CHECK(pthread_mutex_unlock(&shared->lock) == 0);
	} while (waiting < number);
}

static void kill_waiters(void (*wait)(void *), void (*notify)(void))
{
	init_shared();
	for (int i = 1; i <= ROUNDS; i++) {
		pid_t pid = scenario_fork(FORK, wait, NULL);

		await_waiter(i);
		MUST(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
		notify();
	}
}

static void broadcast(void)
{
	CHECK(pthread_cond_broadcast(&shared->changed) == 0);
}

static void post(void)
{
	CHECK(sem_post(&shared->count) == 0);
}

/* The hazard: the condition counts its waiters, and a killed one is counted for ever. */
static void condition(void)
{
	kill_waiters(wait_condition, broadcast);
}

/* Fix: who posts a semaphore waits for nobody. */
static void semaphore(void)
{
	kill_waiters(wait_semaphore, post);
}

SCENARIO(
	.summary = "pthread_cond_broadcast() after a waiting process was killed",
	.hazard = "the condition waits for its earlier waiters to leave, and one is dead",
	.symptom = IN_FUTEX,
	.cause = "lost-wakeup: condition shared @cond_broadcast|cond_signal|cond_destroy",
	.variants = {
		{ "condition", "a condition in shared memory", condition,
		  { { "glibc>=2.41", MAY, "its conditions count waiters no more; not measured" },
		    { "glibc", DEADLOCKS, "the dead waiter never leaves" },
		    { "musl", COMPLETES, "its shared conditions count nobody" } } },
		{ "semaphore", "a semaphore in shared memory", semaphore,
		  { { "*", COMPLETES, "sem_post() never waits" } } },
	},
	.refs = { "https://github.com/Project-OSRM/osrm-backend/issues/3911",
		"https://sourceware.org/bugzilla/show_bug.cgi?id=21422" },
);
