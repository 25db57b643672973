/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outsider SOCKET: a server that acts later, outside of every trial (outsider.h). One process a
 * request. It writes a line when it listens.
 *
 * Over 500 lines: one table of many small acts, each used by one mode of a target.
 *
 * libc: glibc
 */
#include "tests/targets/futex.h"
#include "tests/targets/outsider.h"
#include "tests/targets/ring.h"

#include <linux/aio_abi.h>
#include <linux/loop.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

struct request {
	long ms;
	int fd;   /* what came with it */
	int conn; /* to the asking process; it reads one int */
	char argument[OUTSIDER_LINE];
};

static void answer(const struct request *r, int value)
{
	MUST(write(r->conn, &value, sizeof(value)) == sizeof(value));
	close(r->conn);
}

/* Taken, and asleep until it is time. */
static void wait_for_it(const struct request *r)
{
	answer(r, 0);
	target_sleep_ms(r->ms);
}

/* Until who asks has ended: what only this process has goes with it, and on a busy machine the
 * target may not have seen it yet. */
static int asker_open(const struct request *r)
{
	struct ucred asker;
	socklen_t len = sizeof(asker);
	int fd;

	MUST(getsockopt(r->conn, SOL_SOCKET, SO_PEERCRED, &asker, &len) == 0);
	fd = (int)syscall(SYS_pidfd_open, asker.pid, 0);
	MUST(fd >= 0 || errno == ESRCH || errno == EINVAL);
	return fd;
}

static void asker_await_end(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	if (fd >= 0)
		MUST(poll(&p, 1, -1) == 1);
}

static void do_write(const struct request *r)
{
	wait_for_it(r);
	target_write_byte(r->fd);
}

/* Its connection stays open meanwhile. */
static void do_write_connected(const struct request *r)
{
	int taken = 0;

	MUST(write(r->conn, &taken, sizeof(taken)) == sizeof(taken));
	target_sleep_ms(r->ms);
	target_write_byte(r->fd);
}

static void do_close(const struct request *r)
{
	wait_for_it(r);
	close(r->fd);
	target_sleep_ms(50);
}

/* The ring keeps the file, and no table shows it. Nothing to do: the process writes itself. */
static struct ring ring_with(int fd)
{
	struct ring ring = ring_make();
	enum { REGISTER_FILES = 2 };

	MUST(syscall(SYS_io_uring_register, ring.fd, REGISTER_FILES, &fd, 1) == 0);
	close(fd);
	ring.sqe[1] = (struct io_uring_sqe){ .opcode = IORING_OP_WRITE, .fd = 0, .len = 1 };
	ring.sqe[1].addr = (uintptr_t) "x";
	ring.sqe[1].flags = IOSQE_FIXED_FILE;
	return ring;
}

static void do_ring_file(const struct request *r)
{
	struct ring ring = ring_with(r->fd);

	wait_for_it(r);
	ring.sqe[0] = (struct io_uring_sqe){ .opcode = IORING_OP_NOP };
	MUST(syscall(SYS_io_uring_enter, ring.fd, 2, 0, 0, NULL, 0) == 2);
	target_sleep_ms(50);
}

/* The kernel writes, after a time. */
static struct ring ring_with_request(const struct request *r)
{
	struct __kernel_timespec nap = { r->ms / 1000, r->ms % 1000 * 1000000 };
	struct ring ring = ring_with(r->fd);

	ring.sqe[0] = (struct io_uring_sqe){ .opcode = IORING_OP_TIMEOUT, .fd = -1, .len = 1 };
	ring.sqe[0].flags = IOSQE_IO_HARDLINK;
	ring.sqe[0].addr = (uintptr_t)&nap;
	MUST(syscall(SYS_io_uring_enter, ring.fd, 2, 0, 0, NULL, 0) == 2);
	return ring;
}

/* The ring is only mapped. */
static void do_ring_request(const struct request *r)
{
	struct ring ring = ring_with_request(r);

	close(ring.fd);
	answer(r, 0);
	target_sleep_ms(r->ms + 50);
}

/* The kernel signals the eventfd when a timerfd is readable. */
static void do_aio_eventfd(const struct request *r)
{
	struct itimerspec spec = { .it_value = { r->ms / 1000, r->ms % 1000 * 1000000 + 1 } };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	aio_context_t context = 0;
	struct iocb poll_timer = { .aio_lio_opcode = IOCB_CMD_POLL }, *list = &poll_timer;

	MUST(timer >= 0 && timerfd_settime(timer, 0, &spec, NULL) == 0);
	MUST(syscall(SYS_io_setup, 1, &context) == 0);
	poll_timer.aio_fildes = (uint32_t)timer;
	poll_timer.aio_buf = POLLIN;
	poll_timer.aio_flags = IOCB_FLAG_RESFD;
	poll_timer.aio_resfd = (uint32_t)r->fd;
	MUST(syscall(SYS_io_submit, context, 1, &list) == 1);
	close(r->fd);
	answer(r, 0);
	target_sleep_ms(r->ms + 50);
}

/* What came is an O_PATH descriptor of a FIFO. */
static void do_open_path(const struct request *r)
{
	char path[64];
	int fd;

	wait_for_it(r);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->fd);
	fd = open(path, O_WRONLY);
	MUST(fd >= 0);
	target_write_byte(fd);
}

/* Whoever has it waits in a thread; the process's leader has ended. */
static const struct request *of_thread;
static void *write_by_thread(void *arg)
{
	wait_for_it(of_thread);
	target_write_byte(of_thread->fd);
	_exit(0);
	return arg;
}

static void do_leader_gone(const struct request *r)
{
	of_thread = r;
	target_thread(write_by_thread, NULL);
	syscall(SYS_exit, 0);
}

/* A table that two processes share. */
static int table_sharer(void *arg)
{
	const struct request *r = arg;

	wait_for_it(r);
	target_write_byte(r->fd);
	syscall(SYS_exit_group, 0);
	return 0;
}

static void do_shared_table(const struct request *r)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(table_sharer, stack + sizeof(stack), CLONE_FILES | SIGCHLD, (void *)r);

	MUST(pid > 0);
	target_reap(pid);
}

/* It goes on to another socket of ours, and stays there until it is time. */
static void do_in_own_queue(const struct request *r)
{
	int s[2];

	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	passfd_send(s[0], r->fd);
	close(r->fd);
	wait_for_it(r);
	target_write_byte(passfd_receive(s[1]));
}

static void do_touch(const struct request *r)
{
	int fd;

	wait_for_it(r);
	fd = open(r->argument, O_CREAT | O_WRONLY, 0600);
	MUST(fd >= 0 && close(fd) == 0 && unlink(r->argument) == 0);
}

/* It may not be there. */
static void do_look(const struct request *r)
{
	wait_for_it(r);
	close(open(r->argument, O_RDONLY));
}

static void do_urgent(const struct request *r)
{
	wait_for_it(r);
	MUST(send(r->fd, "!", 1, MSG_OOB) == 1);
	target_sleep_ms(50);
}

static void do_resize_tty(const struct request *r)
{
	struct winsize size = { 10, 20, 0, 0 };

	wait_for_it(r);
	MUST(ioctl(r->fd, TIOCSWINSZ, &size) == 0);
	target_sleep_ms(50);
}

static void do_interrupt_tty(const struct request *r)
{
	wait_for_it(r);
	MUST(write(r->fd, "\x03", 1) == 1);
	target_sleep_ms(50);
}

/* Answers with the number of a thread that ends when it is time, while the process goes on. */
static void *tracee(void *arg)
{
	const struct request *r = arg;

	answer(r, (int)syscall(SYS_gettid));
	target_sleep_ms(r->ms);
	return NULL;
}

static void do_thread(const struct request *r)
{
	pthread_join(target_thread(tracee, (void *)r), NULL);
	target_sleep_ms(100);
}

/* "PATH FIRST": one byte of the file is locked until it is time. */
static void do_lock(const struct request *r)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	char path[OUTSIDER_LINE];
	long first;
	int fd;

	MUST(sscanf(r->argument, "%511s %ld", path, &first) == 2);
	lock.l_start = first;
	fd = open(path, O_RDWR);
	MUST(fd >= 0 && fcntl(fd, F_SETLKW, &lock) == 0);
	wait_for_it(r);
}

static void do_flock(const struct request *r)
{
	int fd = open(r->argument, O_RDWR);

	MUST(fd >= 0 && flock(fd, LOCK_EX) == 0);
	wait_for_it(r);
}

static void do_send_queue(const struct request *r)
{
	mqd_t q;

	wait_for_it(r);
	q = mq_open(r->argument, O_WRONLY);
	MUST(q >= 0 && mq_send(q, "", 1, 0) == 0);
}

static uint32_t *map_word(int fd)
{
	uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	MUST(fd >= 0 && word != MAP_FAILED);
	return word;
}

static void do_open_gate(const struct request *r)
{
	wait_for_it(r);
	futex_gate_open(map_word(open(r->argument, O_RDWR)), FUTEX_WAKE_SHARED);
}

static void do_map_gate(const struct request *r)
{
	int fd = open(r->argument, O_RDWR);

	wait_for_it(r);
	futex_gate_open(map_word(fd), FUTEX_WAKE_SHARED);
}

/* Its clear_child_tid is the word, in memory that it maps: the end of the thread wakes. */
static void *end_on_word(void *arg)
{
	MUST(syscall(SYS_set_tid_address, arg) > 0);
	syscall(SYS_exit, 0);
	return NULL;
}

static void do_end_thread(const struct request *r)
{
	uint32_t *word = map_word(open(r->argument, O_RDWR));

	wait_for_it(r);
	target_thread(end_on_word, word);
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE))
		target_sleep_ms(10);
	target_sleep_ms(50);
}

/* The epoll is the target's too. */
static void do_epoll_add(const struct request *r)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ready = eventfd(1, EFD_CLOEXEC), asker = asker_open(r);

	wait_for_it(r);
	MUST(ready >= 0 && epoll_ctl(r->fd, EPOLL_CTL_ADD, ready, &event) == 0);
	close(r->fd);
	asker_await_end(asker);
}

/* A socket that leads into another network namespace than ours. */
static void do_connect(const struct request *r)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };

	wait_for_it(r);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons((uint16_t)atoi(r->argument));
	MUST(connect(r->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	target_sleep_ms(50);
}

/* A datagram socket whose queue is full. */
static void do_drain(const struct request *r)
{
	static char junk[65536];

	wait_for_it(r);
	while (recv(r->fd, junk, sizeof(junk), MSG_DONTWAIT) >= 0)
		;
	target_sleep_ms(50);
}

/* A loop device keeps its file open. */
static void do_clear_loop(const struct request *r)
{
	wait_for_it(r);
	MUST(ioctl(r->fd, LOOP_CLR_FD) == 0);
}

/* Has the file with a lease on it, and breaks that: who set it up is told. */
static void do_break_lease(const struct request *r)
{
	wait_for_it(r);
	MUST(open(r->argument, O_WRONLY | O_NONBLOCK) < 0 && errno == EWOULDBLOCK);
	unlink(r->argument);
	target_sleep_ms(50);
}

/* Keeps what it was sent while another one writes to the other end. */
static void do_write_to_peer(const struct request *r)
{
	wait_for_it(r);
	target_sleep_ms(100);
}

static void do_send_buffer(const struct request *r)
{
	int size = 1 << 20;

	wait_for_it(r);
	MUST(setsockopt(r->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
	target_sleep_ms(50);
}

static int spliced[3];

static void *splice_late(void *arg)
{
	splice(spliced[0], NULL, spliced[2], NULL, 1, 0);
	return arg;
}

/* The call has the file when the number is gone. */
static void do_splice_closed(const struct request *r)
{
	MUST(pipe(spliced) == 0);
	spliced[2] = r->fd;
	target_thread(splice_late, NULL);
	target_sleep_ms(20);
	close(r->fd);
	wait_for_it(r);
	target_write_byte(spliced[1]);
	target_sleep_ms(50);
}

static void do_open_path_fd(const struct request *r)
{
	char path[64];

	wait_for_it(r);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->fd);
	MUST(open(path, O_WRONLY) >= 0);
	target_sleep_ms(50);
}

static void do_mount(const struct request *r)
{
	wait_for_it(r);
	MUST(mount("none", "/mnt", "tmpfs", 0, NULL) == 0 && umount("/mnt") == 0);
}

static void do_live(const struct request *r)
{
	answer(r, (int)getpid());
	target_sleep_ms(r->ms);
}

static void do_wake_sysv(const struct request *r)
{
	uint32_t *word = shmat(atoi(r->argument), NULL, 0);

	MUST(word != (void *)-1);
	wait_for_it(r);
	futex_gate_open(word, FUTEX_WAKE_SHARED);
	target_sleep_ms(50);
}

static void do_shut(const struct request *r)
{
	wait_for_it(r);
	MUST(shutdown(r->fd, SHUT_RD) == 0);
	target_sleep_ms(50);
}

static void do_accept(const struct request *r)
{
	wait_for_it(r);
	MUST(accept(r->fd, NULL, NULL) >= 0);
	target_sleep_ms(50);
}

/* The end of a control group: its events are told. */
static void do_remove_group(const struct request *r)
{
	wait_for_it(r);
	MUST(rmdir(r->argument) == 0);
	target_sleep_ms(50);
}

/* The only TCP peer, which resets. */
static void do_reset(const struct request *r)
{
	struct linger linger = { 1, 0 };

	wait_for_it(r);
	MUST(setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
	close(r->fd);
}

static const struct {
	const char *name;
	void (*run)(const struct request *r);
} acts[] = {
	{ "write", do_write },
	{ "write_connected", do_write_connected },
	{ "close", do_close },
	{ "ring_file", do_ring_file },
	{ "ring_request", do_ring_request },
	{ "aio_eventfd", do_aio_eventfd },
	{ "open_path", do_open_path },
	{ "leader_gone", do_leader_gone },
	{ "shared_table", do_shared_table },
	{ "in_own_queue", do_in_own_queue },
	{ "touch", do_touch },
	{ "look", do_look },
	{ "urgent", do_urgent },
	{ "resize_tty", do_resize_tty },
	{ "interrupt_tty", do_interrupt_tty },
	{ "thread", do_thread },
	{ "lock", do_lock },
	{ "flock", do_flock },
	{ "send_queue", do_send_queue },
	{ "open_gate", do_open_gate },
	{ "map_gate", do_map_gate },
	{ "end_thread", do_end_thread },
	{ "epoll_add", do_epoll_add },
	{ "connect", do_connect },
	{ "drain", do_drain },
	{ "clear_loop", do_clear_loop },
	{ "break_lease", do_break_lease },
	{ "write_to_peer", do_write_to_peer },
	{ "send_buffer", do_send_buffer },
	{ "splice_closed", do_splice_closed },
	{ "open_path_fd", do_open_path_fd },
	{ "mount", do_mount },
	{ "live", do_live },
	{ "wake_sysv", do_wake_sysv },
	{ "shut", do_shut },
	{ "accept", do_accept },
	{ "remove_group", do_remove_group },
	{ "reset", do_reset },
};

static void serve(int conn)
{
	struct request r = { .conn = conn };
	char line[OUTSIDER_LINE], act[32];
	int at = 0;

	r.fd = passfd_receive(conn);
	MUST(recv(conn, line, sizeof(line), MSG_WAITALL) == sizeof(line));
	MUST(sscanf(line, "%31s %ld %n", act, &r.ms, &at) == 2);
	memcpy(r.argument, line + at, sizeof(line) - (size_t)at);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(act, acts[i].name)) {
			acts[i].run(&r);
			_exit(0);
		}
	MUST(!"an act");
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST(argc == 2 && strlen(argv[1]) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, argv[1], strlen(argv[1]) + 1);
	MUST(listener >= 0 && bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(chmod(argv[1], 0666) == 0 && listen(listener, 256) == 0);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	MUST(write(STDOUT_FILENO, "listens\n", 8) == 8);
	for (;;) {
		int conn = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		MUST(conn >= 0);
		if (target_fork() == 0) {
			close(listener);
			signal(SIGCHLD, SIG_DFL);
			serve(conn);
		}
		close(conn);
	}
}
