/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/guard/command.h"

#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/proc/usage.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define WAKER_NS (50 * NSEC_PER_MSEC)

/* The earlier dispositions of the four signals that may stop us, and of SIGCHLD. */
static const int changed[] = { SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU };

struct start {
	char *const *argv;
	sigset_t mask;
	struct sigaction before[ARRAY_SIZE(changed)];
	int channel; /* takes the word to begin, gives the error; the exec closes it */
	pid_t parent;
};

_Noreturn static void child_main(const struct start *s)
{
	int error;
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != s->parent || read(s->channel, &go, 1) != 1)
		_exit(125);
	for (size_t i = 0; i < ARRAY_SIZE(changed); i++)
		sigaction(changed[i], &s->before[i], NULL);
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
	execvp(s->argv[0], s->argv);
	error = errno;
	if (write(s->channel, &error, sizeof(error)) < 0)
		_exit(125);
	_exit(127);
}

static void take_signals(struct start *s)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS };
	struct sigaction by_default = { .sa_handler = SIG_DFL };
	sigset_t all;

	sigfillset(&all);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		sigdelset(&all, faults[i]);
	sigprocmask(SIG_SETMASK, &all, &s->mask);
	for (size_t i = 0; i < ARRAY_SIZE(changed); i++)
		sigaction(changed[i], &by_default, &s->before[i]);
}

/* The child, or -errno. */
static pid_t fork_child(char *const *argv, int *ret_channel)
{
	struct start s = { .argv = argv, .parent = getpid() };
	int fds[2], error;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	s.channel = fds[1];
	take_signals(&s);
	pid = fork();
	if (pid == 0)
		child_main(&s);
	error = errno;
	close(fds[1]);
	*ret_channel = fcntl(fds[0], F_DUPFD_CLOEXEC, 3); /* 0 to 2 are to be /dev/null */
	close(fds[0]);
	return pid < 0 ? -error : pid;
}

int guard_command_start(
	char *const *argv, struct guard_command *ret_command, struct guard_output *ret_output)
{
	struct guard_command c = { .channel = -1 };

	c.pid = fork_child(argv, &c.channel);
	guard_output_take(ret_output, c.channel);
	procfs_keep_open();
	*ret_command = c;
	return c.pid < 0 ? c.pid : 0;
}

int guard_command_exec(struct guard_command *c)
{
	int error = 0;
	ssize_t n;

	if (send(c->channel, "", 1, MSG_NOSIGNAL) != 1)
		error = errno;
	do
		n = error ? 0 : read(c->channel, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	cleanup_close(&c->channel);
	c->channel = -1;
	if (error) {
		waitpid(c->pid, NULL, 0);
		return -error;
	}
	guard_relay_start(c);
	return 0;
}

static bool is_stopped(pid_t pid)
{
	cleanup(cleanup_close) int fd = -1;
	struct procfs_usage usage;
	char name[32], text[1024];
	ssize_t n;

	procfs_name(name, sizeof(name), "", pid, "/stat");
	fd = procfs_open(name, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	return n > 0 && !procfs_parse_usage(text, (size_t)n, &usage) && usage.state == 'T';
}

/* A shell with job control gives each job a process group of its own, and wants to see it stop. To
 * others a stop means nothing, and who continues the command would leave us stopped. */
static bool is_job(void)
{
	return getpgrp() != getpgid(getppid());
}

/* The command may be continued or killed without us: then the guard must go on as well. */
static pid_t start_waker(pid_t command)
{
	static const struct timespec pause_time = { 0, WAKER_NS };
	pid_t guard = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == guard && is_stopped(command))
		nanosleep(&pause_time, NULL);
	if (getppid() == guard)
		kill(guard, SIGCONT);
	_exit(0);
}

/* As the command did, by the same signal, so that the shell sees it. The shell continues the whole
 * group; a user who continues us alone means the command. */
static void stop_as_it_did(struct guard_command *c, int signo)
{
	pid_t waker = start_waker(c->pid);
	sigset_t one;

	if (waker < 0)
		return;
	sigemptyset(&one);
	sigaddset(&one, signo);
	raise(signo);
	if (signo != SIGSTOP) {
		sigprocmask(SIG_UNBLOCK, &one, NULL); /* stops here */
		sigprocmask(SIG_BLOCK, &one, NULL);
	}
	kill(waker, SIGKILL);
	while (waitpid(waker, NULL, 0) < 0 && errno == EINTR)
		;
	if (is_stopped(c->pid))
		kill(c->pid, SIGCONT);
}

/* By a tracer of ours, whose thread waits for it: the stop is not to be taken from it here. */
static bool is_trapped(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid && info.si_code == CLD_TRAPPED;
}

static enum guard_event look_at_child(struct guard_command *c)
{
	int status;

	while (!is_trapped(c->pid) && waitpid(c->pid, &status, WNOHANG | WUNTRACED) == c->pid) {
		if (!WIFSTOPPED(status)) {
			c->ended = true;
			c->status = status;
			return GUARD_EVENT_ENDED;
		}
		if (c->ending)
			continue;
		if (is_job())
			stop_as_it_did(c, WSTOPSIG(status));
		return GUARD_EVENT_RESUMED;
	}
	return GUARD_EVENT_NONE;
}

enum guard_event guard_command_next(struct guard_command *c, int64_t until_ns)
{
	sigset_t all;

	sigfillset(&all);
	for (;;) {
		int64_t left = until_ns - time_now_ns();
		struct timespec ts = { 0 };
		enum guard_event event;
		siginfo_t info;
		int signo;

		if (left > 0)
			ts = (struct timespec){ left / NSEC_PER_SEC, left % NSEC_PER_SEC };
		signo = sigtimedwait(&all, &info, &ts);
		if (signo == SIGCHLD) {
			event = look_at_child(c);
			if (event != GUARD_EVENT_NONE)
				return event;
		} else if (signo > 0) {
			guard_relay_signal(c, &info);
		} else if (errno == EAGAIN) {
			return GUARD_EVENT_NONE;
		}
	}
}

void guard_command_done(struct guard_command *c)
{
	guard_relay_done(c);
}

/* The command has left its core already, if it was to leave one. */
_Noreturn void guard_command_leave_as(struct guard_command *c)
{
	struct rlimit no_core = { 0, 0 };
	struct sigaction by_default = { .sa_handler = SIG_DFL };
	sigset_t one;

	guard_command_done(c);
	if (!WIFSIGNALED(c->status))
		exit(WEXITSTATUS(c->status));
	setrlimit(RLIMIT_CORE, &no_core);
	sigaction(WTERMSIG(c->status), &by_default, NULL);
	sigemptyset(&one);
	sigaddset(&one, WTERMSIG(c->status));
	raise(WTERMSIG(c->status));
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	exit(128 + WTERMSIG(c->status)); /* process 1 of a container: no signal ends it */
}
