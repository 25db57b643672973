/* SPDX-License-Identifier: MIT */
/* owner-died.c: a process or thread ends while it holds a mutex that others share. */
#include "lib/scenario.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t *shared;

static void init_shared(int robust)
{
	pthread_mutexattr_t attr;

	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(shared != MAP_FAILED);
	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_mutexattr_setrobust(&attr, robust) == 0);
	MUST(pthread_mutex_init(shared, &attr) == 0);
}

static void *lock_and_end(void *arg)
{
	CHECK(pthread_mutex_lock(shared) == 0);
	return arg;
}

static void lock_after_owner(void)
{
	int error = pthread_mutex_lock(shared);

	if (error == EOWNERDEAD)
		error = pthread_mutex_consistent(shared);
	CHECK(error == 0);
	CHECK(pthread_mutex_unlock(shared) == 0);
}

static void end_process(void)
{
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid == 0) {
		lock_and_end(NULL);
		raise(SIGKILL);
	}
	MUST(waitpid(pid, NULL, 0) == pid);
	lock_after_owner();
}

static void end_thread(void)
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, lock_and_end, NULL) == 0);
	MUST(pthread_join(thread, NULL) == 0);
	lock_after_owner();
}

/* The hazard: a killed process unlocks nothing. */
static void process(void)
{
	init_shared(PTHREAD_MUTEX_STALLED);
	end_process();
}

/* Fix: the kernel marks a robust mutex when its owner ends. */
static void process_robust(void)
{
	init_shared(PTHREAD_MUTEX_ROBUST);
	end_process();
}

static void thread(void)
{
	init_shared(PTHREAD_MUTEX_STALLED);
	end_thread();
}

static void thread_robust(void)
{
	init_shared(PTHREAD_MUTEX_ROBUST);
	end_thread();
}

SCENARIO(
	.summary = "the owner of a shared mutex has ended",
	.hazard = "a mutex stays locked when the process or thread that holds it ends",
	.symptom = IN_FUTEX,
	.cause = "abandoned-lock: lock shared",
	.variants = {
		{ "process", "a child is killed while it holds the mutex", process,
		  { { "*", DEADLOCKS, "nobody is left who could unlock" } } },
		{ "process-robust", "the same with a robust mutex", process_robust,
		  { { "*", COMPLETES, "the next owner gets EOWNERDEAD" } } },
		{ "thread", "a thread returns while it holds the mutex", thread,
		  { { "*", DEADLOCKS, "nobody is left who could unlock" } } },
		{ "thread-robust", "the same with a robust mutex", thread_robust,
		  { { "*", COMPLETES, "the next owner gets EOWNERDEAD" } } },
	},
	.refs = { "POSIX.1-2024 pthread_mutexattr_setrobust()",
		"https://github.com/boostorg/interprocess/issues/65" },
);
