/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pipes, terminals and files of the kernel, ended by a child in one of the rarer ways:
 *   sendfile_full	sendfile() to a full pipe
 *   vmsplice_full	vmsplice() to a full pipe
 *   splice_full	splice() from a pipe with data to a full one
 *   splice_socket	splice() from a socket
 *   tee_empty		tee() of an empty pipe
 *   packets		a pipe of packets (O_DIRECT), full of small ones
 *   fifo_both		a FIFO is opened for both directions
 *   watched_nested	inotify in an epoll that is polled
 *   notify_polled	poll() for a seccomp notification
 *   aio_events		io_getevents() without a limit, for a poll of a pipe
 *   output_stopped	write() to a terminal whose output is stopped
 *   master_closed	a terminal's other end is closed
 *   closed_number	an epoll has a pipe whose number is closed, by a twin in a child
 *   mounts		poll() on the list of mounts (root only)
 * modes: sendfile_full|vmsplice_full|splice_full|splice_socket|tee_empty|packets|fifo_both
 * modes: watched_nested|notify_polled|aio_events|output_stopped|master_closed|closed_number
 * modes: mounts
 *
 * libc: glibc
 */
#include "tests/targets/modes.h"
#include "tests/targets/ownfile.h"
#include "tests/targets/passfd.h"

#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>

static int p[2], q[2];

static void fill(int fd, size_t n)
{
	MUST(fcntl(fd, F_SETFL, O_WRONLY | O_NONBLOCK | (n == 1 ? O_DIRECT : 0)) == 0);
	while (write(fd, junk, n) > 0)
		;
	MUST(errno == EAGAIN);
	MUST(fcntl(fd, F_SETFL, O_WRONLY | (n == 1 ? O_DIRECT : 0)) == 0);
}

/* A child empties the full pipe. */
static pid_t drain_later(long ms)
{
	static char buffer[65536];
	pid_t pid;

	MUST(pipe(p) == 0);
	fill(p[1], sizeof(junk));
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(read(p[0], buffer, sizeof(buffer)) > 0);
		modes_end();
	}
	close(p[0]);
	return pid;
}

static void sendfile_full(long ms)
{
	int fd = open_own();
	pid_t pid = drain_later(ms);

	MUST(lseek(fd, 0, SEEK_SET) == 0 && sendfile(p[1], fd, NULL, sizeof(junk)) > 0);
	target_reap(pid);
	unlink(path);
}

static void vmsplice_full(long ms)
{
	struct iovec iov = { (void *)junk, sizeof(junk) };
	pid_t pid = drain_later(ms);

	MUST(vmsplice(p[1], &iov, 1, 0) > 0);
	target_reap(pid);
}

static void splice_full(long ms)
{
	pid_t pid;

	MUST(pipe(q) == 0);
	target_write_byte(q[1]);
	pid = drain_later(ms);
	MUST(splice(q[0], NULL, p[1], NULL, 1, 0) == 1);
	target_reap(pid);
}

static void splice_socket(long ms)
{
	int s[2];
	pid_t pid;

	MUST(pipe(p) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		target_write_byte(s[1]);
		modes_end();
	}
	close(s[1]);
	MUST(splice(s[0], NULL, p[1], NULL, 1, 0) == 1);
	target_reap(pid);
}

static void tee_empty(long ms)
{
	pid_t pid;

	MUST(pipe(p) == 0 && pipe(q) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		target_write_byte(q[1]);
		modes_end();
	}
	close(q[1]);
	MUST(tee(q[0], p[1], 1, 0) == 1);
	target_reap(pid);
}

static void packets(long ms)
{
	pid_t pid;

	MUST(pipe2(p, O_DIRECT) == 0);
	fill(p[1], 1);
	pid = modes_later(ms);
	if (pid == 0) {
		target_read_byte(p[0]);
		modes_end();
	}
	close(p[0]);
	target_write_byte(p[1]);
	target_reap(pid);
}

static void fifo_both(long ms)
{
	pid_t pid;

	MUST(mkfifo(target_path_own(path, "hangrate-fifo"), 0600) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(open(path, O_RDWR) >= 0);
		modes_end();
	}
	MUST(open(path, O_WRONLY) >= 0);
	target_reap(pid);
	unlink(path);
}

static void watched_nested(long ms)
{
	struct epoll_event e = { .events = EPOLLIN };
	int watch = inotify_init1(0), ep = epoll_create1(0);
	struct pollfd f = { .fd = ep, .events = POLLIN };
	pid_t pid;

	close(open_own());
	MUST(inotify_add_watch(watch, path, IN_ATTRIB) >= 0);
	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, watch, &e) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(chmod(path, 0400) == 0);
		modes_end();
	}
	MUST(poll(&f, 1, -1) == 1);
	target_reap(pid);
	unlink(path);
}

static void answer(int listener)
{
	struct pollfd f = { .fd = listener, .events = POLLIN };
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_resp r = { 0 };

	MUST(poll(&f, 1, -1) == 1);
	MUST(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) == 0);
	r.id = n.id;
	MUST(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r) == 0);
}

static void notify_polled(long ms)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };
	int d[2];
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, d) == 0);
	pid = target_fork();
	if (pid == 0) {
		int listener;

		MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
		listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
		MUST(listener >= 0);
		passfd_send(d[0], listener);
		close(listener);
		target_sleep_ms(ms);
		MUST(syscall(SYS_getppid) == 0);
		_exit(0);
	}
	answer(passfd_receive(d[1]));
	target_reap(pid);
}

static void aio_events(long ms)
{
	aio_context_t ctx = 0;
	struct io_event e;
	struct iocb cb = { .aio_lio_opcode = 5 /* IOCB_CMD_POLL */, .aio_buf = POLLIN };
	struct iocb *list[] = { &cb };
	pid_t pid;

	MUST(pipe(p) == 0 && syscall(SYS_io_setup, 1, &ctx) == 0);
	cb.aio_fildes = (uint32_t)p[0];
	MUST(syscall(SYS_io_submit, ctx, 1, list) == 1);
	pid = modes_later(ms);
	if (pid == 0) {
		target_write_byte(p[1]);
		modes_end();
	}
	MUST(syscall(SYS_io_getevents, ctx, 1, 1, &e, NULL) == 1);
	target_reap(pid);
}

static void open_terminal(int *ret_master, int *ret_slave)
{
	MUST(openpty(ret_master, ret_slave, NULL, NULL, NULL) == 0);
}

static void output_stopped(long ms)
{
	int master, slave;
	pid_t pid;

	open_terminal(&master, &slave);
	MUST(tcflow(slave, TCOOFF) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(tcflow(slave, TCOON) == 0);
		modes_end();
	}
	target_write_byte(slave);
	target_reap(pid);
}

static void master_closed(long ms)
{
	int master, slave;
	char c;
	pid_t pid;

	open_terminal(&master, &slave);
	pid = modes_later(ms);
	if (pid == 0) {
		close(master);
		modes_end();
	}
	close(master);
	MUST(read(slave, &c, 1) <= 0);
	target_reap(pid);
}

static void closed_number(long ms)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_create1(0), status;
	pid_t pid;

	MUST(pipe(p) == 0 && pipe(q) == 0);
	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		target_write_byte(p[1]);
		/* What is ready goes with the file, whose last holder we are. */
		for (;;)
			pause();
	}
	/* The number means another pipe, of which nobody but us has an end. */
	MUST(dup2(q[0], p[0]) == p[0]);
	close(p[1]);
	MUST(epoll_wait(ep, &e, 1, -1) == 1);
	kill(pid, SIGKILL);
	MUST(waitpid(pid, &status, 0) == pid);
}

static void mounts(long ms)
{
	struct pollfd f = { .events = POLLPRI };
	char buffer[65536];
	pid_t pid;

	if (unshare(CLONE_NEWNS) < 0)
		return; /* not permitted */
	f.fd = open("/proc/self/mounts", O_RDONLY);
	while (read(f.fd, buffer, sizeof(buffer)) > 0)
		;
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(poll(&f, 1, 0) >= 0);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(mount("none", "/tmp", "tmpfs", 0, NULL) == 0);
		modes_end();
	}
	MUST(poll(&f, 1, -1) == 1);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "sendfile_full", sendfile_full },
		{ "vmsplice_full", vmsplice_full },
		{ "splice_full", splice_full },
		{ "splice_socket", splice_socket },
		{ "tee_empty", tee_empty },
		{ "packets", packets },
		{ "fifo_both", fifo_both },
		{ "watched_nested", watched_nested },
		{ "notify_polled", notify_polled },
		{ "aio_events", aio_events },
		{ "output_stopped", output_stopped },
		{ "master_closed", master_closed },
		{ "closed_number", closed_number },
		{ "mounts", mounts },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
