/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/isolate.h"

#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* user_namespaces(7): setgroups must be denied before an unprivileged gid_map. */
static int map_user(const struct isolate *i)
{
	int r;

	r = write_file("/proc/self/uid_map", i->uid_map);
	if (!r)
		r = write_file("/proc/self/setgroups", "deny");
	if (!r)
		r = write_file("/proc/self/gid_map", i->gid_map);
	return r;
}

static int loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		r = -errno;
	close(fd);
	return r;
}

int isolate_enter(const struct isolate *i)
{
	int r = 0;

	if (unshare(CLONE_NEWNET | CLONE_NEWIPC | (i->user ? CLONE_NEWUSER : 0)) < 0)
		return -errno;
	if (i->user)
		r = map_user(i);
	return r < 0 ? r : loopback_up();
}

static int try_in_child(const struct isolate *i)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(-isolate_enter(i));
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int isolate_prepare(struct isolate *ret_isolate)
{
	struct isolate i = {};
	int r;

	snprintf(i.uid_map, sizeof(i.uid_map), "%u %u 1", geteuid(), geteuid());
	snprintf(i.gid_map, sizeof(i.gid_map), "%u %u 1", getegid(), getegid());
	r = try_in_child(&i);
	if (r == -EPERM) {
		i.user = true;
		r = try_in_child(&i);
	}
	if (!r)
		*ret_isolate = i;
	return r;
}
