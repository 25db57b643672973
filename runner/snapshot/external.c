/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What beyond the tree could wake one of its threads: a process that holds what is waited on, in
 * any descriptor table or mapping, or is about to receive it. Done only for threads that look stuck
 * otherwise. Who could come to hold it by a name is judged where the name is known (wait/).
 */
#include <errno.h>
#include <fcntl.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/outsider.h"
#include "runner/snapshot/wait/wait.h"

enum { UNLISTED = -1 };

struct search {
	struct collect *c;
	struct outsiders *outsiders;
	size_t *objects; /* those looked for */
	size_t n, cap;
	bool fds, maps; /* what has to be searched: descriptors; mappings */
	bool memory;    /* who shares memory */
	bool children;  /* whom a thread of the tree traces */
	bool networks;  /* its network namespace */
	bool signals;   /* who could make the kernel send a signal */
	pid_t holder;   /* some process that may hold anything, or UNLISTED; 0 none */
	const char *why_holder;
};

static void search_add(struct search *w, size_t object)
{
	const struct object *o = &w->c->s->objects[object];

	for (size_t i = 0; i < w->n; i++)
		if (w->objects[i] == object)
			return;
	/* A signal wait is one of complete trees only; IPC objects have no holder. */
	if (o->external || o->kind == OBJECT_SIGNAL || o->kind == OBJECT_IPC)
		return;
	switch (o->kind) {
	case OBJECT_FUTEX_PRIVATE:
		w->memory = w->memory || !w->c->options->complete;
		break;
	case OBJECT_CHILDREN:
		w->children = true;
		break;
	case OBJECT_FUTEX_SHARED:
	case OBJECT_FILE_LOCK:
		w->fds = w->maps = true;
		break;
	default:
		w->fds = true;
		w->networks = w->networks || o->wait == WAIT_SOCK_ACCEPT;
	}
	w->objects = mem_grow(w->objects, w->n, &w->cap, sizeof(*w->objects));
	w->objects[w->n++] = object;
}

static void holder_found(struct search *w, size_t object, pid_t pid)
{
	struct procfs_stat stat = { .comm = "?" };
	char name[48], text[1024];
	ssize_t n;

	procfs_name(name, sizeof(name), "", pid, "/stat");
	n = procfs_read_record(w->c->proc, name, text, sizeof(text));
	if (n > 0)
		procfs_parse_stat(text, (size_t)n, &stat);
	object_set_external(w->c, object, "held by pid %d '%s', outside", (int)pid, stat.comm);
}

/* Of the same number on another file system: that may be an overlay over the one that we know. */
static bool is_same_below(
	const struct search *w, pid_t pid, const struct object *o, uint64_t dev, uint64_t inode)
{
	cleanup(cleanup_close) int dir = -1;
	char name[48];

	if (inode != o->inode || dev == o->dev || o->kind != OBJECT_FUTEX_SHARED)
		return false;
	procfs_name(name, sizeof(name), "", pid, "");
	dir = openat(w->c->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir >= 0 && !file_is_plain(dir, dev);
}

/* Any end of a pipe will do: who reads may open it for writing by /dev/fd, who writes may make it
 * larger. A file in memory may be mapped later. */
static bool is_reached_by(const struct object *o, pid_t tid, const struct fd_entry *e)
{
	bool same = e->inode == o->inode && e->dev == o->dev;

	if (o->kind == OBJECT_PIPE)
		return same && (e->kind == PROCFS_LINK_PIPE || S_ISFIFO(e->type));
	if (o->kind == OBJECT_FUTEX_SHARED)
		return same && e->kind == PROCFS_LINK_PATH;
	return wait_is_held_by(o, tid, e);
}

static void search_fds(struct search *w, const struct outsider *p)
{
	for (size_t k = 0; k < p->fds.n; k++) {
		const struct fd_entry *e = &p->fds.entries[k];

		for (size_t i = 0; i < w->n; i++)
			if (is_reached_by(&w->c->s->objects[w->objects[i]],
				    e->tid ? e->tid : p->pid, e) ||
				(e->kind == PROCFS_LINK_PATH &&
					is_same_below(w, p->pid, &w->c->s->objects[w->objects[i]],
						e->dev, e->inode)))
				holder_found(w, w->objects[i], p->pid);
	}
}

static void search_maps(struct search *w, struct outsider *p)
{
	if (!outsider_read_maps(w->c, p))
		p->unreadable = true;
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (o->kind != OBJECT_FUTEX_SHARED && o->kind != OBJECT_FILE_LOCK)
			continue;
		for (size_t k = 0; k < p->n_maps; k++)
			if ((p->maps[k].inode == o->inode && p->maps[k].dev == o->dev) ||
				is_same_below(w, p->pid, o, p->maps[k].dev, p->maps[k].inode))
				holder_found(w, w->objects[i], p->pid);
	}
}

/* The memory of a private futex may be shared with an orphan of the tree (CLONE_VM). */
static void search_memory(struct search *w, pid_t pid)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (o->kind == OBJECT_FUTEX_PRIVATE && mm_is_same(w->c, o->process, pid))
			holder_found(w, w->objects[i], pid);
	}
}

static bool is_thread_of(const struct snapshot *s, size_t process, pid_t tid)
{
	const struct process *p = &s->processes[process];

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (s->threads[i].tid == tid)
			return true;
	return false;
}

/* wait() is also for whom one traces, which may be a single thread. */
static void search_tracee(struct search *w, pid_t tid)
{
	char name[48], text[8192];
	struct procfs_status st;
	ssize_t n;

	procfs_name(name, sizeof(name), "", tid, "/status");
	n = procfs_read_record(w->c->proc, name, text, sizeof(text));
	if (n <= 0 || procfs_parse_status(text, (size_t)n, &st) < 0 || st.tracer <= 0)
		return;
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (o->kind == OBJECT_CHILDREN && is_thread_of(w->c->s, o->process, st.tracer))
			object_set_external(w->c, w->objects[i],
				"thread %d, outside, is traced and reports to it", (int)tid);
	}
}

/* True also if that may not be read. */
static bool is_in_namespace_of(struct search *w, size_t process, pid_t pid, const char *link)
{
	char name[48], mine[64], its[64];
	ssize_t m = procfs_read_link(w->c->aux[process].live, "ns/pid", mine, sizeof(mine));
	ssize_t n;

	procfs_name(name, sizeof(name), "", pid, link);
	n = procfs_read_link(w->c->proc, name, its, sizeof(its));
	if (n == -ESRCH || n == -ENOENT)
		return false; /* it has ended */
	return m <= 0 || n <= 0 || (n == m && memcmp(mine, its, (size_t)n) == 0);
}

/* A process that lives in the pid namespace of a first process, or makes its children there, may
 * leave it an orphan. The prober and its ancestors are left out: each waits for the next. */
static void search_orphans(struct search *w, pid_t pid)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (!o->adopts || is_self_or_ancestor(w->c, pid))
			continue;
		if (is_in_namespace_of(w, o->process, pid, "/ns/pid") ||
			is_in_namespace_of(w, o->process, pid, "/ns/pid_for_children"))
			object_set_external(w->c, w->objects[i],
				"pid %d, outside, may leave it an orphan", (int)pid);
	}
}

/* Its requests may hold files that no table shows, and act on them. */
static bool has_ring(struct search *w, struct outsider *p)
{
	for (size_t i = 0; i < p->fds.n; i++)
		if (p->fds.entries[i].kind == PROCFS_LINK_IO_URING)
			return true;
	outsider_read_maps(w->c, p);
	return p->maps_ring;
}

static void holder_may_be(struct search *w, pid_t pid, const char *why)
{
	if (w->holder)
		return;
	w->holder = pid;
	w->why_holder = why;
}

/* Files that its table does not show. */
static void search_unshown(struct search *w, struct outsider *p)
{
	if (has_ring(w, p))
		holder_may_be(w, p->pid, "it has an io_uring or AIO");
	else if (outsider_has_closed_file(w->c, p))
		holder_may_be(w, p->pid, "a thread of it has a file that it has closed meanwhile");
}

/* A listener is there for all of its network namespace. */
static void search_network(struct search *w, pid_t pid)
{
	char name[48], mine[64], its[64];
	ssize_t n, m;

	procfs_name(name, sizeof(name), "", pid, "/ns/net");
	n = procfs_read_link(w->c->proc, name, its, sizeof(its));
	for (size_t i = 0; i < w->n && n > 0; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (o->wait != WAIT_SOCK_ACCEPT)
			continue;
		m = procfs_read_link(w->c->aux[o->process].live, "ns/net", mine, sizeof(mine));
		if (n == m && memcmp(mine, its, (size_t)n) == 0)
			holder_found(w, w->objects[i], pid);
	}
}

static void search_outsider(struct search *w, struct outsider *p)
{
	if (p->kernel || p->pid == w->c->options->keeper)
		return;
	if (w->fds)
		search_fds(w, p);
	if (w->maps)
		search_maps(w, p);
	if (w->memory)
		search_memory(w, p->pid);
	for (size_t i = 0; w->children && i < p->n_runs; i++)
		search_tracee(w, p->runs[i].tid);
	if (w->children)
		search_orphans(w, p->pid);
	if (w->networks)
		search_network(w, p->pid);
	if (p->unreadable && !w->holder && stranger_may_hold(w->c, w->outsiders, p->pid))
		holder_may_be(w, p->pid, "no permission to look");
	else if (w->fds && !w->holder && outsider_ran_since_start(w->c, p))
		search_unshown(w, p);
}

static bool is_held_by_descriptor(const struct object *o)
{
	return o->kind != OBJECT_FUTEX_PRIVATE && o->kind != OBJECT_CHILDREN;
}

static void judge_unreadable(struct search *w)
{
	char who[32] = "a process that is not listed";

	if (w->holder != UNLISTED)
		snprintf(who, sizeof(who), "pid %d", (int)w->holder);
	for (size_t i = 0; i < w->n; i++)
		if (is_held_by_descriptor(&w->c->s->objects[w->objects[i]]))
			object_set_external(
				w->c, w->objects[i], "%s may hold it: %s", who, w->why_holder);
}

/* An end without a holder is on its way inside a socket, or in the kernel's own hands. */
static void judge_unheld(struct search *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->c->s->objects[w->objects[i]].n_wakers == 0)
			object_set_external(w->c, w->objects[i], "no holder is to be found");
}

/* A descriptor inside a message that nobody has received yet has no holder to be found. */
static void judge_flight(struct search *w)
{
	const char *why = fds_in_flight(w->c, w->outsiders);

	for (size_t i = 0; why && i < w->n; i++)
		if (is_held_by_descriptor(&w->c->s->objects[w->objects[i]]))
			object_set_external(w->c, w->objects[i], "%s", why);
}

void external_search(struct collect *c, const bool *stuck)
{
	struct outsiders *own = c->options->outsiders ? NULL : outsiders_new();
	struct search w = { .c = c, .outsiders = own ? own : c->options->outsiders };
	const char *unlisted;

	for (size_t i = 0; i < c->s->n_threads; i++)
		for (size_t j = 0; stuck[i] && j < c->s->threads[i].n_objects; j++)
			search_add(&w, c->s->threads[i].objects[j]);
	w.signals = w.n > 0 && signals_matter(c);
	if (w.fds || w.memory || w.children || w.signals) {
		if (outsiders_refresh(c, w.outsiders) < 0)
			holder_may_be(&w, c->s->root, "processes can't be listed");
		for (size_t i = 0; i < w.outsiders->n; i++)
			search_outsider(&w, &w.outsiders->all[i]);
		unlisted = w.fds ? unlisted_may_hold(c, w.outsiders) : NULL;
		if (unlisted)
			holder_may_be(&w, UNLISTED, unlisted);
		senders_search(c, w.outsiders);
	}
	if (w.holder)
		judge_unreadable(&w);
	judge_unheld(&w);
	if (w.fds)
		judge_flight(&w);
	free(w.objects);
	outsiders_free(own);
}
