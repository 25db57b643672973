/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom a signal was meant for. The kernel does not say whether kill(2) named our process or our
 * process group; in the second case the command has got the signal itself, and a second one would
 * be one too many (pytest, cargo and docker take a second SIGINT for "at once").
 *
 * The marker is a process of the same group that blocks every signal and has no descriptor open. A
 * signal that is pending there went to the group.
 */
#include "runner/guard/command.h"

#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define NAME_SIZE 48
/* kill(2) goes through the group one by one: the marker's turn may be just after ours. */
#define RECHECK_NS (2 * NSEC_PER_MSEC)

_Noreturn static void marker_main(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
#ifdef SYS_close_range
	if (syscall(SYS_close_range, 0, ~0U, 0) < 0)
#endif
		for (int fd = 0; fd < 4096; fd++)
			close(fd);
	for (;;)
		pause();
}

void guard_relay_start(struct guard_command *c)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		marker_main(parent);
	c->marker = pid > 0 ? pid : 0;
}

void guard_relay_done(struct guard_command *c)
{
	if (!c->marker)
		return;
	kill(c->marker, SIGKILL);
	while (waitpid(c->marker, NULL, 0) < 0 && errno == EINTR)
		;
	c->marker = 0;
}

static bool is_pending_in_marker(pid_t marker, int signo)
{
	cleanup(cleanup_close) int fd = -1;
	struct procfs_status status;
	char name[NAME_SIZE], text[8192];
	ssize_t n;

	procfs_name(name, sizeof(name), "", marker, "/status");
	fd = procfs_open(name, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	return n > 0 && !procfs_parse_status(text, (size_t)n, &status) &&
	       ((status.pending | status.shared_pending) >> (signo - 1) & 1);
}

static bool went_to_group(struct guard_command *c, int signo)
{
	static const struct timespec pause_time = { 0, RECHECK_NS };
	bool found;

	if (!c->marker)
		return false;
	found = is_pending_in_marker(c->marker, signo);
	if (!found) {
		nanosleep(&pause_time, NULL);
		found = is_pending_in_marker(c->marker, signo);
	}
	if (found) { /* a new one, with nothing pending */
		guard_relay_done(c);
		guard_relay_start(c);
	}
	return found;
}

static bool is_descendant(pid_t pid, pid_t ancestor)
{
	enum { DEPTH = 64 };

	for (int i = 0; i < DEPTH && pid > 1; i++) {
		cleanup(cleanup_close) int fd = -1;
		struct procfs_stat stat;
		char name[NAME_SIZE], text[1024];
		ssize_t n;

		if (pid == ancestor)
			return true;
		procfs_name(name, sizeof(name), "", pid, "/stat");
		fd = procfs_open(name, O_RDONLY);
		n = fd < 0 ? -1 : read(fd, text, sizeof(text));
		if (n <= 0 || procfs_parse_stat(text, (size_t)n, &stat) < 0)
			return false;
		pid = stat.ppid;
	}
	return false;
}

/* What the kernel sends (the terminal's keys, hang-up) goes to the whole group. A signal from the
 * command to its parent was meant for ours. */
void guard_relay_signal(struct guard_command *c, const siginfo_t *info)
{
	pid_t parent = getppid();

	if (info->si_code > 0 || info->si_pid == getpid() || went_to_group(c, info->si_signo))
		return;
	if (!is_descendant(info->si_pid, c->pid))
		kill(c->pid, info->si_signo);
	else if (parent > 1)
		kill(parent, info->si_signo);
}
