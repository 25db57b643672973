/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/proc/sockdiag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/wait.h>

#include "runner/base/passfd.h"
#include "runner/base/util.h"

#define TIMER_KEEPALIVE 2
#define TIMER_PROBE0 4 /* inet_diag's idiag_timer, see inet_sk_diag_fill() */

/* The payload of a message of the expected type; NULL and the reason otherwise. */
static const void *payload(
	const void *message, size_t n, size_t size, size_t *ret_n, int *ret_error)
{
	const struct nlmsghdr *h = message;

	*ret_error = -EINVAL;
	if (n < sizeof(*h) || h->nlmsg_len > n || h->nlmsg_len < sizeof(*h))
		return NULL;
	*ret_n = h->nlmsg_len - NLMSG_HDRLEN;
	if (h->nlmsg_type == NLMSG_ERROR && *ret_n >= sizeof(struct nlmsgerr)) {
		int error = ((const struct nlmsgerr *)NLMSG_DATA(h))->error;

		*ret_error = error < 0 ? error : -EINVAL;
		return NULL;
	}
	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY || *ret_n < size)
		return NULL;
	return NLMSG_DATA(h);
}

int sockdiag_parse_unix(const void *message, size_t n, struct sockdiag_unix *ret_socket)
{
	struct sockdiag_unix s = { .recvq = -1, .sendq = -1 };
	const struct unix_diag_msg *m;
	bool without_inode = false, shut = false;
	const struct rtattr *a;
	size_t left;
	int error;

	m = payload(message, n, sizeof(*m), &left, &error);
	if (!m)
		return error;
	s.inode = m->udiag_ino;
	s.type = m->udiag_type;
	s.listens = m->udiag_state == TCP_LISTEN;
	left -= sizeof(*m);
	for (a = (const struct rtattr *)(m + 1);
		left >= sizeof(*a) && a->rta_len >= sizeof(*a) && a->rta_len <= left;
		a = (const struct rtattr *)((const char *)a + RTA_ALIGN(a->rta_len))) {
		const uint32_t *value = RTA_DATA(a);

		if (a->rta_type == UNIX_DIAG_NAME)
			s.named = true;
		else if (a->rta_type == UNIX_DIAG_PEER && RTA_PAYLOAD(a) >= 4)
			without_inode = (s.peer = *value) == 0;
		else if (a->rta_type == UNIX_DIAG_SHUTDOWN && RTA_PAYLOAD(a) >= 1)
			shut = *(const uint8_t *)RTA_DATA(a) != 0;
		else if (a->rta_type == UNIX_DIAG_RQLEN && RTA_PAYLOAD(a) >= 8) {
			s.recvq = value[0];
			s.sendq = value[1];
		}
		if (RTA_ALIGN(a->rta_len) >= left)
			break;
		left -= RTA_ALIGN(a->rta_len);
	}
	/* A peer that is closed has shut down the other end. */
	s.unaccepted = without_inode && !shut;
	*ret_socket = s;
	return 0;
}

int sockdiag_parse_inet(const void *message, size_t n, struct sockdiag_inet *ret_socket)
{
	const struct inet_diag_msg *m;
	size_t left;
	int error;

	m = payload(message, n, sizeof(*m), &left, &error);
	if (!m)
		return error;
	*ret_socket = (struct sockdiag_inet){
		.inode = m->idiag_inode,
		.established = m->idiag_state == TCP_ESTABLISHED,
		.keepalive = m->idiag_timer == TIMER_KEEPALIVE,
		.probes = m->idiag_timer == TIMER_PROBE0,
		.recvq = m->idiag_rqueue,
		.sendq = m->idiag_wqueue,
	};
	return 0;
}

/* One request, one answer. */
static ssize_t ask(int netlink, const void *request, size_t n, void *answer, size_t size)
{
	ssize_t r;

	if (send(netlink, request, n, 0) < 0)
		return -errno;
	do
		r = recv(netlink, answer, size, 0);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

int sockdiag_ask_unix(int netlink, uint64_t inode, struct sockdiag_unix *ret_socket)
{
	struct {
		struct nlmsghdr h;
		struct unix_diag_req r;
	} request = {
		.h = { sizeof(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0 },
		.r = {
			.sdiag_family = AF_UNIX,
			.udiag_states = UINT32_MAX,
			.udiag_ino = (uint32_t)inode,
			.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN,
			.udiag_cookie = { UINT32_MAX, UINT32_MAX },
		},
	};
	_Alignas(struct nlmsghdr) char answer[4096];
	ssize_t n = ask(netlink, &request, sizeof(request), answer, sizeof(answer));

	return n < 0 ? (int)n : sockdiag_parse_unix(answer, (size_t)n, ret_socket);
}

static void fill_end(const struct sockaddr_storage *s, __be16 *port, __be32 address[4])
{
	if (s->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)s;

		*port = in->sin_port;
		address[0] = in->sin_addr.s_addr;
	} else {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)s;

		*port = in6->sin6_port;
		memcpy(address, &in6->sin6_addr, 16);
	}
}

int sockdiag_ask_tcp(int netlink, const struct sockaddr_storage *local,
	const struct sockaddr_storage *peer, struct sockdiag_inet *ret_socket)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} request = {
		.h = { sizeof(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0 },
		.r = {
			.sdiag_family = (unsigned char)local->ss_family,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = UINT32_MAX,
			.id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
		},
	};
	_Alignas(struct nlmsghdr) char answer[4096];
	ssize_t n;

	if ((local->ss_family != AF_INET && local->ss_family != AF_INET6) ||
		local->ss_family != peer->ss_family)
		return -EAFNOSUPPORT;
	/* Link-local addresses would need the interface too: they are not found. */
	fill_end(local, &request.r.id.idiag_sport, request.r.id.idiag_src);
	fill_end(peer, &request.r.id.idiag_dport, request.r.id.idiag_dst);
	n = ask(netlink, &request, sizeof(request), answer, sizeof(answer));
	return n < 0 ? (int)n : sockdiag_parse_inet(answer, (size_t)n, ret_socket);
}

static int open_here(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	return fd < 0 ? -errno : fd;
}

/* In the child: only system calls. The answer is the descriptor, or its absence. */
static void open_there(int pidfd, int channel)
{
	int fd = -1;

	if (setns(pidfd, CLONE_NEWNET) == 0 || setns(pidfd, CLONE_NEWUSER | CLONE_NEWNET) == 0)
		fd = open_here();
	_exit(passfd_send(channel, fd) < 0);
}

static int receive_fd(int channel)
{
	int fd = passfd_receive(channel, 0);

	return fd < 0 ? -EPERM : fd;
}

int sockdiag_open(int pidfd)
{
	int channel[2], fd;
	pid_t child;

	if (pidfd < 0)
		return open_here();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		open_there(pidfd, channel[1]);
	close(channel[1]);
	fd = child < 0 ? -errno : receive_fd(channel[0]);
	close(channel[0]);
	if (child > 0)
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	return fd;
}
