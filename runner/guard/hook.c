/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/guard/guard.h"

#include "runner/base/environ.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#define HOOK_LIMIT_NS (300 * NSEC_PER_SEC)
#define POLL_NS (50 * NSEC_PER_MSEC)

extern char **environ;

static char *pid_list(const struct guard_report *r, const char *name, bool stuck_only)
{
	char *list = mem_printf("%s=", name);
	const char *separator = "";

	for (size_t i = 0; i < r->n_processes; i++) {
		cleanup(cleanup_free) char *before = NULL;

		if (stuck_only && !r->processes[i].stuck)
			continue;
		before = list;
		list = mem_printf("%s%s%d", before, separator, (int)r->processes[i].pid);
		separator = " ";
	}
	return list;
}

static char **make_environment(const struct guard_command *c, const struct guard_report *r)
{
	cleanup(cleanup_free) char *all = pid_list(r, "HANGRATE_PIDS", false);
	cleanup(cleanup_free) char *stuck = pid_list(r, "HANGRATE_STUCK_PIDS", true);
	cleanup(cleanup_free) char *pid = mem_printf("HANGRATE_PID=%d", (int)c->pid);
	cleanup(cleanup_free) char *verdict =
		mem_printf("HANGRATE_VERDICT=%s", guard_verdict_name(r->verdict));
	cleanup(cleanup_free) char *headline = mem_printf("HANGRATE_HEADLINE=%s", r->headline);
	char *more[] = { all, stuck, pid, verdict, headline, NULL };
	char *const *lists[] = { more };

	return environ_merge(environ, lists, 1);
}

/* Its own process group: Ctrl-C is for the command. */
_Noreturn static void hook_main(const char *shell, char **env, const struct guard_output *o)
{
	char *const argv[] = { "sh", "-c", (char *)shell, NULL };
	sigset_t none;
	int fd = guard_output_open(o);

	setpgid(0, 0);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve("/bin/sh", argv, env);
	_exit(127);
}

void guard_hook(const char *shell, struct guard_command *c, const struct guard_report *r,
	const struct guard_output *o)
{
	int64_t limit_ns = time_now_ns() + HOOK_LIMIT_NS;
	cleanup(cleanup_free) char **env = make_environment(c, r);
	pid_t pid = fork(), ended;
	int status;

	if (pid == 0)
		hook_main(shell, env, o);
	if (pid < 0) {
		guard_output_printf(
			o, "hangrate guard: --on-hang: cannot start: %s\n", strerror(errno));
		return;
	}
	while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && time_now_ns() < limit_ns)
		guard_command_next(c, time_now_ns() + POLL_NS);
	if (ended == pid && status == 0)
		return;
	if (ended == pid) {
		guard_output_printf(o, "hangrate guard: --on-hang: '%s' failed (%s %d)\n", shell,
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		return;
	}
	kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	guard_output_printf(
		o, "hangrate guard: --on-hang: '%s' took too long and was ended\n", shell);
}
