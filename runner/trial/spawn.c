/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/spawn.h"

#include "runner/trial/priority.h"
#include "runner/base/raw_call.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define CHILD_STACK_SIZE ((size_t)64 * 1024)

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

static long redirect(int fd, int to)
{
	return raw_call(SYS_dup3, fd, to, 0, 0);
}

static long dress(const struct spawn_place *p)
{
	const struct spawn_request *q = &p->request;
	struct rlimit64 limit = { q->tag, p->spawner->locks_max };
	long r;

	r = raw_call(SYS_setsid, 0, 0, 0, 0);
	if (r >= 0)
		r = raw_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
	/* A tag that can't be set is no tag: such a trial's strays belong to nobody, and are ended
	 * at once. */
	raw_call(SYS_prlimit64, 0, RLIMIT_LOCKS, (long)&limit, 0);
	if (r < 0 || (r = redirect(q->stdin_fd, 0)) < 0 || (r = redirect(p->output, 1)) < 0 ||
		(r = redirect(p->output, 2)) < 0 || (r = reset_signals(p->spawner)) < 0)
		return r;
	if (q->isolate && (r = isolate_enter(q->isolate)) < 0)
		return r;
	/* Before any filter on system calls. */
	if (q->raised)
		priority_lower();
	return q->inject ? inject_trial_in_child(q->inject) : 0;
}

static int child_main(void *arg)
{
	struct spawn_place *p = arg;
	const struct spawn_request *q = &p->request;
	long r = dress(p);

	if (!r)
		r = raw_call(SYS_execve, (long)q->path, (long)q->argv, (long)q->env, 0);
	p->error = (int)r;
	return (int)raw_call(SYS_exit_group, 127, 0, 0, 0);
}

/*
 * The child runs on a stack of its own in our memory until it executes: no page table is copied. We
 * need not wait for it as long as it leaves errno alone, which is ours too; what the injector and
 * the isolation do there goes through libc, so then we stand still (CLONE_VFORK). Some of that
 * needs memory of the child's own: a fork.
 */
static pid_t start(struct spawn_place *p)
{
	bool wait = !RAW_CALL_IS_RAW || p->request.inject || p->request.isolate;
	pid_t pid;

	if (!p->request.inject || !inject_trial_needs_fork(p->request.inject))
		return clone(child_main, p->stack + CHILD_STACK_SIZE,
			CLONE_VM | (wait ? CLONE_VFORK : 0) | SIGCHLD, p);
	pid = fork();
	if (!pid)
		child_main(p);
	return pid;
}

int spawn_trial(const struct spawner *s, struct spawn_place *place,
	const struct spawn_request *request, pid_t *ret_pid, int *ret_output)
{
	sigset_t all, before;
	int fds[2], r = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	place->spawner = s;
	place->request = *request;
	place->output = fds[1];
	place->error = 0;
	/* No handler of ours may run in memory that the child has borrowed. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = start(place);
	if (pid < 0)
		r = -errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[1]);
	if (r < 0) {
		close(fds[0]);
		return r;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	*ret_pid = pid;
	*ret_output = fds[0];
	return 0;
}

/* Shared, so that a forked child can leave its error there, too. */
struct spawn_place *spawn_place_new(void)
{
	char *m = mmap(NULL, CHILD_STACK_SIZE + sizeof(struct spawn_place), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct spawn_place *p;

	if (m == MAP_FAILED)
		return NULL;
	p = (struct spawn_place *)(m + CHILD_STACK_SIZE);
	p->stack = m;
	return p;
}

void spawn_place_free(struct spawn_place *p)
{
	if (p)
		munmap(p->stack, CHILD_STACK_SIZE + sizeof(*p));
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
	return 0;
}

void spawner_done(struct spawner *s)
{
	if (s->children >= 0)
		close(s->children);
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
