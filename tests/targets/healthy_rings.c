/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * io_uring ends the wait, in each of its ways; both ends are in one process that sleeps:
 *   polled_queue	a kernel thread takes the requests (IORING_SETUP_SQPOLL)
 *   futex_wake		IORING_OP_FUTEX_WAKE after a time
 *   message		a ring sends to another one, whose eventfd is read
 *   registered_eventfd	a completion signals the eventfd
 *   multishot		a poll that goes on reports to the eventfd each time
 *   splice		a splice from a pipe that was filled before
 *   close_end		IORING_OP_CLOSE of the last writing end
 *   child_ring		the ring is a forked child's, which waits for its parent
 * modes: polled_queue|futex_wake|message|registered_eventfd|multishot|splice|close_end|child_ring
 *
 * libc: glibc
 */
#include "tests/targets/modes.h"

#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <sys/eventfd.h>

#define ENTRIES 8

struct queue {
	int fd;
	uint32_t *tail, *array, *flags;
	struct io_uring_sqe *sqe;
	uint32_t n;
};

static struct __kernel_timespec nap;

static struct queue queue_make(uint32_t flags)
{
	struct io_uring_params p = { .flags = flags, .sq_thread_idle = 2000 };
	struct queue q = { .fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &p) };
	size_t size = p.sq_off.array + p.sq_entries * sizeof(uint32_t);
	char *sq;

	MUST(q.fd >= 0);
	sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, q.fd, IORING_OFF_SQ_RING);
	q.sqe = mmap(NULL, p.sq_entries * sizeof(*q.sqe), PROT_READ | PROT_WRITE, MAP_SHARED, q.fd,
		IORING_OFF_SQES);
	MUST(sq != MAP_FAILED && q.sqe != MAP_FAILED);
	q.tail = (uint32_t *)(sq + p.sq_off.tail);
	q.array = (uint32_t *)(sq + p.sq_off.array);
	q.flags = (uint32_t *)(sq + p.sq_off.flags);
	return q;
}

static struct io_uring_sqe *queue_add(struct queue *q, uint8_t opcode, int fd)
{
	struct io_uring_sqe *e = &q->sqe[q->n];

	*e = (struct io_uring_sqe){ .opcode = opcode, .fd = fd };
	q->array[q->n] = q->n;
	q->n++;
	return e;
}

/* What is added after it comes when the time is up: a timeout counts as a failure, link anyway. */
static void queue_later(struct queue *q, long ms)
{
	struct io_uring_sqe *e = queue_add(q, IORING_OP_TIMEOUT, -1);

	nap = (struct __kernel_timespec){ ms / 1000, ms % 1000 * 1000000 };
	e->addr = (uintptr_t)&nap;
	e->len = 1;
	e->flags = IOSQE_IO_HARDLINK;
}

static void queue_enter(struct queue *q)
{
	__atomic_store_n(q->tail, q->n, __ATOMIC_RELEASE);
	MUST(syscall(SYS_io_uring_enter, q->fd, q->n, 0, 0, NULL, 0) == (long)q->n);
}

static void queue_write(struct queue *q, int fd)
{
	struct io_uring_sqe *e = queue_add(q, IORING_OP_WRITE, fd);

	e->addr = (uintptr_t) "12345678";
	e->len = 8;
}

static void read_eventfd(int fd)
{
	uint64_t n;

	MUST(read(fd, &n, sizeof(n)) == sizeof(n));
}

static void polled_queue(long ms)
{
	struct queue q = queue_make(IORING_SETUP_SQPOLL);
	int p[2];

	MUST(pipe(p) == 0);
	queue_later(&q, ms);
	queue_write(&q, p[1]);
	__atomic_store_n(q.tail, q.n, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(q.flags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP)
		syscall(SYS_io_uring_enter, q.fd, 0, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0);
	target_read_byte(p[0]);
}

static uint32_t word;

static void *wait_for_word(void *arg)
{
	syscall(SYS_futex, &word, 128, 0, NULL, NULL, 0);
	return arg;
}

/* Another thread waits: the one that owns the ring is woken to do the work. */
static void futex_wake(long ms)
{
	enum { OP_FUTEX_WAKE = 52, WORD_32_PRIVATE = 2 | 128 };
	pthread_t t = target_thread(wait_for_word, NULL);
	struct queue q = queue_make(0);
	struct io_uring_sqe *e;

	queue_later(&q, ms);
	e = queue_add(&q, OP_FUTEX_WAKE, WORD_32_PRIVATE);
	e->addr = (uintptr_t)&word;
	e->addr2 = 1;
	e->addr3 = UINT32_MAX;
	queue_enter(&q);
	pthread_join(t, NULL);
}

static int eventfd_of(struct queue *q)
{
	enum { REGISTER_EVENTFD = 4 };
	int fd = eventfd(0, EFD_CLOEXEC);

	MUST(fd >= 0 && syscall(SYS_io_uring_register, q->fd, REGISTER_EVENTFD, &fd, 1) == 0);
	return fd;
}

static void message(long ms)
{
	struct queue from = queue_make(0), to = queue_make(0);
	int fd = eventfd_of(&to);

	queue_later(&from, ms);
	queue_add(&from, IORING_OP_MSG_RING, to.fd)->len = 1;
	queue_enter(&from);
	read_eventfd(fd);
}

static void registered_eventfd(long ms)
{
	struct queue q = queue_make(0);
	int fd = eventfd_of(&q);

	queue_later(&q, ms);
	q.sqe[0].flags = 0;
	queue_enter(&q);
	read_eventfd(fd);
}

static void multishot(long ms)
{
	struct queue q = queue_make(0);
	int fd = eventfd_of(&q), p[2];
	pid_t pid;

	MUST(pipe(p) == 0);
	queue_add(&q, IORING_OP_POLL_ADD, p[0])->poll32_events = 1 /* POLLIN */;
	q.sqe[0].len = IORING_POLL_ADD_MULTI;
	queue_enter(&q);
	pid = modes_later(ms);
	if (pid == 0) {
		target_write_byte(p[1]);
		modes_end();
	}
	read_eventfd(fd);
	target_reap(pid);
}

static void splice_later(long ms)
{
	struct queue q = queue_make(0);
	int full[2], empty[2];
	struct io_uring_sqe *e;

	MUST(pipe(full) == 0 && pipe(empty) == 0);
	target_write_byte(full[1]);
	queue_later(&q, ms);
	e = queue_add(&q, IORING_OP_SPLICE, empty[1]);
	e->splice_fd_in = full[0];
	e->splice_off_in = e->off = UINT64_MAX;
	e->len = 1;
	queue_enter(&q);
	target_read_byte(empty[0]);
}

static void close_end(long ms)
{
	struct queue q = queue_make(0);
	char c;
	int p[2];

	MUST(pipe(p) == 0);
	queue_later(&q, ms);
	queue_add(&q, IORING_OP_CLOSE, p[1]);
	queue_enter(&q);
	MUST(read(p[0], &c, 1) == 0);
}

/* Parent and child wait for each other; the ring was made by the child. */
static void child_ring(long ms)
{
	int to_child[2], to_parent[2];
	pid_t pid;

	MUST(pipe(to_child) == 0 && pipe(to_parent) == 0);
	pid = target_fork();
	if (pid == 0) {
		struct queue q = queue_make(0);

		queue_later(&q, ms);
		queue_write(&q, to_parent[1]);
		queue_enter(&q);
		target_read_byte(to_child[0]);
		_exit(0);
	}
	target_read_byte(to_parent[0]);
	target_write_byte(to_child[1]);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "polled_queue", polled_queue },
		{ "futex_wake", futex_wake },
		{ "message", message },
		{ "registered_eventfd", registered_eventfd },
		{ "multishot", multishot },
		{ "splice", splice_later },
		{ "close_end", close_end },
		{ "child_ring", child_ring },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
