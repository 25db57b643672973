/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets of networks, the same: each wait is ended by a child.
 *   half_closed	the peer has shut down its writing side and reads later
 *   wait_all		MSG_WAITALL with a part there
 *   low_water		SO_RCVLOWAT of a TCP socket with data unread is lowered
 *   out_of_band	poll() for POLLPRI
 *   urgent_mark	a read of what follows after out-of-band data
 *   refused		ICMP makes recv() of a UDP socket fail
 *   datagram_later	a UDP socket that is bound only while it is read
 *   netlink_reply	the kernel answers a request on the same socket
 *   netlink_user	a process says something to a netlink group of its own
 *   packet		AF_PACKET on the loopback device (root only)
 *   writable		poll() for room in a full TCP connection
 * modes: half_closed|wait_all|low_water|out_of_band|urgent_mark|refused|datagram_later
 * modes: netlink_reply|netlink_user|packet|writable
 *
 * libc: glibc
 */
#include "tests/targets/socketends.h"

#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>

/* Fills the connection, which a child empties later. */
static pid_t fill_for(long ms)
{
	pid_t pid;

	fill(s[0]);
	pid = part(ms);
	if (pid == 0) {
		char c;

		while (recv(s[1], &c, 1, 0) > 0)
			empty(s[1]);
		modes_end();
	}
	return pid;
}

static void half_closed(long ms)
{
	pid_t pid;

	make_tcp();
	MUST(shutdown(s[1], SHUT_WR) == 0);
	pid = fill_for(ms);
	MUST(send(s[0], junk, sizeof(junk), 0) == sizeof(junk));
	close(s[0]);
	target_reap(pid);
}

static void wait_all(long ms)
{
	char buffer[8];
	pid_t pid;

	make_tcp();
	MUST(send(s[1], junk, 3, 0) == 3);
	pid = part(ms);
	if (pid == 0) {
		MUST(send(s[1], junk, 5, 0) == 5);
		modes_end();
	}
	MUST(recv(s[0], buffer, sizeof(buffer), MSG_WAITALL) == sizeof(buffer));
	target_reap(pid);
}

static void set_low_water(int n)
{
	MUST(setsockopt(s[0], SOL_SOCKET, SO_RCVLOWAT, &n, sizeof(n)) == 0);
}

static void low_water(long ms)
{
	struct pollfd f;
	pid_t pid;

	make_tcp();
	set_low_water(100);
	MUST(send(s[1], junk, 10, 0) == 10);
	pid = modes_later(ms);
	if (pid == 0) {
		set_low_water(1);
		modes_end();
	}
	f = (struct pollfd){ .fd = s[0], .events = POLLIN };
	MUST(poll(&f, 1, -1) == 1);
	target_reap(pid);
}

static void out_of_band(long ms)
{
	struct pollfd f;
	pid_t pid;

	make_tcp();
	pid = part(ms);
	if (pid == 0) {
		MUST(send(s[1], junk, 1, MSG_OOB) == 1);
		modes_end();
	}
	f = (struct pollfd){ .fd = s[0], .events = POLLPRI };
	MUST(poll(&f, 1, -1) == 1);
	target_reap(pid);
}

static void urgent_mark(long ms)
{
	char c;
	pid_t pid;

	make_tcp();
	MUST(send(s[1], junk, 1, MSG_OOB) == 1);
	pid = part(ms);
	if (pid == 0) {
		MUST(send(s[1], junk, 1, 0) == 1);
		modes_end();
	}
	MUST(recv(s[0], &c, 1, 0) == 1);
	target_reap(pid);
}

/* A UDP socket of the loopback device. */
static int bind_udp(struct sockaddr_in *a)
{
	socklen_t n = sizeof(*a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	MUST(bind(fd, (struct sockaddr *)a, n) == 0 &&
		getsockname(fd, (struct sockaddr *)a, &n) == 0);
	return fd;
}

static void refused(long ms)
{
	struct sockaddr_in a;
	char c;
	int fd, other;
	pid_t pid;

	other = bind_udp(&a);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	MUST(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	close(other);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(send(fd, junk, 1, 0) == 1);
		modes_end();
	}
	MUST(recv(fd, &c, 1, 0) < 0 && errno == ECONNREFUSED);
	target_reap(pid);
}

static void datagram_later(long ms)
{
	struct sockaddr_in a;
	char c;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), other = bind_udp(&a);
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		struct sockaddr_in own = { .sin_family = AF_INET };
		socklen_t n = sizeof(own);

		/* Its port is chosen by the first datagram that it sends. */
		MUST(sendto(fd, junk, 1, 0, (struct sockaddr *)&a, sizeof(a)) == 1);
		MUST(recvfrom(other, &c, 1, 0, (struct sockaddr *)&own, &n) == 1);
		MUST(sendto(other, junk, 1, 0, (struct sockaddr *)&own, n) == 1);
		modes_end();
	}
	MUST(recv(fd, &c, 1, 0) == 1);
	target_reap(pid);
}

static void netlink_reply(long ms)
{
	char buffer[16384];
	struct {
		struct nlmsghdr h;
		struct rtgenmsg g;
	} ask = { .h = { .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		ask.h.nlmsg_len = sizeof(ask);
		MUST(send(fd, &ask, sizeof(ask), 0) == sizeof(ask));
		modes_end();
	}
	MUST(fd >= 0 && recv(fd, buffer, sizeof(buffer), 0) > 0);
	target_reap(pid);
}

static void netlink_user(long ms)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };
	socklen_t n = sizeof(a);
	char c;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);
	pid_t pid;

	MUST(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0);
	MUST(getsockname(fd, (struct sockaddr *)&a, &n) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		int own = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);

		MUST(sendto(own, junk, 1, 0, (struct sockaddr *)&a, n) == 1);
		modes_end();
	}
	MUST(recv(fd, &c, 1, 0) == 1);
	target_reap(pid);
}

static void packet(long ms)
{
	struct sockaddr_in a;
	char c;
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP)), own = bind_udp(&a);
	pid_t pid;

	if (fd < 0)
		return; /* not permitted */
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(sendto(own, junk, 1, 0, (struct sockaddr *)&a, sizeof(a)) == 1);
		modes_end();
	}
	MUST(recv(fd, &c, 1, 0) == 1);
	target_reap(pid);
}

static void writable(long ms)
{
	struct pollfd f;
	pid_t pid;

	make_tcp();
	pid = fill_for(ms);
	f = (struct pollfd){ .fd = s[0], .events = POLLOUT };
	MUST(poll(&f, 1, -1) == 1);
	close(s[0]);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "half_closed", half_closed },
		{ "wait_all", wait_all },
		{ "low_water", low_water },
		{ "out_of_band", out_of_band },
		{ "urgent_mark", urgent_mark },
		{ "refused", refused },
		{ "datagram_later", datagram_later },
		{ "netlink_reply", netlink_reply },
		{ "netlink_user", netlink_user },
		{ "packet", packet },
		{ "writable", writable },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
