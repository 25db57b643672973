/* SPDX-License-Identifier: MIT */
/*
 * tcp-sendq.c: a peer accepts and never reads, for it waits until the sender has ended. The sender
 * ends when everything is sent.
 *
 * What the sender could write is in the two queues, byte by byte: written = Send-Q + Recv-Q. It
 * says on stdout how much that is, "written N bytes from port P", each time before it blocks.
 */
#include "lib/scenario.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BUFFER 32768 /* asked of the kernel on both sides, so that 1M is too much anywhere */
#define PATIENCE_US 5000

static int sender_fd, reader_fd, report_read, report_write;

static void set_int(int fd, int option, int value)
{
	MUST(setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)) == 0);
}

/* The reader's end is closed last and by a reset, so that no connection stays in TIME_WAIT: a
 * thousand trials a second would use up the ports. */
static void connect_pair(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct linger reset = { .l_onoff = 1 };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST(listener >= 0);
	set_int(listener, SO_RCVBUF, BUFFER);
	MUST(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	MUST(listen(listener, 1) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
	sender_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(sender_fd >= 0);
	set_int(sender_fd, SO_SNDBUF, BUFFER);
	MUST(connect(sender_fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	reader_fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	MUST(reader_fd >= 0);
	MUST(setsockopt(reader_fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == 0);
	close(listener);
}

/* By write(2): stdio is no part of this. */
static void say_written(int fd, uint64_t written)
{
	struct sockaddr_in self;
	socklen_t len = sizeof(self);
	char line[80];
	int n;

	MUST(getsockname(fd, (struct sockaddr *)&self, &len) == 0);
	n = snprintf(line, sizeof(line), "written %llu bytes from port %u\n",
		(unsigned long long)written, ntohs(self.sin_port));
	MUST(write(STDOUT_FILENO, line, (size_t)n) == n);
}

/* Fills the queues without waiting; returns with all written or nothing more accepted. */
static uint64_t send_what_fits(int fd, uint64_t written)
{
	static const char block[16384];

	while (written < KNOB("bytes")) {
		uint64_t left = KNOB("bytes") - written;
		ssize_t n = send(fd, block, left < sizeof(block) ? (size_t)left : sizeof(block),
			MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			break;
		CHECK(n > 0);
		written += (uint64_t)n;
	}
	return written;
}

/* The sender. It blocks in sending a single byte: that is in no queue as long as it blocks, so that
 * the last line is exact. */
static void send_all(void *arg)
{
	uint64_t written;

	(void)arg;
	close(reader_fd);
	written = send_what_fits(sender_fd, 0);
	while (written < KNOB("bytes")) {
		say_written(sender_fd, written);
		CHECK(send(sender_fd, "", 1, MSG_NOSIGNAL) == 1);
		written = send_what_fits(sender_fd, written + 1);
	}
}

/* The sender of the second fix: it bears with full queues for so long only, and reports what it
 * could write. */
static void send_with_patience(void *arg)
{
	struct timeval patience = { .tv_usec = PATIENCE_US };
	uint64_t written;

	(void)arg;
	close(reader_fd);
	MUST(setsockopt(sender_fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0);
	written = send_what_fits(sender_fd, 0);
	while (written < KNOB("bytes")) {
		if (send(sender_fd, "", 1, MSG_NOSIGNAL) < 0) {
			CHECK(errno == EAGAIN);
			break;
		}
		written = send_what_fits(sender_fd, written + 1);
	}
	MUST(write(report_write, &written, sizeof(written)) == sizeof(written));
}

static uint64_t read_to_end(int fd)
{
	static char block[65536];
	uint64_t bytes = 0;
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) > 0)
		bytes += (uint64_t)n;
	CHECK(n == 0);
	return bytes;
}

static pid_t start_sender(void)
{
	pid_t pid;

	connect_pair();
	pid = scenario_fork(FORK, send_all, NULL);
	close(sender_fd);
	return pid;
}

/* The hazard: the end of the sender is awaited before its data is read. */
static void wait_then_read(void)
{
	scenario_wait(start_sender());
	CHECK(read_to_end(reader_fd) == KNOB("bytes"));
}

/* Fix: read first. */
static void read_then_wait(void)
{
	pid_t pid = start_sender();

	CHECK(read_to_end(reader_fd) == KNOB("bytes"));
	scenario_wait(pid);
}

/* Bytes that were received and not yet acknowledged stand in both queues. The reader's kernel puts
 * an acknowledgement off for up to 40 ms unless it is asked. */
static bool queues_hold(uint64_t written)
{
	int now = 1, send_queue, receive_queue;

	MUST(setsockopt(reader_fd, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof(now)) == 0);
	MUST(ioctl(sender_fd, TIOCOUTQ, &send_queue) == 0);
	MUST(ioctl(reader_fd, FIONREAD, &receive_queue) == 0);
	return written == (uint64_t)send_queue + (uint64_t)receive_queue;
}

/* Fix: the sender gives up and says so. Nothing is lost on the way: when it stopped, what it wrote
 * was in the two queues, and that much can still be read. */
static void wait_for_patient_sender(void)
{
	int fds[2], tries = 1000;
	uint64_t written;
	pid_t pid;

	connect_pair();
	MUST(pipe2(fds, O_CLOEXEC) == 0);
	report_read = fds[0];
	report_write = fds[1];
	pid = scenario_fork(FORK, send_with_patience, NULL);
	MUST(read(report_read, &written, sizeof(written)) == sizeof(written));
	scenario_wait(pid);
	while (!queues_hold(written) && --tries)
		usleep(1000);
	CHECK(tries > 0);
	close(sender_fd);
	CHECK(read_to_end(reader_fd) == written);
}

SCENARIO(
	.summary = "peer accepts and never reads; the sender fills both queues and blocks",
	.hazard = "TCP holds a sender back until its peer reads, for ever if need be",
	.symptom = IN_WRITE,
	.cause = "socket: socket-write tcp; trial: poll tcp full",
	.knobs = {
		{ "bytes", SIZE, "0,16K,1M", "what is sent; the queues hold some hundred KiB" },
	},
	.variants = {
		{ "wait-first", "the reader waits for the sender's end, then reads", wait_then_read,
		  { { "*", DEADLOCKS, "above what the queues hold each waits for the other" } } },
		{ "read-first", "the reader reads to the end, then waits", read_then_wait,
		  { { "*", COMPLETES, "the queues are emptied" } } },
		{ "sndtimeo", "the sender gives up after SO_SNDTIMEO", wait_for_patient_sender,
		  { { "*", COMPLETES, "the error is handled; what was written can be read" } } },
	},
	.refs = { "tcp(7), socket(7): SO_SNDTIMEO", "ss(8): Recv-Q, Send-Q" },
);
