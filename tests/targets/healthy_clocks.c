/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A timer of the kernel ends the wait, by a handler, by a descriptor or by ending a process:
 *   nested		the handler of one POSIX timer arms another one
 *   boottime		a POSIX timer of CLOCK_BOOTTIME
 *   time_of_day	one that is armed for a time of day
 *   of_child		a child's, while the child pauses
 *   by_signalfd	its signal is read from a signalfd
 *   by_sigwaitinfo	its signal is waited for
 *   cpu_time		of the process's CPU time, which a thread uses
 *   cpu_time_kills	of a thread's CPU time; it ends a child
 *   virtual_kills	an interval timer of CPU time ends a child
 *   vfork_child	an interval timer ends a child made by vfork()
 *   over_exec		it goes on in a program that a child has become
 *   file_boottime	timerfd of CLOCK_BOOTTIME, read
 *   file_in_epolls	timerfd in an epoll in an epoll that is polled
 *   file_until		timerfd for a time of day, cancelled if that is set
 * modes: nested|boottime|time_of_day|of_child|by_signalfd|by_sigwaitinfo|cpu_time|cpu_time_kills
 * modes: virtual_kills|vfork_child|over_exec|file_boottime|file_in_epolls|file_until
 *
 * libc: glibc
 */
#include "tests/targets/modes.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static int p[2];
static timer_t inner;
static struct itimerspec later;
static volatile bool told;

static void set_later(long ms)
{
	later.it_value = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
}

static void tell(int signo)
{
	(void)signo;
	told = true;
	if (write(p[1], "", 1) != 1)
		_exit(TARGET_BROKEN);
}

static void arm_inner(int signo)
{
	(void)signo;
	if (timer_settime(inner, 0, &later, NULL) < 0)
		_exit(TARGET_BROKEN);
}

static timer_t make_timer(clockid_t clock, int signo, void (*handler)(int))
{
	struct sigaction a = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signo };
	timer_t t;

	MUST(!handler || sigaction(signo, &a, NULL) == 0);
	MUST(timer_create(clock, &e, &t) == 0);
	return t;
}

static void arm(timer_t t)
{
	MUST(timer_settime(t, 0, &later, NULL) == 0);
}

/* Both ends are ours. */
static void read_own_pipe(clockid_t clock, long ms)
{
	set_later(ms);
	MUST(pipe(p) == 0);
	arm(make_timer(clock, SIGUSR1, tell));
	target_read_byte(p[0]);
}

static void nested(long ms)
{
	set_later(ms / 2 + 1);
	MUST(pipe(p) == 0);
	inner = make_timer(CLOCK_MONOTONIC, SIGUSR2, tell);
	arm(make_timer(CLOCK_MONOTONIC, SIGUSR1, arm_inner));
	target_read_byte(p[0]);
}

static void boottime(long ms)
{
	read_own_pipe(CLOCK_BOOTTIME, ms);
}

/* ms from now, as the clock has it. */
static void set_until(clockid_t clock, long ms)
{
	clock_gettime(clock, &later.it_value);
	later.it_value.tv_nsec += ms % 1000 * 1000000;
	later.it_value.tv_sec += ms / 1000 + later.it_value.tv_nsec / 1000000000;
	later.it_value.tv_nsec %= 1000000000;
}

static void time_of_day(long ms)
{
	MUST(pipe(p) == 0);
	set_until(CLOCK_REALTIME, ms);
	MUST(timer_settime(
		     make_timer(CLOCK_REALTIME, SIGUSR1, tell), TIMER_ABSTIME, &later, NULL) == 0);
	target_read_byte(p[0]);
}

static void of_child(long ms)
{
	int status;
	pid_t pid;

	set_later(ms);
	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		arm(make_timer(CLOCK_MONOTONIC, SIGUSR1, tell));
		for (;;)
			pause();
	}
	close(p[1]);
	target_read_byte(p[0]);
	kill(pid, SIGKILL);
	MUST(waitpid(pid, &status, 0) == pid);
}

static sigset_t block(int signo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	return set;
}

static void by_signalfd(long ms)
{
	sigset_t set = block(SIGRTMIN + 3);
	struct signalfd_siginfo info;
	int fd = signalfd(-1, &set, 0);

	set_later(ms);
	arm(make_timer(CLOCK_MONOTONIC, SIGRTMIN + 3, NULL));
	MUST(read(fd, &info, sizeof(info)) == sizeof(info));
}

static void by_sigwaitinfo(long ms)
{
	sigset_t set = block(SIGRTMIN + 3);

	set_later(ms);
	arm(make_timer(CLOCK_MONOTONIC, SIGRTMIN + 3, NULL));
	MUST(sigwaitinfo(&set, NULL) == SIGRTMIN + 3);
}

static void *compute(void *arg)
{
	while (!told)
		;
	return arg;
}

static void cpu_time(long ms)
{
	pthread_t t = target_thread(compute, NULL);

	read_own_pipe(CLOCK_PROCESS_CPUTIME_ID, ms / 2 + 1);
	pthread_join(t, NULL);
}

static void reap_killed(pid_t pid, int signo)
{
	int status;

	MUST(waitpid(pid, &status, 0) == pid);
	MUST(WIFSIGNALED(status) && WTERMSIG(status) == signo);
}

static void cpu_time_kills(long ms)
{
	pid_t pid;

	set_later(ms / 2 + 1);
	pid = target_fork();
	if (pid == 0) {
		arm(make_timer(CLOCK_THREAD_CPUTIME_ID, SIGUSR1, NULL));
		compute(NULL);
	}
	reap_killed(pid, SIGUSR1);
}

static void virtual_kills(long ms)
{
	struct itimerval v = { .it_value = { 0, ms % 1000 * 500 + 1 } };
	pid_t pid = target_fork();

	if (pid == 0) {
		MUST(setitimer(ITIMER_VIRTUAL, &v, NULL) == 0);
		compute(NULL);
	}
	reap_killed(pid, SIGVTALRM);
}

static void vfork_child(long ms)
{
	struct itimerval v = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	pid_t pid = vfork();

	if (pid == 0) {
		setitimer(ITIMER_REAL, &v, NULL);
		for (;;)
			pause();
	}
	reap_killed(pid, SIGALRM);
}

static void over_exec(long ms)
{
	struct itimerval v = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	pid_t pid = target_fork();

	if (pid == 0) {
		MUST(setitimer(ITIMER_REAL, &v, NULL) == 0);
		execl("/bin/sleep", "sleep", "infinity", NULL);
		_exit(TARGET_BROKEN);
	}
	reap_killed(pid, SIGALRM);
}

static int make_file(clockid_t clock, int flags)
{
	int fd = timerfd_create(clock, 0);

	MUST(fd >= 0 && timerfd_settime(fd, flags, &later, NULL) == 0);
	return fd;
}

static void read_file(int fd)
{
	uint64_t n;

	MUST(read(fd, &n, sizeof(n)) == sizeof(n));
}

static void file_boottime(long ms)
{
	set_later(ms);
	read_file(make_file(CLOCK_BOOTTIME, 0));
}

static void file_in_epolls(long ms)
{
	struct epoll_event e = { .events = EPOLLIN };
	int near = epoll_create1(0), far = epoll_create1(0);
	struct pollfd f = { .fd = far, .events = POLLIN };

	set_later(ms);
	MUST(epoll_ctl(near, EPOLL_CTL_ADD, make_file(CLOCK_MONOTONIC, 0), &e) == 0);
	MUST(epoll_ctl(far, EPOLL_CTL_ADD, near, &e) == 0);
	MUST(poll(&f, 1, -1) == 1);
}

static void file_until(long ms)
{
	set_until(CLOCK_REALTIME, ms);
	read_file(make_file(CLOCK_REALTIME, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET));
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "nested", nested },
		{ "boottime", boottime },
		{ "time_of_day", time_of_day },
		{ "of_child", of_child },
		{ "by_signalfd", by_signalfd },
		{ "by_sigwaitinfo", by_sigwaitinfo },
		{ "cpu_time", cpu_time },
		{ "cpu_time_kills", cpu_time_kills },
		{ "virtual_kills", virtual_kills },
		{ "vfork_child", vfork_child },
		{ "over_exec", over_exec },
		{ "file_boottime", file_boottime },
		{ "file_in_epolls", file_in_epolls },
		{ "file_until", file_until },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
