/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target.h: what the children that the tests run have in common. They know nothing of the runner
 * but its exit status 99: a set-up that fails must never be counted as a result.
 *
 * planted_*.c are stuck for ever, in every run. Labels in the head comment, one a line:
 *   libc: glibc|musl	only for this one
 *   class: WORD	the cause class that must be reported
 *   lock: NAME|NAME	one of them must be in the lock's name; absent: it has none
 *   holder: yes|LIBC|no	the lock stores its owner (musl's normal mutex does not); the target
 *			writes a line "holder TID" for each owner to standard output
 * Each says on standard output when it made its last steps (target_say_last()).
 *
 * healthy_*.c look stuck and end by themselves with status 0. argv[1] is how long they take, in
 * milliseconds: "60", or "5..120" to draw from HANGRATE_SEED (else from the pid). Label:
 *   needs: answerer	argv[2] is the path of the Unix socket of tests/audit
 *   needs: outsider	argv[2] is the path of the Unix socket of outsider.c
 *   slow: yes	takes longer than it is told to
 *
 * race_*.c are classic races for the search; argv[1] "ok": the same without the race (race.h).
 *
 * bad_*.c are children that no runner likes: tests/integration says what each must give.
 */
#ifndef TESTS_TARGET_H
#define TESTS_TARGET_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TARGET_BROKEN 99

#define MUST(cond) ((cond) ? (void)0 : target_broken(__FILE__, __LINE__, #cond))

static inline void target_broken(const char *file, int line, const char *cond)
{
	dprintf(STDERR_FILENO, "%s:%d: %s: %s\n", file, line, cond, strerror(errno));
	_exit(TARGET_BROKEN);
}

static inline void target_sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

static inline int64_t target_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

#define TARGET_PATH_MAX 160

/* NAME in TMPDIR, which the tests remove. Writes and returns path, TARGET_PATH_MAX bytes. */
static inline char *target_path(char *path, const char *name)
{
	const char *folder = getenv("TMPDIR");

	MUST(snprintf(path, TARGET_PATH_MAX, "%s/%s", folder ? folder : "/tmp", name) <
		TARGET_PATH_MAX);
	return path;
}

/* The same for a name that ends in this process's number. */
static inline char *target_path_own(char *path, const char *name)
{
	char own[64];

	snprintf(own, sizeof(own), "%s-%ld", name, (long)getpid());
	return target_path(path, own);
}

/* How long to look stuck: argv[1], else 60 ms. */
static inline long target_duration_ms(int argc, char **argv)
{
	const char *seed = getenv("HANGRATE_SEED");
	uint64_t x = seed ? strtoull(seed, NULL, 10) : (uint64_t)getpid();
	char *end;
	long low, high;

	if (argc < 2)
		return 60;
	low = high = strtol(argv[1], &end, 10);
	if (strncmp(end, "..", 2) == 0)
		high = strtol(end + 2, &end, 10);
	MUST(low > 0 && high >= low && *end == '\0');
	/* splitmix64: neighbouring seeds must not give neighbouring durations. */
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return low + (long)((x ^ (x >> 31)) % (uint64_t)(high - low + 1));
}

static inline pthread_t target_thread(void *(*start)(void *), void *arg)
{
	pthread_t t;

	MUST(pthread_create(&t, NULL, start, arg) == 0);
	return t;
}

static inline void target_sem_wait(sem_t *s)
{
	while (sem_wait(s) < 0)
		MUST(errno == EINTR);
}

/* The truth for the audit: this thread now owns the planted lock. */
static inline void target_say_holder(void)
{
	MUST(dprintf(STDOUT_FILENO, "holder %d\n", (int)syscall(SYS_gettid)) > 0);
}

static inline void *target_shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	MUST(p != MAP_FAILED);
	return p;
}

/* A barrier for n threads or processes, on which nobody ever stays: all of n arrive. */
static inline pthread_barrier_t *target_barrier(unsigned int n)
{
	pthread_barrier_t *b = target_shared(sizeof(*b));
	pthread_barrierattr_t attr;

	MUST(pthread_barrierattr_init(&attr) == 0);
	MUST(pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_barrier_init(b, &attr, n) == 0);
	return b;
}

static inline pid_t target_fork(void)
{
	pid_t pid = fork();

	MUST(pid >= 0);
	return pid;
}

/* Waits for ever for a child, which must end with 0. */
static inline void target_reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		MUST(errno == EINTR);
	MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/*
 * The truth for bench/detect: the wait that follows may be the one that never ends. The greatest
 * of these times is the last progress of the whole tree. No stdio: its locks may be what is
 * planted.
 */
static inline void target_say_last(void)
{
	char line[32];
	struct timespec ts;
	int n;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	n = snprintf(line, sizeof(line), "last %lld\n", ts.tv_sec * 1000000000LL + ts.tv_nsec);
	MUST(write(STDOUT_FILENO, line, (size_t)n) == n);
}

/* Writes until nothing fits and then stays there. */
static inline void target_write_for_ever(int fd)
{
	static const char junk[16384];

	for (;;) {
		target_say_last();
		MUST(write(fd, junk, sizeof(junk)) > 0);
	}
}

static inline void target_read_byte(int fd)
{
	char c;
	ssize_t n;

	do
		n = read(fd, &c, 1);
	while (n < 0 && errno == EINTR);
	MUST(n == 1);
}

static inline void target_write_byte(int fd)
{
	MUST(write(fd, "", 1) == 1);
}

#endif
