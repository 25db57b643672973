/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of file descriptors, and what can be waited on through one. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "runner/snapshot/internal.h"

#define NAME_SIZE 48

void fd_table_done(struct fd_table *t)
{
	free(t->entries);
	*t = (struct fd_table){ 0 };
}

int fdinfo_read(int process_dir, int fd, struct procfs_fdinfo *ret_info)
{
	char name[NAME_SIZE], text[4096];
	ssize_t n;

	procfs_name(name, sizeof(name), "fdinfo/", fd, "");
	n = procfs_read(process_dir, name, text, sizeof(text));
	return n < 0 ? (int)n : procfs_parse_fdinfo(text, (size_t)n, ret_info);
}

/* Never opens what it looks at, and asks no server for news of it: that could block. */
static int entry_stat(int fd_dir, const char *name, struct fd_entry *e)
{
	struct statx st;

	if (statx(fd_dir, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO, &st) <
		0)
		return -errno;
	e->dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	e->rdev = makedev(st.stx_rdev_major, st.stx_rdev_minor);
	e->inode = st.stx_ino;
	e->type = st.stx_mode & S_IFMT;
	return 0;
}

struct table_read {
	int process_dir, fd_dir;
	struct fd_table *table;
};

int fd_entry_complete(int process_dir, int fd_dir, struct fd_entry *e)
{
	struct procfs_fdinfo info;
	char name[NAME_SIZE];
	struct stat st;

	procfs_name(name, sizeof(name), "", e->fd, "");
	if (e->kind == PROCFS_LINK_PIPE || e->kind == PROCFS_LINK_PATH) {
		/* The link's own permissions are those of the open file. */
		if (fstatat(fd_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		e->read = st.st_mode & S_IRUSR;
		e->write = st.st_mode & S_IWUSR;
	}
	if (e->kind == PROCFS_LINK_PATH && entry_stat(fd_dir, name, e) < 0)
		e->type = 0; /* unknown: never equal to anything */
	if (e->kind == PROCFS_LINK_EVENTFD)
		e->inode = fdinfo_read(process_dir, e->fd, &info) == 0 ? (uint64_t)info.eventfd_id
								       : UINT64_MAX;
	return 0;
}

static int table_add(void *data, int fd)
{
	struct table_read *r = data;
	struct fd_table *t = r->table;
	struct fd_entry e = { .fd = fd };
	char name[NAME_SIZE], link[4096];
	ssize_t n;

	procfs_name(name, sizeof(name), "", fd, "");
	n = procfs_read_link(r->fd_dir, name, link, sizeof(link));
	if (n == -ESRCH)
		return 0; /* closed meanwhile */
	if (n < 0 || procfs_parse_link(link, (size_t)n, &e.kind, &e.inode) < 0)
		return n < 0 ? (int)n : -EINVAL;
	if (fd_entry_complete(r->process_dir, r->fd_dir, &e) < 0)
		return 0;
	t->entries = mem_grow(t->entries, t->n, &t->cap, sizeof(*t->entries));
	t->entries[t->n++] = e;
	return 0;
}

void fd_table_read(int process_dir, struct fd_table *ret_table)
{
	struct table_read r = { process_dir, -1, ret_table };

	*ret_table = (struct fd_table){ 0 };
	r.fd_dir = openat(process_dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.fd_dir < 0) {
		ret_table->error = -errno;
		return;
	}
	ret_table->error = procfs_each_number(r.fd_dir, table_add, &r);
	close(r.fd_dir);
}

/* 0 the thread has its process's table, 1 one of its own (unshare, clone), -errno. */
static int files_differ(pid_t a, pid_t b)
{
	long r = syscall(SYS_kcmp, a, b, KCMP_FILES, 0, 0);

	return r < 0 ? -errno : r != 0;
}

/* Appends the table of one thread that does not share its process's, and keeps in mind whose. */
static void own_table_add(struct collect *c, size_t process, pid_t tid)
{
	struct process_aux *a = &c->aux[process];
	cleanup(cleanup_close) int dir = -1;
	char name[NAME_SIZE];
	struct fd_table own;

	procfs_name(name, sizeof(name), "task/", tid, "");
	dir = openat(a->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd_table_read(dir, &own);
	if (own.error)
		a->fds.error = own.error;
	a->own_tids = mem_grow(a->own_tids, a->n_own, &a->cap_own, sizeof(*a->own_tids));
	a->own_tids[a->n_own++] = tid;
	for (size_t i = 0; i < own.n; i++) {
		struct fd_table *t = &a->fds;

		t->entries = mem_grow(t->entries, t->n, &t->cap, sizeof(*t->entries));
		t->entries[t->n] = own.entries[i];
		t->entries[t->n++].tid = tid;
	}
	fd_table_done(&own);
}

const struct fd_table *process_fds(struct collect *c, size_t process)
{
	const struct process *p = &c->s->processes[process];
	struct process_aux *a = &c->aux[process];

	if (a->fds_known)
		return &a->fds;
	a->fds_known = true;
	fd_table_read(a->live, &a->fds);
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		const struct thread *t = &c->s->threads[i];

		if (t->tid != a->live_tid && thread_alive(t) &&
			files_differ(a->live_tid, t->tid) != 0)
			own_table_add(c, process, t->tid);
	}
	return &a->fds;
}

static int link_is_io_uring(void *data, int fd)
{
	const int *fd_dir = data;
	enum procfs_link kind;
	char name[NAME_SIZE], link[64];
	uint64_t inode;
	ssize_t n;

	procfs_name(name, sizeof(name), "", fd, "");
	/* A longer link is a path, and cut it is one still. */
	n = readlinkat(*fd_dir, name, link, sizeof(link));
	return n > 0 && procfs_parse_link(link, (size_t)n, &kind, &inode) == 0 &&
	       kind == PROCFS_LINK_IO_URING;
}

bool process_has_io_uring(struct collect *c, size_t process)
{
	struct process_aux *a = &c->aux[process];
	bool has = false;
	int fd_dir;

	for (size_t i = 0; a->fds_known && i < a->fds.n; i++)
		has = has || a->fds.entries[i].kind == PROCFS_LINK_IO_URING;
	if (a->fds_known)
		return has;
	fd_dir = openat(a->live, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd_dir < 0)
		return true; /* nobody can say */
	has = procfs_each_number(fd_dir, link_is_io_uring, &fd_dir) != 0;
	close(fd_dir);
	return has;
}

static bool has_own_table(const struct process_aux *a, pid_t tid)
{
	for (size_t i = 0; i < a->n_own; i++)
		if (a->own_tids[i] == tid)
			return true;
	return false;
}

const struct fd_entry *thread_fd(struct collect *c, size_t thread, int fd)
{
	const struct thread *t = &c->s->threads[thread];
	const struct fd_table *table = process_fds(c, t->process);
	pid_t tid = has_own_table(&c->aux[t->process], t->tid) ? t->tid : 0;

	for (size_t i = 0; i < table->n; i++)
		if (table->entries[i].fd == fd && table->entries[i].tid == tid)
			return &table->entries[i];
	return NULL;
}

int thread_fdinfo(struct collect *c, size_t thread, int fd, struct procfs_fdinfo *ret_info)
{
	const struct thread *t = &c->s->threads[thread];
	cleanup(cleanup_close) int dir = -1;
	char name[NAME_SIZE];

	procfs_name(name, sizeof(name), "task/", t->tid, "");
	dir = openat(c->aux[t->process].dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -errno : fdinfo_read(dir, fd, ret_info);
}

int process_dup_fd(struct collect *c, size_t process, const struct fd_entry *e)
{
	struct process_aux *a = &c->aux[process];
	long fd;

	if (e->tid || a->live_tid != c->s->processes[process].pid)
		return -EOPNOTSUPP; /* a pidfd stands for the leader's table */
	if (a->pidfd < 0) {
		long r = syscall(SYS_pidfd_open, a->live_tid, 0);

		if (r < 0)
			return -errno;
		a->pidfd = (int)r;
	}
	fd = syscall(SYS_pidfd_getfd, a->pidfd, e->fd, 0);
	return fd < 0 ? -errno : (int)fd;
}

bool fd_is_pipe(const struct fd_entry *e)
{
	return e->kind == PROCFS_LINK_PIPE || (e->kind == PROCFS_LINK_PATH && S_ISFIFO(e->type));
}

/* Every process of the tree that may hold such a file. */
void object_add_holders(struct collect *c, size_t object, fd_match_fn match, const void *data)
{
	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct fd_table *t;
		bool holds;

		if (!process_alive(c->s, i))
			continue;
		t = process_fds(c, i);
		holds = t->error != 0;
		for (size_t j = 0; j < t->n && !holds; j++)
			holds = match(&t->entries[j], data);
		if (holds)
			object_add_process(c, object, i);
	}
}

bool object_matches_fd(const struct fd_entry *e, const void *data)
{
	const struct object *o = data;

	switch (o->kind) {
	case OBJECT_PIPE:
		return e->inode == o->inode && e->dev == o->dev && fd_is_pipe(e) &&
		       (o->wait == WAIT_PIPE_READ ? e->write : e->read);
	case OBJECT_SOCKET:
		return e->kind == PROCFS_LINK_SOCKET &&
		       (e->inode == o->inode || e->inode == o->peer_inode);
	case OBJECT_EVENTFD:
		return e->kind == PROCFS_LINK_EVENTFD && e->inode == o->inode;
	case OBJECT_FILE_LOCK:
		return e->kind == PROCFS_LINK_PATH && e->type && e->inode == o->inode &&
		       e->dev == o->dev;
	default:
		return false;
	}
}

static void pipe_measure(struct collect *c, size_t process, const struct fd_entry *e, size_t object)
{
	cleanup(cleanup_close) int fd = process_dup_fd(c, process, e);
	int fill, size;

	if (fd < 0)
		return;
	size = fcntl(fd, F_GETPIPE_SZ);
	if (size > 0 && ioctl(fd, FIONREAD, &fill) == 0) {
		c->s->objects[object].capacity = size;
		c->s->objects[object].fill = fill;
	}
}

size_t object_for_pipe(
	struct collect *c, size_t process, const struct fd_entry *e, enum wait_kind wait)
{
	struct object key = {
		.kind = OBJECT_PIPE,
		.wait = wait,
		.dev = e->dev,
		.inode = e->inode,
	};
	bool new;
	size_t o = object_intern(c, &key, &new);

	if (!new)
		return o;
	snprintf(c->s->objects[o].name, OBJECT_MAX_NAME, "%s:[%llu]",
		e->kind == PROCFS_LINK_PIPE ? "pipe" : "fifo", (unsigned long long)e->inode);
	key = c->s->objects[o];
	object_add_holders(c, o, object_matches_fd, &key);
	/* A ring may be mapped and not open, and its requests keep files that no fd shows. */
	if (maps_have_aio(c, process))
		object_set_external(c, o, "its process uses asynchronous I/O");
	pipe_measure(c, process, e, o);
	return o;
}

static void resolve_eventfd(struct collect *c, size_t thread, const struct fd_entry *e)
{
	struct object key = { .kind = OBJECT_EVENTFD, .wait = WAIT_EVENTFD, .inode = e->inode };
	bool new;
	size_t o;

	if (e->inode == UINT64_MAX) {
		thread_mark_runnable(
			&c->s->threads[thread], REST_EXTERNAL, "eventfd without an identity");
		return;
	}
	o = object_intern(c, &key, &new);
	thread_add_object(c, thread, o);
	if (!new)
		return;
	snprintf(c->s->objects[o].name, OBJECT_MAX_NAME, "eventfd %llu",
		(unsigned long long)e->inode);
	key = c->s->objects[o];
	object_add_holders(c, o, object_matches_fd, &key);
}

/* What the process has open that may signal an eventfd from inside the kernel. */
static const char *kernel_may_signal(struct collect *c, size_t process)
{
	const struct fd_table *t = process_fds(c, process);

	for (size_t i = 0; i < t->n; i++) {
		const struct fd_entry *e = &t->entries[i];

		if (e->kind == PROCFS_LINK_OTHER)
			return "a holder has a file of an unknown kind";
		/* Memory devices (null, zero, urandom) and terminals know no eventfd. */
		if (e->kind == PROCFS_LINK_PATH && S_ISCHR(e->type) && major(e->rdev) != 1 &&
			major(e->rdev) != 4 && major(e->rdev) != 5 && major(e->rdev) / 8 != 17)
			return "a holder has a device open";
	}
	return maps_have_aio(c, process) ? "a holder uses asynchronous I/O" : NULL;
}

void eventfd_judge(struct collect *c, size_t object)
{
	const struct object *o = &c->s->objects[object];
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < o->n_wakers; i++) {
		size_t process = c->s->threads[o->wakers[i]].process;
		const char *why = process == last ? NULL : kernel_may_signal(c, process);

		if (why)
			object_set_external(c, object, "%s", why);
		last = process;
	}
}

void resolve_entry(
	struct collect *c, size_t thread, const struct fd_entry *e, bool writes, bool polled)
{
	struct thread *t = &c->s->threads[thread];
	enum wait_kind wait;

	if (fd_is_pipe(e)) {
		/* Asking a one-way end for the other direction waits for that end's peer too. */
		wait = (writes && e->write) || !e->read ? WAIT_PIPE_WRITE : WAIT_PIPE_READ;
		thread_add_object(c, thread, object_for_pipe(c, t->process, e, wait));
		if (!polled)
			t->wait = wait;
	} else if (e->kind == PROCFS_LINK_SOCKET) {
		wait = writes ? WAIT_SOCK_WRITE : WAIT_SOCK_READ;
		if (!polled)
			t->wait = wait;
		resolve_socket(c, thread, e, wait, polled);
	} else if (e->kind == PROCFS_LINK_EVENTFD) {
		resolve_eventfd(c, thread, e);
		if (!polled)
			t->wait = WAIT_EVENTFD;
	} else {
		static const char *const kinds[] = {
			[PROCFS_LINK_PATH] = "a file or device",
			[PROCFS_LINK_TIMERFD] = "a timer",
			[PROCFS_LINK_SIGNALFD] = "a signalfd",
			[PROCFS_LINK_PIDFD] = "a pidfd",
			[PROCFS_LINK_EPOLL] = "an epoll",
			[PROCFS_LINK_IO_URING] = "an io_uring",
			[PROCFS_LINK_OTHER] = "a file of another kind",
		};

		thread_mark_runnable(t, REST_EXTERNAL, "waits on fd %d, %s", e->fd,
			kinds[e->kind] ? kinds[e->kind] : "?");
	}
}

/* sendto() and sendmsg() with an address go to whom the address says. */
static bool names_receiver(struct collect *c, const struct thread *t)
{
	struct msghdr m;

	if (t->syscall_nr == SYS_sendto)
		return t->args[4] != 0;
	if (t->syscall_nr == SYS_sendmsg || t->syscall_nr == SYS_sendmmsg)
		return memory_read(c, t->process, t->args[1], &m, sizeof(m)) < 0 || m.msg_name;
	return false;
}

void resolve_fd(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	const struct fd_entry *e = thread_fd(c, thread, call->fd);

	t->wait_fd = call->fd;
	if (!e) {
		thread_mark_runnable(
			t, REST_UNREADABLE, "%s: fd %d is not open any more", call->name, call->fd);
	} else if (call->kind == CALL_ACCEPT || call->kind == CALL_CONNECT) {
		t->wait = call->kind == CALL_ACCEPT ? WAIT_SOCK_ACCEPT : WAIT_SOCK_CONNECT;
		if (e->kind == PROCFS_LINK_SOCKET)
			resolve_socket(c, thread, e, t->wait, false);
		else
			thread_mark_runnable(t, REST_UNREADABLE, "%s: fd %d is no socket any more",
				call->name, call->fd);
	} else if (names_receiver(c, t)) {
		t->wait = WAIT_SOCK_WRITE;
		thread_mark_runnable(t, REST_EXTERNAL, "%s to an address", call->name);
	} else {
		resolve_entry(c, thread, e, call->kind == CALL_WRITE, false);
	}
}
