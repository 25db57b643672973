/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Waiting for children: wait4, waitid, and the parent of a vfork.
 *
 * What ends the wait (kernel/exit.c): a child that ends (do_notify_parent, also for a child that is
 * handed on: reparent_leader), stops or goes on (do_notify_parent_cldstop), a tracee (ptrace_stop);
 * of vfork, the child's exec or end (complete_vfork_done).
 */
#include <errno.h>
#include <linux/sched.h>
#include <sys/wait.h>

#include "runner/snapshot/internal.h"
#include "runner/proc/facts.h"
#include "runner/snapshot/wait/wait.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static bool child_asked_for(
	const struct collect *c, const struct call *call, size_t parent, size_t child, pid_t pid)
{
	pid_t group;

	switch (call->children) {
	case CHILDREN_ANY:
		return true;
	case CHILDREN_PID:
	case CHILDREN_PIDFD:
		return c->s->processes[child].pid == pid;
	case CHILDREN_GROUP:
		group = pid ? pid : c->aux[parent].pgrp;
		return c->aux[child].pgrp == group;
	}
	return true;
}

/* Its numbers are of the waiter's pid namespace; ours are of this one. */
bool same_pid_namespace(const struct collect *c, size_t process)
{
	char mine[64], its[64];
	ssize_t n = procfs_read_link(c->proc, "self/ns/pid", mine, sizeof(mine));
	ssize_t m = procfs_read_link(c->aux[process].dir, "ns/pid", its, sizeof(its));

	return n > 0 && n == m && memcmp(mine, its, (size_t)n) == 0;
}

enum { NAMESPACES_MAX = 32 }; /* MAX_PID_NS_LEVEL of the kernel */

static size_t read_ids(
	const struct collect *c, size_t process, const char *line, pid_t ids[NAMESPACES_MAX])
{
	char text[4096];
	ssize_t n = procfs_read(c->aux[process].dir, "status", text, sizeof(text));

	return n > 0 ? procfs_parse_ids(text, (size_t)n, line, ids, NAMESPACES_MAX) : 0;
}

/* What we call the child, or the group of a child, that the waiter in its own pid namespace calls
 * id. A child lives there or further in, so it has a number there. 0: no child has that one. */
static pid_t find_ours(const struct collect *c, size_t waiter, const struct call *call, pid_t id)
{
	const char *line = call->children == CHILDREN_GROUP ? "NSpgid:" : "NSpid:";
	pid_t ids[NAMESPACES_MAX];
	size_t depth = read_ids(c, waiter, "NSpid:", ids);

	for (size_t i = 0; depth && i < c->s->n_processes; i++) {
		size_t n;

		if (c->s->processes[i].ppid != c->s->processes[waiter].pid)
			continue;
		n = read_ids(c, i, line, ids);
		if (n >= depth && n <= NAMESPACES_MAX && ids[depth - 1] == id)
			return ids[0];
	}
	return 0;
}

/* The kernel gives it the orphans of its namespace, also those of processes that have entered it
 * from outside and are none of its tree. */
static bool is_first_process(const struct collect *c, size_t process)
{
	pid_t ids[NAMESPACES_MAX];
	size_t depth = read_ids(c, process, "NSpid:", ids);

	return depth > 0 && depth <= NAMESPACES_MAX && ids[depth - 1] == 1;
}

static pid_t pid_of_pidfd(struct collect *c, size_t thread, int fd)
{
	struct procfs_fdinfo info;

	if (thread_fdinfo(c, thread, fd, &info) < 0 || info.pid <= 0)
		return -1;
	return (pid_t)info.pid;
}

/* Adds the children that fit; false when one has ended already, so the waiter is about to return.
 */
static bool add_children(struct collect *c, size_t object, size_t parent, const struct call *call,
	pid_t pid, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct process *p = &c->s->processes[i];

		/* A process of `extra` may be a child too, found before its parent was; one that is
		 * traced reports to its tracer as a child would, whichever process that is. */
		if (i == parent || (p->ppid != c->s->processes[parent].pid && !c->aux[i].traced))
			continue;
		if (!child_asked_for(c, call, parent, i, pid))
			continue;
		n++;
		if (!process_alive(c->s, i))
			return false;
		object_add_process(c, object, i);
	}
	*ret_n = n;
	return true;
}

static void resolve_child(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	struct object key = {
		.kind = OBJECT_CHILDREN,
		.wait = WAIT_CHILD,
		.process = t->process,
	};
	pid_t pid = (pid_t)call->id;
	bool new, foreign = false;
	size_t o, n = 0;

	t->wait = WAIT_CHILD;
	if (call->children == CHILDREN_PIDFD) {
		t->wait_fd = call->fd;
		pid = pid_of_pidfd(c, thread, call->fd);
	} else if (call->children != CHILDREN_ANY) {
		foreign = pid != 0 && !same_pid_namespace(c, t->process);
	}
	if (foreign) {
		pid = find_ours(c, t->process, call, pid);
		foreign = pid == 0;
	}
	o = object_intern(c, &key, &new);
	thread_add_object(c, thread, o);
	if (call->children == CHILDREN_ANY || call->children == CHILDREN_GROUP)
		c->s->objects[o].adopts = is_first_process(c, t->process);
	if (call->children == CHILDREN_ANY)
		snprintf(c->s->objects[o].name, OBJECT_MAX_NAME, "any child");
	else if (call->children == CHILDREN_GROUP)
		snprintf(c->s->objects[o].name, OBJECT_MAX_NAME, "process group %d",
			(int)(pid ? pid : c->aux[t->process].pgrp));
	else
		snprintf(c->s->objects[o].name, OBJECT_MAX_NAME, "pid %d", (int)pid);
	if (foreign)
		object_set_external(c, o, "pid in another pid namespace");
	else if (!add_children(c, o, t->process, call, pid, &n))
		thread_mark_runnable(t, REST_RUNNING, "a child that it waits for has ended");
	else if (n == 0)
		object_set_external(c, o, "no such child in the tree"); /* a traced process? */
}

/* D state is also that of a clone() that waits for memory or for a lock of the kernel. */
static bool waits_for_vfork(const struct collect *c, const struct thread *t)
{
	static const char *const places[] = { "kernel_clone", "wait_for_vfork_done", "_do_fork" };
	char name[64], text[64];
	struct scan s;
	ssize_t n;

	procfs_name(name, sizeof(name), "task/", t->tid, "/wchan");
	n = procfs_read(c->aux[t->process].dir, name, text, sizeof(text));
	s = scan_text(text, n > 0 ? (size_t)n : 0);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (scan_equals(&s, places[i]))
			return true;
	return false;
}

static void resolve_vfork(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	struct object key = {
		.kind = OBJECT_CHILDREN,
		.wait = WAIT_VFORK,
		.process = t->process,
		.name = "vfork child",
	};
	const struct call any = { .children = CHILDREN_ANY };
	uint64_t flags = CLONE_VFORK;
	size_t o, n = 0;
	bool new;

	/* clone3's struct clone_args begins with them. */
	if (call->address && memory_read(c, t->process, call->address, &flags, sizeof(flags)) < 0)
		flags = 0;
	if (!(flags & CLONE_VFORK) || !waits_for_vfork(c, t)) {
		thread_mark_runnable(
			t, t->state == 'D' ? REST_DISK : REST_UNKNOWN_CALL, "%s", call->name);
		return;
	}
	t->wait = WAIT_VFORK;
	o = object_intern(c, &key, &new);
	thread_add_object(c, thread, o);
	/* Which of its children is not told: all of them, an ended one apart. */
	if (!add_children(c, o, t->process, &any, 0, &n))
		n = 0;
	if (n == 0)
		object_set_external(c, o, "its vfork child is not in the tree");
}

static void decode_wait4(const uint64_t a[6], struct call *c)
{
	int pid = (int)a[0];

	if (pid > 0)
		c->children = CHILDREN_PID;
	else if (pid != -1)
		c->children = CHILDREN_GROUP;
	c->id = pid < -1 ? -(int64_t)pid : pid;
}

static void decode_waitid(const uint64_t a[6], struct call *c)
{
	c->id = (int)a[1];
	switch ((int)a[0]) {
	case P_ALL:
		break;
	case P_PID:
		c->children = CHILDREN_PID;
		break;
	case P_PGID:
		c->children = CHILDREN_GROUP;
		break;
	case P_PIDFD:
		c->children = CHILDREN_PIDFD;
		c->fd = (int)a[1];
		break;
	default:
		c->kind = CALL_UNKNOWN;
	}
}

#ifdef SYS_vfork
/* The parent of a vfork child sleeps uninterruptibly, or killably. */
static void decode_vfork(const uint64_t a[6], struct call *c)
{
	(void)a;
	c->disk = true;
}
#endif

static void decode_clone(const uint64_t a[6], struct call *c)
{
	c->disk = a[0] & CLONE_VFORK;
	if (!c->disk)
		c->kind = CALL_UNKNOWN;
}

static void decode_clone3(const uint64_t a[6], struct call *c)
{
	c->disk = true;
	c->address = a[0];
}

static const struct wait_call calls[] = {
	WAIT_CALL(wait4, decode_wait4, resolve_child),
	WAIT_CALL(waitid, decode_waitid, resolve_child),
	WAIT_CALL(clone, decode_clone, resolve_vfork),
#ifdef SYS_vfork
	WAIT_CALL(vfork, decode_vfork, resolve_vfork),
#endif
#ifdef SYS_clone3
	WAIT_CALL(clone3, decode_clone3, resolve_vfork),
#endif
};

WAIT_OPS(wait_child_ops, calls, NULL, NULL, NULL, wait_is_unchanged, NULL, NULL);
