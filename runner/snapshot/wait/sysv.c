/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System V semaphores and message queues.
 *
 * What ends the wait (ipc/sem.c, ipc/msg.c): on a semaphore, a thread that operates on the set
 * (do_semtimedop, do_smart_update), sets a value (semctl_setval, semctl_main SETALL), removes the
 * set (freeary), or ends with SEM_UNDO (exit_sem); on a queue, a thread that receives or sends
 * (do_msgrcv, do_msgsnd), changes its limits (msgctl_down, IPC_SET) or removes it (freeque). No
 * process holds such an object: any that knows its number may act, also where it was made with
 * IPC_PRIVATE. So a wait is proven only in a trial with an IPC namespace of its own; elsewhere it
 * is stuck unless somebody outside acts.
 */
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

enum { MAX_OPERATIONS = 64 };

/* Interns an object of everybody's, with what it takes to be proven. */
static size_t object_for(struct collect *c, size_t thread, const struct object *key, bool *ret_new)
{
	size_t process = c->s->threads[thread].process;
	size_t o = object_intern(c, key, ret_new);

	thread_add_object(c, thread, o);
	if (!*ret_new)
		return o;
	object_add_everyone(c, o);
	if (!ipc_is_closed(c, process))
		object_set_unless(c, o, "a process outside the tree acts on System V %s %d",
			key->wait == WAIT_SEMAPHORE ? "semaphore set" : "message queue",
			(int)key->inode);
	return o;
}

/* The first operation of the list that can't be done now; -1: all of them can. */
static int find_blocked(const struct sembuf *operations, size_t n, int set)
{
	for (size_t i = 0; i < n; i++) {
		int value = semctl(set, operations[i].sem_num, GETVAL);

		if (value < 0)
			return (int)i; /* not permitted to look: which one is not known */
		if (operations[i].sem_op < 0 ? value + operations[i].sem_op < 0
					     : operations[i].sem_op == 0 && value != 0)
			return (int)i;
	}
	return -1;
}

static void resolve_sem(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	struct sembuf operations[MAX_OPERATIONS];
	struct object key = { .kind = OBJECT_IPC, .wait = WAIT_SEMAPHORE };
	bool ours = ipc_is_ours(c, t->process);
	int set = (int)call->id, blocked = 0, value = -1, last = 0;
	bool new;
	size_t o;

	t->wait = WAIT_SEMAPHORE;
	if (call->count == 0 || call->count > MAX_OPERATIONS ||
		memory_read(c, t->process, call->address, operations,
			call->count * sizeof(*operations)) < 0) {
		thread_mark_runnable(t, REST_UNREADABLE, "%s: its operations", call->name);
		return;
	}
	if (ours)
		blocked = find_blocked(operations, call->count, set);
	if (blocked < 0) {
		thread_mark_runnable(t, REST_RUNNING, "%s can be done by now", call->name);
		return;
	}
	key.inode = (uint64_t)set;
	key.offset = operations[blocked].sem_num;
	if (ours) {
		value = semctl(set, operations[blocked].sem_num, GETVAL);
		last = semctl(set, operations[blocked].sem_num, GETPID);
	}
	snprintf(key.name, sizeof(key.name), "semaphore %d of System V set %d", (int)key.offset,
		set);
	if (value >= 0)
		snprintf(key.name + strlen(key.name), sizeof(key.name) - strlen(key.name),
			" (value %d, last changed by process %d)", value, last);
	o = object_for(c, thread, &key, &new);
	c->s->objects[o].fill = value;
}

static void resolve_msg(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	struct object key = { .kind = OBJECT_IPC };
	struct msqid_ds q;
	bool known = ipc_is_ours(c, t->process) && msgctl((int)call->id, IPC_STAT, &q) == 0;
	bool new;
	size_t o;

	t->wait = call->access == ACCESS_WRITE ? WAIT_MSG_SEND : WAIT_MSG_RECEIVE;
	key.wait = t->wait;
	key.inode = (uint64_t)call->id;
	snprintf(key.name, sizeof(key.name), "System V message queue %d", (int)call->id);
	if (known)
		snprintf(key.name + strlen(key.name), sizeof(key.name) - strlen(key.name),
			" (%lu of %lu bytes, last sent by process %d)",
			(unsigned long)q.__msg_cbytes, (unsigned long)q.msg_qbytes,
			(int)q.msg_lspid);
	o = object_for(c, thread, &key, &new);
	/* How many messages may not tell: a receiver may wait for a type that none has. */
	c->s->objects[o].fill = known ? (int64_t)q.__msg_cbytes : -1;
	c->s->objects[o].capacity = known ? (int64_t)q.msg_qbytes : -1;
}

/* semop(set, operations, n), semtimedop(..., timeout) */
static void decode_semop(const uint64_t a[6], struct call *c)
{
	c->id = (int)a[0];
	c->address = a[1];
	c->count = a[2];
}

static void decode_semtimedop(const uint64_t a[6], struct call *c)
{
	decode_semop(a, c);
	if (a[3])
		call_set_timed(c, "timeout");
}

static void decode_msgrcv(const uint64_t a[6], struct call *c)
{
	c->id = (int)a[0];
}

static void decode_msgsnd(const uint64_t a[6], struct call *c)
{
	c->id = (int)a[0];
	c->access = ACCESS_WRITE;
}

static const struct wait_call calls[] = {
	WAIT_CALL(semop, decode_semop, resolve_sem),
	WAIT_CALL(semtimedop, decode_semtimedop, resolve_sem),
	WAIT_CALL(msgsnd, decode_msgsnd, resolve_msg),
	WAIT_CALL(msgrcv, decode_msgrcv, resolve_msg),
};

WAIT_OPS(wait_sysv_ops, calls, NULL, NULL, NULL, wait_is_unchanged, NULL, NULL);
