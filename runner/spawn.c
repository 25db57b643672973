/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/spawn.h"

#include "runner/priority.h"
#include "runner/util.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define CHILD_STACK_SIZE (64 * 1024)

/* Shared with the child, which borrows our memory until it executes. */
struct child {
	const struct spawner *spawner;
	const struct spawn_request *request;
	int output;
	int error; /* of the child, 0: none */
};

/* Neither ours nor the shell's that started us: a trial starts with every signal as exec(3p) has
 * it. Handlers need no reset, for exec does it; ignored signals do. */
static int reset_signals(const struct spawner *s)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 0; i < s->n_ignored; i++)
		sigaction(s->ignored[i], &sa, NULL);
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

static void find_ignored(struct spawner *s)
{
	struct sigaction sa;

	s->n_ignored = 0;
	for (int i = 1; i < NSIG; i++)
		if (!sigaction(i, NULL, &sa) && sa.sa_handler == SIG_IGN)
			s->ignored[s->n_ignored++] = i;
}

static int dress(const struct child *c)
{
	struct rlimit limit = { c->request->tag, c->spawner->locks_max };
	int r;

	if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	/* A tag that can't be set is no tag: such a trial's strays belong to nobody, and are ended
	 * at once. */
	setrlimit(RLIMIT_LOCKS, &limit);
	if (dup2(c->request->stdin_fd, 0) < 0 || dup2(c->output, 1) < 0 || dup2(c->output, 2) < 0)
		return -errno;
	if (reset_signals(c->spawner) < 0)
		return -errno;
	if (c->request->isolate && (r = isolate_enter(c->request->isolate)) < 0)
		return r;
	/* Before any filter on system calls. */
	if (c->request->raised)
		priority_lower();
	return c->request->inject ? inject_trial_in_child(c->request->inject) : 0;
}

static int child_main(void *arg)
{
	struct child *c = arg;

	c->error = -dress(c);
	if (!c->error) {
		execve(c->request->path, c->request->argv, c->request->env);
		c->error = errno;
	}
	_exit(127);
}

/* The child runs on a stack of its own in our memory while we are stopped: no page table is copied,
 * and its error needs no pipe. */
static pid_t start_vfork(struct child *c)
{
	return clone(child_main, c->spawner->stack + CHILD_STACK_SIZE,
		CLONE_VM | CLONE_VFORK | SIGCHLD, c);
}

static pid_t start_fork(struct child *c)
{
	pid_t pid = fork();

	if (!pid)
		child_main(c);
	return pid;
}

int spawn_trial(const struct spawner *s, const struct spawn_request *request, pid_t *ret_pid,
	int *ret_output)
{
	struct child c = { .spawner = s, .request = request };
	sigset_t all, before;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	c.output = fds[1];
	/* No handler of ours may run in memory that the child has borrowed. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (request->inject && inject_trial_needs_fork(request->inject))
		pid = start_fork(&c);
	else
		pid = start_vfork(&c);
	if (pid < 0)
		c.error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[1]);
	if (c.error) {
		close(fds[0]);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		return -c.error;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	*ret_pid = pid;
	*ret_output = fds[0];
	return 0;
}

int spawner_init(struct spawner *s)
{
	struct rlimit no_core = { 0, 0 }, locks;
	char path[64];

	*s = (struct spawner){ .locks_max = RLIM_INFINITY };
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	s->children = open(path, O_RDONLY | O_CLOEXEC);
	if (s->children < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return -errno;
	/* A trial that crashes does so thousands of times. */
	setrlimit(RLIMIT_CORE, &no_core);
	if (!getrlimit(RLIMIT_LOCKS, &locks))
		s->locks_max = locks.rlim_max;
	find_ignored(s);
	s->stack = mem_alloc(CHILD_STACK_SIZE);
	return 0;
}

void spawner_done(struct spawner *s)
{
	if (s->children >= 0)
		close(s->children);
	free(s->stack);
}

uint64_t spawn_tag_of(pid_t pid)
{
	struct rlimit limit;

	if (prlimit(pid, RLIMIT_LOCKS, NULL, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return 0;
	return limit.rlim_cur;
}

/* A read from its beginning makes the list anew. /proc/self/task/TID/children is exact for us: only
 * we reap our children, and not meanwhile. */
int spawn_children(const struct spawner *s, pid_t *pids, size_t max)
{
	char text[1 << 14];
	size_t n = 0, kept = 0;
	off_t at = 0;
	ssize_t got;

	while ((got = pread(s->children, text + kept, sizeof(text) - kept - 1, at)) > 0) {
		char *p = text, *space;

		at += got;
		text[kept + (size_t)got] = 0;
		while ((space = strchr(p, ' ')) && n < max) {
			pids[n++] = (pid_t)strtol(p, NULL, 10);
			p = space + 1;
		}
		kept = strlen(p);
		memmove(text, p, kept);
	}
	return (int)n;
}
