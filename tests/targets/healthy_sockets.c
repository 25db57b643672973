/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets of Unix whose wait a child ends in one of the rarer ways:
 *   packet_end		the peer of a SOCK_SEQPACKET pair is closed
 *   receiver_gone	the full queue of a datagram socket goes with its receiver
 *   reset		a Unix socket is closed with data unread: ECONNRESET
 *   shut_writing	the peer shuts down its writing side and stays
 *   listener_shut	a Unix listener is shut down in accept()
 *   peeked		MSG_PEEK with an offset (SO_PEEK_OFF), for what comes after the first byte
 *   seldom_full	epoll_wait() for a Unix stream's room, edge-triggered
 *   passed_twice	the peer of a stream lies in its own other stream
 * modes: packet_end|receiver_gone|reset|shut_writing|listener_shut|peeked|seldom_full
 * modes: passed_twice
 *
 * libc: glibc
 */
#include "tests/targets/passfd.h"
#include "tests/targets/socketends.h"

#include <sys/epoll.h>
#include <sys/un.h>

static void packet_end(long ms)
{
	char c;
	pid_t pid;

	make_pair(SOCK_SEQPACKET);
	pid = part(ms);
	if (pid == 0) {
		close(s[1]);
		modes_end();
	}
	MUST(recv(s[0], &c, 1, 0) == 0);
	target_reap(pid);
}

static void receiver_gone(long ms)
{
	pid_t pid;

	make_pair(SOCK_DGRAM);
	fill(s[0]);
	pid = part(ms);
	if (pid == 0) {
		close(s[1]);
		modes_end();
	}
	MUST(send(s[0], junk, 1, MSG_NOSIGNAL) < 0 &&
		(errno == ECONNREFUSED || errno == ECONNRESET));
	target_reap(pid);
}

static void reset(long ms)
{
	char c;
	pid_t pid;

	make_pair(SOCK_STREAM);
	MUST(send(s[0], junk, 1, 0) == 1);
	pid = part(ms);
	if (pid == 0) {
		close(s[1]);
		modes_end();
	}
	MUST(recv(s[0], &c, 1, 0) < 0 && errno == ECONNRESET);
	target_reap(pid);
}

static void shut_writing(long ms)
{
	char c;
	pid_t pid;

	make_pair(SOCK_STREAM);
	pid = part(ms);
	if (pid == 0) {
		MUST(shutdown(s[1], SHUT_WR) == 0);
		modes_end();
	}
	MUST(recv(s[0], &c, 1, 0) == 0);
	target_reap(pid);
}

static void listener_shut(long ms)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	MUST(bind(listener, (struct sockaddr *)&a, sizeof(sa_family_t)) == 0);
	MUST(listen(listener, 1) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(shutdown(listener, SHUT_RDWR) == 0);
		modes_end();
	}
	MUST(accept(listener, NULL, NULL) < 0 && errno == EINVAL);
	target_reap(pid);
}

static void peeked(long ms)
{
	char c;
	int zero = 0;
	pid_t pid;

	make_pair(SOCK_STREAM);
	MUST(setsockopt(s[0], SOL_SOCKET, SO_PEEK_OFF, &zero, sizeof(zero)) == 0);
	MUST(send(s[1], junk, 1, 0) == 1);
	pid = part(ms);
	if (pid == 0) {
		MUST(send(s[1], junk, 1, 0) == 1);
		modes_end();
	}
	for (int i = 0; i < 2; i++)
		MUST(recv(s[0], &c, 1, MSG_PEEK) == 1);
	target_reap(pid);
}

static void seldom_full(long ms)
{
	struct epoll_event e = { .events = EPOLLOUT | EPOLLET };
	int ep = epoll_create1(0);
	pid_t pid;

	make_pair(SOCK_STREAM);
	fill(s[0]);
	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e) == 0);
	pid = part(ms);
	if (pid == 0) {
		empty(s[1]);
		modes_end();
	}
	MUST(epoll_wait(ep, &e, 1, -1) == 1);
	target_reap(pid);
}

/* The child receives the peer of what we read by another stream, in which it lies with that
 * stream's own end. */
static void passed_twice(long ms)
{
	int way[2];
	pid_t pid;

	make_pair(SOCK_STREAM);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, way) == 0);
	passfd_send(way[0], way[0]);
	passfd_send(way[0], s[1]);
	pid = part(ms);
	if (pid == 0) {
		close(s[1]);
		close(way[0]);
		close(passfd_receive(way[1]));
		target_write_byte(passfd_receive(way[1]));
		modes_end();
	}
	close(way[0]);
	close(way[1]);
	target_read_byte(s[0]);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "packet_end", packet_end },
		{ "receiver_gone", receiver_gone },
		{ "reset", reset },
		{ "shut_writing", shut_writing },
		{ "listener_shut", listener_shut },
		{ "peeked", peeked },
		{ "seldom_full", seldom_full },
		{ "passed_twice", passed_twice },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
