/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/init.h"

#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct init {
	const struct spawner *spawner;
	const struct spawn_request *request;
	struct init_shared *shared;
	struct spawn_stack own_stack, program_stack;
};

/* False: it was the program. */
static bool reap(struct init_shared *shared, pid_t pid)
{
	int status = 0;

	if (pid == shared->local_root)
		shared->end_ns = time_now_ns();
	__atomic_add_fetch(&shared->reaping, 1, __ATOMIC_SEQ_CST);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	__atomic_add_fetch(&shared->reaping, 1, __ATOMIC_SEQ_CST);
	if (pid != shared->local_root)
		return true;
	shared->status = status;
	return false;
}

static int init_main(void *arg)
{
	struct init *i = arg;
	siginfo_t info = { 0 };
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "hangrate-init");
	r = isolate_enter(&i->request->isolate);
	if (r >= 0)
		r = spawn_trial(i->spawner, i->request, &i->program_stack, &i->shared->local_root,
			&i->shared->error);
	if (r < 0) {
		i->shared->error = r;
		return 1;
	}
	/* Nothing of the keeper's may stay open here, or it would never see an end. */
	if (close_range(0, ~0U, 0) < 0)
		for (int fd = 0; fd < 1024; fd++)
			close(fd);
	do {
		while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
			;
	} while (reap(i->shared, info.si_pid));
	return 0;
}

/* Before it reaps anything the program is its only child, if still there. */
static pid_t find_root(pid_t init)
{
	int list = spawn_children_open(init);
	pid_t root = 0;

	if (list < 0)
		return 0;
	spawn_children(list, &root, 1);
	close(list);
	return root;
}

pid_t init_start(const struct spawner *s, const struct spawn_request *q, struct init_shared *shared,
	pid_t *ret_root)
{
	static struct init i;
	int fds[2];
	pid_t pid;
	char c;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*shared = (struct init_shared){ .status = INIT_NO_STATUS };
	i = (struct init){ .spawner = s, .request = q, .shared = shared };
	pid = clone(init_main, i.own_stack.room + sizeof(i.own_stack.room),
		isolate_flags(&q->isolate) | SIGCHLD, &i);
	if (pid < 0)
		pid = -errno;
	/* Its copy is closed when it has started the program, or has ended. */
	close(fds[1]);
	while (pid > 0 && read(fds[0], &c, 1) < 0 && errno == EINTR)
		;
	close(fds[0]);
	*ret_root = pid > 0 && shared->status == INIT_NO_STATUS ? find_root(pid) : 0;
	return pid;
}
