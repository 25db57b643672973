/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptors in flight: sent in a message (SCM_RIGHTS) that nobody has received yet. They stand in
 * no table. The kernel counts them for each socket, and for a listener those that wait in
 * connections which it has not accepted (scm_fds in fdinfo, since Linux 5.12 and 5.18).
 */
#include "runner/snapshot/internal.h"
#include "runner/snapshot/outsider.h"
#include "runner/proc/sockdiag.h"

static bool is_held(struct collect *c, uint64_t inode)
{
	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct fd_table *t = process_fds(c, i);

		for (size_t j = 0; j < t->n; j++)
			if (t->entries[j].kind == PROCFS_LINK_SOCKET &&
				t->entries[j].inode == inode)
				return true;
	}
	return false;
}

/* In the socket's own queue, or in that of its peer beyond the tree. */
static bool is_in_socket(struct collect *c, size_t process, const struct fd_entry *e)
{
	struct sockdiag_unix mine, other;
	struct procfs_fdinfo info;
	int netlink;

	if (entry_fdinfo(c, process, e, &info) < 0 || info.scm_fds > 0)
		return true;
	netlink = netlink_for(c, process);
	if (netlink < 0 || sockdiag_ask_unix(netlink, e->inode, &mine) < 0)
		return false; /* not a Unix socket, or not one that leads anywhere */
	/* Older kernels don't count: then any unread message may hold some. */
	if (info.scm_fds < 0 && mine.recvq > 0)
		return true;
	return mine.peer && !is_held(c, mine.peer) &&
	       sockdiag_ask_unix(netlink, mine.peer, &other) == 0 && other.recvq > 0;
}

static bool is_in_tree(struct collect *c)
{
	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct fd_table *t;

		if (!process_alive(c->s, i))
			continue;
		t = process_fds(c, i);
		for (size_t j = 0; j < t->n; j++)
			if (t->entries[j].kind == PROCFS_LINK_SOCKET &&
				is_in_socket(c, i, &t->entries[j]))
				return true;
	}
	return false;
}

/* A message may lie in the queue of a process that has not run for long: it does not read. */
static bool is_with_outsider(struct collect *c, const struct outsider *p)
{
	for (size_t i = 0; i < p->fds.n; i++) {
		const struct fd_entry *e = &p->fds.entries[i];
		struct procfs_fdinfo info;

		if (e->kind == PROCFS_LINK_SOCKET && outsider_fdinfo(c, p, e, &info) == 0 &&
			info.scm_fds > 0)
			return true;
	}
	return false;
}

const char *fds_in_flight(struct collect *c, const struct outsiders *o)
{
	if (is_in_tree(c))
		return "descriptors may be in flight in a socket";
	for (size_t i = 0; i < o->n; i++)
		if (is_with_outsider(c, &o->all[i]))
			return "descriptors may be in flight to another process";
	return NULL;
}
