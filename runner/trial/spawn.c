/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/spawn.h"

#include "runner/trial/priority.h"
#include "runner/arch/arch.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Neither ours nor the shell's that started us: a trial starts with every signal as exec(3p) has
 * it. Handlers need no reset, for exec does it; ignored signals do. */
static long reset_signals(const struct spawner *s)
{
	/* The kernel's struct sigaction: SIG_DFL, no flags, an empty mask. */
	static const uint64_t by_default[8];
	static const uint64_t none;

	for (int i = 0; i < s->n_ignored; i++)
		raw_call(SYS_rt_sigaction, s->ignored[i], (long)by_default, 0, sizeof(none));
	return raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, sizeof(none));
}

/* Asked of the kernel: libc knows nothing of the signals that it keeps to itself (32 and 33), and
 * who started us may have left them ignored. */
static void find_ignored(struct spawner *s)
{
	s->n_ignored = 0;
	for (int i = 1; i < NSIG; i++) {
		uint64_t action[8] = { 0 }; /* the handler comes first, as in by_default */

		if (!raw_call(SYS_rt_sigaction, i, 0, (long)action, sizeof(uint64_t)) &&
			action[0] == (uintptr_t)SIG_IGN)
			s->ignored[s->n_ignored++] = i;
	}
}

static long move(int from, int to, int flags)
{
	return from == to ? 0 : raw_call(SYS_dup3, from, to, flags, 0);
}

/* The numbers stand in the environment and in the filter, so they have to be these. */
static long place_inject(const struct spawn_request *q)
{
	const struct inject_child *c = &q->inject;
	long r = 0;

	for (size_t i = 0; i < c->n_fds && r >= 0; i++)
		r = move(q->inject_at[i], c->fds[i], O_CLOEXEC);
	if (c->handover >= 0 && r >= 0)
		r = move(q->inject_at[INJECT_CHILD_FDS], c->handover, O_CLOEXEC);
	return r;
}

static long isolate_self(const struct isolate *i)
{
	return unshare(isolate_flags(i)) < 0 ? -errno : isolate_enter(i);
}

struct child {
	const struct spawner *spawner;
	const struct spawn_request *request;
	int *error;
};

static long setup_child(const struct child *p)
{
	const struct spawn_request *q = p->request;
	long r;

	r = raw_call(SYS_setsid, 0, 0, 0, 0);
	if (r >= 0)
		r = raw_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
	if (r < 0 || (r = place_inject(q)) < 0 || (r = move(q->output, 1, 0)) < 0 ||
		(r = move(q->output, 2, 0)) < 0 || (r = reset_signals(p->spawner)) < 0)
		return r;
	if (q->isolated && !q->isolate.pid && (r = isolate_self(&q->isolate)) < 0)
		return r;
	/* Before any filter on system calls. */
	if (q->raised)
		priority_lower();
	return inject_child_enter(&q->inject);
}

static int child_main(void *arg)
{
	const struct child *p = arg;
	const struct spawn_request *q = p->request;
	long r = setup_child(p);

	if (!r)
		r = raw_call(SYS_execve, (long)q->path, (long)q->argv, (long)q->env, 0);
	*p->error = (int)r;
	return (int)raw_call(SYS_exit_group, 127, 0, 0, 0);
}

/* The child runs on a stack of its own in our memory until it executes: no page table is copied.
 * Some of what the injector does needs memory of the child's own: a fork. */
int spawn_trial(const struct spawner *s, const struct spawn_request *q, struct spawn_stack *stack,
	pid_t *shared_pid, int *shared_error)
{
	struct child child = { s, q, shared_error };
	pid_t pid;

	*shared_error = 0;
	if (!q->inject.needs_fork)
		return clone(child_main, stack->room + sizeof(stack->room),
			       CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, &child,
			       shared_pid) < 0
			       ? -errno
			       : 0;
	pid = fork();
	if (!pid)
		child_main(&child);
	if (pid < 0)
		return -errno;
	*shared_pid = pid;
	return 0;
}

int spawn_children_open(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int spawner_init(struct spawner *s)
{
	struct rlimit no_core = { 0, 0 };

	*s = (struct spawner){ .children = spawn_children_open(getpid()) };
	if (s->children < 0)
		return s->children;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return -errno;
	/* A trial that crashes does so thousands of times. */
	setrlimit(RLIMIT_CORE, &no_core);
	find_ignored(s);
	return 0;
}

void spawner_done(struct spawner *s)
{
	if (s->children >= 0)
		close(s->children);
}

/* A read from its beginning makes the list anew. */
int spawn_children(int list, pid_t *pids, size_t max)
{
	char text[1 << 14];
	size_t n = 0, kept = 0;
	off_t at = 0;
	ssize_t got;

	while ((got = pread(list, text + kept, sizeof(text) - kept - 1, at)) > 0) {
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
