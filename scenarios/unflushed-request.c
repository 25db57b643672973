/* SPDX-License-Identifier: MIT */
/* unflushed-request.c: a request stands in the buffer of a FILE while its answer is waited for. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int request[2], answer[2];

/* Answers each line. */
static void serve(void *arg)
{
	char byte;

	(void)arg;
	CHECK(close(request[1]) == 0 && close(answer[0]) == 0);
	while (read(request[0], &byte, 1) == 1)
		if (byte == '\n')
			CHECK(write(answer[1], "ok\n", 3) == 3);
}

static void no_more(FILE *f)
{
	(void)f;
}

static void flush(FILE *f)
{
	CHECK(fflush(f) == 0);
}

static void ask(int buffering, void (*after)(FILE *))
{
	char text[3];
	FILE *f;
	pid_t pid;

	MUST(pipe2(request, O_CLOEXEC) == 0 && pipe2(answer, O_CLOEXEC) == 0);
	pid = scenario_fork(FORK, serve, NULL);
	CHECK(close(request[0]) == 0 && close(answer[1]) == 0);
	f = fdopen(request[1], "w");
	MUST(f != NULL && setvbuf(f, NULL, buffering, BUFSIZ) == 0);
	CHECK(fputs("1 + 1\n", f) >= 0);
	after(f);
	CHECK(read(answer[0], text, sizeof(text)) == sizeof(text));
	CHECK(fclose(f) == 0);
	scenario_wait(pid);
}

/* The hazard: a pipe is no terminal, so stdio keeps lines until its buffer is full. */
static void buffered(void)
{
	ask(_IOFBF, no_more);
}

/* Fix: flush before the wait. */
static void flushed(void)
{
	ask(_IOFBF, flush);
}

/* Fix: a stream that writes at the end of each line. */
static void by_line(void)
{
	ask(_IOLBF, no_more);
}

SCENARIO(
	.summary = "an answer is waited for while the request is in a stdio buffer",
	.hazard = "the other process cannot answer what was never written to the pipe",
	.symptom = IN_READ,
	.cause = "pipe: pipe-read + pipe-read",
	.variants = {
		{ "buffered", "fputs(), then read()", buffered,
		  { { "*", DEADLOCKS, "both processes wait for input" } } },
		{ "flushed", "fputs(), fflush(), then read()", flushed,
		  { { "*", COMPLETES, "the request is written before the wait" } } },
		{ "by-line", "setvbuf(_IOLBF)", by_line,
		  { { "*", COMPLETES, "each line is written when it ends" } } },
	},
	.refs = { "setvbuf(3)", "stdbuf(1)" },
);
