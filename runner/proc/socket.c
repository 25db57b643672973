/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/proc/socket.h"

#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "runner/base/util.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* since Linux 5.14 */
#endif

bool socket_has_timeout(int fd, int name)
{
	struct timeval tv = { 0 };
	socklen_t n = sizeof(tv);

	return getsockopt(fd, SOL_SOCKET, name, &tv, &n) < 0 || tv.tv_sec || tv.tv_usec;
}

int socket_option(int fd, int level, int name, int otherwise)
{
	int value = otherwise;
	socklen_t n = sizeof(value);

	return getsockopt(fd, level, name, &value, &n) < 0 ? otherwise : value;
}

bool socket_loopback_is_up(int fd)
{
	struct ifreq r = { .ifr_name = "lo" };

	return ioctl(fd, SIOCGIFFLAGS, &r) == 0 && (r.ifr_flags & IFF_UP);
}

/* The namespace as a file, for kernels without cookies; asks for CAP_NET_ADMIN in it. */
static bool network_inode(int fd, uint64_t *ret_inode)
{
	cleanup(cleanup_close) int ns = ioctl(fd, SIOCGSKNS);
	struct stat st;

	if (ns < 0 || fstat(ns, &st) < 0)
		return false;
	*ret_inode = st.st_ino;
	return true;
}

static bool network_cookie(int fd, uint64_t *ret_cookie)
{
	socklen_t n = sizeof(*ret_cookie);

	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret_cookie, &n) == 0;
}

bool socket_same_network(int a, int b)
{
	uint64_t x = 0, y = 0;

	if (network_cookie(a, &x) && network_cookie(b, &y))
		return x == y;
	return network_inode(a, &x) && network_inode(b, &y) && x == y;
}
