/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel says of one socket. */
#include "runner/proc/sockdiag.h"

#include <criterion/criterion.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockdiag_unix ask(int netlink, int fd)
{
	struct sockdiag_unix s;
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	cr_assert_eq(sockdiag_ask_unix(netlink, st.st_ino, &s), 0);
	return s;
}

/* Its address is chosen by the kernel. */
static int listen_unix(struct sockaddr_un *a, socklen_t *n)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*n = sizeof(*a);
	cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)a, sizeof(sa_family_t)) == 0);
	cr_assert(listen(fd, 1) == 0 && getsockname(fd, (struct sockaddr *)a, n) == 0);
	return fd;
}

Test(sockdiag, a_connection_that_was_not_accepted)
{
	struct sockaddr_un a;
	socklen_t n;
	int netlink = sockdiag_open(-1), listener = listen_unix(&a, &n), taken;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	cr_assert(netlink >= 0 && fd >= 0);
	cr_expect_not(ask(netlink, fd).unaccepted, "not connected");
	cr_assert_eq(connect(fd, (struct sockaddr *)&a, n), 0);
	cr_expect(ask(netlink, fd).unaccepted);
	cr_expect_eq(ask(netlink, fd).peer, 0);
	taken = accept(listener, NULL, NULL);
	cr_assert_geq(taken, 0);
	cr_expect_not(ask(netlink, fd).unaccepted, "accepted");
	cr_expect_neq(ask(netlink, fd).peer, 0);
	close(taken);
	cr_expect_not(ask(netlink, fd).unaccepted, "closed by the peer");
	close(fd);
	close(listener);
	close(netlink);
}
