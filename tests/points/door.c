/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * door.c: a program that is safe to fork by itself, three threads and children that take no lock of
 * its own, with libfiu in it: as it comes, and behind the door of lib/points.c. It is built with
 * the library of scenarios, but is none: it tests the instrument.
 */
#define FIU_ENABLE 1
#include "lib/scenario.h"

#include <fiu-control.h>
#include <fiu.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#define THREADS 3
#define CHILDREN 8

/* More names than libfiu's cache for wildcards holds: each miss write-locks it. */
static void pass_stock(void *arg)
{
	static const char *const names[] = { "posix/io/read", "posix/io/write", "posix/io/open",
		"posix/io/close", "posix/io/lseek", "posix/io/fsync", "posix/io/poll",
		"posix/io/pread", "posix/io/pwrite", "posix/io/dup", "posix/io/stat",
		"posix/io/fstat", "libc/mm/malloc", "libc/mm/calloc", "libc/mm/realloc" };

	(void)arg;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fiu_fail(names[i]);
}

static void pass_door(void *arg)
{
	(void)arg;
	DELAY_POINT("busy");
}

static void pass_often(void *arg)
{
	for (int i = 0; i < 50; i++)
		pass_door(arg);
}

static void fork_while(void (*step)(void *), enum fork_how how, void (*child)(void *))
{
	pid_t pids[CHILDREN];

	for (int i = 0; i < THREADS; i++)
		scenario_stress(step, NULL, 0);
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = scenario_fork(how, child, NULL);
	for (int i = 0; i < CHILDREN; i++)
		scenario_wait(pids[i]);
}

/* A wildcard at probability 0, so that nothing is ever injected: what `fiu-run -c` gives users. */
static void stock(void)
{
	MUST(fiu_init(0) == 0);
	MUST(fiu_enable_random("posix/*", 1, NULL, 0, 0) == 0);
	fork_while(pass_stock, FORK, pass_stock);
}

/* Nothing of libfiu in the source: for `fiu-run -x`, which brings it. */
static void call_often(void *arg)
{
	char byte;

	(void)arg;
	CHECK(lseek(-1, 0, SEEK_SET) < 0);
	CHECK(read(-1, &byte, 1) < 0);
	CHECK(write(-1, "", 1) < 0);
	CHECK(close(-1) < 0);
	CHECK(dup(-1) < 0);
	CHECK(fsync(-1) < 0);
	CHECK(fdatasync(-1) < 0);
	CHECK(ftruncate(-1, 0) < 0);
}

static void calls(void)
{
	fork_while(call_often, FORK, call_often);
}

static void door(void)
{
	fork_while(pass_door, FORK, pass_often);
}

static void door_raw(void)
{
	fork_while(pass_door, FORK_RAW, pass_often);
}

static void door__fork(void)
{
	fork_while(pass_door, FORK__FORK, pass_often);
}

static void door_vfork(void)
{
	fork_while(pass_door, FORK_VFORK, pass_often);
}

/* No thread beside it: what the receipt counts is what the child passed. */
static void quiet(void)
{
	scenario_wait(scenario_fork(FORK, pass_often, NULL));
}

static void quiet_raw(void)
{
	scenario_wait(scenario_fork(FORK_RAW, pass_often, NULL));
}

static void quiet__fork(void)
{
	scenario_wait(scenario_fork(FORK__FORK, pass_often, NULL));
}

/* Handlers of the program's own, around a mutex that its thread holds at the point: registered
 * after ours they run before ours in prepare, and no passage may wait for the fork meanwhile. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void lock(void)
{
	pthread_mutex_lock(&mutex);
	DELAY_POINT("busy");
}

static void unlock(void)
{
	DELAY_POINT("busy");
	pthread_mutex_unlock(&mutex);
}

static void lock_and_pass(void *arg)
{
	(void)arg;
	lock();
	unlock();
}

static void door_handlers(void)
{
	MUST(pthread_atfork(lock, unlock, unlock) == 0);
	fork_while(lock_and_pass, FORK, lock_and_pass);
}

/* Registered before the library's, so that in prepare it runs after: with the library's lock held
 * for the fork. A passage by another thread must come back nevertheless; if it waited, threads
 * would hold their locks until the fork is over, and a delay of zero would make programs hang. */
static bool pass_during_fork;

static void *pass_by_thread(void *arg)
{
	pass_often(arg);
	return arg;
}

static void last_prepare(void)
{
	pthread_t other;

	if (!pass_during_fork)
		return;
	MUST(pthread_create(&other, NULL, pass_by_thread, NULL) == 0);
	MUST(pthread_join(other, NULL) == 0);
}

__attribute__((constructor)) static void register_early(void)
{
	MUST(pthread_atfork(last_prepare, NULL, NULL) == 0);
}

static void door_during_fork(void)
{
	pass_during_fork = true;
	quiet();
}

/* A signal handler that passes and forks, also while its thread is in a passage. */
static volatile sig_atomic_t forks_left = 200;

static void pass_and_fork(int sig)
{
	(void)sig;
	DELAY_POINT("busy");
	if (forks_left > 0) {
		pid_t pid = fork();

		if (pid == 0) {
			pass_often(NULL);
			_exit(HANGRATE_EXIT_PASS);
		}
		forks_left--;
		scenario_wait(pid);
	}
}

static void door_signal(void)
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } };

	MUST(signal(SIGALRM, pass_and_fork) != SIG_ERR);
	MUST(setitimer(ITIMER_REAL, &often, NULL) == 0);
	while (forks_left > 0)
		pass_door(NULL);
	MUST(signal(SIGALRM, SIG_IGN) != SIG_ERR);
}

SCENARIO(.summary = "delay points in a program that forks", .hazard = "libfiu's own locks",
	.knobs = { { "busy", DELAY, "0,10us", "" } },
	.variants = {
		{ "stock", "libfiu as it comes", stock },
		{ "calls", "system calls by the libc's wrappers", calls },
		{ "fork", "behind the door", door },
		{ "raw", "behind the door, clone()", door_raw },
		{ "_Fork", "behind the door, _Fork()", door__fork },
		{ "vfork", "behind the door, vfork()", door_vfork },
		{ "quiet-fork", "a child by fork() passes", quiet },
		{ "quiet-raw", "a child by clone() passes", quiet_raw },
		{ "quiet-_Fork", "a child by _Fork() passes", quiet__fork },
		{ "during-fork", "another thread passes during the fork", door_during_fork },
		{ "handlers", "behind the door, with handlers that pass", door_handlers },
		{ "signal", "behind the door, forks in a signal handler", door_signal },
	}, );
