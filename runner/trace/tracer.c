/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thread by which others are traced, and whom it has to wait for. */
#include "runner/trace/tracer.h"

#ifdef __x86_64__

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/base/util.h"

#define LATE_POLL_US 1000
#define GONE_LIMIT_NS (100 * NSEC_PER_MSEC)
/* The 8 MB that are usual would be half of what a runner with little memory has. */
#define STACK_SIZE (512 << 10)

struct tracer {
	pthread_t thread;
	pid_t tid;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	void (*job)(void *arg); /* NULL: none */
	void *arg;
	bool ends;
	struct traced *late;
	size_t n_late, cap_late;
};

void tracer_add_late(struct tracer *t, const struct traced *x)
{
	t->late = mem_grow(t->late, t->n_late, &t->cap_late, sizeof(*t->late));
	t->late[t->n_late++] = *x;
}

/* Lets those go that have stopped since. */
static void free_late(struct tracer *t)
{
	for (size_t i = t->n_late; i-- > 0;) {
		struct traced x = t->late[i];
		int status;
		pid_t r = waitpid(x.tid, &status, __WALL | WNOHANG);

		if (r == 0)
			continue;
		t->late[i] = t->late[--t->n_late];
		if (r < 0 || !WIFSTOPPED(status))
			continue;
		traced_note_stop(&x, status);
		traced_let_go(&x);
	}
}

static void destroy(struct tracer *t)
{
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t->late);
	free(t);
}

static void *run(void *arg)
{
	struct tracer *t = arg;
	bool is_late;

	pthread_mutex_lock(&t->lock);
	t->tid = (pid_t)syscall(SYS_gettid);
	pthread_cond_broadcast(&t->changed);
	while (!t->ends) {
		if (t->job)
			t->job(t->arg);
		t->job = NULL;
		pthread_cond_broadcast(&t->changed);
		pthread_cond_wait(&t->changed, &t->lock);
	}
	is_late = t->n_late > 0;
	pthread_mutex_unlock(&t->lock);
	if (!is_late)
		return NULL;
	/* Nobody else knows of it any more. */
	for (; t->n_late > 0; usleep(LATE_POLL_US))
		free_late(t);
	destroy(t);
	return NULL;
}

struct tracer *tracer_new(void)
{
	struct tracer *t = mem_alloc(sizeof(*t));
	pthread_attr_t attr;
	int r;

	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_mutex_lock(&t->lock);
	r = pthread_create(&t->thread, &attr, run, t);
	pthread_attr_destroy(&attr);
	if (r) {
		pthread_mutex_unlock(&t->lock);
		destroy(t);
		return NULL;
	}
	while (!t->tid)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
	return t;
}

void tracer_run(struct tracer *t, void (*f)(void *arg), void *arg)
{
	pthread_mutex_lock(&t->lock);
	t->job = f;
	t->arg = arg;
	pthread_cond_broadcast(&t->changed);
	while (t->job)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

/* Tracing ends in exit_notify(), after pthread_join() has returned. */
static void await_gone(pid_t tid)
{
	int64_t end_ns = time_now_ns() + GONE_LIMIT_NS;

	while (syscall(SYS_tgkill, getpid(), tid, 0) == 0 && time_now_ns() < end_ns)
		sched_yield();
}

void tracer_free(struct tracer *t)
{
	bool is_late;
	pid_t tid;

	if (!t)
		return;
	tid = t->tid;
	pthread_mutex_lock(&t->lock);
	is_late = t->n_late > 0;
	t->ends = true;
	if (is_late)
		pthread_detach(t->thread);
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	if (is_late)
		return;
	pthread_join(t->thread, NULL);
	await_gone(tid);
	destroy(t);
}

#else

#include <stddef.h>

struct tracer *tracer_new(void)
{
	return NULL;
}

void tracer_run(struct tracer *t, void (*f)(void *arg), void *arg)
{
	(void)t;
	(void)f;
	(void)arg;
}

void tracer_free(struct tracer *t)
{
	(void)t;
}

#endif
