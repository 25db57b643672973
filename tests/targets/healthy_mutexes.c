/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Locks of the libc in shared memory; a child has them, or ends:
 *   pi_shared		a PI mutex that a child holds
 *   pi_robust		the same, which is robust, and the child ends
 *   robust_alarm	the owner of a robust mutex is ended by its interval timer
 *   barrier		pthread_barrier_wait() with a child
 *   broadcast		a condition variable in shared memory
 *   readers		a write lock behind a reader that is a child
 * modes: pi_shared|pi_robust|robust_alarm|barrier|broadcast|readers
 *
 * libc: glibc
 */
#include "tests/targets/modes.h"

#include <sys/time.h>

static int p[2];

static pthread_mutex_t *make_mutex(int protocol, int robust)
{
	pthread_mutex_t *m = target_shared(sizeof(*m));
	pthread_mutexattr_t attr;

	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_mutexattr_setprotocol(&attr, protocol) == 0);
	MUST(pthread_mutexattr_setrobust(&attr, robust) == 0);
	MUST(pthread_mutex_init(m, &attr) == 0);
	return m;
}

/* 0 in a child that has locked the mutex, and said so. */
static pid_t lock_in_child(pthread_mutex_t *m)
{
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		MUST(pthread_mutex_lock(m) == 0);
		target_write_byte(p[1]);
	} else {
		target_read_byte(p[0]);
	}
	return pid;
}

static void pi_shared(long ms)
{
	pthread_mutex_t *m = make_mutex(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED);
	pid_t pid = lock_in_child(m);

	if (pid == 0) {
		target_sleep_ms(ms);
		MUST(pthread_mutex_unlock(m) == 0);
		modes_end();
	}
	MUST(pthread_mutex_lock(m) == 0);
	target_reap(pid);
}

static void pi_robust(long ms)
{
	pthread_mutex_t *m = make_mutex(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_ROBUST);
	pid_t pid = lock_in_child(m);

	if (pid == 0) {
		target_sleep_ms(ms);
		_exit(0);
	}
	MUST(pthread_mutex_lock(m) == EOWNERDEAD);
	target_reap(pid);
}

static void robust_alarm(long ms)
{
	struct itimerval v = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	pthread_mutex_t *m = make_mutex(PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST);
	pid_t pid = lock_in_child(m);
	int status;

	if (pid == 0) {
		MUST(setitimer(ITIMER_REAL, &v, NULL) == 0);
		for (;;)
			pause();
	}
	MUST(pthread_mutex_lock(m) == EOWNERDEAD);
	MUST(waitpid(pid, &status, 0) == pid);
}

static void barrier(long ms)
{
	pthread_barrier_t *b = target_barrier(2);
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		pthread_barrier_wait(b);
		modes_end();
	}
	pthread_barrier_wait(b);
	target_reap(pid);
}

struct told {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	pthread_rwlock_t rwlock;
	bool yes;
};

static struct told *make_told(void)
{
	struct told *t = target_shared(sizeof(*t));
	pthread_mutexattr_t m;
	pthread_condattr_t c;
	pthread_rwlockattr_t r;

	MUST(pthread_mutexattr_init(&m) == 0 && pthread_condattr_init(&c) == 0);
	MUST(pthread_rwlockattr_init(&r) == 0);
	MUST(pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_rwlockattr_setpshared(&r, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_mutex_init(&t->lock, &m) == 0 && pthread_cond_init(&t->cond, &c) == 0);
	MUST(pthread_rwlock_init(&t->rwlock, &r) == 0);
	return t;
}

static void broadcast(long ms)
{
	struct told *t = make_told();
	pid_t pid = modes_later(ms);

	if (pid == 0) {
		MUST(pthread_mutex_lock(&t->lock) == 0);
		t->yes = true;
		MUST(pthread_cond_broadcast(&t->cond) == 0 && pthread_mutex_unlock(&t->lock) == 0);
		modes_end();
	}
	MUST(pthread_mutex_lock(&t->lock) == 0);
	while (!t->yes)
		MUST(pthread_cond_wait(&t->cond, &t->lock) == 0);
	MUST(pthread_mutex_unlock(&t->lock) == 0);
	target_reap(pid);
}

static void readers(long ms)
{
	struct told *t = make_told();
	pid_t pid;

	MUST(pipe(p) == 0);
	pid = target_fork();
	if (pid == 0) {
		MUST(pthread_rwlock_rdlock(&t->rwlock) == 0);
		target_write_byte(p[1]);
		target_sleep_ms(ms);
		MUST(pthread_rwlock_unlock(&t->rwlock) == 0);
		modes_end();
	}
	target_read_byte(p[0]);
	MUST(pthread_rwlock_wrlock(&t->rwlock) == 0);
	target_reap(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "pi_shared", pi_shared },
		{ "pi_robust", pi_robust },
		{ "robust_alarm", robust_alarm },
		{ "barrier", barrier },
		{ "broadcast", broadcast },
		{ "readers", readers },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
