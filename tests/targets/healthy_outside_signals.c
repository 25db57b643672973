/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process outside does something with a file that makes the kernel send a signal. Its handler
 * writes to the pipe that is read, or it ends the child that is waited for:
 *   urgent		SIGURG for out-of-band data (F_SETOWN, without O_ASYNC)
 *   urgent_unix	the same on a Unix socket
 *   dnotify_usr1	dnotify by another signal than SIGIO (F_SETSIG)
 *   dnotify_kills	dnotify whose signal has no handler
 *   async_passed	O_ASYNC and F_SETSIG on a socket that only the other process still has
 *   tty_hangup		SIGHUP: the terminal's other end, which only that process has, is closed
 *   tty_resize		SIGWINCH by its new size
 *   tty_interrupt	SIGINT: it types Control-C
 * modes: urgent|urgent_unix|dnotify_usr1|dnotify_kills|async_passed|tty_hangup|tty_resize
 * modes: tty_interrupt
 *
 * libc: glibc
 * needs: outsider
 */
#include "tests/targets/modes.h"
#include "tests/targets/outsider.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/ioctl.h>

static int own_pipe[2];

/* A signal that comes before the read began must not be lost. */
static void caught(int signo)
{
	(void)signo;
	target_write_byte(own_pipe[1]);
}

static void catch_signal(int signo)
{
	struct sigaction action = { .sa_handler = caught }; /* no SA_RESTART */

	MUST(pipe(own_pipe) == 0);
	MUST(sigaction(signo, &action, NULL) == 0);
}

static void read_until_interrupted(void)
{
	char c;

	MUST(read(own_pipe[0], &c, 1) == 1 || errno == EINTR);
}

static void tcp_pair(int ret_fds[2])
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ret_fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	MUST(bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(listen(listener, 1) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	MUST(connect(ret_fds[0], (struct sockaddr *)&addr, sizeof(addr)) == 0);
	ret_fds[1] = accept(listener, NULL, NULL);
	MUST(ret_fds[1] >= 0);
	close(listener);
}

static void urgent_data(const int s[2], long ms)
{
	catch_signal(SIGURG);
	MUST(fcntl(s[0], F_SETOWN, getpid()) == 0);
	outsider_ask("urgent", ms, s[1], "");
	read_until_interrupted();
}

static void urgent(long ms)
{
	int s[2];

	tcp_pair(s);
	urgent_data(s, ms);
}

static void urgent_unix(long ms)
{
	int s[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	urgent_data(s, ms);
}

enum { FILE_MAX = TARGET_PATH_MAX + 8 };

/* The process that makes a file in it comes later. */
static int watched_directory(int signo, char ret_file[FILE_MAX])
{
	char dir[TARGET_PATH_MAX];
	int fd;

	MUST(mkdtemp(target_path(dir, "hangrate-target-XXXXXX")));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	MUST(fd >= 0);
	if (signo)
		MUST(fcntl(fd, F_SETSIG, signo) == 0);
	MUST(fcntl(fd, F_NOTIFY, DN_CREATE) == 0);
	snprintf(ret_file, FILE_MAX, "%s/new", dir);
	return fd;
}

static void remove_directory(char *file)
{
	target_sleep_ms(20); /* the file goes first */
	*strrchr(file, '/') = '\0';
	rmdir(file);
}

static void dnotify_usr1(long ms)
{
	char file[FILE_MAX];

	catch_signal(SIGUSR1);
	watched_directory(SIGUSR1, file);
	outsider_ask("touch", ms, -1, file);
	read_until_interrupted();
	remove_directory(file);
}

static void dnotify_kills(long ms)
{
	char file[FILE_MAX] = "";
	char *shared = target_shared(FILE_MAX);
	int status;
	pid_t pid = target_fork();

	if (pid == 0) {
		MUST(pipe(own_pipe) == 0);
		watched_directory(0, file);
		memcpy(shared, file, sizeof(file));
		outsider_ask("touch", ms, -1, file);
		read_until_interrupted();
	}
	MUST(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGIO);
	remove_directory(shared);
}

static void async_passed(long ms)
{
	int s[2], other;

	catch_signal(SIGUSR1);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	MUST(fcntl(s[0], F_SETOWN, getpid()) == 0 && fcntl(s[0], F_SETSIG, SIGUSR1) == 0);
	MUST(fcntl(s[0], F_SETFL, O_ASYNC) == 0);
	/* One request each: the first process keeps the end that sends the signal. */
	outsider_ask("close", ms + 2000, s[0], "");
	outsider_ask("write", ms, s[1], "");
	other = s[0];
	close(s[1]);
	close(other);
	read_until_interrupted();
}

/* A session with a terminal, whose other end the outsider has, too, or alone. */
static void with_terminal(const char *act, long ms, int signo)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	MUST(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	catch_signal(signo);
	if (signo != SIGHUP)
		signal(SIGHUP, SIG_IGN); /* the outsider ends, and with it the terminal */
	MUST(slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0);
	outsider_ask(act, ms, master, "");
	if (signo == SIGHUP)
		close(master);
	close(slave);
	read_until_interrupted();
}

/* A trial leads a session; beside a shell it takes a child. */
static void in_session(const char *act, long ms, int signo)
{
	pid_t pid = getsid(0) == getpid() ? 0 : target_fork();

	if (pid) {
		target_reap(pid);
		return;
	}
	MUST(getsid(0) == getpid() || setsid() > 0);
	with_terminal(act, ms, signo);
}

static void tty_hangup(long ms)
{
	in_session("close", ms, SIGHUP);
}

static void tty_resize(long ms)
{
	in_session("resize_tty", ms, SIGWINCH);
}

static void tty_interrupt(long ms)
{
	in_session("interrupt_tty", ms, SIGINT);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "urgent", urgent },
		{ "urgent_unix", urgent_unix },
		{ "dnotify_usr1", dnotify_usr1 },
		{ "dnotify_kills", dnotify_kills },
		{ "async_passed", async_passed },
		{ "tty_hangup", tty_hangup },
		{ "tty_resize", tty_resize },
		{ "tty_interrupt", tty_interrupt },
		{ NULL, NULL },
	};

	outsider_path = argc > 2 ? argv[2] : NULL;
	return modes_main(argc, argv, modes);
}
