/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who else on the machine could wake a thread of the tree: a search of every process's descriptors
 * and, for shared futexes, mappings. Done only for threads that look stuck otherwise.
 */
#include <errno.h>
#include <fcntl.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

struct search {
	struct collect *c;
	size_t *objects; /* those looked for */
	size_t n, cap;
	bool fds, paths;  /* what has to be read: descriptors, those with a name too */
	bool maps;        /* mappings */
	bool memory;      /* who shares memory */
	bool children;    /* whom it traces */
	bool networks;    /* its network namespace */
	pid_t unreadable; /* some process that could not be read, 0 none */
	pid_t relative;   /* the same, and it may have inherited what the tree has */
};

static bool in_tree(const struct snapshot *s, pid_t pid)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].pid == pid)
			return true;
	return false;
}

static void search_add(struct search *w, size_t object)
{
	const struct object *o = &w->c->s->objects[object];
	bool orphans = !w->c->options->complete;

	for (size_t i = 0; i < w->n; i++)
		if (w->objects[i] == object)
			return;
	if (o->external || o->kind == OBJECT_SIGNAL) /* only in trees that are complete */
		return;
	switch (o->kind) {
	case OBJECT_FUTEX_PRIVATE:
		w->memory = w->memory || orphans;
		break;
	case OBJECT_CHILDREN:
		w->children = w->children || orphans;
		break;
	case OBJECT_FUTEX_SHARED:
		w->maps = true;
		break;
	case OBJECT_IPC: /* nobody holds it */
		return;
	default:
		w->fds = true;
		w->paths = w->paths || o->kind == OBJECT_FILE_LOCK || o->dev != 0;
		w->networks = w->networks || o->wait == WAIT_SOCK_ACCEPT;
	}
	w->objects = mem_grow(w->objects, w->n, &w->cap, sizeof(*w->objects));
	w->objects[w->n++] = object;
}

static void holder_found(struct search *w, size_t object, pid_t pid, int dir)
{
	struct procfs_stat stat = { .comm = "?" };
	char text[1024];
	ssize_t n = procfs_read(dir, "stat", text, sizeof(text));

	if (n > 0)
		procfs_parse_stat(text, (size_t)n, &stat);
	object_set_external(w->c, object, "held by pid %d '%s', outside", (int)pid, stat.comm);
}

static pid_t parent_of(struct search *w, pid_t pid, uint64_t *ret_start)
{
	struct procfs_stat stat;
	char name[48], text[1024];
	ssize_t n;

	procfs_name(name, sizeof(name), "", pid, "/stat");
	n = procfs_read(w->c->proc, name, text, sizeof(text));
	if (n < 0 || procfs_parse_stat(text, (size_t)n, &stat) < 0)
		return -1;
	*ret_start = stat.start_time;
	return stat.ppid;
}

/*
 * The rule for processes that may not be read. What has a name they may have opened. What has none,
 * and is held inside the tree at both ends, they can only have inherited: not if the caller started
 * the tree itself; not if they are older than the tree, unless they are its ancestors; and init
 * does not keep both ends of what it hands down.
 */
static void process_unreadable(struct search *w, pid_t pid)
{
	pid_t ancestor = w->c->s->processes[0].ppid;
	uint64_t start, ignored;

	w->unreadable = pid;
	if (w->c->options->complete || pid == 1)
		return;
	if (parent_of(w, pid, &start) >= 0 && start < w->c->s->processes[0].start_time) {
		while (ancestor > 0 && ancestor != pid)
			ancestor = parent_of(w, ancestor, &ignored);
		if (ancestor == 0)
			return;
	}
	w->relative = pid;
}

#define NO_FDS 1 /* a kernel thread, or a leader that has ended */

struct search_dir {
	struct search *w;
	pid_t pid;
	int dir, fd_dir;
	size_t n_fds;
};

/* Does the file of this descriptor belong to some object? Only then is more than its link read. */
static bool wanted(const struct search *w, const struct fd_entry *e)
{
	if (e->kind == PROCFS_LINK_PATH)
		return w->paths;
	if (e->kind == PROCFS_LINK_EVENTFD || e->kind == PROCFS_LINK_EPOLL)
		return true;
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (e->inode && (e->inode == o->inode || e->inode == o->peer_inode))
			return true;
	}
	return false;
}

static int search_fd(void *data, int fd)
{
	struct search_dir *d = data;
	struct search *w = d->w;
	struct fd_entry e = { .fd = fd };
	char name[16], link[4096];
	ssize_t n;

	d->n_fds++;
	procfs_name(name, sizeof(name), "", fd, "");
	n = procfs_read_link(d->fd_dir, name, link, sizeof(link));
	if (n == -ESRCH)
		return 0;
	if (n < 0 || procfs_parse_link(link, (size_t)n, &e.kind, &e.inode) < 0)
		return n < 0 ? (int)n : -EINVAL;
	if (!wanted(w, &e) || fd_entry_complete(d->dir, d->fd_dir, &e) < 0)
		return 0;
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (wait_is_held_by(o, d->pid, &e))
			holder_found(w, w->objects[i], d->pid, d->dir);
	}
	return 0;
}

static int search_fds(struct search *w, pid_t pid, int dir)
{
	struct search_dir d = { w, pid, dir, -1, 0 };
	int r;

	d.fd_dir = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d.fd_dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	r = procfs_each_number(d.fd_dir, search_fd, &d);
	close(d.fd_dir);
	return r == 0 && d.n_fds == 0 ? NO_FDS : r;
}

/* Whose leader has ended while others live: /proc/PID/fd is empty, its threads' are not. */
static int search_task(void *data, int tid)
{
	struct search_dir *d = data;
	cleanup(cleanup_close) int dir = -1;
	char name[48];
	int r;

	if (tid == d->pid)
		return 0;
	procfs_name(name, sizeof(name), "task/", tid, "");
	dir = openat(d->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = dir < 0 ? 0 : search_fds(d->w, tid, dir);
	return r == NO_FDS ? 0 : r;
}

static int search_leaderless(struct search *w, pid_t pid, int dir)
{
	struct search_dir d = { w, pid, dir, -1, 0 };
	struct stat st;
	int tasks, r;

	/* It has a link for each thread, too: there is nobody besides the leader. So it is with
	 * the kernel's own threads, which are most of a quiet machine. */
	if (!fstatat(dir, "task", &st, 0) && st.st_nlink == 3)
		return 0;
	tasks = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tasks < 0)
		return 0;
	r = procfs_each_number(tasks, search_task, &d);
	close(tasks);
	return r;
}

/* The memory of a private futex may be shared with an orphan of the tree (CLONE_VM). */
static void search_memory(struct search *w, pid_t pid, int dir)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (o->kind == OBJECT_FUTEX_PRIVATE && mm_is_same(w->c, o->process, pid))
			holder_found(w, w->objects[i], pid, dir);
	}
}

/* wait() is also for whom one traces; a listener is there for all of its network namespace. */
static void search_status(struct search *w, pid_t pid, int dir)
{
	char text[8192], mine[64], its[64];
	struct procfs_status st = { 0 };
	ssize_t n = -1, m;

	if (w->children)
		n = procfs_read(dir, "status", text, sizeof(text));
	if (n > 0 && procfs_parse_status(text, (size_t)n, &st) < 0)
		st.tracer = 0;
	n = w->networks ? procfs_read_link(dir, "ns/net", its, sizeof(its)) : -1;
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];
		const struct process *p = &w->c->s->processes[o->process];

		if (o->kind == OBJECT_CHILDREN && st.tracer > 0 && in_tree(w->c->s, st.tracer))
			holder_found(w, w->objects[i], pid, dir);
		if (o->wait != WAIT_SOCK_ACCEPT || n <= 0)
			continue;
		m = procfs_read_link(
			w->c->aux[p - w->c->s->processes].live, "ns/net", mine, sizeof(mine));
		if (n == m && memcmp(mine, its, (size_t)n) == 0)
			holder_found(w, w->objects[i], pid, dir);
	}
}

static int search_maps(struct search *w, pid_t pid, int dir)
{
	cleanup(cleanup_free) char *text = NULL;
	ssize_t n = procfs_read_all(dir, "maps", &text);
	struct procfs_map map;
	struct scan s;

	if (n < 0)
		return (int)n;
	s = scan_text(text, (size_t)n);
	while (procfs_next_map(&s, &map))
		for (size_t j = 0; j < w->n; j++) {
			const struct object *o = &w->c->s->objects[w->objects[j]];

			if (o->kind == OBJECT_FUTEX_SHARED && o->dev == map.dev &&
				o->inode == map.inode)
				holder_found(w, w->objects[j], pid, dir);
		}
	return 0;
}

static int search_process(void *data, int pid)
{
	struct search *w = data;
	cleanup(cleanup_close) int dir = -1;
	char name[48];
	int r = 0;

	if (in_tree(w->c->s, pid) || pid == w->c->options->keeper)
		return 0;
	procfs_name(name, sizeof(name), "", pid, "");
	dir = openat(w->c->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0;
	if (w->fds)
		r = search_fds(w, pid, dir);
	if (r == NO_FDS)
		r = search_leaderless(w, pid, dir);
	if (w->maps && r == 0)
		r = search_maps(w, pid, dir);
	if (w->memory)
		search_memory(w, pid, dir);
	if (w->children || w->networks)
		search_status(w, pid, dir);
	if (r < 0 && r != -ESRCH)
		process_unreadable(w, pid);
	return 0;
}

/* Nobody can have opened it by a name. So it is with a lock, too, when every one on the file is
 * known to be the tree's: whoever opens the file by its name gets another open file, which can't
 * release them. */
static bool object_is_anonymous(const struct object *o)
{
	if (o->kind == OBJECT_FUTEX_SHARED)
		return strncmp(o->name, "/dev/zero", 9) == 0; /* MAP_SHARED | MAP_ANONYMOUS */
	if (o->kind == OBJECT_FILE_LOCK)
		return o->owned;
	return o->dev == 0;
}

static void judge_unreadable(struct search *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (o->kind == OBJECT_FUTEX_PRIVATE || o->kind == OBJECT_CHILDREN)
			continue;
		if (w->relative || (w->unreadable && !object_is_anonymous(o)))
			object_set_unless(w->c, w->objects[i],
				"process %d holds it, which may not be looked at",
				(int)(w->relative ? w->relative : w->unreadable));
	}
}

/* An end that nobody has is on its way inside a socket, or in the kernel's own hands. */
static void judge_unheld(struct search *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->c->s->objects[w->objects[i]].n_wakers == 0)
			object_set_external(w->c, w->objects[i], "no holder is to be found");
}

/* A descriptor inside a message that nobody has received yet has no holder to be found. */
static void judge_flight(struct search *w)
{
	const char *why = fds_in_flight(w->c);

	for (size_t i = 0; why && i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (o->kind == OBJECT_PIPE || o->kind == OBJECT_SOCKET || o->kind == OBJECT_EVENTFD)
			object_set_external(w->c, w->objects[i], "%s", why);
	}
}

void external_search(struct collect *c, const bool *stuck)
{
	struct search w = { .c = c };

	for (size_t i = 0; i < c->s->n_threads; i++)
		for (size_t j = 0; stuck[i] && j < c->s->threads[i].n_objects; j++)
			search_add(&w, c->s->threads[i].objects[j]);
	w.fds = w.fds || w.paths;
	if ((w.fds || w.maps || w.memory || w.children) &&
		procfs_each_number(c->proc, search_process, &w) < 0)
		w.unreadable = w.relative = c->s->root;
	if (w.unreadable)
		judge_unreadable(&w);
	judge_unheld(&w);
	if (w.fds)
		judge_flight(&w);
	free(w.objects);
}
