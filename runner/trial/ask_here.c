/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be on this machine: whether a thread can have an io_uring that /proc does not show. */
#include "runner/trial/ask.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runner/proc/procfs.h"
#include "runner/proc/uring.h"
#include "runner/trial/filters.h"

const long ask_calls[ASK_N_CALLS] = { SYS_getitimer, SYS_timer_gettime, SYS_io_uring_enter };

bool ask_is_ring_possible(pid_t pid)
{
	struct procfs_status ours;
	bool refused;

	if (!uring_can_hide())
		return false;
	refused = syscall(SYS_io_uring_setup, 0, NULL) < 0 && (errno == EPERM || errno == ENOSYS);
	if (!refused || !filters_read_ours(&ours))
		return true;
	/* What our filters refuse to us they refuse to whom we have started. Without any, EPERM is
	 * for those of another group. */
	return !ours.filtered || !filters_descends_from_us(pid);
}
