/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/isolate.h"

#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

/* The files that are there can be read, run and changed as before; the changes are the trial's own.
 * Best effort: not every kernel lets a user mount an overlay, and not on every file system. */
static void private_tmp(void)
{
	char cwd[4096];
	bool back = getcwd(cwd, sizeof(cwd)) != NULL;

	/* Where the layers lie does not matter once they are mounted: /dev/shm is ours already. */
	if (mkdir("/dev/shm/u", 0700) < 0 || mkdir("/dev/shm/w", 0700) < 0)
		return;
	if (chmod("/dev/shm/u", 01777) == 0)
		mount("tmp", "/tmp", "overlay", MS_NOSUID | MS_NODEV,
			"lowerdir=/tmp,upperdir=/dev/shm/u,workdir=/dev/shm/w");
	/* An empty one on top of it, for the layers are no business of the trial's. */
	mount("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
	/* The directory of before may be hidden by the new mount. */
	if (back && chdir(cwd) < 0)
		return;
}

static int private_mounts(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -errno;
	if (mount("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") == 0)
		private_tmp();
	return 0;
}

int isolate_flags(const struct isolate *i)
{
	return CLONE_NEWNET | CLONE_NEWIPC | (i->user ? CLONE_NEWUSER : 0) |
	       (i->pid ? CLONE_NEWPID | CLONE_NEWNS : 0);
}

int isolate_enter(const struct isolate *i)
{
	int r = i->user ? map_user(i) : 0;

	if (r >= 0 && i->pid)
		r = private_mounts();
	return r < 0 ? r : loopback_up();
}

static int try_in_child(void *arg)
{
	return -isolate_enter(arg);
}

/* -EPERM and the like may come from any step: what works is what counts. */
static int try(struct isolate *i, bool pid, bool user)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));
	int status;
	pid_t child;

	i->pid = pid;
	i->user = user;
	child = clone(try_in_child, stack + sizeof(stack), isolate_flags(i) | SIGCHLD, i);
	if (child < 0)
		return -errno;
	if (waitpid(child, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int isolate_prepare(struct isolate *ret_isolate)
{
	struct isolate i = {};
	int r = -EPERM;

	snprintf(i.uid_map, sizeof(i.uid_map), "%u %u 1", geteuid(), geteuid());
	snprintf(i.gid_map, sizeof(i.gid_map), "%u %u 1", getegid(), getegid());
	for (int way = 0; way < 4 && r < 0; way++)
		r = try(&i, way < 2, way % 2);
	if (!r)
		*ret_isolate = i;
	return r;
}

static bool is_filtered(void)
{
	char text[8192];
	struct procfs_status status;
	ssize_t n = procfs_read(procfs_directory(), "self/status", text, sizeof(text));

	return n > 0 && procfs_parse_status(text, (size_t)n, &status) == 0 && status.filtered;
}

char *isolate_explain(int error)
{
	const char *what;

	if (is_filtered())
		what = "a seccomp filter forbids new namespaces, as in a container: docker run --cap-add SYS_ADMIN, or --security-opt seccomp=unconfined";
	else if (geteuid())
		what = "this user may make no namespaces: be root, or see the sysctls user.max_user_namespaces and kernel.apparmor_restrict_unprivileged_userns";
	else
		what = "new namespaces are refused: see the sysctl user.max_net_namespaces";
	return mem_printf("--isolate: %s (%s)", what, strerror(-error));
}
