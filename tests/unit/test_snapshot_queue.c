/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots of real children that wait for what others reach by a name or a number: message queues,
 * System V semaphores, FIFOs. */
#include "runner/base/util.h"
#include "tests/unit/snapshot_child.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/stat.h>

TestSuite(snapshot_queue, .timeout = 60);

enum { MESSAGES = 3 };

/* The queue of this test's name; unlinked or not. */
static mqd_t queue_new(const char *name, bool named)
{
	struct mq_attr attr = { .mq_maxmsg = MESSAGES, .mq_msgsize = 8 };
	mqd_t q;

	mq_unlink(name);
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	cr_assert_neq(q, (mqd_t)-1);
	if (!named)
		mq_unlink(name);
	return q;
}

static void fill_queue(void *data)
{
	const mqd_t *q = data;

	for (int i = 0; i <= MESSAGES; i++)
		mq_send(*q, "x", 1, 0);
}

static void receive(void *data)
{
	const mqd_t *q = data;
	char text[8];

	mq_receive(*q, text, sizeof(text), NULL);
}

/* Collects until the child waits so, and gives its object. */
static const struct object *await_object(pid_t pid, enum wait_kind wait, struct snapshot *ret_s)
{
	cr_assert(child_await(pid, NULL, holds_root_waits, &wait, ret_s));
	cr_assert_eq(ret_s->threads[0].n_objects, 1);
	return thread_object(ret_s, &ret_s->threads[0], 0);
}

Test(snapshot_queue, a_sender_waits_for_whoever_may_receive)
{
	mqd_t q = queue_new("/hangrate-unit-full", false);
	pid_t pid = child_start(fill_queue, &q);
	struct snapshot s;
	const struct object *o = await_object(pid, WAIT_MQ_SEND, &s);

	cr_assert_eq(o->fill, MESSAGES);
	cr_assert_eq(o->capacity, MESSAGES);
	cr_assert(object_wakes(&s, o, pid), "its own descriptor reads, too");
	cr_assert_str_eq(o->name, "message queue /hangrate-unit-full (deleted)");
	cr_assert(o->external, "this process has it, too, and is not in the tree");
	snapshot_done(&s);
	child_end(pid);
}

Test(snapshot_queue, a_name_is_a_condition)
{
	mqd_t q = queue_new("/hangrate-unit-named", true);
	pid_t pid = child_start(receive, &q);
	struct snapshot s;
	const struct object *o = await_object(pid, WAIT_MQ_RECEIVE, &s);

	cr_assert_eq(o->fill, 0);
	cr_assert_str_eq(o->unless, "somebody opens message queue /hangrate-unit-named");
	mq_unlink("/hangrate-unit-named");
	snapshot_done(&s);
	child_end(pid);
}

static void receive_read_only(void *data)
{
	const mqd_t *q = data;
	mqd_t mine = mq_open("/hangrate-unit-ends", O_RDONLY);

	mq_unlink("/hangrate-unit-ends");
	mq_close(*q);
	receive(&mine);
}

Test(snapshot_queue, an_end_that_only_receives_wakes_no_receiver)
{
	mqd_t q = queue_new("/hangrate-unit-ends", true);
	pid_t pid = child_start(receive_read_only, &q);
	struct snapshot s;
	const struct object *o;

	mq_close(q);
	o = await_object(pid, WAIT_MQ_RECEIVE, &s);
	cr_assert_eq(o->n_wakers, 0);
	snapshot_done(&s);
	child_end(pid);
}

static void take_semaphore(void *data)
{
	struct sembuf operations[] = { { .sem_num = 0, .sem_op = 1 },
		{ .sem_num = 1, .sem_op = -2 } };

	semop(*(int *)data, operations, 2);
}

Test(snapshot_queue, a_semaphore_has_a_number_and_a_last_user)
{
	int set = semget(IPC_PRIVATE, 2, 0600);
	pid_t pid = child_start(take_semaphore, &set);
	char expected[OBJECT_MAX_NAME];
	struct snapshot s;
	const struct object *o = await_object(pid, WAIT_SEMAPHORE, &s);

	snprintf(expected, sizeof(expected),
		"semaphore 1 of System V set %d (value 0, last changed by process 0)", set);
	cr_expect_str_eq(o->name, expected, "the operation that can't be done: %s", o->name);
	cr_expect(object_wakes(&s, o, pid));
	cr_expect(strstr(o->unless, "a process outside the tree acts on System V semaphore set"));
	cr_expect_eq(s.threads[0].rest, REST_YES);
	semctl(set, 0, IPC_RMID);
	snapshot_done(&s);
	child_end(pid);
}

static void receive_msg(void *data)
{
	struct {
		long type;
		char text[8];
	} m;

	msgrcv(*(int *)data, &m, sizeof(m.text), 7, 0);
}

Test(snapshot_queue, a_system_v_queue_is_open_to_all)
{
	int queue = msgget(IPC_PRIVATE, 0600);
	pid_t pid = child_start(receive_msg, &queue);
	struct snapshot s;
	const struct object *o = await_object(pid, WAIT_MSG_RECEIVE, &s);

	cr_expect_eq(o->fill, 0);
	cr_expect(strstr(o->unless, "a process outside the tree acts on System V message queue"));
	msgctl(queue, IPC_RMID, NULL);
	snapshot_done(&s);
	child_end(pid);
}

static void open_fifo(void *data)
{
	open(data, O_RDONLY);
}

Test(snapshot_queue, who_opens_a_fifo_waits_for_whoever_may_name_it)
{
	char path[SCRATCH_MAX], expected[SCRATCH_MAX + OBJECT_MAX_NAME];
	struct snapshot s;
	const struct object *o;
	pid_t pid;

	scratch_name(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	pid = child_start(open_fifo, path);
	o = await_object(pid, WAIT_FIFO_OPEN, &s);
	snprintf(expected, sizeof(expected), "somebody opens FIFO %s", path);
	cr_expect_str_eq(o->unless, expected);
	cr_expect(object_wakes(&s, o, pid));
	unlink(path);
	snapshot_done(&s);
	child_end(pid);
}
