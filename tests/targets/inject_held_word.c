/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lock that is one static word, as the libc has them: a thread holds it for some nanoseconds, and
 * nothing is called under it. Beside that thread the process forks twice; the second child takes
 * the lock. Hardly ever a deadlock, unless the word itself is watched.
 *
 * Status 1: the observer was seen: by a descriptor of the child's that its parent had not, or by
 * a SIGTRAP that did not go to the handler which the program had at that time.
 *
 * With "crowd" two threads fork at once, and no child takes the lock: never a deadlock.
 */
#include "tests/targets/futex.h"

#include <dirent.h>
#include <signal.h>

static int lock; /* 0: free, 1: taken, 2: and somebody waits */
static volatile int value;
static volatile bool last, done; /* the last fork was begun, and is over */
static volatile sig_atomic_t first, second;

static int compare_exchange(int is, int becomes)
{
	__atomic_compare_exchange_n(&lock, &is, becomes, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
	return is;
}

static void take(void)
{
	if (compare_exchange(0, 1) == 0)
		return;
	while (__atomic_exchange_n(&lock, 2, __ATOMIC_ACQUIRE) != 0)
		syscall(SYS_futex, &lock, FUTEX_WAIT_OWN, 2, NULL, NULL, 0);
}

static void leave(void)
{
	if (__atomic_exchange_n(&lock, 0, __ATOMIC_RELEASE) == 2)
		syscall(SYS_futex, &lock, FUTEX_WAKE_OWN, 1, NULL, NULL, 0);
}

static void *keep(void *arg)
{
	struct timespec pause = { 0, 200000 };

	while (!done) {
		take();
		value++;
		leave();
		nanosleep(&pause, NULL); /* so that it is seldom held: the rate, no order */
	}
	return arg;
}

static void on_first(int sig)
{
	first += sig == SIGTRAP;
}

static void on_second(int sig)
{
	second += sig == SIGTRAP;
}

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	MUST(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int fds; /* of this process, at its begin */
static volatile bool seen;

/* Children that only count. */
static void *fork_on(void *arg)
{
	struct timespec pause = { 0, 50000 };
	int status;
	pid_t pid;

	for (int i = 0; i < 30; i++) {
		pid = fork();
		if (pid == 0)
			_exit(count_fds() != fds);
		if (waitpid(pid, &status, 0) != pid || status)
			seen = true;
		nanosleep(&pause, NULL); /* some forks fall beside a watch, some do not */
	}
	return arg;
}

/* Two threads fork at once. */
static bool fork_in_a_crowd(void)
{
	pthread_t other;

	MUST(pthread_create(&other, NULL, fork_on, NULL) == 0);
	fork_on(NULL);
	MUST(pthread_join(other, NULL) == 0);
	return !seen;
}

static void child(void (*handler)(int), bool takes)
{
	struct sigaction now;

	MUST(sigaction(SIGTRAP, NULL, &now) == 0);
	if (count_fds() != fds || now.sa_handler != handler)
		_exit(1);
	if (takes) {
		take();
		leave();
	}
	_exit(0);
}

/* False: the child, or this process, has seen the watcher. */
static bool make_child(void (*handler)(int), volatile sig_atomic_t *count, bool takes)
{
	int status;
	pid_t pid;

	signal(SIGTRAP, handler);
	pid = fork();
	if (pid == 0)
		child(handler, takes);
	raise(SIGTRAP);
	if (last)
		done = true; /* for a proof all must be at rest */
	if (*count != 1)
		kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid && status == 0 && *count == 1;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	fds = count_fds();
	MUST(pthread_create(&thread, NULL, keep, NULL) == 0);
	while (!value)
		target_sleep_ms(1);
	if (argc > 1 && !strcmp(argv[1], "crowd"))
		return !fork_in_a_crowd();
	if (!make_child(on_first, &first, false))
		return 1;
	last = true;
	return !make_child(on_second, &second, true) || first != 1;
}
