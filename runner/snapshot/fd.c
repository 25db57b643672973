/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of file descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
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

/* Never opens the files, and never makes a file system ask its server: both could block. */
static int entry_stat(int fd_dir, const char *name, struct fd_entry *e)
{
	struct statx st;

	if (statx(fd_dir, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		    STATX_TYPE | STATX_INO | STATX_NLINK, &st) < 0)
		return -errno;
	e->dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	e->rdev = makedev(st.stx_rdev_major, st.stx_rdev_minor);
	e->inode = st.stx_ino;
	e->type = st.stx_mode & S_IFMT;
	e->linked = !(st.stx_mask & STATX_NLINK) || st.stx_nlink > 0;
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
		return true; /* unknown */
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

int entry_fdinfo(
	struct collect *c, size_t process, const struct fd_entry *e, struct procfs_fdinfo *ret_info)
{
	cleanup(cleanup_close) int dir = -1;
	char name[NAME_SIZE];

	if (!e->tid)
		return fdinfo_read(c->aux[process].live, e->fd, ret_info);
	procfs_name(name, sizeof(name), "task/", e->tid, "");
	dir = openat(c->aux[process].dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -errno : fdinfo_read(dir, e->fd, ret_info);
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

/* Every process of the tree that may hold such a file. */
void object_add_holders(struct collect *c, size_t object, object_holds_fn holds_it)
{
	c->s->objects[object].within_reach = true;
	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct fd_table *t;
		bool holds;

		if (!process_alive(c->s, i))
			continue;
		t = process_fds(c, i);
		holds = t->error != 0;
		for (size_t j = 0; j < t->n && !holds; j++)
			holds = holds_it(&c->s->objects[object],
				t->entries[j].tid ? t->entries[j].tid : c->aux[i].live_tid,
				&t->entries[j]);
		if (holds)
			object_add_process(c, object, i);
	}
}
