/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject/auto_texts.c: what `--inject auto` tries, made of what a learning trial saw. Pure. */
#include "runner/inject/auto.h"

#include "runner/base/util.h"

#include <inttypes.h>

#define LOCK_DELAY_NS (5 * NSEC_PER_MSEC)
#define SHORT_DELAY_NS NSEC_PER_MSEC
#define MAX_DELAY_NS (20 * NSEC_PER_MSEC)
#define MAX_ADDED_NS NSEC_PER_SEC /* of all delays of a trial, about */
#define END_DELAY ";syscall:exit_group:delay_enter=20ms"
#define MAX_THREADS 5    /* that have candidates of their own */
#define MAX_FUNCTIONS 12 /* that have candidates of their own */

static const char *const locking[] = { "pthread_mutex_lock", "pthread_rwlock_wrlock",
	"pthread_rwlock_rdlock", "pthread_spin_lock", "flockfile", NULL };
static const char *const unlocking[] = { "pthread_mutex_unlock", "pthread_rwlock_unlock",
	"pthread_spin_unlock", "funlockfile", "sem_post", NULL };
static const char *const waiting[] = { "pthread_cond_wait", "sem_wait", "pause", "sigsuspend",
	"poll", "select", "epoll_wait", NULL };
static const char *const forking[] = { "fork", "_Fork", "vfork", "popen", "system", "posix_spawn",
	"posix_spawnp", NULL };
static const char *const beginning[] = { "fork", "_Fork", "popen", "pthread_create", NULL };
/* Order decides little about these. */
static const char *const dull[] = { "malloc", "calloc", "realloc", "free", "posix_memalign",
	"aligned_alloc", "memalign", "strerror", "strftime", "random", "rand", "dl_iterate_phdr",
	"pthread_mutex_init", "atexit", "__cxa_atexit", NULL };

struct texts {
	char **at;
	size_t n, cap;
};

static void add(struct texts *t, char *text)
{
	t->at = mem_grow(t->at, t->n, &t->cap, sizeof(*t->at));
	t->at[t->n++] = text;
}

static char **done(struct texts *t)
{
	add(t, NULL);
	return t->at;
}

void inject_auto_texts_free(char **texts)
{
	for (char **t = texts; t && *t; t++)
		free(*t);
	free(texts);
}

static bool is_among(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static uint64_t calls_of(const struct inject_profile *p, const char *const *names)
{
	uint64_t n = 0;

	for (; *names; names++)
		n += inject_profile_calls(p, *names);
	return n;
}

bool inject_profile_forks(const struct inject_profile *p)
{
	return calls_of(p, forking);
}

/* The creator may have ended the process before another thread made a call. */
static bool has_threads(const struct inject_profile *p)
{
	return p->calls.threads > 1 || inject_profile_calls(p, "pthread_create");
}

/* ",p=P" that keeps what is added to a trial within bounds. */
static char *p_for(double wanted, uint64_t calls, int64_t delay_ns)
{
	double most = (double)MAX_ADDED_NS / (double)delay_ns / (double)(calls ? calls : 1);
	double p = wanted < most ? wanted : most;

	return p >= 1 ? mem_strdup("") : mem_printf(",p=%.6f", p < 0.000001 ? 0.000001 : p);
}

/* One rule for all functions of the list that are called. */
static void add_group(struct texts *t, const struct inject_profile *p, const char *const *names,
	const char *when, int64_t delay_ns, double wanted)
{
	char *chance cleanup(cleanup_free) = p_for(wanted, calls_of(p, names), delay_ns);
	char *places cleanup(cleanup_free) = mem_strdup("");

	for (; *names; names++) {
		char *longer;

		if (!inject_profile_calls(p, *names))
			continue;
		longer = mem_printf("%s%sfunc:%s", places, *places ? "," : "", *names);
		free(places);
		places = longer;
	}
	if (*places)
		add(t, mem_printf("%s:%s=%" PRId64 "us%s", places, when, delay_ns / 1000, chance));
}

/* What one thread does is slower than what all others do; where the program may end before its
 * threads, so is that. */
static void add_threads(
	struct texts *t, const struct inject_profile *p, const char *const *names, const char *when)
{
	bool leaves =
		inject_profile_calls(p, "pthread_join") < inject_profile_calls(p, "pthread_create");

	for (uint32_t thread = 1; thread <= p->calls.threads && thread <= MAX_THREADS; thread++) {
		size_t last = t->n;
		char *text;

		add_group(t, p, names, when, LOCK_DELAY_NS, 1);
		if (t->n == last)
			return;
		text = t->at[last];
		t->at[last] = mem_printf(
			"%s,thread=%" PRIu32 "%s", text, thread, leaves ? END_DELAY : "");
		free(text);
	}
}

static void add_one(struct texts *t, const struct inject_profile *p, const char *name,
	const char *when, int64_t delay_ns, double wanted)
{
	const char *const names[] = { name, NULL };

	add_group(t, p, names, when, delay_ns, wanted);
}

/* Each called function by itself, before and after. */
static void add_functions(
	struct texts *t, const struct inject_profile *p, int64_t delay_ns, double wanted)
{
	unsigned int n = 0;

	for (size_t i = 0; i < HANGRATE_PROFILE_ROWS && n < MAX_FUNCTIONS; i++) {
		const char *name = p->calls.row[i].name;

		if (!p->calls.row[i].calls || is_among(dull, name))
			continue;
		n++;
		add_one(t, p, name, "delay_enter", delay_ns, wanted);
		add_one(t, p, name, "delay_exit", delay_ns, wanted);
	}
}

static void add_system_calls(struct texts *t)
{
	static const char *const texts[] = {
		"syscall:write,syscall:writev,syscall:sendto,syscall:sendmsg:delay_enter=0..2ms,p=0.1",
		"syscall:futex:delay_enter=0..2ms,p=0.3",
		"%memory:delay_enter=0..2ms,p=0.1",
		"%file:delay_enter=0..2ms,p=0.1",
		"syscall:read,syscall:recvfrom,syscall:wait4,syscall:close:delay_enter=0..2ms,p=0.1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		add(t, mem_strdup(texts[i]));
}

char **inject_auto_first_texts(const char *const *points)
{
	struct texts t = { 0 };

	for (const char *const *p = points; p && *p; p++)
		add(&t, mem_printf("point:%s:delay_enter=exp(5ms)", *p));
	add(&t, mem_strdup("schedule"));
	return done(&t);
}

/* A delay that is seen in a trial of that length. */
static int64_t long_delay(const struct inject_profile *p)
{
	int64_t ns = p->duration_ns / 2;

	return ns < 2 * SHORT_DELAY_NS ? 2 * SHORT_DELAY_NS : ns > MAX_DELAY_NS ? MAX_DELAY_NS : ns;
}

char **inject_auto_texts(const struct inject_profile *p)
{
	struct texts t = { 0 };

	if (!p) {
		add(&t, mem_strdup("trap"));
		add_system_calls(&t);
		return done(&t);
	}
	if (calls_of(p, waiting))
		add(&t, mem_strdup("wake"));
	add_group(&t, p, locking, "delay_exit", LOCK_DELAY_NS, 1);
	if (calls_of(p, locking) > 1 && has_threads(p))
		add(&t, mem_strdup("order"));
	if (inject_profile_forks(p))
		add(&t, mem_strdup("trap"));
	if (has_threads(p) || inject_profile_forks(p))
		add(&t, mem_strdup("window"));
	if (has_threads(p))
		add(&t, mem_strdup("schedule:p=0.5"));
	if (has_threads(p)) {
		add_threads(&t, p, locking, "delay_enter");
		add_threads(&t, p, unlocking, "delay_exit");
	}
	add_group(&t, p, beginning, "delay_enter", LOCK_DELAY_NS, 1);
	add_group(&t, p, locking, "delay_exit", SHORT_DELAY_NS, 0.3);
	add_group(&t, p, unlocking, "delay_exit", LOCK_DELAY_NS, 0.5);
	add_group(&t, p, locking, "delay_enter", LOCK_DELAY_NS, 0.5);
	if (has_threads(p))
		add(&t, mem_strdup("schedule:p=0.1"));
	if (calls_of(p, waiting))
		add(&t, mem_strdup("wake:p=0.3"));
	add_system_calls(&t);
	if (!has_threads(p) && !inject_profile_forks(p))
		return done(&t);
	add_functions(&t, p, SHORT_DELAY_NS, 1);
	add_functions(&t, p, long_delay(p), 0.3);
	add_functions(&t, p, long_delay(p), 0.1);
	return done(&t);
}
