/* SPDX-License-Identifier: MIT */
/* libc_scenario.c: makes the long form of what LIBC_SCENARIO() declares in a few lines. */
#include "lib/internal.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HEAP_KNOB "parent-heap"

static void stress_step(void *arg)
{
	((const struct scenario_libc *)arg)->stress();
}

static void call_child(void *arg)
{
	((const struct scenario_libc *)arg)->child();
}

struct staying {
	void (*hold)(void);
	atomic_int tid;
};

static void *stay(void *arg)
{
	static sem_t never; /* never posted */
	struct staying *self = arg;

	atomic_store(&self->tid, (int)syscall(SYS_gettid));
	self->hold();
	for (;;)
		sem_wait(&never);
	return NULL;
}

/* Is that thread of this process asleep? By /proc, since it may be so in any function. */
static bool is_asleep(int tid)
{
	char path[64], text[256];
	const char *state;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	MUST(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	MUST(n > 0);
	close(fd);
	text[n] = '\0';
	state = strrchr(text, ')'); /* the name before it may hold any byte */
	return state && state[1] && state[2] == 'S';
}

static void start_staying(void (*hold)(void))
{
	static struct staying self;
	pthread_t thread;

	self.hold = hold;
	MUST(pthread_create(&thread, NULL, stay, &self) == 0);
	/* Not sched_yield(), which need not schedule it on this CPU. */
	for (unsigned int us = 10; !atomic_load(&self.tid) || !is_asleep(self.tid); us *= 2)
		usleep(us);
}

/* What one thread does by itself happens in every child: one shows it. A race needs more. */
static unsigned int children_of(const struct scenario_libc *libc)
{
	if (libc->children)
		return libc->children;
	return libc->stress ? 2 : 1;
}

static void run_how(enum fork_how how)
{
	const struct scenario_libc *libc = scenario.libc;
	unsigned int children = children_of(libc);
	unsigned int threads = libc->threads ? libc->threads : 1;

	if (libc->setup)
		libc->setup();
	if (libc->heap)
		scenario_grow_heap(KNOB(HEAP_KNOB));
	if (libc->stays)
		start_staying(libc->stays);
	for (unsigned int i = 0; libc->stress && i < threads; i++)
		scenario_stress(stress_step, (void *)libc, libc->idle_us);
	/* One after the other: the first that hangs shows all there is to show. */
	for (unsigned int i = 0; i < children; i++) {
		stress_go_on();
		scenario_wait(scenario_fork(how, call_child, (void *)libc));
	}
}

static void run_fork(void)
{
	run_how(FORK);
}

static void run__fork(void)
{
	run_how(FORK__FORK);
}

static void run_raw(void)
{
	run_how(FORK_RAW);
}

static void run_vfork(void)
{
	run_how(FORK_VFORK_EXEC);
}

static void run_posix_spawn(void)
{
	run_how(FORK_POSIX_SPAWN);
}

/* What the exec'd child does: it has nothing from its parent, so it prepares as that did. */
static void run_in_fresh_process(void)
{
	if (scenario.libc->setup)
		scenario.libc->setup();
	scenario.libc->child();
}

void libc_scenario_expand(const struct scenario *declared, struct scenario *ret_full)
{
	static const struct scenario_expect completes = { "*", COMPLETES,
		"the child is a new program: it shares no memory" };
	static const struct {
		const char *name, *summary;
		void (*run)(void);
	} ways[] = {
		{ "fork", "threads call it while fork() makes the child, which calls it",
			run_fork },
		{ "_Fork", "the same by _Fork(), which takes no lock", run__fork },
		{ "raw", "the same by clone(), behind the libc's back", run_raw },
		{ "vfork", "vfork(), and the child exec's itself before it calls", run_vfork },
		{ "posix_spawn", "posix_spawn() of the child", run_posix_spawn },
	};
	const struct scenario_libc *libc = declared->libc;
	unsigned int knobs = 0;

	*ret_full = (struct scenario){
		.name = declared->name,
		.summary = libc->summary,
		.symptom = IN_FUTEX,
		.after_fork = true,
		.hazard = libc->hazard,
		.child = run_in_fresh_process,
		.libc = libc,
	};
	for (; knobs < SCENARIO_MAX_KNOBS - 1 && libc->knobs[knobs].name; knobs++)
		ret_full->knobs[knobs] = libc->knobs[knobs];
	if (libc->heap)
		ret_full->knobs[knobs] = (struct scenario_knob){ HEAP_KNOB, SIZE, libc->heap,
			"bytes of touched memory in the parent: fork() takes longer" };
	memcpy(ret_full->refs, libc->refs, sizeof(libc->refs));
	for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct scenario_variant *variant = &ret_full->variants[i];
		const struct scenario_expect *expect = i == 0  ? libc->fork
						       : i < 3 ? libc->behind
							       : libc->spawned;

		variant->name = ways[i].name;
		variant->summary = ways[i].summary;
		variant->run = ways[i].run;
		/* A new program has no hang to cut short, and may be slow on a busy machine. */
		variant->timeout_ms = i < 3 ? libc->timeout_ms : 0;
		memcpy(variant->expect, expect, sizeof(variant->expect));
		if (i >= 3 && !expect[0].libc)
			variant->expect[0] = completes;
	}
}
