/* SPDX-License-Identifier: MIT */
/* daemon-ready.c: the starter of a daemon waits for the end of a pipe that the daemon keeps open.
 */
#include "lib/scenario.h"

#include <fcntl.h>
#include <unistd.h>

static int ready[2];   /* the launcher reads it to learn that the daemon is up */
static int running[2]; /* the daemon lives as long as this pipe */
static void (*say_ready)(void);

static void daemon_main(void)
{
	char byte;

	say_ready();
	(void)!read(running[0], &byte, 1);
	_exit(0);
}

/* The usual way: a child that leaves, so that its child is nobody's. */
static void daemonise(void *arg)
{
	pid_t pid;

	(void)arg;
	MUST(close(ready[0]) == 0 && close(running[1]) == 0);
	MUST(setsid() > 0);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0)
		daemon_main();
}

static void launch(void (*how)(void))
{
	say_ready = how;
	MUST(pipe2(ready, O_CLOEXEC) == 0 && pipe2(running, O_CLOEXEC) == 0);
	scenario_wait(scenario_fork(FORK, daemonise, NULL));
	CHECK(close(ready[1]) == 0 && close(running[0]) == 0);
}

static void write_only(void)
{
	CHECK(write(ready[1], "ready\n", 6) == 6);
}

static void write_and_close(void)
{
	write_only();
	CHECK(close(ready[1]) == 0);
}

static void read_to_end(void)
{
	char text[16];

	while (read(ready[0], text, sizeof(text)) > 0)
		;
}

/* The hazard: the daemon has said all that it has to say, and keeps the pipe. */
static void kept(void)
{
	launch(write_only);
	read_to_end();
}

/* Fix: the daemon closes what it does not need. */
static void closed(void)
{
	launch(write_and_close);
	read_to_end();
}

/* Fix: the launcher reads one line, not to the end. */
static void one_line(void)
{
	char text[6];

	launch(write_only);
	CHECK(read(ready[0], text, sizeof(text)) == sizeof(text));
}

SCENARIO(
	.summary = "a daemon keeps the pipe whose end its launcher waits for",
	.hazard = "a reader sees the end of file only when every copy of the writing end is closed",
	.symptom = IN_READ,
	.cause = "pipe: pipe-read + pipe-read daemon",
	.variants = {
		{ "kept", "the daemon keeps the pipe open", kept,
		  { { "*", DEADLOCKS, "the daemon lives until the launcher ends" } } },
		{ "closed", "the daemon closes the pipe", closed,
		  { { "*", COMPLETES, "its copy was the last" } } },
		{ "one-line", "the launcher reads one line", one_line,
		  { { "*", COMPLETES, "it does not wait for the end" } } },
	},
	.refs = { "daemon(7)", "https://github.com/l3ib/fsniper/issues/9",
		"https://github.com/Giammarco-Ferranti/deja/pull/103" },
);
