/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who else on the machine could wake a thread of the tree: a search of every process's descriptors
 * and, for shared futexes, mappings. Done only for threads that look stuck otherwise.
 */
#include <errno.h>
#include <fcntl.h>

#include "runner/snapshot_internal.h"

struct search {
	struct collect *c;
	size_t *objects; /* those looked for */
	size_t n, cap;
	bool fds, maps;   /* what has to be read */
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

	for (size_t i = 0; i < w->n; i++)
		if (w->objects[i] == object)
			return;
	if (o->kind == OBJECT_FUTEX_PRIVATE || o->kind == OBJECT_CHILDREN || o->outside)
		return;
	w->fds = w->fds || o->kind != OBJECT_FUTEX_SHARED;
	w->maps = w->maps || o->kind == OBJECT_FUTEX_SHARED;
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
	object_set_outside(w->c, object, "held by pid %d '%s', outside", (int)pid, stat.comm);
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

static void search_fds(struct search *w, pid_t pid, int dir)
{
	struct fd_table table;

	fd_table_read(dir, &table);
	for (size_t i = 0; i < table.n; i++)
		for (size_t j = 0; j < w->n; j++)
			if (object_matches_fd(&table.entries[i], &w->c->s->objects[w->objects[j]]))
				holder_found(w, w->objects[j], pid, dir);
	if (table.error && table.error != -ESRCH)
		process_unreadable(w, pid);
	fd_table_done(&table);
}

static void search_maps(struct search *w, pid_t pid, int dir)
{
	cleanup(cleanup_free) char *text = NULL;
	ssize_t n = procfs_read_all(dir, "maps", &text);
	struct procfs_map map;
	struct scan s;

	if (n < 0) {
		if (n != -ESRCH)
			process_unreadable(w, pid);
		return;
	}
	s = scan_text(text, (size_t)n);
	while (procfs_next_map(&s, &map))
		for (size_t j = 0; j < w->n; j++) {
			const struct object *o = &w->c->s->objects[w->objects[j]];

			if (o->kind == OBJECT_FUTEX_SHARED && o->dev == map.dev &&
				o->inode == map.inode)
				holder_found(w, w->objects[j], pid, dir);
		}
}

static int search_process(void *data, int pid)
{
	struct search *w = data;
	cleanup(cleanup_close) int dir = -1;
	char name[48];

	if (in_tree(w->c->s, pid))
		return 0;
	procfs_name(name, sizeof(name), "", pid, "");
	dir = openat(w->c->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0;
	if (w->fds)
		search_fds(w, pid, dir);
	if (w->maps)
		search_maps(w, pid, dir);
	return 0;
}

/* Nobody can have opened it by a name; or, a lock, someone in the tree is known to have it. */
static bool object_is_anonymous(const struct object *o)
{
	if (o->kind == OBJECT_FUTEX_SHARED)
		return strncmp(o->name, "/dev/zero", 9) == 0; /* MAP_SHARED | MAP_ANONYMOUS */
	if (o->kind == OBJECT_FILE_LOCK)
		return o->holder > 0;
	return o->dev == 0;
}

static void judge_unreadable(struct search *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = &w->c->s->objects[w->objects[i]];

		if (w->relative || (w->unreadable && !object_is_anonymous(o)))
			object_set_outside(w->c, w->objects[i],
				"pid %d may hold it: no permission to look",
				(int)(w->relative ? w->relative : w->unreadable));
	}
}

/* An end that nobody has is on its way inside a socket, or in the kernel's own hands. */
static void judge_unheld(struct search *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->c->s->objects[w->objects[i]].n_wakers == 0)
			object_set_outside(w->c, w->objects[i], "no holder is to be found");
}

void outside_search(struct collect *c, const bool *stuck)
{
	struct search w = { .c = c };

	for (size_t i = 0; i < c->s->n_threads; i++)
		for (size_t j = 0; stuck[i] && j < c->s->threads[i].n_objects; j++)
			search_add(&w, c->s->threads[i].objects[j]);
	if (w.n > 0 && procfs_each_number(c->proc, search_process, &w) < 0)
		w.unreadable = w.relative = c->s->root;
	if (w.unreadable)
		judge_unreadable(&w);
	judge_unheld(&w);
	free(w.objects);
}
