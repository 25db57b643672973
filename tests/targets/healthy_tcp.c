/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ends of a TCP connection are in one process, which writes to one; the kernel ends that:
 *   peer_user_timeout	the other end has TCP_USER_TIMEOUT and data of its own to send: it resets
 *   receive_buffer	the other end's receive buffer was enlarged: the next probe of the closed
 *			window is answered by a larger one
 * modes: peer_user_timeout|receive_buffer
 *
 * slow: yes
 */
#include "tests/targets/modes.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>

static int a, b;

static void connect_both(int size)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a = socket(AF_INET, SOCK_STREAM, 0);
	MUST(listener >= 0 && a >= 0);
	MUST(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
	MUST(setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
	MUST(setsockopt(a, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
	MUST(setsockopt(a, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
	MUST(bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(listen(listener, 1) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	MUST(connect(a, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	b = accept(listener, NULL, NULL);
	MUST(b >= 0);
	close(listener);
	signal(SIGPIPE, SIG_IGN);
}

static const char junk[16384];

/* Until the window is closed and the buffer full. */
static void fill(int fd)
{
	for (int quiet = 0; quiet < 10; quiet++) {
		while (send(fd, junk, sizeof(junk), MSG_DONTWAIT) > 0)
			quiet = 0;
		target_sleep_ms(1);
	}
}

static void peer_user_timeout(long ms)
{
	unsigned int limit = (unsigned int)ms;
	ssize_t n;

	connect_both(8192);
	MUST(setsockopt(b, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof(limit)) == 0);
	fill(b);
	do
		n = write(a, junk, sizeof(junk));
	while (n > 0);
	MUST(errno == ECONNRESET || errno == EPIPE || errno == ETIMEDOUT);
}

static void receive_buffer(long ms)
{
	int size = 200000;

	(void)ms;
	connect_both(8192);
	fill(a);
	target_sleep_ms(650); /* the probe after this one comes in three quarters of a second */
	fill(a);
	target_sleep_ms(30);
	fill(a);
	MUST(setsockopt(b, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
	MUST(write(a, junk, 1000) == 1000);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "peer_user_timeout", peer_user_timeout },
		{ "receive_buffer", receive_buffer },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
