/* SPDX-License-Identifier: MIT */
/*
 * preload_schedule.c: lets the threads of a process run by priorities drawn from the seed, in the
 * manner of PCT (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010). Each interposed call is
 * a point, before and after it. A thread waits there while one of higher priority could run. At
 * some points, drawn from the seed, a thread loses its priority or gets another. What is drawn
 * depends on the number of the thread and of its own point, for the order in which threads come to
 * theirs is not the same in every run.
 *
 * The kernel schedules, we only hold back. Every wait is bounded, and so is their sum, so a thread
 * that computes for long, or that sleeps where we cannot see it, costs time and nothing else.
 */
#include "lib/hash.h"
#include "lib/preload.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 64
#define CHANGES_MAX 16
#define POLL_NS UINT64_C(100000)
#define BOUND_NS UINT64_C(5000000)       /* of one wait */
#define EXIT_BOUND_NS UINT64_C(50000000) /* of the one before the process ends */
#define BUDGET_NS UINT64_C(500000000)    /* of all waits that ended without their turn */
/* Polls without progress after which a thread counts as asleep: inside a call that may wait, and
 * elsewhere, where it may only have lost its processor. */
#define ASLEEP_IN_CALL 4
#define ASLEEP 30

enum slot_state { FREE, BEGINNING, RUNNING, HELD };

struct slot {
	uint32_t state; /* enum slot_state */
	int tid;
	bool in_call;
	uint64_t priority;
	uint64_t number, points; /* in the order of the threads' making; that it has passed */
};

static struct slot slots[SLOTS];
static uint32_t turn; /* futex: changes when a thread stops being able to run */
static struct preload_schedule plan;
static uint64_t change_p; /* in 2^-32: of a loss of priority at a point */
static uint64_t drawn;    /* slots given out */
static uint64_t overdue;  /* ns of waits that ended by their bound */
static struct hangrate_counters nowhere, *counters = &nowhere;

static __thread unsigned int own_slot; /* index + 1; 0: none */
static __thread bool inside;           /* a signal handler may come while we wait */

static void add(uint64_t *field, uint64_t n)
{
	__atomic_fetch_add(field, n, __ATOMIC_RELAXED);
}

static uint64_t draw(uint64_t stream, uint64_t n)
{
	return hash_mix(hash_mix(plan.seed ^ (stream << 56)) ^ n);
}

/* Above those that a change point leaves. */
static uint64_t draw_priority(uint64_t stream, uint64_t n)
{
	return (draw(stream, n) >> 1) + CHANGES_MAX;
}

/* --- threads --- */

/* NULL: there is no room; such a thread is not held. */
static struct slot *take_slot(uint32_t state)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		uint32_t is_free = FREE;

		if (!__atomic_compare_exchange_n(&slots[i].state, &is_free, state, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			continue;
		slots[i].tid = 0;
		slots[i].in_call = false;
		slots[i].points = 0;
		slots[i].number = __atomic_add_fetch(&drawn, 1, __ATOMIC_RELAXED);
		slots[i].priority = draw_priority(1, slots[i].number);
		return &slots[i];
	}
	return NULL;
}

static struct slot *own(void)
{
	struct slot *s;

	if (own_slot)
		return &slots[own_slot - 1];
	s = take_slot(RUNNING);
	if (!s)
		return NULL;
	s->tid = preload_tid();
	own_slot = (unsigned int)(s - slots) + 1;
	return s;
}

/* Of a thread by its id, as pthread_getcpuclockid() says it. False: there is no such thread. */
static bool cpu_time(int tid, uint64_t *ret_ns)
{
	clockid_t clock = (clockid_t)((~(unsigned int)tid << 3) | 6);
	struct timespec ts;
	int saved = errno;
	bool there = syscall(SYS_clock_gettime, clock, &ts) == 0;

	errno = saved;
	if (there)
		*ret_ns = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	return there;
}

/* --- turns --- */

/* What a waiting thread has seen of the others. */
struct seen {
	uint64_t cpu_ns[SLOTS];
	uint8_t polls[SLOTS]; /* without progress */
};

/* Whether a thread in that slot could run. */
static bool can_run(struct slot *s, struct seen *seen)
{
	unsigned int i = (unsigned int)(s - slots);
	uint32_t state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE);
	uint64_t ns = 0;

	if (state == FREE)
		return false;
	if (state != RUNNING)
		return true;
	if (!cpu_time(s->tid, &ns)) {
		__atomic_store_n(&s->state, FREE, __ATOMIC_RELEASE);
		return false;
	}
	if (ns != seen->cpu_ns[i]) {
		seen->cpu_ns[i] = ns;
		seen->polls[i] = 0;
		return true;
	}
	if (seen->polls[i] < ASLEEP)
		seen->polls[i]++;
	return seen->polls[i] <
	       (__atomic_load_n(&s->in_call, __ATOMIC_RELAXED) ? ASLEEP_IN_CALL : ASLEEP);
}

/* How many of higher priority could run. */
static unsigned int count_before(const struct slot *me, struct seen *seen)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < SLOTS; i++)
		if (&slots[i] != me && slots[i].priority > me->priority)
			n += can_run(&slots[i], seen);
	return n;
}

static void wait_turn(struct slot *me, uint64_t bound_ns)
{
	struct seen seen;
	uint64_t begin, now;
	unsigned int before;

	memset(&seen, 0, sizeof(seen));
	if (!count_before(me, &seen))
		return;
	begin = now = preload_now_ns();
	add(&counters->fired, 1);
	__atomic_store_n(&me->state, HELD, __ATOMIC_RELEASE);
	preload_change(&turn);
	do {
		uint32_t was = __atomic_load_n(&turn, __ATOMIC_ACQUIRE);

		before = count_before(me, &seen);
		if (before)
			preload_wait_change(&turn, was, now + POLL_NS * before);
		now = preload_now_ns();
	} while (before && now - begin < bound_ns);
	__atomic_store_n(&me->state, RUNNING, __ATOMIC_RELEASE);
	add(&counters->delay_ns, now - begin);
	if (before)
		add(&overdue, now - begin);
}

/* --- points --- */

static void change_priority(struct slot *me)
{
	uint64_t point = me->number << 40 ^ ++me->points;

	if (draw(4, point) >> 32 < change_p)
		me->priority = draw(6, point) % CHANGES_MAX;
	if (plan.p && draw(2, point) >> 32 < plan.p)
		me->priority = draw_priority(3, point);
}

/* With one thread there is nothing to change. */
static bool has_others(const struct slot *me)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		if (&slots[i] != me && __atomic_load_n(&slots[i].state, __ATOMIC_RELAXED) != FREE)
			return true;
	return false;
}

static void pass_point(uint64_t bound_ns, bool calls)
{
	struct slot *me;

	if (inside || __atomic_load_n(&overdue, __ATOMIC_RELAXED) > BUDGET_NS)
		return;
	inside = true;
	me = own();
	if (me) {
		me->in_call = false;
		change_priority(me);
		if (has_others(me))
			add(&counters->passed, 1);
		if (!plan.null)
			wait_turn(me, bound_ns);
		__atomic_store_n(&me->in_call, calls, __ATOMIC_RELAXED);
	}
	inside = false;
}

void preload_schedule_before(bool calls)
{
	pass_point(BOUND_NS, calls);
}

void preload_schedule_after(void)
{
	pass_point(BOUND_NS, false);
}

/* Threads that outlive main() are where races at the end are: mostly they run on. */
void preload_schedule_exit(void)
{
	struct slot *me = inside ? NULL : own();

	if (me && draw(5, 0) % 4)
		me->priority = 0;
	pass_point(EXIT_BOUND_NS, false);
}

int preload_schedule_create(void)
{
	struct slot *s = take_slot(BEGINNING);

	return s ? (int)(s - slots) : -1;
}

void preload_schedule_not_created(int slot)
{
	if (slot >= 0)
		__atomic_store_n(&slots[slot].state, FREE, __ATOMIC_RELEASE);
}

void preload_schedule_begin(int slot)
{
	if (slot < 0)
		return;
	own_slot = (unsigned int)slot + 1;
	slots[slot].tid = preload_tid();
	__atomic_store_n(&slots[slot].state, RUNNING, __ATOMIC_RELEASE);
	preload_schedule_after();
}

void preload_schedule_forked(void)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		if (i + 1 != own_slot)
			slots[i].state = FREE;
	if (own_slot)
		slots[own_slot - 1].tid = (int)syscall(SYS_gettid);
	plan.seed = hash_mix(plan.seed + (own_slot ? slots[own_slot - 1].points : 0));
}

static void mark_allocation(struct preload_row *const rows[])
{
	static const char *const names[] = { "malloc", "calloc", "realloc", "free",
		"posix_memalign", "aligned_alloc", "memalign" };

	for (size_t i = 0; rows[i]; i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (!strcmp(rows[i]->name, names[k]))
				rows[i]->allocates = true;
}

/* "SEED,CHANGES,STEPS,P,NULL" */
bool preload_schedule_start(struct preload_row *const rows[])
{
	const char *s = preload_env(HANGRATE_ENV_SCHEDULE);
	uint64_t n[5];

	if (!s || !preload_parse_numbers(s, n, 5))
		return false;
	plan = (struct preload_schedule){ n[0], (uint32_t)n[1], n[2], n[3], n[4] != 0 };
	change_p = ((uint64_t)plan.changes << 32) / (plan.steps ? plan.steps : 1);
	counters = preload_counters(HANGRATE_COUNTERS_SCHEDULE, HANGRATE_ENGINE_SCHEDULE);
	add(&counters->armed, 1);
	mark_allocation(rows);
	return true;
}
