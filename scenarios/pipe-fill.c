/* SPDX-License-Identifier: MIT */
/* pipe-fill.c: the parent reads the child's stdout to its end, then its stderr; the child first
 * fills stderr. No libc, no lock and no thread is part of it. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

struct output {
	int read_fd;
	int write_fd;
	uint64_t bytes; /* read from it */
};

static struct output out, err;

static void open_pipe(struct output *output)
{
	int fds[2];

	MUST(pipe2(fds, O_CLOEXEC) == 0);
	*output = (struct output){ fds[0], fds[1], 0 };
}

static void write_all(int fd, uint64_t bytes)
{
	static const char block[4096];

	while (bytes > 0) {
		size_t part = bytes < sizeof(block) ? (size_t)bytes : sizeof(block);
		ssize_t n = write(fd, block, part);

		CHECK(n > 0);
		bytes -= (uint64_t)n;
	}
}

/* Complains at length, then gives its one-line result. */
static void complain(void *arg)
{
	(void)arg;
	write_all(err.write_fd, KNOB("stderr-bytes"));
	write_all(out.write_fd, 5);
}

static pid_t start_child(void)
{
	pid_t pid = scenario_fork(FORK, complain, NULL);

	close(out.write_fd);
	if (err.write_fd != out.write_fd)
		close(err.write_fd);
	return pid;
}

/* Reads what there is, at most one block. False at the end of the output. */
static bool read_some(struct output *output)
{
	char block[65536];
	ssize_t n = read(output->read_fd, block, sizeof(block));

	CHECK(n >= 0);
	output->bytes += (uint64_t)n;
	return n > 0;
}

static void check_bytes(void)
{
	CHECK(out.bytes == 5);
	CHECK(err.bytes == KNOB("stderr-bytes"));
}

/* The hazard: nobody empties stderr until stdout has ended. */
static void read_one_after_the_other(void)
{
	pid_t pid;

	open_pipe(&out);
	open_pipe(&err);
	pid = start_child();
	while (read_some(&out))
		;
	while (read_some(&err))
		;
	scenario_wait(pid);
	check_bytes();
}

/* Fix: read whichever has something. */
static void read_both(void)
{
	struct pollfd fds[2];
	pid_t pid;

	open_pipe(&out);
	open_pipe(&err);
	pid = start_child();
	fds[0] = (struct pollfd){ .fd = out.read_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = err.read_fd, .events = POLLIN };
	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		CHECK(poll(fds, 2, -1) > 0);
		if (fds[0].revents && !read_some(&out))
			fds[0].fd = -1;
		if (fds[1].revents && !read_some(&err))
			fds[1].fd = -1;
	}
	scenario_wait(pid);
	check_bytes();
}

/* Fix: one pipe for both, so that there is no wrong one to wait for. */
static void read_combined(void)
{
	pid_t pid;

	open_pipe(&out);
	err = out;
	pid = start_child();
	while (read_some(&out))
		;
	scenario_wait(pid);
	CHECK(out.bytes == 5 + KNOB("stderr-bytes"));
}

/* Fix: stderr goes to a file, which is never full. */
static void read_from_file(void)
{
	pid_t pid;
	int fd;

	open_pipe(&out);
	fd = memfd_create("stderr", MFD_CLOEXEC);
	MUST(fd >= 0);
	err = (struct output){ fd, fcntl(fd, F_DUPFD_CLOEXEC, 0), 0 };
	MUST(err.write_fd >= 0);
	pid = start_child();
	while (read_some(&out))
		;
	scenario_wait(pid);
	MUST(lseek(err.read_fd, 0, SEEK_SET) == 0);
	while (read_some(&err))
		;
	check_bytes();
}

SCENARIO(
	.summary = "parent reads the child's stdout to its end while the child fills stderr",
	.hazard = "a pipe holds 64 KiB; a writer of more waits for a reader that waits elsewhere",
	.symptom = IN_WRITE,
	.cause = "pipe: pipe-write + pipe-read; trial: pipe-write",
	.knobs = {
		{ "stderr-bytes", SIZE, "0,64K,68K,256K", "what the child writes to stderr first" },
	},
	.variants = {
		{ "in-turn", "stdout to its end, then stderr", read_one_after_the_other,
		  { { "*", DEADLOCKS, "above the pipe's capacity each waits for the other" } } },
		{ "poll", "both are read as they fill", read_both,
		  { { "*", COMPLETES, "the parent waits for either pipe" } } },
		{ "one-pipe", "stdout and stderr are one pipe", read_combined,
		  { { "*", COMPLETES, "there is no second pipe to fill" } } },
		{ "file", "stderr is a temporary file", read_from_file,
		  { { "*", COMPLETES, "a file takes what is written" } } },
	},
	.refs = { "pipe(7), pipe capacity", "Python subprocess: Popen.wait() and PIPE",
		"https://github.com/rust-lang/cc-rs/pull/1626" },
);
