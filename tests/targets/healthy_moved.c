/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What /proc shows of the wait is not what it waits for any more, or who can end it stands in no
 * table of a process leader.
 *
 * Over 500 lines: each mode is one screen or less, and none needs another.
 * libc: glibc
 * modes: requeued|mapped_over|dup2_over|number_again|receive_limit_off|send_limit_off
 * modes: owner_unmapped|flock_mapped|flock_in_flight|in_flight_datagram|in_flight_nested
 * modes: own_table|shared_table|aio_eventfd|splice|tee|tracee|notified|page_fault
 */
#include "tests/targets/futex.h"
#include "tests/targets/modes.h"
#include "tests/targets/passfd.h"

#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/time.h>

static uint32_t own_word, *shared_word;
static int p[2], s[2];

static pid_t waiter;

/* The thread says who it is, and sleeps in the call soon. */
static void say_waiter(void)
{
	__atomic_store_n(&waiter, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
}

static void await_call(long nr)
{
	char path[TARGET_PATH_MAX], text[32] = "";
	long now = -1;

	while (now != nr) {
		pid_t tid = __atomic_load_n(&waiter, __ATOMIC_ACQUIRE);
		int fd;

		snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)tid);
		fd = tid ? open(path, O_RDONLY) : -1;
		now = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? strtol(text, NULL, 10) : -1;
		if (*text == 'r') /* "running" */
			now = -1;
		if (fd >= 0)
			close(fd);
	}
}

static void *wait_own(void *arg)
{
	MUST(syscall(SYS_futex, &own_word, FUTEX_WAIT_SHARED, 0, NULL, NULL, 0) == 0);
	return arg;
}

/* The word does not tell that it was woken: on a slow machine nobody may sleep there yet. */
static void wake_shared_word(void)
{
	while (syscall(SYS_futex, shared_word, FUTEX_WAKE_SHARED, 1, NULL, NULL, 0) == 0)
		target_sleep_ms(1);
}

/* From private memory to memory that a child has, too. */
static void requeued(long ms)
{
	pthread_t t;
	pid_t pid;

	shared_word = target_shared(4096);
	pid = modes_later(ms);
	if (pid == 0) {
		wake_shared_word();
		modes_end();
	}
	t = target_thread(wait_own, NULL);
	while (syscall(SYS_futex, &own_word, 3 /* FUTEX_REQUEUE */, 0, 1L, shared_word, 0) != 1)
		sched_yield();
	pthread_join(t, NULL);
	target_reap(pid);
}

static void *wait_shared_word(void *arg)
{
	say_waiter();
	syscall(SYS_futex, shared_word, FUTEX_WAIT_SHARED, 0, NULL, NULL, 0);
	return arg;
}

/* Other memory lies where the futex was. */
static void mapped_over(long ms)
{
	pthread_t t;
	pid_t pid;

	shared_word = target_shared(4096);
	pid = target_fork();
	if (pid == 0) {
		target_sleep_ms(ms + 5);
		wake_shared_word();
		modes_end();
	}
	t = target_thread(wait_shared_word, NULL);
	await_call(SYS_futex);
	MUST(mmap(shared_word, 4096, PROT_READ | PROT_WRITE,
		     MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == shared_word);
	pthread_join(t, NULL);
	target_reap(pid);
}

static void *read_first(void *arg)
{
	say_waiter();
	target_read_byte(p[0]);
	return arg;
}

static void change_number(long ms, bool by_dup)
{
	int q[2];
	pthread_t t;
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = modes_later(ms + 5);
	if (pid == 0) {
		target_write_byte(p[1]);
		modes_end();
	}
	close(p[1]);
	t = target_thread(read_first, NULL);
	await_call(SYS_read);
	if (by_dup) {
		MUST(pipe(q) == 0 && dup2(q[0], p[0]) == p[0]);
	} else {
		close(p[0]);
		MUST(pipe(q) == 0);
	}
	pthread_join(t, NULL);
	target_reap(pid);
}

static void dup2_over(long ms)
{
	change_number(ms, true);
}

static void number_again(long ms)
{
	change_number(ms, false);
}

static void set_limit(int option, long ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	MUST(setsockopt(s[0], SOL_SOCKET, option, &tv, sizeof(tv)) == 0);
}

static void *read_limited(void *arg)
{
	char c;

	say_waiter();
	MUST(recv(s[0], &c, 1, 0) < 0 && errno == EAGAIN);
	return arg;
}

static void *write_limited(void *arg)
{
	static const char junk[65536];

	while (send(s[0], junk, sizeof(junk), MSG_DONTWAIT) > 0)
		;
	say_waiter();
	MUST(send(s[0], junk, sizeof(junk), 0) < 0);
	MUST(errno == EAGAIN);
	return arg;
}

static void take_limit_off(long ms, int option, long nr, void *(*call)(void *))
{
	pthread_t t;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	set_limit(option, ms + 10);
	t = target_thread(call, NULL);
	await_call(nr);
	set_limit(option, 0);
	pthread_join(t, NULL);
}

static void receive_limit_off(long ms)
{
	take_limit_off(ms, SO_RCVTIMEO, SYS_recvfrom, read_limited);
}

static void send_limit_off(long ms)
{
	take_limit_off(ms, SO_SNDTIMEO, SYS_sendto, write_limited);
}

/* The owner of a PI futex has unmapped it; its end hands it on. */
static void owner_unmapped(long ms)
{
	uint32_t *w = target_shared(4096);
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		MUST(syscall(SYS_futex, w, 6 /* FUTEX_LOCK_PI */, 0, NULL, NULL, 0) == 0);
		target_write_byte(p[1]);
		target_sleep_ms(2);
		munmap(w, 4096);
		target_sleep_ms(ms);
		_exit(0);
	}
	target_read_byte(p[0]);
	MUST(syscall(SYS_futex, w, 6, 0, NULL, NULL, 0) == 0);
	target_reap(pid);
}

static int open_lock(char *path)
{
	int fd = open(target_path_own(path, "hangrate-lock"), O_CREAT | O_RDWR, 0600);

	MUST(fd >= 0 && ftruncate(fd, 4096) == 0);
	return fd;
}

/* The child's lock is held by a mapping, or by a message, alone. */
static void lock_without_descriptor(long ms, bool in_message)
{
	char path[TARGET_PATH_MAX];
	int fd = open_lock(path), sockets[2];
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		int own = open(path, O_RDWR);
		void *m;

		close(fd);
		MUST(flock(own, LOCK_EX) == 0);
		MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
		m = mmap(NULL, 4096, PROT_READ, MAP_SHARED, own, 0);
		if (in_message) {
			munmap(m, 4096);
			passfd_send(sockets[0], own);
		}
		close(own);
		target_write_byte(p[1]);
		target_sleep_ms(ms);
		if (in_message)
			close(passfd_receive(sockets[1]));
		else
			munmap(m, 4096);
		modes_end();
	}
	target_read_byte(p[0]);
	MUST(flock(fd, LOCK_EX) == 0);
	target_reap(pid);
	unlink(path);
}

static void flock_mapped(long ms)
{
	lock_without_descriptor(ms, false);
}

static void flock_in_flight(long ms)
{
	lock_without_descriptor(ms, true);
}

static void in_flight_datagram(long ms)
{
	int d[2];
	pid_t pid;

	MUST(pipe(p) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, d) == 0);
	passfd_send(d[0], p[1]);
	close(p[1]);
	pid = modes_later(ms);
	if (pid == 0) {
		target_write_byte(passfd_receive(d[1]));
		modes_end();
	}
	close(d[1]);
	close(d[0]);
	target_read_byte(p[0]);
	target_reap(pid);
}

/* The end lies in a socket that itself lies in a socket. */
static void in_flight_nested(long ms)
{
	int inner[2], outer[2];
	pid_t pid;

	MUST(pipe(p) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, inner) == 0);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, outer) == 0);
	passfd_send(inner[0], p[1]);
	passfd_send(outer[0], inner[1]);
	close(p[1]);
	close(inner[0]);
	close(inner[1]);
	pid = modes_later(ms);
	if (pid == 0) {
		target_write_byte(passfd_receive(passfd_receive(outer[1])));
		modes_end();
	}
	target_read_byte(p[0]);
	target_reap(pid);
}

static long duration_ms;

static void *write_later(void *arg)
{
	if (arg)
		MUST(unshare(CLONE_FILES) == 0);
	target_write_byte(s[1]);
	target_sleep_ms(duration_ms);
	target_write_byte(p[1]);
	return NULL;
}

/* A thread has a descriptor table of its own, and its process has closed the end. */
static void own_table(long ms)
{
	pthread_t t;
	pid_t pid;

	duration_ms = ms;
	MUST(pipe(p) == 0 && pipe(s) == 0);
	pid = target_fork();
	if (pid == 0) {
		t = target_thread(write_later, &t);
		target_read_byte(s[0]);
		close(p[1]);
		pthread_join(t, NULL);
		modes_end();
	}
	close(p[1]);
	target_read_byte(p[0]);
	target_reap(pid);
}

static int write_shared(void *arg)
{
	(void)arg;
	target_sleep_ms(duration_ms);
	target_write_byte(p[1]);
	target_sleep_ms(20);
	_exit(0);
}

/* A process shares the descriptor table, not the memory. */
static void shared_table(long ms)
{
	static char stack[65536];
	pid_t pid;

	duration_ms = ms;
	MUST(pipe(p) == 0);
	pid = clone(write_shared, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
	MUST(pid > 0);
	target_read_byte(p[0]);
	target_reap(pid);
}

/* The kernel signals the eventfd when an asynchronous read ends; the child has closed it. */
static void aio_eventfd(long ms)
{
	int fd = eventfd(0, 0);
	uint64_t n;
	pid_t pid;

	MUST(fd >= 0);
	pid = target_fork();
	if (pid == 0) {
		aio_context_t ctx = 0;
		struct iocb cb = { .aio_lio_opcode = 5 /* IOCB_CMD_POLL */, .aio_buf = 1 };
		struct iocb *list[] = { &cb };

		MUST(pipe(p) == 0 && syscall(SYS_io_setup, 1, &ctx) == 0);
		cb.aio_fildes = (uint32_t)p[0];
		cb.aio_flags = IOCB_FLAG_RESFD;
		cb.aio_resfd = (uint32_t)fd;
		MUST(syscall(SYS_io_submit, ctx, 1, list) == 1);
		close(fd);
		target_sleep_ms(ms);
		target_write_byte(p[1]);
		target_read_byte(p[0]);
		modes_end();
	}
	MUST(read(fd, &n, 8) == 8);
	target_reap(pid);
}

static void fed_by(long ms, bool by_tee)
{
	int q[2];
	pid_t pid;

	MUST(pipe(p) == 0 && pipe(q) == 0);
	target_write_byte(q[1]);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST((by_tee ? tee(q[0], p[1], 1, 0) : splice(q[0], NULL, p[1], NULL, 1, 0)) == 1);
		modes_end();
	}
	close(p[1]);
	target_read_byte(p[0]);
	target_reap(pid);
}

static void by_splice(long ms)
{
	fed_by(ms, false);
}

static void by_tee(long ms)
{
	fed_by(ms, true);
}

/* The wait for any child is ended by a process that is traced and no child; the child is stuck. */
static void tracee(long ms)
{
	pid_t sibling = modes_later(ms), pid;

	if (sibling == 0)
		_exit(0);
	pid = target_fork();
	if (pid == 0) {
		pid_t child;

		MUST(ptrace(PTRACE_SEIZE, sibling, 0, 0) == 0);
		child = target_fork();
		if (child == 0) {
			MUST(pipe(p) == 0);
			target_read_byte(p[0]);
		}
		MUST(waitpid(-1, NULL, __WALL) == sibling);
		kill(child, SIGKILL);
		_exit(0);
	}
	target_reap(pid);
	target_reap(sibling);
}

/* read() is answered by a supervisor before it begins. */
static void notified(long ms)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_readv, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };
	int listener, d[2];
	char c;
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, d) == 0);
	pid = target_fork();
	if (pid == 0) {
		struct seccomp_notif n = { 0 };
		struct seccomp_notif_resp r = { 0 };

		listener = passfd_receive(d[1]);
		MUST(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) == 0);
		target_sleep_ms(ms);
		r.id = n.id;
		r.val = 1;
		MUST(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r) == 0);
		modes_end();
	}
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	listener = (int)syscall(
		SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	MUST(listener >= 0);
	passfd_send(d[0], listener);
	close(listener);
	MUST(pipe(p) == 0);
	MUST(syscall(SYS_readv, p[0], &(struct iovec){ &c, 1 }, 1) == 1);
	target_reap(pid);
}

/* read() of a pipe with data, into a page that the child has to bring. */
static void page_fault(long ms)
{
	struct uffdio_api api = { .api = UFFD_API };
	int u = (int)syscall(SYS_userfaultfd, 0);
	struct uffdio_register r = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *page;
	pid_t pid;

	if (u < 0)
		return; /* not permitted */
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	r.range.start = (uintptr_t)page;
	r.range.len = 4096;
	MUST(ioctl(u, UFFDIO_API, &api) == 0 && ioctl(u, UFFDIO_REGISTER, &r) == 0);
	MUST(pipe(p) == 0);
	target_write_byte(p[1]);
	pid = target_fork();
	if (pid == 0) {
		struct uffdio_zeropage z = { .range = r.range };
		struct uffd_msg msg;

		MUST(read(u, &msg, sizeof(msg)) == sizeof(msg));
		target_sleep_ms(ms);
		MUST(ioctl(u, UFFDIO_ZEROPAGE, &z) == 0);
		modes_end();
	}
	close(u);
	MUST(read(p[0], page, 1) == 1);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "requeued", requeued },
		{ "mapped_over", mapped_over },
		{ "dup2_over", dup2_over },
		{ "number_again", number_again },
		{ "receive_limit_off", receive_limit_off },
		{ "send_limit_off", send_limit_off },
		{ "owner_unmapped", owner_unmapped },
		{ "flock_mapped", flock_mapped },
		{ "flock_in_flight", flock_in_flight },
		{ "in_flight_datagram", in_flight_datagram },
		{ "in_flight_nested", in_flight_nested },
		{ "own_table", own_table },
		{ "shared_table", shared_table },
		{ "aio_eventfd", aio_eventfd },
		{ "splice", by_splice },
		{ "tee", by_tee },
		{ "tracee", tracee },
		{ "notified", notified },
		{ "page_fault", page_fault },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
