/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process outside has been sent a file, and acts by it later:
 *   lease_passed	it opens a file whose lease only it still has: SIGIO for who set it up
 *   lease_kills	the same where SIGIO has no handler, and ends a child
 *   async_kills	O_ASYNC on a socket that only it still has; SIGIO ends a child
 *   larger_queue	it makes the send buffer of a Unix socket larger, at the writer's own end
 *   larger_queue_tcp	the same of a TCP connection
 *   closed_meanwhile	its thread has the pipe's end in a call, and no table does
 *   fifo_path	it has no more than O_PATH of a FIFO without a name
 *   mounts		it mounts something, which poll() on a list of mounts tells (root only)
 *   epoll_inner	it adds what is ready to an epoll within the epoll that is waited for
 *   epoll_polled	the same where poll() waits for the epoll
 *   pidfd_outside	it is the process whose end is waited for
 *   sysv_attached	it has the System V memory of the futex attached
 *   own_end_shut	it shuts the reader's own end of a TCP connection
 *   backlog_accepted	it accepts from a listener whose backlog is full
 *   queue_emptied	it reads from the datagram socket that is written to, by another number
 * modes: lease_passed|lease_kills|async_kills|larger_queue|larger_queue_tcp
 * modes: closed_meanwhile|fifo_path|mounts
 * modes: epoll_inner|epoll_polled|pidfd_outside|sysv_attached|own_end_shut
 * modes: backlog_accepted|queue_emptied
 *
 * libc: glibc
 * needs: outsider
 */
#include "tests/targets/futex.h"
#include "tests/targets/modes.h"
#include "tests/targets/outsider.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/shm.h>
#include <sys/stat.h>

static int own_pipe[2];

static void caught(int signo)
{
	(void)signo;
	target_write_byte(own_pipe[1]);
}

static void read_until_interrupted(void)
{
	char c;

	MUST(read(own_pipe[0], &c, 1) == 1 || errno == EINTR);
}

static void catch_sigio(void)
{
	struct sigaction action = { .sa_handler = caught };

	MUST(pipe(own_pipe) == 0 && sigaction(SIGIO, &action, NULL) == 0);
}

/* Its lease goes on where the outsider has the file. */
static void pass_lease(long ms)
{
	char path[TARGET_PATH_MAX];
	int fd = mkostemp(target_path(path, "hangrate-target-XXXXXX"), O_CLOEXEC);

	MUST(fd >= 0 && close(fd) == 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	MUST(fd >= 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0);
	outsider_ask("break_lease", ms, fd, path);
	close(fd);
}

static void lease_passed(long ms)
{
	catch_sigio();
	pass_lease(ms);
	read_until_interrupted();
}

static void pass_async(long ms)
{
	int s[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	MUST(fcntl(s[0], F_SETOWN, getpid()) == 0 && fcntl(s[0], F_SETFL, O_ASYNC) == 0);
	outsider_ask("write_to_peer", ms, s[0], "");
	close(s[0]);
	outsider_ask("write", ms, s[1], "");
	close(s[1]);
}

/* A child that SIGIO ends. */
static void await_killed(void (*pass)(long ms), long ms)
{
	int status;
	pid_t pid = target_fork();

	if (pid == 0) {
		MUST(pipe(own_pipe) == 0);
		pass(ms);
		read_until_interrupted();
		_exit(1);
	}
	MUST(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGIO);
}

static void lease_kills(long ms)
{
	await_killed(pass_lease, ms);
}

static void async_kills(long ms)
{
	await_killed(pass_async, ms);
}

static void tcp_pair(int ret_fds[2])
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ret_fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	MUST(bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
		listen(listener, 1) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	MUST(connect(ret_fds[0], (struct sockaddr *)&addr, sizeof(addr)) == 0);
	ret_fds[1] = accept(listener, NULL, NULL);
	MUST(ret_fds[1] >= 0);
	close(listener);
}

static void fill(int fd)
{
	static char junk[4096];
	int small = 4096;

	MUST(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	for (int quiet = 0; quiet < 5; quiet++) {
		while (send(fd, junk, sizeof(junk), MSG_DONTWAIT) > 0)
			quiet = 0;
		target_sleep_ms(5);
	}
}

static void enlarge(const int s[2], long ms)
{
	fill(s[0]);
	outsider_ask("send_buffer", ms, s[0], "");
	MUST(send(s[0], "x", 1, 0) == 1);
}

static void larger_queue(long ms)
{
	int s[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	enlarge(s, ms);
}

static void larger_queue_tcp(long ms)
{
	int s[2];

	tcp_pair(s);
	enlarge(s, ms);
}

static void closed_meanwhile(long ms)
{
	MUST(pipe(own_pipe) == 0);
	outsider_ask("splice_closed", ms, own_pipe[1], "");
	target_read_byte(own_pipe[0]);
}

static void fifo_path(long ms)
{
	char path[TARGET_PATH_MAX], by_number[64];
	int fd;

	MUST(mkfifo(target_path_own(path, "fifo"), 0600) == 0);
	fd = open(path, O_PATH);
	MUST(fd >= 0);
	snprintf(by_number, sizeof(by_number), "/proc/self/fd/%d", fd);
	outsider_ask("open_path_fd", ms, fd, "");
	MUST(unlink(path) == 0);
	MUST(open(by_number, O_RDONLY) >= 0);
}

static void mounts(long ms)
{
	struct pollfd list = { open("/proc/self/mounts", O_RDONLY), POLLPRI, 0 };

	if (geteuid())
		return;
	MUST(list.fd >= 0);
	outsider_ask("mount", ms, -1, "");
	MUST(poll(&list, 1, -1) == 1);
}

static int epoll_with(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	MUST(epoll >= 0 && (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0));
	return epoll;
}

static void epoll_inner(long ms)
{
	struct epoll_event event;
	int inner = epoll_with(-1), outer = epoll_with(inner);

	outsider_ask("epoll_add", ms, inner, "");
	MUST(epoll_wait(outer, &event, 1, -1) == 1);
}

static void epoll_polled(long ms)
{
	struct pollfd p = { epoll_with(-1), POLLIN, 0 };

	outsider_ask("epoll_add", ms, p.fd, "");
	MUST(poll(&p, 1, -1) == 1);
}

static void pidfd_outside(long ms)
{
	pid_t pid = outsider_ask("live", ms, -1, "");
	struct pollfd p = { (int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0 };

	MUST(pid > 0 && (p.fd >= 0 || errno == ESRCH));
	if (p.fd >= 0)
		MUST(poll(&p, 1, -1) == 1);
}

static void sysv_attached(long ms)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0666);
	uint32_t *word = shmat(id, NULL, 0);
	char text[32];

	MUST(id >= 0 && word != (void *)-1);
	snprintf(text, sizeof(text), "%d", id);
	outsider_ask("wake_sysv", ms, -1, text);
	MUST(shmctl(id, IPC_RMID, NULL) == 0);
	futex_gate_wait(word, FUTEX_WAIT_SHARED);
}

static void own_end_shut(long ms)
{
	int s[2];
	char c;

	tcp_pair(s);
	outsider_ask("shut", ms, s[0], "");
	MUST(read(s[0], &c, 1) == 0);
}

static void backlog_accepted(long ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), c;
	socklen_t len = sizeof(addr.sun_family);

	/* The kernel gives it a name. */
	MUST(bind(listener, (struct sockaddr *)&addr, len) == 0 && listen(listener, 0) == 0);
	len = sizeof(addr);
	MUST(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(connect(c, (struct sockaddr *)&addr, len) == 0);
	outsider_ask("accept", ms, listener, "");
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(connect(c, (struct sockaddr *)&addr, len) == 0);
}

static void queue_emptied(long ms)
{
	int s[2];

	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	while (send(s[0], "x", 1, MSG_DONTWAIT) == 1)
		;
	outsider_ask("drain", ms, s[1], "");
	MUST(send(s[0], "x", 1, 0) == 1);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "lease_passed", lease_passed },
		{ "lease_kills", lease_kills },
		{ "async_kills", async_kills },
		{ "larger_queue", larger_queue },
		{ "larger_queue_tcp", larger_queue_tcp },
		{ "closed_meanwhile", closed_meanwhile },
		{ "fifo_path", fifo_path },
		{ "mounts", mounts },
		{ "epoll_inner", epoll_inner },
		{ "epoll_polled", epoll_polled },
		{ "pidfd_outside", pidfd_outside },
		{ "sysv_attached", sysv_attached },
		{ "own_end_shut", own_end_shut },
		{ "backlog_accepted", backlog_accepted },
		{ "queue_emptied", queue_emptied },
		{ NULL, NULL },
	};

	outsider_path = argc > 2 ? argv[2] : NULL;
	return modes_main(argc, argv, modes);
}
