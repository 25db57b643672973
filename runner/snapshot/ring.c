/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An io_uring that neither a descriptor nor a mapping shows (IORING_REGISTER_RING_FDS and then
 * closed and unmapped; IORING_SETUP_REGISTERED_FD_ONLY with IORING_SETUP_NO_MMAP). Its requests may
 * end any wait of its process. Who stops threads asks them (trial/ask.h). For who does not it is a
 * condition, unless no ring of the whole machine has a request under way: read between the two
 * collects, when all threads of a stuck set sleep, so that none of them can begin one.
 */
#include "runner/proc/uring.h"
#include "runner/snapshot/internal.h"

static bool rings_may_act(struct collect *c)
{
	if (!c->rings_known)
		c->rings_act = uring_can_hide() && uring_may_act();
	c->rings_known = true;
	return c->rings_act;
}

void rings_judge(struct collect *c, size_t process)
{
	struct process *p = &c->s->processes[process];

	if (!c->options->rings_are_asked && rings_may_act(c))
		snprintf(p->ring_unless, sizeof(p->ring_unless),
			"process %d has an io_uring that does not show, and it acts", (int)p->pid);
}
