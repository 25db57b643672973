/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IPC namespaces: whether a process beyond the tree can reach a System V object or a named queue.
 */
#include "runner/snapshot/internal.h"

bool ipc_is_ours(struct collect *c, size_t process)
{
	char mine[64], its[64];
	ssize_t n = procfs_read_link(c->proc, "self/ns/ipc", mine, sizeof(mine));
	ssize_t m = procfs_read_link(c->aux[process].live, "ns/ipc", its, sizeof(its));

	return n > 0 && n == m && memcmp(mine, its, (size_t)n) == 0;
}

bool ipc_is_closed(struct collect *c, size_t process)
{
	char its[64];

	return c->options->complete && c->options->own_netns &&
	       procfs_read_link(c->aux[process].live, "ns/ipc", its, sizeof(its)) > 0 &&
	       !ipc_is_ours(c, process);
}
