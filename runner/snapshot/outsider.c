/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Over 500 lines: what is read of an outsider, and how long that holds, is one argument. */
#include "runner/snapshot/outsider.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>

#include "runner/proc/switches.h"
#include "runner/snapshot/internal.h"

#define NAME_SIZE 48
/* So many sleepers are asked one by one in a millisecond; of more, the kernel tells who has run. */
#define MANY 100
#define PF_KTHREAD 0x00200000

static void outsider_done(struct outsider *o)
{
	fd_table_done(&o->fds);
	free(o->runs);
	free(o->maps);
	*o = (struct outsider){ 0 };
}

struct outsiders *outsiders_new(void)
{
	return mem_alloc(sizeof(struct outsiders));
}

void outsiders_free(struct outsiders *o)
{
	for (size_t i = 0; o && i < o->n; i++)
		outsider_done(&o->all[i]);
	if (o) {
		free(o->all);
		free(o->ran.all);
		switches_close(o->switches);
	}
	free(o);
}

/* How often the thread was on a CPU; -errno, also where the kernel does not count. */
static int runs_read(int tasks, pid_t tid, uint64_t *ret_runs)
{
	char name[NAME_SIZE], text[128];
	uint64_t time, delay;
	struct scan s;
	ssize_t n;

	procfs_name(name, sizeof(name), "", tid, "/schedstat");
	n = procfs_read_record(tasks, name, text, sizeof(text));
	if (n < 0)
		return (int)n;
	s = scan_text(text, (size_t)n);
	if (!scan_u64(&s, 10, &time) || !scan_u64(&s, 10, &delay) || !scan_u64(&s, 10, ret_runs) ||
		!*ret_runs)
		return -EINVAL;
	return 0;
}

static int add_runs(void *data, int tid)
{
	struct outsider *o = data;

	o->runs = mem_grow(o->runs, o->n_runs, &o->cap_runs, sizeof(*o->runs));
	o->runs[o->n_runs++] = (struct outsider_runs){ .tid = tid };
	return 0;
}

/* True when each thread has been on a CPU as often as noted. */
static bool has_not_run(int tasks, const struct outsider *o)
{
	for (size_t i = 0; i < o->n_runs; i++) {
		uint64_t n;

		if (runs_read(tasks, o->runs[i].tid, &n) < 0 || n != o->runs[i].n)
			return false;
	}
	return o->n_runs > 0;
}

/* Of one that was read before; a process of one thread is most. */
static bool is_as_before(struct collect *c, const struct outsider *o)
{
	cleanup(cleanup_close) int tasks = -1;
	char name[NAME_SIZE];

	if (o->kernel)
		return true;
	if (!o->slept)
		return false;
	if (o->n_runs == 1 && o->runs[0].tid == o->pid)
		return has_not_run(c->proc, o);
	procfs_name(name, sizeof(name), "", o->pid, "/task");
	tasks = openat(c->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return tasks >= 0 && has_not_run(tasks, o);
}

/*
 * It has left the processor and the run queue, and cannot run again without being counted. State S
 * alone does not say so: a thread that has set it and is still on its processor, or was preempted
 * there, is woken by ttwu_runnable(), which puts it in no queue; and sched_info_arrive() counts
 * only who comes from one. The kernel names a place, or the call, only of a thread off the queue
 * (get_wchan(), wait_task_inactive()). The place comes first: it never waits.
 */
static bool has_left_queue(int tasks, pid_t tid)
{
	char name[NAME_SIZE], text[256];
	ssize_t n;

	procfs_name(name, sizeof(name), "", tid, "/wchan");
	n = procfs_read_record(tasks, name, text, sizeof(text));
	if (n > 0 && text[0] != '0')
		return true;
	procfs_name(name, sizeof(name), "", tid, "/syscall");
	n = procfs_read_record(tasks, name, text, sizeof(text));
	return n > 0 && text[0] != 'r'; /* "running" */
}

/* A zombie has closed its files. */
static bool sleeps(int tasks, pid_t tid)
{
	char name[NAME_SIZE], text[1024];
	struct procfs_stat stat;
	ssize_t n;

	procfs_name(name, sizeof(name), "", tid, "/stat");
	n = procfs_read_record(tasks, name, text, sizeof(text));
	if (n <= 0 || procfs_parse_stat(text, (size_t)n, &stat) < 0 || stat.state == 'R')
		return false;
	return stat.state == 'Z' || has_left_queue(tasks, tid);
}

/* Fills runs, before it is seen that they sleep; false when some thread does not. */
static bool note_runs(int tasks, struct outsider *o)
{
	bool asleep = o->n_runs > 0;

	for (size_t i = 0; i < o->n_runs && asleep; i++)
		asleep = runs_read(tasks, o->runs[i].tid, &o->runs[i].n) == 0 &&
			 sleeps(tasks, o->runs[i].tid);
	return asleep;
}

static void add_table(struct outsider *o, int tasks, pid_t tid, bool own)
{
	cleanup(cleanup_close) int dir = -1;
	struct fd_table t;
	char name[NAME_SIZE];

	procfs_name(name, sizeof(name), "", tid, "");
	dir = openat(tasks, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return; /* it has ended */
	fd_table_read(dir, &t);
	if (t.error && t.error != -ESRCH)
		o->unreadable = true;
	for (size_t i = 0; i < t.n; i++) {
		o->fds.entries =
			mem_grow(o->fds.entries, o->fds.n, &o->fds.cap, sizeof(*o->fds.entries));
		o->fds.entries[o->fds.n] = t.entries[i];
		o->fds.entries[o->fds.n++].tid = own ? tid : 0;
	}
	fd_table_done(&t);
}

/* The leader may have ended, and a thread may have a table of its own. */
static void read_tables(struct outsider *o, int tasks)
{
	for (size_t i = 0; i < o->n_runs && !o->unreadable; i++) {
		pid_t tid = o->runs[i].tid;
		bool own = i > 0 && syscall(SYS_kcmp, o->runs[0].tid, tid, KCMP_FILES, 0, 0) != 0;

		if (i == 0 || own)
			add_table(o, tasks, tid, own);
	}
}

static bool is_kernel_thread(int dir)
{
	char text[1024];
	struct procfs_stat stat;
	ssize_t n = procfs_read_record(dir, "stat", text, sizeof(text));

	return n > 0 && procfs_parse_stat(text, (size_t)n, &stat) == 0 && (stat.flags & PF_KTHREAD);
}

static void outsider_read(struct collect *c, struct outsider *o)
{
	cleanup(cleanup_close) int dir = -1, tasks = -1;
	char name[NAME_SIZE];

	procfs_name(name, sizeof(name), "", o->pid, "");
	dir = openat(c->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	o->kernel = is_kernel_thread(dir);
	tasks = o->kernel ? -1 : openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tasks < 0)
		return;
	if (procfs_each_number(tasks, add_runs, o) < 0)
		return;
	o->slept = note_runs(tasks, o);
	read_tables(o, tasks);
	o->slept = o->slept && has_not_run(tasks, o);
}

/* --- all of them --- */

static bool in_tree(const struct snapshot *s, pid_t pid)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].pid == pid)
			return true;
	return false;
}

static void add_ran(void *data, pid_t pid)
{
	struct pids *ran = data;

	ran->all = mem_grow(ran->all, ran->n, &ran->cap, sizeof(*ran->all));
	ran->all[ran->n++] = pid;
}

struct refresh {
	struct collect *c;
	struct outsiders *old;
	size_t next; /* of the old ones; both are in the order of pids */
	struct outsider *all;
	size_t n, cap;
	struct pids in_tree;
};

static struct outsider *find_old(struct refresh *r, pid_t pid)
{
	struct outsiders *o = r->old;

	while (r->next < o->n && o->all[r->next].pid < pid)
		r->next++;
	return r->next == o->n || o->all[r->next].pid != pid ? NULL : &o->all[r->next];
}

static struct outsider *add_outsider(struct refresh *r)
{
	r->all = mem_grow(r->all, r->n, &r->cap, sizeof(*r->all));
	return &r->all[r->n++];
}

static void keep(struct refresh *r, struct outsider *old)
{
	struct outsider *o = add_outsider(r);

	*o = *old;
	o->ran_known = false;
	*old = (struct outsider){ .pid = o->pid };
}

static void read_anew(struct refresh *r, pid_t pid, uint64_t id)
{
	struct outsider *o = add_outsider(r);

	*o = (struct outsider){ .pid = pid, .id = id, .read_ns = time_now_ns() };
	outsider_read(r->c, o);
}

static int refresh_one(void *data, int pid, uint64_t id)
{
	struct refresh *r = data;
	struct outsider *old;

	if (in_tree(r->c->s, pid)) {
		add_ran(&r->in_tree, pid);
		return 0;
	}
	old = find_old(r, pid);
	if (old && old->id == id && is_as_before(r->c, old))
		keep(r, old);
	else
		read_anew(r, pid, id);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

static bool is_there(struct collect *c, pid_t pid)
{
	char name[NAME_SIZE];

	procfs_name(name, sizeof(name), "", pid, "");
	return faccessat(c->proc, name, F_OK, 0) == 0;
}

static void keep_until(struct refresh *r, pid_t pid)
{
	struct outsiders *o = r->old;

	for (; r->next < o->n && o->all[r->next].pid < pid; r->next++) {
		struct outsider *old = &o->all[r->next];

		/* Who was awake when it was read goes on without a switch. */
		if (in_tree(r->c->s, old->pid))
			add_ran(&r->in_tree, old->pid);
		else if (old->slept || old->kernel)
			keep(r, old);
		else if (is_there(r->c, old->pid))
			read_anew(r, old->pid, old->id);
	}
}

/* Only those that have run since the last time, without a look at the others. */
static void refresh_ran(struct refresh *r)
{
	struct pids *ran = &r->old->ran;

	qsort(ran->all, ran->n, sizeof(*ran->all), by_number);
	for (size_t i = 0; i < ran->n; i++) {
		pid_t pid = ran->all[i];

		if (i > 0 && pid == ran->all[i - 1])
			continue;
		keep_until(r, pid);
		r->next += r->next < r->old->n && r->old->all[r->next].pid == pid;
		if (in_tree(r->c->s, pid))
			add_ran(&r->in_tree, pid);
		else if (is_there(r->c, pid))
			read_anew(r, pid, 0);
	}
	keep_until(r, INT_MAX);
}

/* False: who has run is not known, and all are to be listed. */
static bool know_who_ran(struct outsiders *o)
{
	if (o->switches)
		return switches_read(o->switches, add_ran, &o->ran);
	if (o->n > MANY && !o->switches_refused) {
		o->switches = switches_open();
		o->switches_refused = !o->switches;
	}
	return false;
}

/* What runs from here on is seen the next time, also while it is read. */
int outsiders_refresh(struct collect *c, struct outsiders *o)
{
	struct refresh r = { .c = c, .old = o };
	int e = 0;

	if (know_who_ran(o))
		refresh_ran(&r);
	else
		e = procfs_each_entry(c->proc, refresh_one, &r);
	for (size_t i = 0; i < o->n; i++)
		outsider_done(&o->all[i]);
	free(o->all);
	free(o->ran.all);
	o->all = r.all;
	o->n = r.n;
	o->cap = r.cap;
	o->ran = r.in_tree;
	return e;
}

bool outsider_ran_since_start(struct collect *c, struct outsider *o)
{
	if (o->ran_known)
		return o->ran;
	o->ran_known = true;
	o->ran = !o->kernel && !(o->slept && o->read_ns < scheduling_root_started_ns(c)) &&
		 scheduling_ran_since_start(c, o->pid);
	return o->ran;
}

int outsider_dup_fd(const struct outsider *o, const struct fd_entry *e)
{
	cleanup(cleanup_close) int pidfd = -1;
	long r;

	if (e->tid)
		return -EOPNOTSUPP; /* a pidfd stands for the leader's table */
	r = syscall(SYS_pidfd_open, o->pid, 0);
	if (r < 0)
		return -errno;
	pidfd = (int)r;
	r = syscall(SYS_pidfd_getfd, pidfd, e->fd, 0);
	return r < 0 ? -errno : (int)r;
}

int outsider_fdinfo(struct collect *c, const struct outsider *o, const struct fd_entry *e,
	struct procfs_fdinfo *ret_info)
{
	cleanup(cleanup_close) int dir = -1;
	char name[NAME_SIZE];

	procfs_name(name, sizeof(name), "", e->tid ? e->tid : o->runs[0].tid, "");
	dir = openat(c->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -errno : fdinfo_read(dir, e->fd, ret_info);
}

/* Calls that move data, and which of their arguments are descriptors: a bit each. */
static const struct {
	int64_t nr;
	unsigned int descriptors;
} movers[] = {
	{ SYS_read, 1 },
	{ SYS_readv, 1 },
	{ SYS_pread64, 1 },
	{ SYS_preadv, 1 },
	{ SYS_preadv2, 1 },
	{ SYS_write, 1 },
	{ SYS_writev, 1 },
	{ SYS_pwrite64, 1 },
	{ SYS_pwritev, 1 },
	{ SYS_pwritev2, 1 },
	{ SYS_vmsplice, 1 },
	{ SYS_sendto, 1 },
	{ SYS_sendmsg, 1 },
	{ SYS_sendmmsg, 1 },
	{ SYS_recvfrom, 1 },
	{ SYS_recvmsg, 1 },
	{ SYS_recvmmsg, 1 },
	{ SYS_sendfile, 3 },
	{ SYS_tee, 3 },
	{ SYS_splice, 5 },
	{ SYS_copy_file_range, 5 },
};

static bool table_has(const struct outsider *o, pid_t tid, int fd)
{
	for (size_t i = 0; i < o->fds.n; i++)
		if (o->fds.entries[i].fd == fd &&
			(!o->fds.entries[i].tid || o->fds.entries[i].tid == tid))
			return true;
	return false;
}

static bool moves_by_closed(const struct outsider *o, pid_t tid, const struct procfs_syscall *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(movers); i++)
		for (unsigned int k = 0; movers[i].nr == call->nr && k < 3; k++)
			if ((movers[i].descriptors & (1u << k)) &&
				!table_has(o, tid, (int)call->args[k]))
				return true;
	return false;
}

bool outsider_has_closed_file(struct collect *c, const struct outsider *o)
{
	/* Who has one thread closes nothing while that is in a call. */
	for (size_t i = 0; o->n_runs > 1 && i < o->n_runs; i++) {
		char name[2 * NAME_SIZE], text[256];
		struct procfs_syscall call;
		ssize_t n;

		procfs_name(name, sizeof(name), "", o->pid, "/task/");
		procfs_name(name + strlen(name), NAME_SIZE, "", o->runs[i].tid, "/syscall");
		n = procfs_read_record(c->proc, name, text, sizeof(text));
		if (n > 0 && procfs_parse_syscall(text, (size_t)n, &call) == 0 && !call.running &&
			moves_by_closed(o, o->runs[i].tid, &call))
			return true;
	}
	return false;
}

static void add_map(struct outsider *o, const struct procfs_map *map)
{
	size_t n = scan_left(&map->name);

	o->maps_ring = o->maps_ring || memmem(map->name.p, n, "/[aio]", 6) ||
		       memmem(map->name.p, n, "[io_uring]", 10);
	if (!map->inode || (o->n_maps && o->maps[o->n_maps - 1].inode == map->inode &&
				   o->maps[o->n_maps - 1].dev == map->dev))
		return;
	o->maps = mem_grow(o->maps, o->n_maps, &o->cap_maps, sizeof(*o->maps));
	o->maps[o->n_maps++] = (struct outsider_file){ map->dev, map->inode };
}

/* Of a thread that lives: a leader that has ended has no memory any more. */
bool outsider_read_maps(struct collect *c, struct outsider *o)
{
	if (o->kernel || o->maps_known)
		return !o->maps_unreadable;
	o->maps_known = true;
	for (size_t i = 0; i < o->n_runs && !o->n_maps; i++) {
		cleanup(cleanup_free) char *text = NULL;
		char name[2 * NAME_SIZE];
		struct procfs_map map;
		struct scan s;
		ssize_t n;

		procfs_name(name, sizeof(name), "", o->pid, "/task/");
		procfs_name(name + strlen(name), NAME_SIZE, "", o->runs[i].tid, "/maps");
		n = procfs_read_all(c->proc, name, &text);
		o->maps_unreadable = o->maps_unreadable || (n < 0 && n != -ESRCH);
		s = scan_text(text, n > 0 ? (size_t)n : 0);
		while (procfs_next_map(&s, &map))
			add_map(o, &map);
	}
	return !o->maps_unreadable;
}
