/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots of real children that wait on sockets, eventfds, in poll and for file locks.
 * over 500 lines: each kind of file has its own children. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "runner/base/util.h"
#include "tests/unit/snapshot_child.h"
#include "tests/unit/scratch.h"

TestSuite(snapshot_fd, .timeout = 60);

static const char block[65536];

static void expect_rest(void (*run)(void *), void *data, enum rest rest)
{
	pid_t pid = child_start(run, data);
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_some_rest, &rest, &s));
	snapshot_done(&s);
	child_end(pid);
}

/* The whole tree is stuck; the first object of each thread is as given. */
static void expect_stuck(
	void (*run)(void *), void *data, enum object_kind kind, enum wait_kind wait)
{
	pid_t pid = child_start_provable(run, data);
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	for (size_t i = 0; i < s.n_threads; i++) {
		const struct object *o = thread_object(&s, &s.threads[i], 0);

		cr_assert_eq(o->kind, kind);
		cr_assert_eq(o->wait, wait);
		cr_assert_gt(o->n_wakers, 0);
	}
	snapshot_done(&s);
	child_end(pid);
}

static void write_all(int fd)
{
	while (write(fd, block, sizeof(block)) > 0)
		;
}

static void both_write(void *data)
{
	int s[2];

	if (socketpair(AF_UNIX, *(int *)data, 0, s) < 0)
		_exit(2);
	if (child_fork() == 0) {
		close(s[0]);
		s[0] = s[1];
	} else {
		close(s[1]);
	}
	while (write(s[0], block, 4096) > 0)
		;
}

Test(snapshot_fd, socketpair_both_full)
{
	int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		expect_stuck(both_write, &types[i], OBJECT_SOCKET, WAIT_SOCK_WRITE);
}

static void read_own_socket(void *data)
{
	struct timeval hour = { 3600, 0 };
	int s[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0)
		_exit(2);
	if (data)
		setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &hour, sizeof(hour));
	_exit(read(s[0], &byte, 1) < 0);
}

Test(snapshot_fd, receive_timeout_is_seen)
{
	expect_stuck(read_own_socket, NULL, OBJECT_SOCKET, WAIT_SOCK_READ);
	expect_rest(read_own_socket, "timeout", REST_TIMED);
}

static void read_given(void *data)
{
	char byte;

	_exit(read(*(int *)data, &byte, 1) < 0);
}

Test(snapshot_fd, peer_outside)
{
	int s[2];
	pid_t pid;
	struct snapshot snapshot;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	pid = child_start(read_given, &s[0]);
	/* The child has both ends; so have we. */
	cr_assert(child_await(pid, NULL, holds_some_external, NULL, &snapshot));
	snapshot_done(&snapshot);
	child_end(pid);
	close(s[0]);
	close(s[1]);
}

/* Two ends of a TCP connection over loopback. */
static void tcp_pair(int family, int s[2])
{
	struct sockaddr_storage a = { .ss_family = (sa_family_t)family };
	socklen_t n = sizeof(a);
	int listener = socket(family, SOCK_STREAM, 0);

	if (family == AF_INET)
		((struct sockaddr_in *)&a)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)&a)->sin6_addr = in6addr_loopback;
	s[0] = socket(family, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&a, n) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&a, &n) < 0 ||
		connect(s[0], (struct sockaddr *)&a, n) < 0)
		_exit(2);
	s[1] = accept(listener, NULL, NULL);
	close(listener);
}

static void tcp_both(void *data)
{
	bool writes = data;
	int s[2], fd;
	char byte;

	tcp_pair(AF_INET, s);
	fd = child_fork() == 0 ? s[0] : s[1];
	close(fd == s[0] ? s[1] : s[0]);
	if (writes)
		write_all(fd);
	_exit(read(fd, &byte, 1) < 0);
}

Test(snapshot_fd, tcp_both_read)
{
	expect_stuck(tcp_both, NULL, OBJECT_SOCKET, WAIT_SOCK_READ);
}

Test(snapshot_fd, tcp_both_full)
{
	pid_t pid = child_start_provable(tcp_both, "write");
	struct snapshot s;
	const struct object *a, *b;

	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	a = thread_object(&s, &s.threads[0], 0);
	b = thread_object(&s, &s.threads[1], 0);
	cr_assert_eq(a->inode, b->peer_inode);
	cr_assert_eq(a->peer_inode, b->inode);
	cr_assert_gt(a->sendq, 0);
	cr_assert_gt(a->recvq, 0);
	cr_assert_eq(a->sendq, a->wait == WAIT_SOCK_WRITE ? b->peer_sendq : -1);
	cr_assert_not_null(strstr(a->name, "tcp 127.0.0.1:"));
	snapshot_done(&s);
	child_end(pid);
}

static void tcp_user_timeout(void *data)
{
	unsigned ms = 3600000;
	int s[2];
	char byte;

	(void)data;
	tcp_pair(AF_INET6, s);
	setsockopt(s[0], IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	_exit(read(s[0], &byte, 1) < 0);
}

static void tcp_accept(void *data)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int listener;

	/* An ordinary user may have a network of its own only in a user namespace of its own. */
	if (data && unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		_exit(2);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(listener, 1) < 0)
		_exit(2);
	_exit(accept(listener, NULL, NULL) < 0);
}

static void udp_read(void *data)
{
	(void)data;
	_exit(read(socket(AF_INET, SOCK_DGRAM, 0), (char[1]){ 0 }, 1) < 0);
}

Test(snapshot_fd, open_to_anyone)
{
	expect_rest(tcp_user_timeout, NULL, REST_EXTERNAL);
	expect_rest(tcp_accept, NULL, REST_EXTERNAL);
	expect_rest(udp_read, NULL, REST_EXTERNAL);
}

static bool may_unshare_network(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0);
	waitpid(pid, &status, 0);
	return status == 0;
}

Test(snapshot_fd, accept_in_own_network)
{
	if (!may_unshare_network())
		cr_skip("no network namespace of one's own may be made here");
	const struct snapshot_options options = { .own_netns = true };
	pid_t pid = child_start_provable(tcp_accept, "unshare");
	struct snapshot s;

	cr_assert(child_await(pid, &options, holds_all_rest, NULL, &s));
	cr_assert_eq(s.threads[0].wait, WAIT_SOCK_ACCEPT);
	snapshot_done(&s);
	child_end(pid);
}

static void read_eventfd(void *data)
{
	uint64_t n;
	int fd = eventfd(0, 0);

	(void)data;
	_exit(read(fd, &n, sizeof(n)) < 0);
}

static void read_eventfd_given(void *data)
{
	uint64_t n;

	_exit(read(*(int *)data, &n, sizeof(n)) < 0);
}

Test(snapshot_fd, eventfd)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	struct snapshot s;
	pid_t pid;

	expect_stuck(read_eventfd, NULL, OBJECT_EVENTFD, WAIT_EVENTFD);
	pid = child_start(read_eventfd_given, &fd);
	cr_assert(child_await(pid, NULL, holds_some_external, NULL, &s));
	snapshot_done(&s);
	child_end(pid);
	close(fd);
}

enum poll_how { HOW_POLL, HOW_PPOLL, HOW_SELECT, HOW_PSELECT, HOW_EPOLL, HOW_NESTED, HOW_COUNT };

static int epoll_of(int a, int b)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_create1(0);

	epoll_ctl(ep, EPOLL_CTL_ADD, a, &e);
	if (b >= 0)
		epoll_ctl(ep, EPOLL_CTL_ADD, b, &e);
	return ep;
}

static void poll_two(enum poll_how how, int a, int b)
{
	struct pollfd fds[3] = { { a, POLLIN, 0 }, { -1, POLLIN, 0 }, { b, POLLIN, 0 } };
	struct epoll_event e;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(a, &set);
	FD_SET(b, &set);
	if (how == HOW_POLL)
		poll(fds, 3, -1);
	else if (how == HOW_PPOLL)
		ppoll(fds, 3, NULL, NULL);
	else if (how == HOW_SELECT)
		select(a > b ? a + 1 : b + 1, &set, NULL, NULL, NULL);
	else if (how == HOW_PSELECT)
		pselect(a > b ? a + 1 : b + 1, &set, NULL, NULL, NULL, NULL);
	else if (how == HOW_EPOLL)
		epoll_wait(epoll_of(a, b), &e, 1, -1);
	else
		epoll_wait(epoll_of(epoll_of(a, b), -1), &e, 1, -1);
}

static void poll_pipes(void *data)
{
	int a[2], b[2];

	if (pipe(a) < 0 || pipe(b) < 0)
		_exit(2);
	poll_two(*(enum poll_how *)data, a[0], b[0]);
}

Test(snapshot_fd, poll_is_the_union_of_its_files)
{
	for (enum poll_how how = 0; how < HOW_COUNT; how++) {
		pid_t pid = child_start_provable(poll_pipes, &how);
		size_t pipes = 0;
		struct snapshot s;

		cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s), "how %d", how);
		cr_assert_eq(s.threads[0].wait, WAIT_POLL);
		for (size_t i = 0; i < s.threads[0].n_objects; i++)
			pipes += thread_object(&s, &s.threads[0], i)->kind == OBJECT_PIPE;
		cr_assert_eq(pipes, 2, "how %d", how);
		snapshot_done(&s);
		child_end(pid);
	}
}

static void poll_with_timer(void *data)
{
	int p[2], timer = timerfd_create(CLOCK_MONOTONIC, 0);

	if (pipe(p) < 0)
		_exit(2);
	poll_two(*(enum poll_how *)data, p[0], timer);
}

static void epoll_replaced(void *data)
{
	int a[2], b[2], ep, kept;
	struct epoll_event e;

	(void)data;
	if (pipe(a) < 0 || pipe(b) < 0)
		_exit(2);
	ep = epoll_of(a[0], -1);
	/* The file that is watched stays open under another number; its own number is another's. */
	kept = dup(a[0]);
	dup2(b[0], a[0]);
	epoll_wait(ep, &e, kept ? 1 : 1, -1);
}

static void poll_timed(void *data)
{
	struct timespec hour = { 3600, 0 };
	struct pollfd fd = { -1, 0, 0 };

	if (data)
		ppoll(&fd, 1, &hour, NULL);
	else
		poll(&fd, 1, 3600000);
}

Test(snapshot_fd, poll_that_may_end)
{
	enum poll_how hows[] = { HOW_POLL, HOW_SELECT, HOW_EPOLL, HOW_NESTED };

	for (size_t i = 0; i < ARRAY_SIZE(hows); i++)
		expect_rest(poll_with_timer, &hows[i], REST_EXTERNAL);
	expect_rest(epoll_replaced, NULL, REST_EXTERNAL);
	expect_rest(poll_timed, NULL, REST_TIMED);
	expect_rest(poll_timed, "ppoll", REST_TIMED);
}

struct locking {
	bool posix;
	char path[SCRATCH_MAX];
};

static void lock_file(const struct locking *l, int fd)
{
	struct flock whole = { .l_type = F_WRLCK };

	if ((l->posix ? fcntl(fd, F_SETLKW, &whole) : flock(fd, LOCK_EX)) < 0)
		_exit(2);
}

/* The parent has the lock and waits for the child, which waits for the lock. */
static void lock_family(void *data)
{
	const struct locking *l = data;
	int fd = open(l->path, O_RDWR | O_CREAT, 0600), go[2];
	char byte;

	if (pipe(go) < 0)
		_exit(2);
	lock_file(l, fd);
	if (child_fork() == 0) {
		close(fd);
		close(go[1]);
		lock_file(l, open(l->path, O_RDWR));
		_exit(0);
	}
	_exit(read(go[0], &byte, 1) < 0);
}

/* As flock(1) does for a shell: who took the lock has ended, and the parent's descriptor has it. */
static void lock_by_child(void *data)
{
	const struct locking *l = data;
	int fd = open(l->path, O_RDWR | O_CREAT, 0600);
	pid_t taker = child_fork();

	if (taker == 0) {
		lock_file(l, fd);
		_exit(0);
	}
	if (waitpid(taker, NULL, 0) != taker)
		_exit(2);
	lock_file(l, open(l->path, O_RDWR));
}

static void lock_alone(void *data)
{
	const struct locking *l = data;

	lock_file(l, open(l->path, O_RDWR));
}

Test(snapshot_fd, file_locks)
{
	struct locking l = { 0 };

	close(scratch_file(l.path));
	for (int posix = 0; posix < 2; posix++) {
		struct snapshot s;
		pid_t pid, other;
		const struct object *o;

		l.posix = posix;
		pid = child_start_provable(lock_family, &l);
		cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
		o = thread_object(&s, &s.threads[1], 0);
		cr_assert_eq(o->kind, OBJECT_FILE_LOCK);
		cr_assert_eq(o->holder, pid);
		cr_assert(o->owned);
		cr_assert(object_wakes(&s, o, pid));
		cr_assert_str_eq(o->name, l.path);
		snapshot_done(&s);
		/* Somebody else's lock. */
		other = child_start_provable(lock_alone, &l);
		cr_assert(child_await(other, NULL, holds_some_external, NULL, &s));
		cr_assert_not(thread_object(&s, &s.threads[0], 0)->owned);
		snapshot_done(&s);
		child_end(other);
		child_end(pid);
	}
	unlink(l.path);
}

/* In a pid namespace /proc/locks leaves out a lock whose taker has ended. */
Test(snapshot_fd, a_lock_that_a_child_took)
{
	struct locking l = { 0 };
	struct snapshot s;
	const struct object *o;
	pid_t pid;

	close(scratch_file(l.path));
	pid = child_start_provable(lock_by_child, &l);
	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	o = thread_object(&s, &s.threads[0], 0);
	cr_assert_eq(o->kind, OBJECT_FILE_LOCK);
	cr_assert(o->owned);
	cr_assert(object_wakes(&s, o, pid));
	snapshot_done(&s);
	child_end(pid);
	unlink(l.path);
}

static void fifo_crossed(void *data)
{
	int fd = open(data, O_RDWR);
	char byte;

	_exit(read(fd, &byte, 1) < 0);
}

Test(snapshot_fd, fifo)
{
	char path[SCRATCH_MAX];

	scratch_name(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	expect_rest(fifo_crossed, path, REST_YES);
	unlink(path);
}
