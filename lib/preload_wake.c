/* SPDX-License-Identifier: MIT */
/*
 * preload_wake.c: holds a thread at the moments where a race is lost.
 *
 * Wake before wait: a thread that is about to wait is held until the wake-up has been given. A
 * right program does not mind: its state has changed too, or nobody can give a wake-up before it
 * waits. A wrong one waits for what has been.
 *
 * Windows: between the making of descriptors and what keeps them from other children; around the
 * first instructions of a thread; and between the end of main() and that of its threads.
 *
 * Each hold is bounded, and so is their sum in a process.
 */
#include "lib/hash.h"
#include "lib/preload.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FUTEX_WAIT_PRIVATE 128
#define WORDS 64
#define CREATE_BOUND_NS UINT64_C(10000000)

static struct {
	uint64_t seed, p;
	uint32_t kinds;
	bool null;
	uint64_t bound_ns, budget_ns;
} plan;
static uint64_t spent_ns, passages;
static uint32_t given[WORDS]; /* futexes: wake-ups of an object, by its hash */
static uint32_t forks;        /* futex: of this process, that have returned */
static struct hangrate_counters nowhere, *counters = &nowhere;
static __thread bool has_ends; /* made since its last fork */

static const struct {
	const char *name;
	enum preload_moment moment;
} moments[] = {
	{ "pthread_cond_wait", PRELOAD_WAITS_OBJECT },
	{ "pthread_cond_signal", PRELOAD_WAKES_OBJECT },
	{ "pthread_cond_broadcast", PRELOAD_WAKES_OBJECT },
	{ "sem_wait", PRELOAD_WAITS_OBJECT },
	{ "sem_post", PRELOAD_WAKES_OBJECT },
	{ "pause", PRELOAD_WAITS_SIGNAL },
	{ "sigsuspend", PRELOAD_WAITS_SIGNAL },
	{ "poll", PRELOAD_WAITS_POLL },
	{ "epoll_wait", PRELOAD_WAITS_EPOLL },
	{ "select", PRELOAD_WAITS_SELECT },
	{ "pipe", PRELOAD_MAKES_ENDS },
	{ "socketpair", PRELOAD_MAKES_ENDS },
	{ "fork", PRELOAD_FORKS },
	{ "_Fork", PRELOAD_FORKS },
	{ "pthread_create", PRELOAD_CREATES },
	{ "exit", PRELOAD_ENDS },
};

static void add(uint64_t *field, uint64_t n)
{
	__atomic_fetch_add(field, n, __ATOMIC_RELAXED);
}

/* --- holding --- */

static bool chosen(uint64_t *ret_random)
{
	uint64_t n = __atomic_add_fetch(&passages, 1, __ATOMIC_RELAXED);
	uint64_t random = hash_mix(hash_mix(plan.seed) ^ n);

	add(&counters->passed, 1);
	*ret_random = hash_mix(random);
	return !plan.null && random >> 32 < plan.p &&
	       __atomic_load_n(&spent_ns, __ATOMIC_RELAXED) < plan.budget_ns;
}

/* Until *word has changed, a handler has run in this thread, or the time is over. */
static void hold(uint32_t *word, uint32_t seen, uint64_t bound_ns)
{
	uint64_t begin = preload_now_ns(), now = begin;
	int saved = errno;

	add(&counters->fired, 1);
	while (now - begin < bound_ns && __atomic_load_n(word, __ATOMIC_ACQUIRE) == seen) {
		uint64_t left = bound_ns - (now - begin);
		struct timespec ts = { (time_t)(left / 1000000000), (long)(left % 1000000000) };

		if (syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &ts) < 0 && errno == EINTR)
			break;
		now = preload_now_ns();
	}
	now = preload_now_ns();
	add(&spent_ns, now - begin);
	add(&counters->delay_ns, now - begin);
	errno = saved;
}

static void sleep_for(uint64_t bound_ns)
{
	uint32_t never = 0;

	hold(&never, 0, bound_ns);
}

/* Between half of it and all of it. */
static uint64_t bound_of(uint64_t random)
{
	return plan.bound_ns / 2 + random % (plan.bound_ns / 2 + 1);
}

static uint32_t *word_of(long object)
{
	return &given[hash_mix((uint64_t)object) % WORDS];
}

static void hold_before_wait(long object)
{
	uint32_t *word = word_of(object), seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	uint64_t random;

	if (plan.kinds & HANGRATE_WAKE_WAITS && chosen(&random))
		hold(word, seen, bound_of(random));
}

/* A thread that has made descriptors is held until another has forked, and again after its own
 * fork, before it closes them. */
static void hold_until_fork(void)
{
	uint32_t seen = __atomic_load_n(&forks, __ATOMIC_ACQUIRE);
	uint64_t random;

	if (plan.kinds & HANGRATE_WAKE_WINDOWS && chosen(&random))
		hold(&forks, seen, bound_of(random));
}

/* Either side of the beginning of a thread, as the seed says. */
static void hold_thread(bool creator)
{
	uint64_t random;

	if (plan.kinds & HANGRATE_WAKE_WINDOWS && chosen(&random) && (random & 1) == creator)
		sleep_for(random % CREATE_BOUND_NS);
}

/* --- what the wrappers tell --- */

void preload_wake_before(const struct preload_row *row, const long args[6])
{
	switch ((enum preload_moment)row->moment) {
	case PRELOAD_WAITS_OBJECT:
	case PRELOAD_WAITS_SIGNAL:
		hold_before_wait(args[0]);
		break;
	case PRELOAD_WAITS_POLL:
		if ((int)args[2] < 0)
			hold_before_wait(0);
		break;
	case PRELOAD_WAITS_EPOLL:
		if ((int)args[3] < 0)
			hold_before_wait(0);
		break;
	case PRELOAD_WAITS_SELECT:
		if (!args[4])
			hold_before_wait(0);
		break;
	case PRELOAD_ENDS:
		preload_wake_exit();
		break;
	default:
		break;
	}
}

void preload_wake_after(const struct preload_row *row, const long args[6], long result)
{
	switch ((enum preload_moment)row->moment) {
	case PRELOAD_WAKES_OBJECT:
		preload_change(word_of(args[0]));
		break;
	case PRELOAD_MAKES_ENDS:
		has_ends = (int)result == 0;
		if (has_ends && preload_has_threads())
			hold_until_fork();
		break;
	case PRELOAD_FORKS:
		if ((int)result <= 0)
			break;
		preload_change(&forks);
		if (has_ends && preload_has_threads())
			hold_until_fork();
		has_ends = false;
		break;
	case PRELOAD_CREATES:
		if ((int)result == 0)
			hold_thread(true);
		break;
	default:
		break;
	}
}

void preload_wake_begin(void)
{
	hold_thread(false);
}

void preload_wake_exit(void)
{
	static bool ending;
	uint64_t random;

	if (plan.kinds & HANGRATE_WAKE_WINDOWS &&
		!__atomic_exchange_n(&ending, true, __ATOMIC_ACQ_REL) && preload_has_threads() &&
		chosen(&random))
		sleep_for(bound_of(random));
}

/* "SEED,KINDS,P,BOUND,BUDGET,NULL" */
bool preload_wake_start(struct preload_row *const rows[])
{
	const char *s = preload_env(HANGRATE_ENV_WAKE);
	uint64_t n[6];

	if (!s || !preload_parse_numbers(s, n, 6))
		return false;
	plan.seed = n[0];
	plan.kinds = (uint32_t)n[1];
	plan.p = n[2];
	plan.bound_ns = n[3];
	plan.budget_ns = n[4];
	plan.null = n[5];
	counters = preload_counters(HANGRATE_COUNTERS_WAKE, HANGRATE_ENGINE_WAKE);
	for (size_t i = 0; rows[i]; i++)
		for (size_t k = 0; k < sizeof(moments) / sizeof(moments[0]); k++)
			if (!strcmp(rows[i]->name, moments[k].name)) {
				rows[i]->moment = (uint8_t)moments[k].moment;
				add(&counters->armed, rows[i]->real != NULL);
			}
	return true;
}
