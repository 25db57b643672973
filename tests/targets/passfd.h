/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * passfd.h: sends and receives one fd through a Unix socket.
 */
#ifndef TESTS_PASSFD_H
#define TESTS_PASSFD_H

#include "tests/targets/target.h"

union passfd_control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(int))];
};

static inline void passfd_send(int socket, int fd)
{
	union passfd_control control = { .buf = "" };
	struct iovec iov = { .iov_base = (char[]){ "f" }, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	msg.msg_control = control.buf;
	msg.msg_controllen = sizeof(control.buf);
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	MUST(sendmsg(socket, &msg, 0) == 1);
}

static inline int passfd_receive(int socket)
{
	union passfd_control control = { .buf = "" };
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	int fd;

	msg.msg_control = control.buf;
	msg.msg_controllen = sizeof(control.buf);
	MUST(recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) == 1);
	c = CMSG_FIRSTHDR(&msg);
	MUST(c && c->cmsg_type == SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

#endif
