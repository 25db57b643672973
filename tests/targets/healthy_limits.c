/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread waits with a time limit that its call's arguments or its file show; main joins it
 * without one. Each mode is the call: realtime		FUTEX_WAIT_BITSET until a time of day waitv
 * futex_waitv() lock_pi		FUTEX_LOCK_PI of a lock whose owner waits for us requeue_pi
 * FUTEX_WAIT_REQUEUE_PI that nobody requeues rwlock		pthread_rwlock_clockwrlock() pselect
 * pselect() on nothing epoll_pwait2	on a pipe of its own
 *   sigtimedwait	for a signal that nobody sends
 *   semtimedop		System V
 *   queue_receive	mq_timedreceive() of an empty queue
 *   queue_send		mq_timedsend() to a full one
 *   aio_events		io_getevents()
 *   accept		SO_RCVTIMEO of a listener
 *   connect		SO_SNDTIMEO, with the listener's queue full
 *   waited_message	recvmmsg() of a socket with SO_RCVTIMEO
 * modes: realtime|waitv|lock_pi|requeue_pi|rwlock|pselect|epoll_pwait2|sigtimedwait|semtimedop
 * modes: queue_receive|queue_send|aio_events|accept|connect|waited_message
 *
 * libc: glibc
 */
#include "tests/targets/modes.h"

#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <sys/un.h>

static struct timespec limit;
static int p[2];
static uint32_t word, second;

static void in_thread(long ms, void *(*call)(void *))
{
	limit = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
	pthread_join(target_thread(call, NULL), NULL);
}

static struct timespec until(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += limit.tv_nsec;
	t.tv_sec += limit.tv_sec + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static void *wait_realtime(void *arg)
{
	struct timespec t = until(CLOCK_REALTIME);

	MUST(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &t, NULL, 1) <
		0);
	MUST(errno == ETIMEDOUT);
	return arg;
}

static void *wait_words(void *arg)
{
	struct futex_waitv words[] = { { .uaddr = (uintptr_t)&word, .flags = FUTEX_32 },
		{ .uaddr = (uintptr_t)&second, .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG } };
	struct timespec t = until(CLOCK_MONOTONIC);

	MUST(syscall(SYS_futex_waitv, words, 2, 0, &t, CLOCK_MONOTONIC) < 0);
	MUST(errno == ETIMEDOUT || errno == ENOSYS);
	return arg;
}

static void *own_until_told(void *arg)
{
	MUST(syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
	target_write_byte(((int *)arg)[1]);
	target_read_byte(p[0]);
	return NULL;
}

static void *wait_for_owner(void *arg)
{
	int owned[2];
	struct timespec t;
	pthread_t owner;

	MUST(pipe(p) == 0 && pipe(owned) == 0);
	owner = target_thread(own_until_told, owned);
	target_read_byte(owned[0]);
	t = until(CLOCK_REALTIME);
	MUST(syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, &t, NULL, 0) < 0 && errno == ETIMEDOUT);
	target_write_byte(p[1]);
	pthread_join(owner, NULL);
	return arg;
}

static void *wait_requeued(void *arg)
{
	struct timespec t = until(CLOCK_MONOTONIC);

	MUST(syscall(SYS_futex, &word, FUTEX_WAIT_REQUEUE_PI, 0, &t, &second, 0) < 0);
	MUST(errno == ETIMEDOUT);
	return arg;
}

static void *wait_rwlock(void *arg)
{
	static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
	struct timespec t = until(CLOCK_MONOTONIC);

	MUST(pthread_rwlock_rdlock(&lock) == 0);
	MUST(pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &t) == ETIMEDOUT);
	return arg;
}

static void *wait_select(void *arg)
{
	MUST(pselect(0, NULL, NULL, NULL, &limit, NULL) == 0);
	return arg;
}

static void *wait_epoll(void *arg)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_create1(0);

	MUST(pipe(p) == 0 && epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e) == 0);
	MUST(syscall(SYS_epoll_pwait2, ep, &e, 1, &limit, NULL, 0) == 0);
	return arg;
}

static void *wait_signal(void *arg)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	MUST(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	MUST(sigtimedwait(&set, NULL, &limit) < 0 && errno == EAGAIN);
	return arg;
}

static void *wait_semaphore(void *arg)
{
	int id = semget(IPC_PRIVATE, 1, 0600);

	MUST(id >= 0);
	MUST(semtimedop(id, &(struct sembuf){ 0, -1, 0 }, 1, &limit) < 0 && errno == EAGAIN);
	MUST(semctl(id, 0, IPC_RMID) == 0);
	return arg;
}

static mqd_t open_queue(void)
{
	char name[64];
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	mqd_t q;

	snprintf(name, sizeof(name), "/hangrate-limit-%ld", (long)getpid());
	q = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attr);
	MUST(q != (mqd_t)-1 && mq_unlink(name) == 0);
	return q;
}

static void *wait_queue(void *arg)
{
	char c;
	mqd_t q = open_queue();
	struct timespec t = until(CLOCK_REALTIME);

	MUST(mq_timedreceive(q, &c, 1, NULL, &t) < 0 && errno == ETIMEDOUT);
	return arg;
}

static void *wait_queue_room(void *arg)
{
	mqd_t q = open_queue();
	struct timespec t = until(CLOCK_REALTIME);

	MUST(mq_send(q, "a", 1, 0) == 0);
	MUST(mq_timedsend(q, "b", 1, 0, &t) < 0 && errno == ETIMEDOUT);
	return arg;
}

static void *wait_aio(void *arg)
{
	aio_context_t ctx = 0;
	struct io_event e;

	MUST(syscall(SYS_io_setup, 1, &ctx) == 0);
	MUST(syscall(SYS_io_getevents, ctx, 1, 1, &e, &limit) == 0);
	return arg;
}

static void limit_socket(int fd, int option)
{
	struct timeval tv = { limit.tv_sec, limit.tv_nsec / 1000 };

	MUST(setsockopt(fd, SOL_SOCKET, option, &tv, sizeof(tv)) == 0);
}

/* Its address is chosen by the kernel. */
static int listen_unix(struct sockaddr_un *a, socklen_t *n)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*n = sizeof(*a);
	MUST(fd >= 0 && bind(fd, (struct sockaddr *)a, sizeof(sa_family_t)) == 0);
	MUST(listen(fd, 0) == 0 && getsockname(fd, (struct sockaddr *)a, n) == 0);
	return fd;
}

static void *wait_connection(void *arg)
{
	struct sockaddr_un a;
	socklen_t n;
	int fd = listen_unix(&a, &n);

	limit_socket(fd, SO_RCVTIMEO);
	MUST(accept(fd, NULL, NULL) < 0 && errno == EAGAIN);
	return arg;
}

static void *wait_backlog(void *arg)
{
	struct sockaddr_un a;
	socklen_t n;
	int fd;

	listen_unix(&a, &n);
	do {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		MUST(fd >= 0);
		limit_socket(fd, SO_SNDTIMEO);
	} while (connect(fd, (struct sockaddr *)&a, n) == 0);
	MUST(errno == EAGAIN);
	return arg;
}

static void *wait_message(void *arg)
{
	char c;
	struct iovec iov = { &c, 1 };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, p) == 0);
	limit_socket(p[0], SO_RCVTIMEO);
	MUST(recvmmsg(p[0], &m, 1, 0, NULL) < 0 && errno == EAGAIN);
	return arg;
}

#define IN_THREAD(name, call)        \
	static void name(long ms)    \
	{                            \
		in_thread(ms, call); \
	}

IN_THREAD(realtime, wait_realtime)
IN_THREAD(waitv, wait_words)
IN_THREAD(lock_pi, wait_for_owner)
IN_THREAD(requeue_pi, wait_requeued)
IN_THREAD(rwlock, wait_rwlock)
IN_THREAD(by_pselect, wait_select)
IN_THREAD(by_epoll_pwait2, wait_epoll)
IN_THREAD(by_sigtimedwait, wait_signal)
IN_THREAD(by_semtimedop, wait_semaphore)
IN_THREAD(queue_receive, wait_queue)
IN_THREAD(queue_send, wait_queue_room)
IN_THREAD(aio_events, wait_aio)
IN_THREAD(by_accept, wait_connection)
IN_THREAD(by_connect, wait_backlog)
IN_THREAD(waited_message, wait_message)

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "realtime", realtime },
		{ "waitv", waitv },
		{ "lock_pi", lock_pi },
		{ "requeue_pi", requeue_pi },
		{ "rwlock", rwlock },
		{ "pselect", by_pselect },
		{ "epoll_pwait2", by_epoll_pwait2 },
		{ "sigtimedwait", by_sigtimedwait },
		{ "semtimedop", by_semtimedop },
		{ "queue_receive", queue_receive },
		{ "queue_send", queue_send },
		{ "aio_events", aio_events },
		{ "accept", by_accept },
		{ "connect", by_connect },
		{ "waited_message", waited_message },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
