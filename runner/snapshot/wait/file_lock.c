/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flock and fcntl locks. /proc/locks names the holder, but a flock belongs to an open file that
 * several processes may share, and an open-file-description lock names no process: each process
 * that has the file open counts as able to release it. A process that may not be read could have
 * any file open; it matters unless all locks on the file are the tree's (docs/proof.md).
 *
 * What ends the wait (fs/locks.c, locks_wake_up_blocks): a thread that unlocks (locks_unlock_file,
 * do_lock_file_wait), closes the open file or the process's last descriptor of the file
 * (locks_remove_file, locks_remove_posix), or turns the lock into a weaker one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

static bool holds(const struct object *o, pid_t tid, const struct fd_entry *e)
{
	(void)tid;
	return e->kind == PROCFS_LINK_PATH && e->type && e->inode == o->inode && e->dev == o->dev;
}

/* File systems whose locks are this kernel's alone; a network's are also other hosts'. */
static bool locks_are_local(int fd)
{
	static const unsigned long local[] = { EXT4_SUPER_MAGIC, 0x58465342 /* XFS */,
		BTRFS_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
		0x2fc12fc1 /* ZFS */, RAMFS_MAGIC, 0xca451a4e /* bcachefs */ };
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		if ((unsigned long)fs.f_type == local[i])
			return true;
	return false;
}

static bool kind_fits(enum procfs_lock_kind kind, enum wait_kind wait)
{
	return wait == WAIT_FLOCK ? kind == PROCFS_LOCK_FLOCK
				  : kind == PROCFS_LOCK_POSIX || kind == PROCFS_LOCK_OFD;
}

/* The pid of the owner in /proc/locks: 0 none, -1 one without a pid. */
static pid_t lock_holder(struct collect *c, const struct object *o, bool *ret_found)
{
	cleanup(cleanup_free) char *text = NULL;
	ssize_t n = procfs_read_all(c->proc, "locks", &text);
	struct procfs_lock lock;
	struct scan s;
	pid_t pid = 0;

	*ret_found = false;
	s = scan_text(text, n > 0 ? (size_t)n : 0);
	while (procfs_next_lock(&s, &lock)) {
		if (lock.waits || lock.inode != o->inode || lock.dev != o->dev ||
			!kind_fits(lock.kind, o->wait))
			continue;
		*ret_found = true;
		pid = lock.pid;
	}
	return pid;
}

static bool pid_in_tree(const struct snapshot *s, pid_t pid)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].pid == pid)
			return true;
	return false;
}

struct owned {
	struct procfs_lock *locks;
	size_t n, cap;
};

static void owned_add(struct owned *w, int dir, int fd)
{
	char name[48], text[4096];
	struct procfs_lock lock;
	struct scan s;
	ssize_t n;

	procfs_name(name, sizeof(name), "fdinfo/", fd, "");
	n = procfs_read(dir, name, text, sizeof(text));
	s = scan_text(text, n > 0 ? (size_t)n : 0);
	while (procfs_next_fdinfo_lock(&s, &lock)) {
		w->locks = mem_grow(w->locks, w->n, &w->cap, sizeof(*w->locks));
		w->locks[w->n++] = lock;
	}
}

/* The locks on the file that the tree has, going by fdinfo. */
static void owned_read(struct collect *c, const struct object *o, struct owned *ret_owned)
{
	*ret_owned = (struct owned){ 0 };
	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct fd_table *t = process_fds(c, i);

		for (size_t j = 0; j < t->n; j++)
			if (!t->entries[j].tid && holds(o, 0, &t->entries[j]))
				owned_add(ret_owned, c->aux[i].live, t->entries[j].fd);
	}
}

/* The very lock, not one like it: write locks exclude each other, flocks name who took them. */
static bool owned_has(const struct owned *w, const struct procfs_lock *lock)
{
	if (lock->kind == PROCFS_LOCK_OFD && !lock->write)
		return false;
	for (size_t i = 0; i < w->n; i++) {
		const struct procfs_lock *mine = &w->locks[i];

		if (mine->kind == lock->kind && mine->write == lock->write &&
			mine->pid == lock->pid && mine->first == lock->first &&
			mine->last == lock->last)
			return true;
	}
	return false;
}

/* An exclusive flock() stands alone on its file, so the one that the tree shows is the one waited
 * for. */
static bool owned_excludes(const struct owned *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->locks[i].kind == PROCFS_LOCK_FLOCK && w->locks[i].write)
			return true;
	return false;
}

/*
 * Two files of an overlay may have the number of one (links to a file below it), and locks of their
 * own. Those of one link are one.
 */
static bool is_one_file(int fd)
{
	struct statfs fs;
	struct stat st;

	return fstatfs(fd, &fs) == 0 && fstat(fd, &st) == 0 &&
	       ((unsigned long)fs.f_type != OVERLAYFS_SUPER_MAGIC || st.st_nlink == 1);
}

/*
 * Is every lock on the file one that the tree has? fdinfo gives the file the numbers that
 * /proc/locks does, which on some file systems (overlayfs, btrfs) are not those of stat. A POSIX
 * lock is its process's alone; the others belong to open files. The waiter stands below the lock
 * that it waits for, and not at all where that one's process is in no pid namespace of ours, or
 * has ended: `flock 9` in a shell leaves such a lock, and in a namespace /proc/locks leaves it out.
 */
static bool owned_are_all(
	struct collect *c, const struct object *o, const struct owned *w, pid_t waiter, int fd)
{
	cleanup(cleanup_free) char *text = NULL;
	ssize_t n = procfs_read_all(c->proc, "locks", &text);
	struct scan s = scan_text(text, n > 0 ? (size_t)n : 0);
	struct procfs_lock lock;
	bool shown = false;
	size_t found = 0;

	if (n < 0 || w->n == 0)
		return false;
	while (procfs_next_lock(&s, &lock)) {
		shown = shown ||
			(lock.waits && (lock.pid == waiter || lock.pid == -1) &&
				lock.inode == w->locks[0].inode && lock.dev == w->locks[0].dev &&
				kind_fits(lock.kind, o->wait));
		if (lock.waits || lock.inode != w->locks[0].inode || lock.dev != w->locks[0].dev ||
			!kind_fits(lock.kind, o->wait))
			continue;
		if (lock.kind == PROCFS_LOCK_POSIX ? !pid_in_tree(c->s, lock.pid)
						   : !owned_has(w, &lock))
			return false;
		found++;
	}
	if (found == 0 && o->wait == WAIT_FLOCK && owned_excludes(w))
		return is_one_file(fd);
	return found > 0 && shown;
}

static void lock_name(struct collect *c, size_t process, int fd, struct object *o)
{
	char name[48];
	ssize_t n;

	procfs_name(name, sizeof(name), "fd/", fd, "");
	n = readlinkat(c->aux[process].live, name, o->name, sizeof(o->name) - 1);
	o->name[n > 0 ? n : 0] = '\0';
}

static void resolve_lock(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	const struct fd_entry *e = thread_fd(c, thread, call->fd);
	struct object key = { .kind = OBJECT_FILE_LOCK };
	cleanup(cleanup_close) int fd = -1;
	struct owned owned;
	bool new, found;
	pid_t pid;
	size_t o;

	t->wait = t->syscall_nr == SYS_flock ? WAIT_FLOCK : WAIT_FCNTL;
	t->wait_fd = call->fd;
	if (!e || e->kind != PROCFS_LINK_PATH || !e->type) {
		thread_mark_runnable(
			t, REST_UNREADABLE, "%s: fd %d is no file any more", call->name, call->fd);
		return;
	}
	fd = process_dup_fd(c, t->process, e);
	if (fd < 0 || !locks_are_local(fd)) {
		thread_mark_runnable(
			t, REST_EXTERNAL, "%s: another host may hold the lock", call->name);
		return;
	}
	key.wait = t->wait;
	key.dev = e->dev;
	key.inode = e->inode;
	o = object_intern(c, &key, &new);
	thread_add_object(c, thread, o);
	if (new) {
		lock_name(c, t->process, call->fd, &c->s->objects[o]);
		object_add_holders(c, o, holds);
	}
	key = c->s->objects[o];
	pid = lock_holder(c, &key, &found);
	c->s->objects[o].holder = pid > 0 ? pid : 0;
	owned_read(c, &key, &owned);
	c->s->objects[o].owned =
		owned_are_all(c, &key, &owned, c->s->processes[t->process].pid, fd);
	if (!found && owned.n == 0)
		object_set_external(c, o, "nobody in the tree has the lock");
	else if (!c->s->objects[o].owned)
		/* In a mapping, a message, a ring, a loop device, or beyond the tree. */
		object_set_external(c, o, "nobody in the tree shows every lock on the file");
	else if (pid > 0 && !pid_in_tree(c->s, pid) && t->wait == WAIT_FCNTL)
		object_set_external(c, o, "pid %d has the lock", (int)pid);
	free(owned.locks);
}

static void decode_fcntl(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
	if ((int)a[1] != F_SETLKW && (int)a[1] != F_OFD_SETLKW)
		c->kind = CALL_UNKNOWN;
}

static const struct wait_call calls[] = {
	WAIT_CALL(flock, call_decode_fd, resolve_lock),
	WAIT_CALL(fcntl, decode_fcntl, resolve_lock),
};

WAIT_OPS(wait_file_lock_ops, calls, NULL, NULL, holds, wait_is_unchanged, NULL, NULL);
