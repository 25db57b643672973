/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is waited on was sent to a process outside, which keeps it where no table of a process
 * leader shows it, and acts later:
 *   ring_file		as a registered file of an io_uring
 *   ring_request	in a request in flight (a timeout linked to a write)
 *   aio_eventfd	an eventfd in a request of native AIO
 *   open_path		only as an O_PATH descriptor of a FIFO without a name
 *   leader_gone	in a process whose leader has ended
 *   shared_table	in a table that two processes share
 *   in_own_queue	in a message in a socket of its own
 *   connected		in its table, while we stay connected to it (beyond our pid namespace)
 *   epoll		an epoll that it adds something ready to
 * modes: ring_file|ring_request|aio_eventfd|open_path|leader_gone|shared_table
 * modes: in_own_queue|connected|epoll
 *
 * libc: glibc
 * needs: outsider
 */
#include "tests/targets/modes.h"
#include "tests/targets/outsider.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

/* Our own writing end stays open: else the read would return at once, with end of file. */
static void read_own_pipe(const char *act, long ms)
{
	int p[2];

	MUST(pipe(p) == 0);
	outsider_ask(act, ms, p[1], "");
	target_read_byte(p[0]);
}

static void ring_file(long ms)
{
	read_own_pipe("ring_file", ms);
}

static void ring_request(long ms)
{
	read_own_pipe("ring_request", ms);
}

static void leader_gone(long ms)
{
	read_own_pipe("leader_gone", ms);
}

static void shared_table(long ms)
{
	read_own_pipe("shared_table", ms);
}

static void in_own_queue(long ms)
{
	read_own_pipe("in_own_queue", ms);
}

static void connected(long ms)
{
	int p[2];

	MUST(pipe(p) == 0);
	outsider_ask_by(outsider_connect(), "write_connected", ms, p[1], "");
	target_read_byte(p[0]);
}

static void aio_eventfd(long ms)
{
	int fd = eventfd(0, 0);
	uint64_t n;

	MUST(fd >= 0);
	outsider_ask("aio_eventfd", ms, fd, "");
	MUST(read(fd, &n, sizeof(n)) == sizeof(n));
}

static void open_path(long ms)
{
	char dir[TARGET_PATH_MAX], path[TARGET_PATH_MAX + 8];
	int only_path, fd;

	MUST(mkdtemp(target_path(dir, "hangrate-target-XXXXXX")));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	MUST(mkfifo(path, 0666) == 0);
	only_path = open(path, O_PATH);
	fd = open(path, O_RDWR);
	MUST(only_path >= 0 && fd >= 0 && unlink(path) == 0 && rmdir(dir) == 0);
	outsider_ask("open_path", ms, only_path, "");
	close(only_path);
	target_read_byte(fd);
}

static void epoll_held(long ms)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ep = epoll_create1(0), p[2];

	MUST(ep >= 0 && pipe(p) == 0 && epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &event) == 0);
	outsider_ask("epoll_add", ms, ep, "");
	MUST(epoll_wait(ep, &event, 1, -1) == 1);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "ring_file", ring_file },
		{ "ring_request", ring_request },
		{ "aio_eventfd", aio_eventfd },
		{ "open_path", open_path },
		{ "leader_gone", leader_gone },
		{ "shared_table", shared_table },
		{ "in_own_queue", in_own_queue },
		{ "connected", connected },
		{ "epoll", epoll_held },
		{ NULL, NULL },
	};

	outsider_path = argc > 2 ? argv[2] : NULL;
	return modes_main(argc, argv, modes);
}
