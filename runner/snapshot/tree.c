/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree: processes breadth first, and the bare facts about each thread. */
#include <errno.h>
#include <fcntl.h>

#include "runner/snapshot/internal.h"

#define NAME_SIZE 48

bool thread_alive(const struct thread *t)
{
	return t->rest != REST_EXITING;
}

bool process_alive(const struct snapshot *s, size_t process)
{
	const struct process *p = &s->processes[process];

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (thread_alive(&s->threads[i]))
			return true;
	return false;
}

static size_t process_find(const struct snapshot *s, pid_t pid)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].pid == pid)
			return i;
	return SIZE_MAX;
}

/* What the state and the signals say before anyone looks at the call. */
static void thread_judge(struct thread *t, const struct procfs_status *status, bool running)
{
	uint64_t deliverable = t->pending & ~t->blocked;

	t->rest = REST_YES;
	if (t->state == 'Z' || t->state == 'X' || t->state == 'x')
		thread_mark_runnable(t, REST_EXITING, "ended, not yet waited for");
	else if (t->state == 'T' || t->state == 't')
		thread_mark_runnable(t, REST_STOPPED, "stopped");
	else if (status->tracer > 0)
		thread_mark_runnable(t, REST_STOPPED, "traced by pid %d", (int)status->tracer);
	else if (status->dumps_core)
		/* The call that /proc shows is the one that the signal has ended. */
		thread_mark_runnable(t, REST_RUNNING, "dumps core");
	else if (t->state != 'S' && t->state != 'D')
		thread_mark_runnable(t, REST_RUNNING, "state %c", t->state);
	else if (running)
		thread_mark_runnable(t, REST_RUNNING, "was just running");
	else if (deliverable)
		thread_mark_runnable(
			t, REST_SIGNAL, "signal %d is pending", __builtin_ctzll(deliverable) + 1);
	else if (t->syscall_nr < 0)
		thread_mark_runnable(t, REST_UNKNOWN_CALL, "sleeps outside of any system call");
	else if (t->sp == 0 && t->pc == 0)
		thread_mark_runnable(t, REST_UNKNOWN_CALL, "works for the kernel (io_uring)");
	else if (t->sp >> 32 == 0)
		/* No 64-bit program has its stack there; a 32-bit one has other numbers. */
		thread_mark_runnable(t, REST_UNKNOWN_CALL, "32-bit process");
}

/* Without CAP_SYS_PTRACE the kernel refuses the call of a thread that has ended, since it has no
 * memory left to check permissions by. It is in none. 0 or -errno. */
static int ended_thread_read(
	struct collect *c, int tasks, pid_t tid, int error, struct procfs_syscall *ret_call)
{
	struct procfs_status status;
	char name[NAME_SIZE];
	ssize_t n;

	procfs_name(name, sizeof(name), "", tid, "/status");
	n = procfs_read_record(tasks, name, c->buffer, sizeof(c->buffer));
	if (n < 0)
		return (int)n;
	if (procfs_parse_status(c->buffer, (size_t)n, &status) < 0 ||
		(status.state != 'Z' && status.state != 'X'))
		return error;
	*ret_call = (struct procfs_syscall){ .nr = -1 };
	return 0;
}

static void read_wchan(int tasks, struct thread *t)
{
	char name[NAME_SIZE];
	ssize_t n;

	procfs_name(name, sizeof(name), "", t->tid, "/wchan");
	n = procfs_read_record(tasks, name, t->wchan, sizeof(t->wchan) - 1);
	t->wchan[n > 0 ? n : 0] = '\0';
}

/* The call before the switches: snapshot.c says why. 0 or -errno. */
static int thread_read(
	struct collect *c, int tasks, pid_t tid, struct thread *t, struct procfs_status *ret_status)
{
	struct procfs_syscall call;
	char name[NAME_SIZE];
	ssize_t n;

	procfs_name(name, sizeof(name), "", tid, "/syscall");
	n = procfs_read_record(tasks, name, c->buffer, sizeof(c->buffer));
	if (n == -EACCES || n == -EPERM)
		n = ended_thread_read(c, tasks, tid, (int)n, &call);
	else if (n >= 0 && procfs_parse_syscall(c->buffer, (size_t)n, &call) < 0)
		n = -EINVAL;
	if (n < 0)
		return (int)n;
	procfs_name(name, sizeof(name), "", tid, "/status");
	n = procfs_read_record(tasks, name, c->buffer, sizeof(c->buffer));
	if (n < 0)
		return (int)n;
	if (procfs_parse_status(c->buffer, (size_t)n, ret_status) < 0)
		return -EINVAL;
	memcpy(t->comm, ret_status->comm, sizeof(t->comm));
	t->state = ret_status->state;
	t->syscall_nr = (long)call.nr;
	memcpy(t->args, call.args, sizeof(t->args));
	t->sp = call.sp;
	t->pc = call.pc;
	t->voluntary = ret_status->voluntary;
	t->involuntary = ret_status->involuntary;
	t->pending = ret_status->pending | ret_status->shared_pending;
	t->blocked = ret_status->blocked;
	thread_judge(t, ret_status, call.running);
	if (c->options->scheduling)
		scheduling_read(c, tasks, t);
	if (c->options->details)
		read_wchan(tasks, t);
	return 0;
}

struct walk {
	struct collect *c;
	size_t process;
	int tasks;         /* /proc/PID/task */
	uint64_t expected; /* number of threads that the last one's status speaks of */
};

static void children_read(struct walk *w, pid_t tid);

static int walk_thread(void *data, int tid)
{
	struct walk *w = data;
	struct collect *c = w->c;
	struct snapshot *s = c->s;
	struct process *p = &s->processes[w->process];
	struct procfs_status status;
	struct thread *t;
	int r;

	s->threads = mem_grow(s->threads, s->n_threads, &s->cap_threads, sizeof(*s->threads));
	t = &s->threads[s->n_threads];
	t->tid = tid;
	t->process = w->process;
	t->wait_fd = -1;
	r = thread_read(c, w->tasks, tid, t, &status);
	if (r == -ESRCH) {
		c->churn = true;
		return 0;
	}
	s->n_threads++;
	p->n_threads++;
	if (r < 0) {
		t->syscall_nr = -2;
		t->state = '?';
		p->readable = false;
		thread_mark_runnable(t, REST_UNREADABLE, "%s", strerror(-r));
		w->expected = 0;
		return p->pid == s->root ? r : 0;
	}
	w->expected = status.n_threads;
	p->caught = status.caught;
	p->ignored = status.ignored;
	c->aux[w->process].traced |= status.tracer > 0;
	children_read(w, tid);
	return 0;
}

/* 0, or -errno when there is nothing to be added. */
static int process_add(struct collect *c, pid_t pid, size_t parent)
{
	cleanup(cleanup_close) int dir = -1;
	struct snapshot *s = c->s;
	struct procfs_stat stat;
	struct process *p;
	char name[NAME_SIZE];
	ssize_t n;

	if (process_find(s, pid) != SIZE_MAX)
		return 0;
	procfs_name(name, sizeof(name), "", pid, "");
	dir = openat(c->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = procfs_read_record(dir, "stat", c->buffer, sizeof(c->buffer));
	if (n < 0)
		return (int)n;
	if (procfs_parse_stat(c->buffer, (size_t)n, &stat) < 0)
		return -EINVAL;
	s->processes =
		mem_grow(s->processes, s->n_processes, &s->cap_processes, sizeof(*s->processes));
	c->aux = mem_grow(c->aux, s->n_processes, &c->cap_aux, sizeof(*c->aux));
	c->aux[s->n_processes].dir = c->aux[s->n_processes].live = dir;
	c->aux[s->n_processes].live_tid = pid;
	c->aux[s->n_processes].pidfd = -1;
	c->aux[s->n_processes].pgrp = stat.pgrp;
	c->aux[s->n_processes].tty = stat.tty;
	dir = -1;
	p = &s->processes[s->n_processes];
	p->pid = pid;
	p->ppid = stat.ppid;
	p->start_time = stat.start_time;
	memcpy(p->comm, stat.comm, sizeof(p->comm));
	p->parent = parent;
	p->mm = s->n_processes;
	p->readable = true;
	s->n_processes++;
	return 0;
}

static void children_read(struct walk *w, pid_t tid)
{
	struct collect *c = w->c;
	cleanup(cleanup_free) char *all = NULL;
	char name[NAME_SIZE];
	struct scan text;
	ssize_t n;
	pid_t pid;

	procfs_name(name, sizeof(name), "", tid, "/children");
	n = procfs_read_all(w->tasks, name, &all);
	if (n < 0) {
		/* The thread has gone, or this kernel has no such file. */
		procfs_name(name, sizeof(name), "", tid, "");
		if (n == -ESRCH && faccessat(w->tasks, name, F_OK, 0) < 0)
			c->churn = true;
		else
			c->incomplete = true;
		return;
	}
	text = scan_text(all, (size_t)n);
	while (procfs_next_pid(&text, &pid))
		if (process_add(c, pid, w->process) < 0)
			c->churn = true;
}

static void read_exe(struct collect *c, size_t process)
{
	struct process *p = &c->s->processes[process];
	ssize_t n = procfs_read_link(c->aux[process].dir, "exe", p->exe, sizeof(p->exe));

	p->exe[n > 0 ? n : 0] = '\0';
}

/* A process that can't be read gets an entry all the same: it may wake any thread. */
static void thread_stand_in(struct collect *c, size_t process, int error)
{
	struct snapshot *s = c->s;
	struct thread *t;

	s->threads = mem_grow(s->threads, s->n_threads, &s->cap_threads, sizeof(*s->threads));
	t = &s->threads[s->n_threads++];
	t->tid = s->processes[process].pid;
	t->process = process;
	t->state = '?';
	t->syscall_nr = -2;
	t->wait_fd = -1;
	thread_mark_runnable(t, REST_UNREADABLE, "%s", strerror(-error));
	s->processes[process].n_threads++;
	s->processes[process].readable = false;
}

/* The leader may end before the others: look at one of those. */
static void find_live(struct collect *c, size_t process)
{
	const struct process *p = &c->s->processes[process];
	struct process_aux *a = &c->aux[process];
	char name[NAME_SIZE];
	size_t i = p->first_thread;

	while (i < p->first_thread + p->n_threads && !thread_alive(&c->s->threads[i]))
		i++;
	if (i == p->first_thread + p->n_threads || c->s->threads[i].tid == p->pid)
		return;
	procfs_name(name, sizeof(name), "task/", c->s->threads[i].tid, "");
	a->live = openat(a->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	a->live_tid = c->s->threads[i].tid;
}

/* 0; an error is only for root, the others are marked. */
static int process_walk(struct collect *c, size_t process)
{
	struct walk w = { c, process, -1, 0 };
	struct snapshot *s = c->s;
	int r;

	s->processes[process].first_thread = s->n_threads;
	w.tasks = openat(c->aux[process].dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w.tasks < 0) {
		r = errno == ENOENT ? -ESRCH : -errno;
	} else {
		r = procfs_each_number(w.tasks, walk_thread, &w);
		close(w.tasks);
	}
	if (r < 0 && process == 0)
		return r;
	if (s->processes[process].n_threads == 0) {
		c->churn = c->churn || r == 0 || r == -ESRCH;
		thread_stand_in(c, process, r < 0 ? r : -ESRCH);
	}
	/* The directory is not read in one instant; the count beside it is. */
	if (w.expected && w.expected != s->processes[process].n_threads)
		c->churn = true;
	find_live(c, process);
	read_exe(c, process);
	if (!s->processes[process].readable && !s->unreadable[0])
		snprintf(s->unreadable, sizeof(s->unreadable), "pid %d '%s'",
			(int)s->processes[process].pid, s->processes[process].comm);
	return 0;
}

int tree_walk(struct collect *c, pid_t root)
{
	int r = process_add(c, root, SIZE_MAX);

	if (r < 0)
		return r;
	for (size_t i = 0; i < c->options->n_extra; i++)
		process_add(c, c->options->extra[i], SIZE_MAX);
	for (size_t i = 0; i < c->s->n_processes; i++) {
		r = process_walk(c, i);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * The kernel's lists of threads and children may skip entries while others end. Before anything is
 * called stuck they are therefore read once more; skipping the same one twice would take two
 * such ends, and the second snapshot's reading two more.
 */
struct recount {
	struct collect *c;
	size_t process;
	size_t n_threads;
	int tasks;
	bool same;
};

static int recount_thread(void *data, int tid)
{
	struct recount *r = data;
	const struct process *p = &r->c->s->processes[r->process];
	char name[NAME_SIZE];
	struct scan text;
	ssize_t n;
	pid_t pid;

	if (r->n_threads >= p->n_threads ||
		r->c->s->threads[p->first_thread + r->n_threads].tid != tid) {
		r->same = false;
		return 1;
	}
	r->n_threads++;
	procfs_name(name, sizeof(name), "", tid, "/children");
	n = procfs_read(r->tasks, name, r->c->buffer, sizeof(r->c->buffer));
	if (n < 0)
		r->same = n == -EFBIG; /* thousands of children: once must do */
	text = scan_text(r->c->buffer, n > 0 ? (size_t)n : 0);
	while (r->same && procfs_next_pid(&text, &pid))
		r->same = process_find(r->c->s, pid) != SIZE_MAX;
	return r->same ? 0 : 1;
}

bool tree_same(struct collect *c)
{
	for (size_t i = 0; i < c->s->n_processes; i++) {
		struct recount r = { c, i, 0, -1, true };

		if (!c->s->processes[i].readable)
			continue;
		r.tasks = openat(c->aux[i].dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (r.tasks < 0)
			return false;
		if (procfs_each_number(r.tasks, recount_thread, &r) < 0)
			r.same = false;
		close(r.tasks);
		if (!r.same || r.n_threads != c->s->processes[i].n_threads)
			return false;
	}
	return true;
}
