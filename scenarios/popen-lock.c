/* SPDX-License-Identifier: MIT */
/* popen-lock.c: a thread is in popen() at the instant of fork(), and the child calls popen(). */
#include "lib/scenario.h"

#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

extern char **environ;

#define CHILDREN 8 /* one of them meets the lock in nearly every trial */

static pthread_mutex_t popen_mutex = PTHREAD_MUTEX_INITIALIZER;

static void run_by_popen(void *arg)
{
	FILE *f = popen(":", "r");

	(void)arg;
	CHECK(f != NULL);
	CHECK(pclose(f) == 0);
}

static void run_by_spawn(void *arg)
{
	char *argv[] = { "sh", "-c", ":", NULL };
	int status;
	pid_t pid;

	(void)arg;
	CHECK(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void run_under_mutex(void *arg)
{
	CHECK(pthread_mutex_lock(&popen_mutex) == 0);
	run_by_popen(arg);
	CHECK(pthread_mutex_unlock(&popen_mutex) == 0);
}

static void fork_while(void (*step)(void *), void (*child)(void *))
{
	pid_t pids[CHILDREN];

	scenario_stress(step, NULL, 0);
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = scenario_fork(FORK, child, NULL);
	for (int i = 0; i < CHILDREN; i++)
		scenario_wait(pids[i]);
}

/* The hazard: the list of open streams has a lock of its own. */
static void child_popens(void)
{
	fork_while(run_by_popen, run_by_popen);
}

/* Fix: the child starts its program without the list. */
static void child_spawns(void)
{
	fork_while(run_by_popen, run_by_spawn);
}

static void lock_popen(void)
{
	pthread_mutex_lock(&popen_mutex);
}

static void unlock_popen(void)
{
	pthread_mutex_unlock(&popen_mutex);
}

/* Fix: no thread is in popen() at the fork. */
static void fork_with_handlers(void)
{
	MUST(pthread_atfork(lock_popen, unlock_popen, unlock_popen) == 0);
	fork_while(run_under_mutex, run_under_mutex);
}

SCENARIO(
	.summary = "child calls popen() while a thread of the parent was in popen()",
	.hazard = "the libc's list of popen() streams has a lock that fork() does not know",
	.symptom = IN_FUTEX,
	.cause = "orphaned-lock: libc-lock @popen|proc_open|proc_file",
	.after_fork = true,
	.variants = {
		{ "fork", "fork(); the child calls popen()", child_popens,
		  { { "glibc>=2.41", COMPLETES, "fork() takes the list's lock from 2.41 on" },
		    { "glibc", DEADLOCKS, "fork() does not take the list's lock" },
		    { "musl<1.2.2", MAY, "fork() takes the list of FILEs from 1.2.2 on" },
		    { "musl", COMPLETES, "fork() takes the list of FILEs that popen() uses" } } },
		{ "posix_spawn", "the child starts the shell by posix_spawn()", child_spawns,
		  { { "*", COMPLETES, "posix_spawn() uses no list" } } },
		{ "atfork", "a mutex around popen(), held across fork()", fork_with_handlers,
		  { { "*", COMPLETES, "no thread is in popen() at the fork" } } },
	},
	.refs = { "glibc 2.41 NEWS", "POSIX.1-2024 popen()" },
);
