/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child that does not hold the object comes to hold it, and ends the wait: by /proc/PID/fd, by
 * pidfd_getfd(), by a name or a key, by a file that it maps only then.
 * modes: fd_of_parent|own_read_end|fifo|fifo_to_write|getfd_pipe|getfd_socket
 * modes: getfd_eventfd|getfd_flock|getfd_shutdown|memfd|memfd_by_proc|shm_by_name
 * modes: shm_by_key|file_by_path|abstract_datagram|epoll_add|epoll_stopped|epoll_traced
 * modes: larger_pipe
 */
#include "tests/targets/futex.h"
#include "tests/targets/modes.h"

#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/un.h>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static int open_fd_of(pid_t pid, int fd, int flags)
{
	char path[TARGET_PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	r = open(path, flags);
	MUST(r >= 0);
	return r;
}

static void fd_of_parent(long ms)
{
	int p[2];
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		close(p[0]);
		close(p[1]);
		target_write_byte(open_fd_of(getppid(), p[1], O_WRONLY));
		modes_end();
	}
	target_read_byte(p[0]);
	target_reap(pid);
}

static void own_read_end(long ms)
{
	int p[2];
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(p[1]);
		target_sleep_ms(ms);
		target_write_byte(open_fd_of(getpid(), p[0], O_WRONLY));
		modes_end();
	}
	target_read_byte(p[0]);
	target_reap(pid);
}

static void make_fifo(char *path)
{
	MUST(mkfifo(target_path_own(path, "hangrate-fifo"), 0600) == 0);
}

static void fifo(long ms)
{
	char path[TARGET_PATH_MAX];
	int fd;
	pid_t pid;

	make_fifo(path);
	pid = modes_later(ms);
	if (pid == 0) {
		target_write_byte(open(path, O_WRONLY));
		modes_end();
	}
	fd = open(path, O_RDWR);
	MUST(fd >= 0);
	target_read_byte(fd);
	target_reap(pid);
	unlink(path);
}

static void fill(int fd)
{
	static const char junk[4096];

	MUST(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	while (write(fd, junk, sizeof(junk)) > 0)
		;
	MUST(fcntl(fd, F_SETFL, 0) == 0);
}

static void fifo_to_write(long ms)
{
	char path[TARGET_PATH_MAX], junk[4096];
	int fd;
	pid_t pid;

	make_fifo(path);
	pid = modes_later(ms);
	if (pid == 0) {
		fd = open(path, O_RDONLY);
		MUST(read(fd, junk, sizeof(junk)) > 0 && read(fd, junk, sizeof(junk)) > 0);
		modes_end();
	}
	fd = open(path, O_RDWR);
	MUST(fd >= 0);
	fill(fd);
	target_write_byte(fd);
	target_reap(pid);
	unlink(path);
}

/* A descriptor of the parent's, which the child does not have. */
static int get_fd(int fd)
{
	int parent = (int)syscall(SYS_pidfd_open, getppid(), 0);
	int r = (int)syscall(SYS_pidfd_getfd, parent, fd, 0);

	MUST(r >= 0);
	return r;
}

static void getfd_pipe(long ms)
{
	pid_t pid = modes_later(ms);
	int p[2];

	if (pid == 0) {
		target_write_byte(get_fd(4)); /* the second of a pipe made as the first thing */
		modes_end();
	}
	MUST(pipe(p) == 0 && dup2(p[1], 4) == 4);
	target_read_byte(p[0]);
	target_reap(pid);
}

static void getfd_socket(long ms)
{
	pid_t pid = modes_later(ms);
	int s[2];

	if (pid == 0) {
		target_write_byte(get_fd(9));
		modes_end();
	}
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && dup2(s[1], 9) == 9);
	target_read_byte(s[0]);
	target_reap(pid);
}

static void getfd_eventfd(long ms)
{
	pid_t pid = modes_later(ms);
	uint64_t n;
	int fd;

	if (pid == 0) {
		MUST(write(get_fd(9), &(uint64_t){ 1 }, 8) == 8);
		modes_end();
	}
	fd = eventfd(0, 0);
	MUST(fd >= 0 && dup2(fd, 9) == 9);
	MUST(read(fd, &n, 8) == 8);
	target_reap(pid);
}

static void getfd_flock(long ms)
{
	pid_t pid = modes_later(ms);
	char path[TARGET_PATH_MAX];
	int a, b;

	if (pid == 0) {
		MUST(flock(get_fd(9), LOCK_UN) == 0);
		modes_end();
	}
	a = open(target_path_own(path, "hangrate-lock"), O_CREAT | O_RDWR, 0600);
	b = open(path, O_RDWR);
	MUST(a >= 0 && b >= 0 && dup2(a, 9) == 9 && flock(a, LOCK_EX) == 0);
	MUST(flock(b, LOCK_EX) == 0);
	target_reap(pid);
	unlink(path);
}

static void getfd_shutdown(long ms)
{
	pid_t pid = modes_later(ms);
	int s[2];
	char c;

	if (pid == 0) {
		MUST(shutdown(get_fd(9), SHUT_RDWR) == 0);
		modes_end();
	}
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && dup2(s[0], 9) == 9);
	MUST(read(s[0], &c, 1) == 0);
	target_reap(pid);
}

static uint32_t *map_shared(int fd)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	MUST(p != MAP_FAILED);
	return p;
}

static void wait_shared(int fd, pid_t pid)
{
	futex_gate_wait(map_shared(fd), FUTEX_WAIT_SHARED);
	target_reap(pid);
}

static int make_memfd(void)
{
	int fd = (int)syscall(SYS_memfd_create, "gate", 0);

	MUST(fd >= 0 && ftruncate(fd, 4096) == 0);
	return fd;
}

static void memfd(long ms)
{
	int fd = make_memfd();
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		futex_gate_open(map_shared(fd), FUTEX_WAKE_SHARED);
		modes_end();
	}
	wait_shared(fd, pid);
}

static void memfd_by_proc(long ms)
{
	pid_t pid = modes_later(ms);
	int fd;

	if (pid == 0) {
		futex_gate_open(map_shared(open_fd_of(getppid(), 9, O_RDWR)), FUTEX_WAKE_SHARED);
		modes_end();
	}
	fd = make_memfd();
	MUST(dup2(fd, 9) == 9);
	wait_shared(fd, pid);
}

static void by_path(long ms, const char *path)
{
	pid_t pid;
	int fd;

	pid = modes_later(ms);
	if (pid == 0) {
		futex_gate_open(map_shared(open(path, O_RDWR)), FUTEX_WAKE_SHARED);
		modes_end();
	}
	fd = open(path, O_CREAT | O_RDWR, 0600);
	MUST(fd >= 0 && ftruncate(fd, 4096) == 0);
	wait_shared(fd, pid);
	unlink(path);
}

static void shm_by_name(long ms)
{
	char path[] = "/dev/shm/hangrate-XXXXXX";
	int fd = mkstemp(path);

	MUST(fd >= 0 && close(fd) == 0);
	by_path(ms, path);
}

static void file_by_path(long ms)
{
	char path[TARGET_PATH_MAX];

	by_path(ms, target_path_own(path, "hangrate-shm"));
}

static void shm_by_key(long ms)
{
	pid_t pid = modes_later(ms);
	key_t key;
	uint32_t *gate;
	int id;

	if (pid == 0) {
		id = shmget((key_t)getppid(), 4096, 0600);
		gate = shmat(id, NULL, 0);
		MUST(gate != (void *)-1);
		futex_gate_open(gate, FUTEX_WAKE_SHARED);
		modes_end();
	}
	key = (key_t)getpid();
	id = shmget(key, 4096, IPC_CREAT | 0600);
	gate = shmat(id, NULL, 0);
	MUST(gate != (void *)-1);
	futex_gate_wait(gate, FUTEX_WAIT_SHARED);
	target_reap(pid);
	shmctl(id, IPC_RMID, NULL);
}

static void abstract_datagram(long ms)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t n;
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);
	pid_t pid;

	snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "hangrate-%ld", (long)getpid());
	n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a.sun_path + 1));
	MUST(s >= 0 && bind(s, (struct sockaddr *)&a, n) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(s);
		target_sleep_ms(ms);
		s = socket(AF_UNIX, SOCK_DGRAM, 0);
		MUST(sendto(s, "", 1, 0, (struct sockaddr *)&a, n) == 1);
		modes_end();
	}
	target_read_byte(s);
	target_reap(pid);
}

static void epoll_add(long ms)
{
	struct epoll_event e = { .events = EPOLLIN };
	int epoll = epoll_create1(0), p[2];
	pid_t pid;

	MUST(epoll >= 0 && pipe(p) == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, p[0], &e) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		int ready = eventfd(1, 0);

		MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, ready, &e) == 0);
		modes_end();
	}
	MUST(epoll_wait(epoll, &e, 1, -1) == 1);
	target_reap(pid);
}

/* epoll_wait() is interrupted by a stop, without any handler (signal(7)). */
static int wait_interrupted(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	int epoll = epoll_create1(0), p[2];

	MUST(epoll >= 0 && pipe(p) == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, p[0], &e) == 0);
	return epoll_wait(epoll, &e, 1, -1);
}

static void epoll_stopped(long ms)
{
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		kill(getppid(), SIGSTOP);
		target_sleep_ms(2);
		kill(getppid(), SIGCONT);
		modes_end();
	}
	MUST(wait_interrupted() < 0 && errno == EINTR);
	target_reap(pid);
}

static void epoll_traced(long ms)
{
	pid_t pid = modes_later(ms), parent;

	if (pid == 0) {
		parent = getppid();
		MUST(ptrace(PTRACE_SEIZE, parent, 0, 0) == 0);
		MUST(ptrace(PTRACE_INTERRUPT, parent, 0, 0) == 0);
		MUST(waitpid(parent, NULL, __WALL) == parent);
		MUST(ptrace(PTRACE_DETACH, parent, 0, 0) == 0);
		modes_end();
	}
	MUST(wait_interrupted() < 0 && errno == EINTR);
	target_reap(pid);
}

static void larger_pipe(long ms)
{
	int p[2];
	pid_t pid;

	MUST(pipe(p) == 0);
	fill(p[1]);
	pid = target_fork();
	if (pid == 0) {
		close(p[0]);
		target_sleep_ms(ms);
		MUST(fcntl(p[1], F_SETPIPE_SZ, 1 << 17) > 0);
		modes_end();
	}
	target_write_byte(p[1]);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "fd_of_parent", fd_of_parent },
		{ "own_read_end", own_read_end },
		{ "fifo", fifo },
		{ "fifo_to_write", fifo_to_write },
		{ "getfd_pipe", getfd_pipe },
		{ "getfd_socket", getfd_socket },
		{ "getfd_eventfd", getfd_eventfd },
		{ "getfd_flock", getfd_flock },
		{ "getfd_shutdown", getfd_shutdown },
		{ "memfd", memfd },
		{ "memfd_by_proc", memfd_by_proc },
		{ "shm_by_name", shm_by_name },
		{ "shm_by_key", shm_by_key },
		{ "file_by_path", file_by_path },
		{ "abstract_datagram", abstract_datagram },
		{ "epoll_add", epoll_add },
		{ "epoll_stopped", epoll_stopped },
		{ "epoll_traced", epoll_traced },
		{ "larger_pipe", larger_pipe },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
