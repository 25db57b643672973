/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/guard/tree.h"

#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/proc/usage.h"
#include "runner/base/hash.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>

#define NAME_SIZE 48

struct listing {
	struct guard_tree *tree;
	struct guard_sample *sample;
	int64_t tick_ns;
	size_t member; /* whose children are read */
	int tasks;     /* its /proc/PID/task */
};

void guard_tree_done(struct guard_tree *t)
{
	free(t->members);
	free(t->orphans);
	*t = (struct guard_tree){ 0 };
}

static bool is_member(const struct guard_tree *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->members[i].pid == pid)
			return true;
	return false;
}

/* 0 or -errno. */
static int read_usage(pid_t pid, struct procfs_usage *ret_usage)
{
	cleanup(cleanup_close) int fd = -1;
	char name[NAME_SIZE], text[1024];
	ssize_t n;

	procfs_name(name, sizeof(name), "", pid, "/stat");
	fd = procfs_open(name, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (n < 0)
		return -errno;
	return procfs_parse_usage(text, (size_t)n, ret_usage);
}

/* Another user's process cannot be read. */
static uint64_t read_bytes(pid_t pid)
{
	cleanup(cleanup_close) int fd = -1;
	char name[NAME_SIZE], text[1024];
	uint64_t bytes = 0;
	ssize_t n;

	procfs_name(name, sizeof(name), "", pid, "/io");
	fd = procfs_open(name, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (n > 0)
		procfs_parse_io(text, (size_t)n, &bytes);
	return bytes;
}

/* Summed over the members, so that their order does not matter. */
static uint64_t hash_of(pid_t pid, uint64_t start_time)
{
	uint64_t words[2] = { (uint64_t)pid, start_time };

	return hash_bytes(HASH_START, words, sizeof(words));
}

static int add_member(struct listing *l, pid_t pid, size_t depth, bool orphan)
{
	struct guard_tree *t = l->tree;
	struct procfs_usage usage;
	int r = read_usage(pid, &usage);

	if (r < 0 || is_member(t, pid))
		return r;
	t->members = mem_grow(t->members, t->n, &t->cap, sizeof(*t->members));
	t->members[t->n++] = (struct guard_member){ pid, usage.start_time, depth, orphan };
	l->sample->cpu_ns += (int64_t)usage.cpu_ticks * l->tick_ns;
	l->sample->bytes += read_bytes(pid);
	l->sample->who += hash_of(pid, usage.start_time);
	return 0;
}

static int add_children(void *data, int tid)
{
	struct listing *l = data;
	cleanup(cleanup_free) char *all = NULL;
	char name[NAME_SIZE];
	struct scan text;
	ssize_t n;
	pid_t pid;

	procfs_name(name, sizeof(name), "", tid, "/children");
	n = procfs_read_all(l->tasks, name, &all);
	text = scan_text(all, n > 0 ? (size_t)n : 0);
	while (procfs_next_pid(&text, &pid))
		add_member(l, pid, l->tree->members[l->member].depth + 1, false);
	return 0;
}

/* The members from `first` on, and all below them. */
static void add_descendants(struct listing *l, size_t first)
{
	char name[NAME_SIZE];

	for (l->member = first; l->member < l->tree->n; l->member++) {
		procfs_name(name, sizeof(name), "", l->tree->members[l->member].pid, "/task");
		l->tasks = procfs_open(name, O_RDONLY | O_DIRECTORY);
		if (l->tasks < 0)
			continue;
		procfs_each_number(l->tasks, add_children, l);
		close(l->tasks);
	}
}

/* Who was in the tree before, lives, and is not found below the command any more. */
static void add_orphan(struct listing *l, const struct guard_member *before)
{
	struct guard_tree *t = l->tree;
	struct procfs_usage usage;
	size_t first = t->n;

	if (is_member(t, before->pid) || read_usage(before->pid, &usage) < 0 ||
		usage.start_time != before->start_time || usage.state == 'Z')
		return;
	if (add_member(l, before->pid, 0, true) < 0)
		return;
	t->orphans = mem_grow(t->orphans, t->n_orphans, &t->cap_orphans, sizeof(*t->orphans));
	t->orphans[t->n_orphans++] = before->pid;
	add_descendants(l, first);
}

int guard_tree_sample(struct guard_tree *t, pid_t command, struct guard_sample *ret_sample)
{
	struct guard_sample sample = { .at_ns = time_now_ns() };
	struct guard_tree before = *t;
	struct listing l = {
		.tree = t,
		.sample = &sample,
		.tick_ns = NSEC_PER_SEC / sysconf(_SC_CLK_TCK),
	};
	int r;

	*t = (struct guard_tree){ 0 };
	r = command ? add_member(&l, command, 0, false) : 0;
	if (r == 0) {
		add_descendants(&l, 0);
		for (size_t i = 0; i < before.n; i++)
			add_orphan(&l, &before.members[i]);
		*ret_sample = sample;
	}
	guard_tree_done(&before);
	return r < 0 ? -ESRCH : 0;
}
