/* SPDX-License-Identifier: MIT */
/* pipe-race.c: one thread starts a program between pipe() and fcntl(FD_CLOEXEC) of another. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

static int result[2];
static int stop[2]; /* the program ends when this pipe does */
static sem_t has_pipe, has_program;
static pid_t program;

/* Reads its standard input to the end. */
static void other_program(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1)
		;
}

static void *start_program(void *arg)
{
	CHECK(sem_wait(&has_pipe) == 0);
	program = scenario_fork(FORK_EXEC, NULL, NULL);
	CHECK(sem_post(&has_program) == 0);
	return arg;
}

static void make_pipe_in_two_steps(void)
{
	CHECK(pipe(result) == 0);
	CHECK(sem_post(&has_pipe) == 0);
	DELAY_POINT("no-cloexec-yet");
	CHECK(fcntl(result[0], F_SETFD, FD_CLOEXEC) == 0);
	CHECK(fcntl(result[1], F_SETFD, FD_CLOEXEC) == 0);
}

static void make_pipe_in_one_step(void)
{
	CHECK(pipe2(result, O_CLOEXEC) == 0);
	CHECK(sem_post(&has_pipe) == 0);
	DELAY_POINT("no-cloexec-yet");
}

static void read_result(void (*make_pipe)(void))
{
	pthread_t thread;
	char byte;

	MUST(pipe2(stop, O_CLOEXEC) == 0 && dup2(stop[0], STDIN_FILENO) == STDIN_FILENO);
	MUST(sem_init(&has_pipe, 0, 0) == 0 && sem_init(&has_program, 0, 0) == 0);
	MUST(pthread_create(&thread, NULL, start_program, NULL) == 0);
	make_pipe();
	CHECK(sem_wait(&has_program) == 0);
	CHECK(write(result[1], "r", 1) == 1 && close(result[1]) == 0);
	while (read(result[0], &byte, 1) == 1)
		;
	CHECK(close(stop[1]) == 0);
	scenario_wait(program);
	CHECK(pthread_join(thread, NULL) == 0);
}

/* The hazard: for a moment the pipe is one that every new program inherits. */
static void two_steps(void)
{
	read_result(make_pipe_in_two_steps);
}

/* Fix: the kernel makes it close-on-exec from the start. */
static void one_step(void)
{
	read_result(make_pipe_in_one_step);
}

SCENARIO(
	.summary = "a program is started before a new pipe is close-on-exec",
	.hazard = "another thread's program inherits the writing end, so the pipe never ends",
	.symptom = IN_READ,
	.cause = "pipe: pipe-read + pipe-read",
	.child = other_program,
	.knobs = { { "no-cloexec-yet", DELAY, "0,1ms,5ms", "between pipe() and fcntl()" } },
	.variants = {
		{ "fcntl", "pipe(), then fcntl(FD_CLOEXEC)", two_steps,
		  { { "*", DEADLOCKS, "the other program has a copy and waits for us" } } },
		{ "pipe2", "pipe2(O_CLOEXEC)", one_step,
		  { { "*", COMPLETES, "there is no moment without the flag" } } },
	},
	.refs = { "https://github.com/python/cpython/issues/75893",
		"https://peps.python.org/pep-0446/" },
);
