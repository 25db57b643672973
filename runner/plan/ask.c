/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/ask.h"

#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#define ASK_MAX (1 << 20)

extern char **environ;

static int start(char *const *argv, int out, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	r = posix_spawnp(ret_pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Everything up to the end of the file; -ETIMEDOUT, -EFBIG. */
static int read_all(int fd, int64_t deadline_ns, char **ret_text, size_t *ret_len)
{
	cleanup(cleanup_free) char *text = mem_alloc(ASK_MAX + 1);
	int64_t end = time_now_ns() + deadline_ns;
	size_t len = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = end - time_now_ns();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)(left / NSEC_PER_MSEC) + 1) < 1)
			continue;
		n = read(fd, text + len, ASK_MAX - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		if (len == ASK_MAX)
			return -EFBIG;
	}
	text[len] = 0;
	*ret_text = text;
	*ret_len = len;
	text = NULL;
	return 0;
}

/* 0 or -errno; *ret_status as of waitpid(). */
static int ask(
	char *const *argv, int64_t deadline_ns, char **ret_text, size_t *ret_len, int *ret_status)
{
	cleanup(cleanup_close) int in = -1;
	int fds[2], r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	in = fds[0];
	r = start(argv, fds[1], &pid);
	close(fds[1]);
	if (r < 0)
		return r;
	r = read_all(in, deadline_ns, ret_text, ret_len);
	kill(-pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	return r;
}

int ask_program(char *const *argv, int64_t deadline_ns, char **ret_text, size_t *ret_len)
{
	int status;

	return ask(argv, deadline_ns, ret_text, ret_len, &status);
}

int ask_describe(const char *path, int64_t deadline_ns, char **ret_text, size_t *ret_len,
	const char **ret_why)
{
	char *const argv[] = { (char *)path, "--describe", NULL };
	char *text = NULL;
	int status, r = ask(argv, deadline_ns, &text, ret_len, &status);

	if (!r && WIFEXITED(status) && !WEXITSTATUS(status)) {
		*ret_text = text;
		return 0;
	}
	free(text);
	if (r == -ETIMEDOUT)
		*ret_why = "did not answer --describe in time";
	else if (r == -EFBIG)
		*ret_why = "answered --describe without end";
	else if (r < 0)
		*ret_why = "cannot execute";
	else
		*ret_why = "is no scenario: --describe failed";
	return -1;
}
