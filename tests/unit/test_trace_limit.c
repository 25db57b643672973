/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call on a socket that began with a time limit, which has been taken off since: stopped and let
 * go, it must not wait for ever. */
#include "runner/trace/trace.h"
#include "tests/unit/snapshot_child.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(trace_limit, .timeout = 60);

#ifdef __x86_64__

static int ends[2];
static pid_t reader_tid;

static void set_limit(time_t s)
{
	struct timeval limit = { .tv_sec = s };

	if (setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		_exit(2);
}

/* Ends the process: 0 if the call ended without data. */
static void *receive(void *arg)
{
	char byte;

	__atomic_store_n(&reader_tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	_exit(recv(ends[0], &byte, 1, 0) >= 0 || (errno != EINTR && errno != EAGAIN));
	return arg;
}

static bool is_receiving(void)
{
	pid_t tid = __atomic_load_n(&reader_tid, __ATOMIC_ACQUIRE);
	char path[64], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)tid);
	fd = tid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		*text = 0;
	close(fd);
	return *text != 'r' && strtol(text, NULL, 10) == SYS_recvfrom;
}

static void take_limit_off(void *data)
{
	pthread_t t;

	(void)data;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		_exit(3);
	set_limit(3600);
	if (pthread_create(&t, NULL, receive, NULL))
		_exit(4);
	while (!is_receiving())
		;
	set_limit(0);
	pthread_join(t, NULL);
}

static bool holds_receiving(const struct snapshot *s, const void *data)
{
	(void)data;
	return s->n_threads == 2 && s->threads[1].wait == WAIT_SOCK_READ &&
	       s->threads[1].rest == REST_YES;
}

struct stop {
	struct tracer *tracer;
	const struct thread *thread;
	bool stopped;
};

static void stop_and_let_go(void *arg)
{
	struct stop *s = arg;
	struct traced x;

	s->stopped = traced_stop(s->tracer, s->thread, &x);
	traced_let_go(&x);
}

Test(trace_limit, of_a_socket_is_not_lost)
{
	pid_t pid = child_start(take_limit_off, NULL);
	struct snapshot s;
	struct stop stop;
	int status;

	cr_assert(child_await(pid, NULL, holds_receiving, NULL, &s));
	stop = (struct stop){ .tracer = tracer_new(), .thread = &s.threads[1] };
	cr_assert(stop.tracer);
	tracer_run(stop.tracer, stop_and_let_go, &stop);
	tracer_free(stop.tracer);
	cr_expect(stop.stopped);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0, "status %#x", (unsigned)status);
	snapshot_done(&s);
}

#endif
