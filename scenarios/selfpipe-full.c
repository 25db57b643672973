/* SPDX-License-Identifier: MIT */
/* selfpipe-full.c: a signal handler writes to a pipe that only its own thread reads. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define BURST                                                                                    \
	5000 /* signals between two turns of the event loop; a full pipe of the least size takes \
		4096 */

static int self[2];

static void note(int sig)
{
	char byte = (char)sig;

	(void)!write(self[1], &byte, 1);
}

static void make_self_pipe(int flags)
{
	struct sigaction action = { .sa_handler = note };

	MUST(pipe2(self, flags) == 0);
	MUST(fcntl(self[1], F_SETPIPE_SZ, 4096) > 0);
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
}

static void burst_then_read(int fd)
{
	char bytes[256];

	for (int i = 0; i < BURST; i++)
		CHECK(raise(SIGUSR1) == 0);
	CHECK(read(fd, bytes, sizeof(bytes)) > 0);
}

/* The hazard: the reader is the thread that the handler interrupts. */
static void blocking(void)
{
	make_self_pipe(O_CLOEXEC);
	burst_then_read(self[0]);
}

/* Fix: one byte in the pipe is enough to wake the loop; more may get lost. */
static void nonblocking(void)
{
	make_self_pipe(O_CLOEXEC | O_NONBLOCK);
	burst_then_read(self[0]);
}

/* Fix: the kernel keeps the note. */
static void with_signalfd(void)
{
	sigset_t usr1;
	int fd;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	MUST(sigprocmask(SIG_BLOCK, &usr1, NULL) == 0);
	fd = signalfd(-1, &usr1, SFD_CLOEXEC);
	MUST(fd >= 0);
	burst_then_read(fd);
}

SCENARIO(
	.summary = "a self-pipe is filled by its own signal handler",
	.hazard = "the handler waits for room, and who would read is below it on the stack",
	.symptom = IN_WRITE,
	.cause = "pipe: pipe-write alone",
	.variants = {
		{ "blocking", "the pipe is blocking", blocking,
		  { { "*", DEADLOCKS, "the thread waits for itself to read" } } },
		{ "nonblocking", "O_NONBLOCK on the writing end", nonblocking,
		  { { "*", COMPLETES, "a full pipe has its note already" } } },
		{ "signalfd", "signalfd() in place of the handler", with_signalfd,
		  { { "*", COMPLETES, "no handler runs" } } },
	},
	.refs = { "https://cr.yp.to/docs/selfpipe.html",
		"https://github.com/booksbyus/zguide/pull/812" },
);
