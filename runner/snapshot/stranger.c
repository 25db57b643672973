/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes beyond the tree that may not be read: could one of them hold what the tree waits on?
 *
 * What has no name it can only have inherited or been sent. Inherited not, if the caller started
 * the tree itself; nor if it is older than the tree and none of its ancestors. Sent only by a
 * process of the tree, in a message through a Unix socket that the stranger had under a name, and
 * only if it has run since the tree began: to receive is to run.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/outsider.h"
#include "runner/proc/sockdiag.h"

static int read_stat(struct collect *c, pid_t pid, struct procfs_stat *ret_stat)
{
	char name[48], text[1024];
	ssize_t n;

	procfs_name(name, sizeof(name), "", pid, "/stat");
	n = procfs_read_record(c->proc, name, text, sizeof(text));
	return n < 0 ? (int)n : procfs_parse_stat(text, (size_t)n, ret_stat);
}

/* Is pid the process, or one of its ancestors? True also if unknown. */
static bool leads_to(struct collect *c, pid_t process, pid_t pid)
{
	struct procfs_stat stat = { .ppid = process };

	while (stat.ppid > 0 && stat.ppid != pid)
		if (read_stat(c, stat.ppid, &stat) < 0)
			return true;
	return stat.ppid == pid;
}

bool is_self_or_ancestor(struct collect *c, pid_t pid)
{
	return leads_to(c, getpid(), pid);
}

/* Of a tree that the caller did not start. Init does not keep both ends of what it hands down. */
static bool may_have_inherited(struct collect *c, pid_t pid)
{
	struct procfs_stat stat;

	if (pid == 1)
		return false;
	return read_stat(c, pid, &stat) < 0 || stat.start_time >= c->s->processes[0].start_time ||
	       leads_to(c, c->s->processes[0].ppid, pid);
}

static bool table_has_socket(const struct fd_table *t, uint64_t inode)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->entries[i].kind == PROCFS_LINK_SOCKET && t->entries[i].inode == inode)
			return true;
	return false;
}

static bool socket_is_known(struct collect *c, const struct outsiders *o, uint64_t inode)
{
	for (size_t i = 0; i < c->s->n_processes; i++)
		if (table_has_socket(process_fds(c, i), inode))
			return true;
	for (size_t i = 0; i < o->n; i++)
		if (table_has_socket(&o->all[i].fds, inode))
			return true;
	return false;
}

/* Some Unix socket has a name, and its owner may not be read: it could have taken messages. */
static bool strangers_have_names(struct collect *c, const struct outsiders *o)
{
	cleanup(cleanup_free) char *text = NULL;
	struct procfs_unix socket;
	struct scan s;
	ssize_t n;

	if (c->strangers_known)
		return c->strangers_have_names;
	n = procfs_read_all(c->proc, "net/unix", &text);
	s = scan_text(text, n > 0 ? (size_t)n : 0);
	c->strangers_known = true;
	c->strangers_have_names = n < 0;
	while (!c->strangers_have_names && procfs_next_unix(&s, &socket))
		c->strangers_have_names =
			socket.named && socket.inode && !socket_is_known(c, o, socket.inode);
	return c->strangers_have_names;
}

bool stranger_may_hold(struct collect *c, const struct outsiders *o, pid_t pid)
{
	if (!c->options->complete)
		return may_have_inherited(c, pid);
	return strangers_have_names(c, o) && scheduling_ran_since_start(c, pid);
}

/* What /proc shows are the processes of a pid namespace, and some process lives outside of it. */
static bool is_inner_namespace(struct collect *c)
{
	static const char first[] = "pid:[4026531836]"; /* PROC_PID_INIT_INO */
	char text[64];
	ssize_t n = procfs_read_link(c->proc, "self/ns/pid", text, sizeof(text));

	return n != (ssize_t)strlen(first) || memcmp(text, first, (size_t)n) != 0;
}

/* A connection of the tree leads to a process that is not listed, and takes what is sent there. */
static bool tree_reaches_unlisted(struct collect *c, const struct outsiders *o)
{
	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct fd_table *t = process_fds(c, i);
		int netlink = -ENOTCONN;

		for (size_t k = 0; process_alive(c->s, i) && k < t->n; k++) {
			struct sockdiag_unix mine;

			if (t->entries[k].kind != PROCFS_LINK_SOCKET)
				continue;
			if (netlink == -ENOTCONN)
				netlink = netlink_for(c, i);
			if (netlink >= 0 &&
				sockdiag_ask_unix(netlink, t->entries[k].inode, &mine) == 0 &&
				(mine.unaccepted ||
					(mine.peer && !socket_is_known(c, o, mine.peer))))
				return true;
		}
	}
	return false;
}

const char *unlisted_may_hold(struct collect *c, const struct outsiders *o)
{
	/* hidepid= and subset=pid leave out processes, the first of all among them. */
	if (faccessat(c->proc, "1", F_OK, 0) < 0 && strangers_have_names(c, o))
		return "/proc hides it (hidepid)";
	if (is_inner_namespace(c) && tree_reaches_unlisted(c, o))
		return "a socket leads to a process outside of this pid namespace";
	return NULL;
}
