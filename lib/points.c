/* SPDX-License-Identifier: MIT */
/*
 * points.c: delay points. libfiu decides whether a passage is delayed, behind a fork guard that
 * makes it safe to fork; the delay itself is slept outside of libfiu.
 *
 * Why a guard. libfiu 1.1 never resets its own locks in a forked child: a thread that was inside
 * fiu_fail() at the instant of fork() leaves the child a read-locked rwlock and, with wildcards or
 * FIU_ONETIME, a locked cache or point. So:
 *
 *  - `inside_lock` is held around each call into libfiu, and our fork handlers hold it across
 *    fork(): no thread is inside libfiu when memory is copied. It is a leaf: what runs under it
 *    takes libfiu's locks only (exact names only: the wildcard cache allocates).
 *  - A passage never waits for it. Threads that stood before it during a fork would stand there
 *    holding what they hold: with every delay zero, mutex-held hung in 38 of 60 trials in that way
 *    and in 0 of 60 without points. When the lock is taken, our own generator decides with the same
 *    probability.
 *  - Handlers are registered before any of the scenario's, so ours runs last before the fork and
 *    first after it. The other way round, prepare would hold inside_lock while it waits for the
 *    scenario's handler, which may wait for a mutex whose holder stands before a delay point: a
 *    deadlock of our own making.
 *  - A child made behind the libc's back (_Fork, clone) runs no handler, and its memory was copied
 *    page by page while others ran: that inside_lock looks free says nothing about libfiu's own
 *    locks on other pages. `fork_guard` tells: its page is wiped by the kernel in every child that
 * has its own memory (MADV_WIPEONFORK), and only the handler writes it again. A vfork child shares
 *    memory and page with a parent whose threads still run, and may pass.
 *  - A passage or a fork from a signal handler that interrupted a passage finds `inside` set: the
 *    passage is let through undelayed, the child's guard stays shut.
 *
 * No external callback (it would sleep under libfiu's lock), no remote control (it starts a
 * thread). Without HANGRATE_POINTS nothing of libfiu is ever called.
 */
#define FIU_ENABLE 1
#include "lib/internal.h"

#include <errno.h>
#include <fiu-control.h>
#include <fiu.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool points_armed;

static struct points_rule rules[POINTS_MAX];
static atomic_uint_fast64_t passages[POINTS_MAX];
static int rule_count;

static pthread_mutex_t inside_lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool inside;
static atomic_bool forking; /* passages leave the lock to the thread that forks */
static atomic_bool *fork_guard;

/* Random values have no state but a counter: nothing to lock, nothing to break by fork. */
static uint64_t random_key;
static atomic_uint_fast64_t random_count;
static uint64_t fork_count;

static struct hangrate_counters nowhere;
static struct hangrate_counters *counters = &nowhere;

static void counters_add(uint64_t *field, uint64_t n)
{
	__atomic_fetch_add(field, n, __ATOMIC_RELAXED);
}

static void fork_prepare(void)
{
	if (inside)
		return;
	atomic_store(&forking, true);
	pthread_mutex_lock(&inside_lock);
	fork_count++;
}

static void fork_parent(void)
{
	if (inside)
		return;
	pthread_mutex_unlock(&inside_lock);
	atomic_store(&forking, false);
}

/* Parent and child go on from the same counter; the key sets them apart, the same in each replay.
 */
static void fork_child(void)
{
	if (inside)
		return;
	random_key = scenario_mix(random_key, fork_count);
	fiu_set_prng_seed((unsigned int)scenario_mix(random_key, 1));
	pthread_mutex_unlock(&inside_lock);
	atomic_store(&forking, false);
	atomic_store(fork_guard, true);
}

static void die(const char *what, const char *value)
{
	SAY("points: ", what, ": '", value, "'");
	_exit(HANGRATE_EXIT_BROKEN);
}

static bool is_point(const struct scenario *self, const char *name)
{
	for (int i = 0; i < SCENARIO_MAX_KNOBS && self->knobs[i].name; i++)
		if (self->knobs[i].kind == DELAY && !strcmp(self->knobs[i].name, name))
			return true;
	return false;
}

/* As protocol.h tells: what is not a page of counters is left alone, for an executed grandchild may
 * inherit the variable with another file under that number. */
static void map_counters(const char *text)
{
	struct hangrate_counters *page;
	struct stat st;
	char *end;
	long fd = strtol(text, &end, 10);

	if (end == text || *end || fd < 0 || fd > INT32_MAX || fstat((int)fd, &st) < 0 ||
		!S_ISREG(st.st_mode) || st.st_size != HANGRATE_COUNTERS_SIZE)
		return;
	page = mmap(NULL, HANGRATE_COUNTERS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
	if (page == MAP_FAILED || page->magic != HANGRATE_COUNTERS_MAGIC)
		return;
	counters = page;
	close((int)fd);
}

static void open_door(void)
{
	fork_guard = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fork_guard == MAP_FAILED || madvise(fork_guard, 4096, MADV_WIPEONFORK) < 0)
		die("cannot have a page wiped on fork", "MADV_WIPEONFORK");
	atomic_store(fork_guard, true);
}

/* Drops the rules for names that are no point of this scenario; what is left is armed. */
static void enable_rules(const struct scenario *self)
{
	int armed = 0;

	for (int i = 0; i < rule_count; i++) {
		const struct points_rule *rule = &rules[i];

		if (!is_point(self, rule->name))
			continue;
		if (strchr(rule->name, '*'))
			die("a name must be exact", rule->name);
		if (fiu_enable_random(rule->name, 1, NULL, 0, (float)rule->p) < 0)
			die("libfiu refuses", rule->name);
		rules[armed++] = *rule;
	}
	rule_count = armed;
	points_armed = armed > 0;
	counters_add(&counters->armed, (uint64_t)armed);
}

void points_init(
	const struct scenario *self, const char *text, const char *counters_fd, uint64_t seed)
{
	if (!text)
		return;
	if (counters_fd)
		map_counters(counters_fd);
	rule_count = points_parse(text, strlen(text), rules);
	if (rule_count < 0)
		die("bad " HANGRATE_ENV_POINTS, text);
	random_key = scenario_mix(seed, 0x706f696e7473);
	if (fiu_init(0) < 0)
		die("libfiu does not start", text);
	/* With a seed of its own libfiu does not take the time of day, here or in a child. */
	fiu_set_prng_seed((unsigned int)scenario_mix(random_key, 0));
	open_door();
	if (pthread_atfork(fork_prepare, fork_parent, fork_child) != 0)
		die("no memory for fork handlers", text);
	enable_rules(self);
	__atomic_fetch_or(&counters->loaded, HANGRATE_ENGINE_POINTS, __ATOMIC_RELAXED);
}

static int find_rule(const char *name)
{
	for (int i = 0; i < rule_count; i++)
		if (!strcmp(rules[i].name, name))
			return i;
	return -1;
}

static uint64_t next_random(void)
{
	return scenario_mix(random_key, 2 + atomic_fetch_add(&random_count, 1));
}

static bool is_hit(const struct points_rule *rule)
{
	bool hit;

	inside = true;
	if (!atomic_load(&forking) && pthread_mutex_trylock(&inside_lock) == 0) {
		hit = fiu_fail(rule->name) != 0;
		pthread_mutex_unlock(&inside_lock);
	} else {
		hit = points_rule_hits(rule, next_random());
	}
	inside = false;
	return hit;
}

/* By the system call: nanosleep() is a cancellation point and may be interposed, a delay is
 * neither. Counted before it is slept, so that a trial that is killed in it still shows it. */
static void sleep_ns(uint64_t ns)
{
	struct timespec left = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	counters_add(&counters->fired, 1);
	counters_add(&counters->delay_ns, ns);
	while (syscall(SYS_nanosleep, &left, &left) < 0 && errno == EINTR)
		;
}

void points_pass(const char *name)
{
	int i = find_rule(name), saved = errno;
	uint64_t n, ns;

	if (i < 0 || inside || !atomic_load(fork_guard))
		return;
	counters_add(&counters->passed, 1);
	n = atomic_fetch_add(&passages[i], 1) + 1;
	if (!points_rule_counts(&rules[i], n) || !is_hit(&rules[i]))
		return;
	ns = points_rule_delay(
		&rules[i], scenario_mix(random_key, 2 + atomic_fetch_add(&random_count, 1)));
	if (ns)
		sleep_ns(ns);
	errno = saved;
}
