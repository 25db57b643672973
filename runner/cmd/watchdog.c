/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/cmd/watchdog.h"

#include "runner/base/exit_status.h"
#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define TICK_MS 250
#define LIMIT_NS (5 * NSEC_PER_SEC)

/* One call that the child sleeps in. */
struct sleep {
	struct procfs_syscall call;
	uint64_t switches;
	int64_t since_ns; /* 0: it does not sleep */
};

static ssize_t read_of(pid_t pid, const char *file, char *text, size_t size)
{
	char name[48];

	snprintf(name, sizeof(name), "%d/%s", (int)pid, file);
	return procfs_read_record(procfs_directory(), name, text, size);
}

static void look(pid_t pid, struct sleep *s)
{
	struct procfs_status status;
	struct procfs_syscall call;
	char text[8192];
	ssize_t n = read_of(pid, "syscall", text, sizeof(text));
	bool sleeps = n > 0 && procfs_parse_syscall(text, (size_t)n, &call) == 0 && !call.running;

	n = read_of(pid, "status", text, sizeof(text));
	if (!sleeps || n <= 0 || procfs_parse_status(text, (size_t)n, &status) < 0) {
		s->since_ns = 0;
		return;
	}
	if (!s->since_ns || memcmp(&s->call, &call, sizeof(call)) != 0 ||
		s->switches != status.voluntary)
		*s = (struct sleep){ call, status.voluntary, time_now_ns() };
}

/* The file that a descriptor of the child stands for. */
static void name_fd(pid_t pid, uint64_t fd, char *ret_name, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "%d/fd/%d", (int)pid, (int)fd);
	n = procfs_readlink(link, ret_name, size - 1);
	ret_name[n > 0 ? n : 0] = '\0';
}

/* The path that the child gives to a call, below what its descriptor stands for. */
static void name_path(pid_t pid, uint64_t fd, uint64_t address, char *ret_name, size_t size)
{
	char path[256] = "";
	struct iovec local = { path, sizeof(path) - 1 };
	struct iovec remote = { (void *)(uintptr_t)address, sizeof(path) - 1 };
	size_t n = 0;

	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0)
		return;
	if (path[0] != '/' && (int)fd >= 0) {
		name_fd(pid, fd, ret_name, size);
		n = strlen(ret_name);
		n += (size_t)snprintf(ret_name + n, size - n, "/");
	}
	snprintf(ret_name + n, size - n, "%s", path);
}

/* What the call looks at; "" for one that may last: output, a wait for a time or a child. */
static void name_sleep(pid_t pid, const struct sleep *s, char *ret_name, size_t size)
{
	const uint64_t *a = s->call.args;

	ret_name[0] = '\0';
	switch (s->call.nr) {
	case SYS_openat:
	case SYS_readlinkat:
	case SYS_newfstatat:
	case SYS_statx:
		name_path(pid, a[0], a[1], ret_name, size);
		break;
	case SYS_read:
	case SYS_pread64:
	case SYS_getdents64:
		name_fd(pid, a[0], ret_name, size);
		if (ret_name[0] != '/' || !strncmp(ret_name, "/dev/", 5))
			ret_name[0] = '\0';
		break;
	case SYS_fcntl:
	case SYS_getsockopt:
		name_fd(pid, a[0], ret_name, size);
		break;
	case SYS_process_vm_readv:
		snprintf(ret_name, size, "/proc/%d/mem", (int)a[0]);
		break;
	default:
		break;
	}
}

/* The file that it has been blocked on for too long. */
static bool is_blocked(pid_t pid, struct sleep *s, char *ret_name, size_t size)
{
	look(pid, s);
	if (!s->since_ns || time_now_ns() - s->since_ns < LIMIT_NS)
		return false;
	name_sleep(pid, s, ret_name, size);
	return ret_name[0] != '\0';
}

static int leave_as(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return EXIT_BROKEN;
}

/* The pid of the process whose file it is, 0: another file. */
static int owner_of(const char *name)
{
	int pid = 0;

	return sscanf(name, "/proc/%d/", &pid) == 1 ? pid : 0;
}

static void complain(const char *command, const char *name)
{
	int pid = owner_of(name);

	if (pid)
		fprintf(stderr,
			"%s: '%s': cannot be read: process %d does not answer. Something holds its memory locked; nothing is known about it\n",
			command, name, pid);
	else
		fprintf(stderr, "%s: '%s': cannot be read: it does not answer\n", command, name);
}

static int watch(const char *command, pid_t pid)
{
	cleanup(cleanup_close) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct sleep s = { 0 };
	char name[512];
	int status;

	for (;;) {
		struct pollfd end = { pidfd, POLLIN, 0 };
		pid_t r;

		poll(&end, pidfd >= 0, pidfd >= 0 ? TICK_MS : 1);
		r = waitpid(pid, &status, WNOHANG);
		if (r == pid)
			return leave_as(status);
		if (r < 0 && errno != EINTR)
			return EXIT_BROKEN;
		if (is_blocked(pid, &s, name, sizeof(name))) {
			/* It may be in no state to take the signal: it is not waited for. */
			kill(pid, SIGKILL);
			complain(command, name);
			return EXIT_BROKEN;
		}
	}
}

int watchdog_run(const char *command, int (*work)(void *arg), void *arg)
{
	pid_t parent = getpid(), pid;

	procfs_keep_open();
	fflush(NULL);
	pid = fork();
	if (pid < 0) /* better a look that may block than none */
		return work(arg);
	if (pid > 0)
		return watch(command, pid);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_BROKEN);
	exit(work(arg));
}
