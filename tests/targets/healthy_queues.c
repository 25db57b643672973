/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Queues, semaphores and counters of the kernel, ended by a child in one of their rarer ways:
 *   semaphore_zero	the wait is for zero
 *   semaphore_set	SETVAL, not an operation
 *   semaphore_all	SETALL
 *   semaphore_second	the second of two operations was in the way
 *   messages_full	there is room in a full queue
 *   messages_larger	the queue is made larger (IPC_SET)
 *   messages_gone	it is removed
 *   messages_type	a message of the type that is wanted, behind one of another
 *   queue_full		mq_send() to a full queue
 *   queue_polled	a message queue in poll()
 *   queue_thread	mq_notify() starts a thread
 *   counter_takes_one	an eventfd that is a semaphore
 *   counter_full	a write to a full eventfd
 *   counter_room	poll() for room in it
 * modes: semaphore_zero|semaphore_set|semaphore_all|semaphore_second|messages_full|messages_larger
 * modes: messages_gone|messages_type|queue_full|queue_polled|queue_thread|counter_takes_one
 * modes: counter_full|counter_room
 *
 * libc: glibc
 */
#include "tests/targets/modes.h"

#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/msg.h>
#include <sys/sem.h>

struct message {
	long type;
	char text[1024];
};

static int make_semaphores(unsigned short a, unsigned short b)
{
	int id = semget(IPC_PRIVATE, 2, 0600);

	MUST(id >= 0 && semctl(id, 0, SETALL, (unsigned short[]){ a, b }) == 0);
	return id;
}

static void take(int id, struct sembuf *ops, size_t n, pid_t pid)
{
	MUST(semop(id, ops, n) == 0);
	MUST(semctl(id, 0, IPC_RMID) == 0);
	target_reap(pid);
}

static void semaphore_zero(long ms)
{
	int id = make_semaphores(1, 0);
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		MUST(semop(id, &(struct sembuf){ 0, -1, 0 }, 1) == 0);
		modes_end();
	}
	take(id, &(struct sembuf){ 0, 0, 0 }, 1, pid);
}

static void semaphore_set(long ms)
{
	int id = make_semaphores(0, 0);
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		MUST(semctl(id, 0, SETVAL, 1) == 0);
		modes_end();
	}
	take(id, &(struct sembuf){ 0, -1, 0 }, 1, pid);
}

static void semaphore_all(long ms)
{
	int id = make_semaphores(0, 0);
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		MUST(semctl(id, 0, SETALL, (unsigned short[]){ 2, 2 }) == 0);
		modes_end();
	}
	take(id, &(struct sembuf){ 1, -2, SEM_UNDO }, 1, pid);
}

static void semaphore_second(long ms)
{
	struct sembuf ops[] = { { 0, -1, 0 }, { 1, -1, 0 } };
	int id = make_semaphores(1, 0);
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		MUST(semop(id, &(struct sembuf){ 1, 1, 0 }, 1) == 0);
		modes_end();
	}
	take(id, ops, 2, pid);
}

static int make_messages(void)
{
	int id = msgget(IPC_PRIVATE, 0600);

	MUST(id >= 0);
	return id;
}

static void set_size(int id, size_t bytes)
{
	struct msqid_ds ds;

	MUST(msgctl(id, IPC_STAT, &ds) == 0);
	ds.msg_qbytes = bytes;
	MUST(msgctl(id, IPC_SET, &ds) == 0);
}

static void messages_full(long ms)
{
	static struct message m = { .type = 1 };
	int id = make_messages();
	pid_t pid;

	while (msgsnd(id, &m, sizeof(m.text), IPC_NOWAIT) == 0)
		;
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(msgrcv(id, &m, sizeof(m.text), 0, 0) >= 0);
		modes_end();
	}
	MUST(msgsnd(id, &m, sizeof(m.text), 0) == 0);
	MUST(msgctl(id, IPC_RMID, NULL) == 0);
	target_reap(pid);
}

static void messages_larger(long ms)
{
	static struct message m = { .type = 1 };
	int id = make_messages();
	pid_t pid;

	set_size(id, 16);
	MUST(msgsnd(id, &m, 10, 0) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		set_size(id, 1024);
		modes_end();
	}
	MUST(msgsnd(id, &m, 10, 0) == 0);
	MUST(msgctl(id, IPC_RMID, NULL) == 0);
	target_reap(pid);
}

static void messages_gone(long ms)
{
	struct message m;
	int id = make_messages();
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		MUST(msgctl(id, IPC_RMID, NULL) == 0);
		modes_end();
	}
	MUST(msgrcv(id, &m, sizeof(m.text), 0, 0) < 0 && (errno == EIDRM || errno == EINVAL));
	target_reap(pid);
}

static void messages_type(long ms)
{
	struct message m = { .type = 1 };
	int id = make_messages();
	pid_t pid;

	MUST(msgsnd(id, &m, 1, 0) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		m.type = 5;
		MUST(msgsnd(id, &m, 1, 0) == 0);
		modes_end();
	}
	MUST(msgrcv(id, &m, 1, 5, 0) == 1);
	MUST(msgctl(id, IPC_RMID, NULL) == 0);
	target_reap(pid);
}

static mqd_t open_queue(void)
{
	char name[64];
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	mqd_t q;

	snprintf(name, sizeof(name), "/hangrate-queue-%ld", (long)getpid());
	q = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attr);
	MUST(q != (mqd_t)-1 && mq_unlink(name) == 0);
	return q;
}

static void queue_full(long ms)
{
	mqd_t q = open_queue();
	char c;
	pid_t pid;

	MUST(mq_send(q, "a", 1, 0) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(mq_receive(q, &c, 1, NULL) == 1);
		modes_end();
	}
	MUST(mq_send(q, "b", 1, 0) == 0);
	target_reap(pid);
}

static void queue_polled(long ms)
{
	mqd_t q = open_queue();
	struct pollfd f = { .fd = (int)q, .events = POLLIN };
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		MUST(mq_send(q, "a", 1, 0) == 0);
		modes_end();
	}
	MUST(poll(&f, 1, -1) == 1);
	target_reap(pid);
}

static void post(union sigval v)
{
	sem_post(v.sival_ptr);
}

static void queue_thread(long ms)
{
	mqd_t q = open_queue();
	sem_t told;
	struct sigevent e = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = post };
	pid_t pid;

	MUST(sem_init(&told, 0, 0) == 0);
	e.sigev_value.sival_ptr = &told;
	MUST(mq_notify(q, &e) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(mq_send(q, "a", 1, 0) == 0);
		modes_end();
	}
	target_sem_wait(&told);
	target_reap(pid);
}

static void counter_takes_one(long ms)
{
	int fd = eventfd(1, EFD_SEMAPHORE);
	uint64_t n = 2;
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		MUST(write(fd, &n, sizeof(n)) == sizeof(n));
		modes_end();
	}
	for (int i = 0; i < 3; i++)
		MUST(read(fd, &n, sizeof(n)) == sizeof(n) && n == 1);
	target_reap(pid);
}

static pid_t empty_later(int fd, long ms)
{
	uint64_t n = UINT64_MAX - 1;
	pid_t pid;

	MUST(write(fd, &n, sizeof(n)) == sizeof(n));
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(read(fd, &n, sizeof(n)) == sizeof(n));
		modes_end();
	}
	return pid;
}

static void counter_full(long ms)
{
	int fd = eventfd(0, 0);
	pid_t pid = empty_later(fd, ms);

	MUST(write(fd, &(uint64_t){ 1 }, 8) == 8);
	target_reap(pid);
}

static void counter_room(long ms)
{
	int fd = eventfd(0, 0);
	struct pollfd f = { .fd = fd, .events = POLLOUT };
	pid_t pid = empty_later(fd, ms);

	MUST(poll(&f, 1, -1) == 1);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "semaphore_zero", semaphore_zero },
		{ "semaphore_set", semaphore_set },
		{ "semaphore_all", semaphore_all },
		{ "semaphore_second", semaphore_second },
		{ "messages_full", messages_full },
		{ "messages_larger", messages_larger },
		{ "messages_gone", messages_gone },
		{ "messages_type", messages_type },
		{ "queue_full", queue_full },
		{ "queue_polled", queue_polled },
		{ "queue_thread", queue_thread },
		{ "counter_takes_one", counter_takes_one },
		{ "counter_full", counter_full },
		{ "counter_room", counter_room },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
