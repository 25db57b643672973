/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of other processes by which the kernel sends signals to the tree: a file that the tree has
 * handed on after it asked for signals (F_SETOWN with O_ASYNC; SIGURG needs no O_ASYNC), and the
 * other end of the tree's terminal (__tty_hangup, isig, pty_resize). Terminals count only in a
 * trial: it is started without one, so one that it has is its own. Whoever could act has got the
 * file from the tree, and so has run since that began.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/sysmacros.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/outsider.h"

#define PTMX_MAJOR 5
#define PTMX_MINOR 2
#define PTS_MAJOR 136 /* and the seven after it: 256 terminals each */

static int64_t pts_index(uint64_t tty)
{
	return major(tty) >= PTS_MAJOR && major(tty) < PTS_MAJOR + 8
		       ? (int64_t)(major(tty) - PTS_MAJOR) * 256 + minor(tty)
		       : -1;
}

static bool is_master(const struct fd_entry *e)
{
	return S_ISCHR(e->type) && major(e->rdev) == PTMX_MAJOR && minor(e->rdev) == PTMX_MINOR;
}

/* Is it the master of some process's terminal? */
static bool is_terminal_of_tree(
	struct collect *c, const struct outsider *o, const struct fd_entry *e)
{
	struct procfs_fdinfo info;

	for (size_t i = 0; is_master(e) && i < c->s->n_processes; i++)
		if (pts_index(c->aux[i].tty) >= 0 && outsider_fdinfo(c, o, e, &info) == 0 &&
			info.tty_index == pts_index(c->aux[i].tty))
			return true;
	return false;
}

/* Somebody of the tree has the master of this terminal. */
static bool tree_has_master(struct collect *c, int64_t index)
{
	struct procfs_fdinfo info;

	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct fd_table *t = process_fds(c, i);

		for (size_t k = 0; k < t->n; k++)
			if (is_master(&t->entries[k]) &&
				entry_fdinfo(c, i, &t->entries[k], &info) == 0 &&
				info.tty_index == index)
				return true;
	}
	return false;
}

/* One without a holder in the tree is outside, or just being closed: that signals as well. */
static void search_terminals(struct collect *c)
{
	for (size_t i = 0; i < c->s->n_processes; i++)
		if (c->aux[i].tty && process_alive(c->s, i) &&
			!tree_has_master(c, pts_index(c->aux[i].tty)))
			senders_mark(c, c->s->processes[i].pid, "a terminal of somebody else");
}

/* The file sends its signals to a process of the tree; also true if unknown. */
static bool is_for_tree(const struct collect *c, const struct outsider *o, const struct fd_entry *e)
{
	cleanup(cleanup_close) int fd = outsider_dup_fd(o, e);
	pid_t owner;

	if (fd < 0)
		return fd != -EBADF && fd != -ESRCH;
	owner = file_owner(fd);
	for (size_t i = 0; owner && i < c->s->n_processes; i++)
		if (c->s->processes[i].pid == owner || c->aux[i].pgrp == -owner)
			return true;
	return false;
}

/* NULL, or what may send a signal to the tree. */
static const char *sends(struct collect *c, const struct outsider *o, const struct fd_entry *e)
{
	struct procfs_fdinfo info;

	if (c->options->complete && is_terminal_of_tree(c, o, e))
		return "the other end of a terminal";
	if (!sender_may_be(e) || outsider_fdinfo(c, o, e, &info) < 0)
		return NULL;
	if (!(info.flags & O_ASYNC) && !info.has_lease &&
		!(e->kind == PROCFS_LINK_SOCKET && tree_catches(c, SIGURG)))
		return NULL;
	return is_for_tree(c, o, e) ? "a file that sends signals (F_SETOWN)" : NULL;
}

/* A process that has its own terminal, or that catches something, may be sent signals. One that
 * ends by a signal ends the waits of others. */
bool signals_matter(const struct collect *c)
{
	size_t alive = 0;

	for (size_t i = 0; i < c->s->n_processes; i++)
		if (c->s->processes[i].caught || c->aux[i].tty ||
			(process_alive(c->s, i) && ++alive > 1))
			return true;
	return false;
}

void senders_search(struct collect *c, struct outsiders *all)
{
	if (c->options->complete)
		search_terminals(c);
	for (size_t i = 0; signals_matter(c) && i < all->n; i++) {
		struct outsider *o = &all->all[i];

		if (o->pid == c->options->keeper || !outsider_ran_since_start(c, o))
			continue;
		for (size_t k = 0; k < o->fds.n; k++) {
			const char *what = sends(c, o, &o->fds.entries[k]);

			if (what)
				senders_mark(c, o->pid, what);
		}
	}
}
