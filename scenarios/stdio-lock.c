/* SPDX-License-Identifier: MIT */
/* stdio-lock.c: a thread prints to a FILE at the instant of fork(); the child prints or exits. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDLE_US 300 /* between two lines */

static FILE *logfile;
static int log_fd;
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Where the log's bytes go. stdio calls it with the FILE locked, as it does write(2). */
static ssize_t write_log(void *cookie, const char *buf, size_t size)
{
	(void)cookie;
	DELAY_POINT("in-stdio-write");
	return write(log_fd, buf, size);
}

static void open_log(void)
{
	log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	MUST(log_fd >= 0);
	logfile = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_log });
	MUST(logfile != NULL);
	MUST(setvbuf(logfile, NULL, _IOLBF, BUFSIZ) == 0);
}

static void print(void *arg)
{
	(void)arg;
	CHECK(fprintf(logfile, "pid %d\n", (int)getpid()) > 0);
}

static void print_by_write(void *arg)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "pid %d\n", (int)getpid());

	(void)arg;
	CHECK(write(log_fd, line, (size_t)n) == n);
}

static void print_under_mutex(void *arg)
{
	CHECK(pthread_mutex_lock(&log_mutex) == 0);
	print(arg);
	CHECK(pthread_mutex_unlock(&log_mutex) == 0);
}

static void leave_by_exit(void *arg)
{
	(void)arg;
	exit(HANGRATE_EXIT_PASS);
}

static void leave_by__exit(void *arg)
{
	(void)arg;
	_exit(HANGRATE_EXIT_PASS);
}

static void fork_while(void (*step)(void *), void (*child)(void *))
{
	open_log();
	scenario_stress(step, NULL, IDLE_US);
	scenario_wait(scenario_fork(FORK, child, NULL));
}

/* The hazards: the child locks the FILE to print, or exit() locks it to flush. */
static void child_prints(void)
{
	fork_while(print, print);
}

static void child_exits(void)
{
	fork_while(print, leave_by_exit);
}

/* Fixes: no stdio in the child, */
static void child_writes(void)
{
	fork_while(print, print_by_write);
}

static void child__exits(void)
{
	fork_while(print, leave_by__exit);
}

/* or no thread in stdio at the fork. */
static void lock_log(void)
{
	pthread_mutex_lock(&log_mutex);
}

static void unlock_log(void)
{
	pthread_mutex_unlock(&log_mutex);
}

static void fork_with_handlers(void)
{
	MUST(pthread_atfork(lock_log, unlock_log, unlock_log) == 0);
	fork_while(print_under_mutex, print_under_mutex);
}

#define GLIBC_RESETS "fork() overwrites each FILE's lock in the child"
#define MUSL_LEAVES "fork() leaves each FILE's lock as it was"

SCENARIO(
	.summary = "child prints, or exits, while a thread of the parent printed",
	.hazard = "a FILE has a lock that the printing thread takes with it",
	.symptom = IN_FUTEX,
	.cause = "orphaned-lock: stream-lock",
	.after_fork = true,
	.knobs = {
		{ "in-stdio-write", DELAY, "0,100us,3ms", "how long writing out a line takes" },
	},
	.variants = {
		{ "fork", "the child prints to the same FILE", child_prints,
		  { { "glibc", COMPLETES, GLIBC_RESETS }, { "musl", DEADLOCKS, MUSL_LEAVES } } },
		{ "exit", "the child calls exit(), which flushes", child_exits,
		  { { "glibc", COMPLETES, GLIBC_RESETS }, { "musl", DEADLOCKS, MUSL_LEAVES } } },
		{ "write", "the child prints by write(2)", child_writes,
		  { { "*", COMPLETES, "no lock of stdio is needed" } } },
		{ "_exit", "the child leaves by _exit()", child__exits,
		  { { "*", COMPLETES, "nothing is flushed" } } },
		{ "atfork", "a mutex around the FILE, held across fork()", fork_with_handlers,
		  { { "*", COMPLETES, "no thread is inside stdio at the fork" } } },
	},
	.refs = { "POSIX.1-2024 fork()" },
);
