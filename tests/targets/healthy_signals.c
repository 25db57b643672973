/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel itself sends the signal that ends the wait, or the process that is waited for.
 * modes: itimer_kills|itimer_over_exec|itimer_interrupts|posix_kills|posix_real_time
 * modes: posix_thread_id|async_socket|async_real_time|async_inotify|dnotify|lease
 * modes: mq_notify|parent_dies|first_real_time
 */
#include "tests/targets/modes.h"

#include <mqueue.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>

#ifndef sigev_notify_thread_id /* glibc before 2.38 */
#define sigev_notify_thread_id _sigev_un._tid
#endif

static void caught(int signo)
{
	(void)signo;
}

static void catch (int signo)
{
	struct sigaction sa = { .sa_handler = caught };

	MUST(sigaction(signo, &sa, NULL) == 0);
}

static void set_itimer(long ms)
{
	struct itimerval when = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	MUST(setitimer(ITIMER_REAL, &when, NULL) == 0);
}

static void set_timer(struct sigevent *e, long ms)
{
	struct itimerspec when = { .it_value = { ms / 1000, ms % 1000 * 1000000 } };
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, e, &t) == 0);
	MUST(timer_settime(t, 0, &when, NULL) == 0);
}

/* Reads from a pipe of which both ends are the reader's own. */
static ssize_t read_own_pipe(void)
{
	int p[2];
	char c;

	MUST(pipe(p) == 0);
	return read(p[0], &c, 1);
}

static void must_be_interrupted(void)
{
	MUST(read_own_pipe() < 0 && errno == EINTR);
}

static void must_be_killed(pid_t pid, int signo)
{
	int status;

	MUST(waitpid(pid, &status, 0) == pid);
	MUST(WIFSIGNALED(status) && WTERMSIG(status) == signo);
}

static void itimer_kills(long ms)
{
	pid_t pid = target_fork();

	if (pid == 0) {
		set_itimer(ms);
		read_own_pipe();
	}
	must_be_killed(pid, SIGALRM);
}

static void itimer_over_exec(long ms)
{
	int p[2];
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		dup2(p[0], 0);
		set_itimer(ms);
		execlp("cat", "cat", (char *)NULL);
	}
	must_be_killed(pid, SIGALRM);
}

static void itimer_interrupts(long ms)
{
	catch (SIGALRM);
	set_itimer(ms);
	must_be_interrupted();
}

static void posix_kills(long ms)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	pid_t pid = target_fork();

	if (pid == 0) {
		set_timer(&e, ms);
		read_own_pipe();
	}
	must_be_killed(pid, SIGUSR2);
}

/* 34 is the first real-time signal of a program under glibc. */
static void posix_real_time(long ms)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };

	catch (SIGRTMIN);
	set_timer(&e, ms);
	must_be_interrupted();
}

static void posix_thread_id(long ms)
{
	struct sigevent e = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };

	e.sigev_notify_thread_id = (int)syscall(SYS_gettid);
	catch (SIGUSR1);
	set_timer(&e, ms);
	must_be_interrupted();
}

/* A live parent sends the signal that it has agreed upon with its child. */
static void first_real_time(long ms)
{
	pid_t pid = target_fork();
	int status;

	if (pid == 0) {
		sem_t never;

		catch (SIGRTMIN);
		MUST(sem_init(&never, 0, 0) == 0);
		MUST(sem_wait(&never) < 0 && errno == EINTR);
		_exit(0);
	}
	target_sleep_ms(ms);
	MUST(kill(pid, SIGRTMIN) == 0);
	MUST(waitpid(pid, &status, 0) == pid && status == 0);
}

static void set_async(int fd, int signo)
{
	catch (signo);
	MUST(fcntl(fd, F_SETOWN, getpid()) == 0);
	MUST(signo == SIGIO || fcntl(fd, F_SETSIG, signo) == 0);
	MUST(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) == 0);
}

static void async(long ms, int signo)
{
	int s[2];
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	set_async(s[0], signo);
	pid = modes_later(ms);
	if (pid == 0) {
		target_write_byte(s[1]);
		modes_end();
	}
	must_be_interrupted();
	target_reap(pid);
}

static void async_socket(long ms)
{
	async(ms, SIGIO);
}

static void async_real_time(long ms)
{
	async(ms, SIGRTMIN + 3);
}

/* A new file; the descriptor is for reading. */
static int make_file(char *path)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "hangrate-%d", rand());
	fd = open(target_path_own(path, name), O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0600);
	MUST(fd >= 0);
	return fd;
}

static void async_inotify(long ms)
{
	int fd = inotify_init();
	char path[TARGET_PATH_MAX];
	pid_t pid;

	make_file(path);
	MUST(fd >= 0 && inotify_add_watch(fd, path, IN_DELETE_SELF | IN_ATTRIB) >= 0);
	set_async(fd, SIGIO);
	pid = modes_later(ms);
	if (pid == 0) {
		unlink(path);
		modes_end();
	}
	must_be_interrupted();
	target_reap(pid);
}

static void dnotify(long ms)
{
	char path[TARGET_PATH_MAX];
	int dir;
	pid_t pid;

	MUST(mkdir(target_path_own(path, "hangrate"), 0700) == 0);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	catch (SIGRTMIN + 1);
	MUST(dir >= 0 && fcntl(dir, F_SETSIG, SIGRTMIN + 1) == 0);
	MUST(fcntl(dir, F_NOTIFY, DN_CREATE | DN_DELETE) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(mkdirat(dir, "x", 0700) == 0 && unlinkat(dir, "x", AT_REMOVEDIR) == 0);
		modes_end();
	}
	must_be_interrupted();
	target_reap(pid);
	rmdir(path);
}

static void lease(long ms)
{
	char path[TARGET_PATH_MAX];
	int fd = make_file(path);
	pid_t pid;

	catch (SIGIO);
	MUST(fcntl(fd, F_SETLEASE, F_RDLCK) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		close(open(path, O_WRONLY | O_NONBLOCK));
		modes_end();
	}
	must_be_interrupted();
	target_reap(pid);
	unlink(path);
}

static void notify(long ms)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	char name[64];
	mqd_t q;
	pid_t pid;

	snprintf(name, sizeof(name), "/hangrate-%ld", (long)getpid());
	q = mq_open(name, O_CREAT | O_RDWR, 0600, NULL);
	MUST(q != (mqd_t)-1);
	catch (SIGUSR1);
	MUST(mq_notify(q, &e) == 0);
	pid = modes_later(ms);
	if (pid == 0) {
		MUST(mq_send(q, "", 1, 0) == 0);
		modes_end();
	}
	must_be_interrupted();
	target_reap(pid);
	mq_unlink(name);
}

/* A grandchild is blocked for good, but for the signal that its parent's end sends it; the pipe of
 * which it has the last end tells of that. */
static void parent_dies(long ms)
{
	int p[2];
	char c;
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		if (target_fork() == 0) {
			close(p[0]);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			read_own_pipe();
		}
		target_sleep_ms(ms);
		_exit(0);
	}
	close(p[1]);
	MUST(read(p[0], &c, 1) == 0);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "itimer_kills", itimer_kills },
		{ "itimer_over_exec", itimer_over_exec },
		{ "itimer_interrupts", itimer_interrupts },
		{ "posix_kills", posix_kills },
		{ "posix_real_time", posix_real_time },
		{ "posix_thread_id", posix_thread_id },
		{ "async_socket", async_socket },
		{ "async_real_time", async_real_time },
		{ "async_inotify", async_inotify },
		{ "dnotify", dnotify },
		{ "lease", lease },
		{ "mq_notify", notify },
		{ "parent_dies", parent_dies },
		{ "first_real_time", first_real_time },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
