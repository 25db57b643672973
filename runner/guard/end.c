/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/guard/guard.h"

#include "runner/base/util.h"

#define POLL_NS (20 * NSEC_PER_MSEC)
/* Who forks while we kill is found in the next round; a fork bomb is not ours to win against. */
#define KILL_ROUNDS 50

/* A thread wakes when its tracer detaches: some calls then return early (epoll_wait with
 * EINTR), and the command would run on. Stopped, it does not. */
void guard_freeze(const struct prove_result *r)
{
	for (size_t i = 0; i < r->s.n_processes; i++)
		kill(r->s.processes[i].pid, SIGSTOP);
}

static bool anyone_left(const struct guard_command *c, struct guard_tree *t)
{
	struct guard_sample ignored;

	guard_tree_sample(t, c->ended ? 0 : c->pid, &ignored);
	return t->n > 0;
}

/* Whether there was anyone. */
static bool signal_all(const struct guard_command *c, struct guard_tree *t, int signo)
{
	if (!anyone_left(c, t))
		return false;
	for (size_t i = 0; i < t->n; i++) {
		kill(t->members[i].pid, signo);
		if (signo != SIGKILL)
			kill(t->members[i].pid, SIGCONT);
	}
	return true;
}

void guard_end(struct guard_command *c, struct guard_tree *t, int64_t kill_after_ns)
{
	int64_t limit_ns = time_now_ns() + kill_after_ns;

	c->ending = true;
	signal_all(c, t, SIGTERM);
	while (anyone_left(c, t) && time_now_ns() < limit_ns)
		guard_command_next(c, time_now_ns() + POLL_NS);
	for (int i = 0; i < KILL_ROUNDS && signal_all(c, t, SIGKILL); i++)
		guard_command_next(c, time_now_ns() + POLL_NS);
}
