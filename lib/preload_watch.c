/* SPDX-License-Identifier: MIT */
/*
 * preload_watch.c: what the trap does inside a target. A thread about to fork waits until another
 * one is at the target site; that one keeps what it took there until the fork has returned. Both
 * waits are bounded, and neither happens unless a fork is on its way. Where a thread comes to the
 * site before that and never again, it is told to wait for a fork there (preload_trap->how). The
 * target may also be a lock itself; who takes it is found out in preload_words.c.
 */
#include "lib/preload.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

unsigned int preload_watching;

static bool target_passed; /* somebody was ever there, so waiting may help */
static bool hoped;         /* a fork has waited though nobody ever was */

/* Ahead of a fork. The first to come may be the one that will fork, so another may stay, too. */
#define STAYS_MAX 2
static int stays;   /* threads that have stayed */
static int staying; /* tid; 0: nobody */

/* What this thread holds. Deeper ones are not seen. */
#define HELD_MAX 16
static __thread struct {
	long object;
	struct preload_site *site;
} held[HELD_MAX];
static __thread unsigned int n_held;

static void add(uint64_t *field, uint64_t n)
{
	__atomic_fetch_add(field, n, __ATOMIC_RELAXED);
}

/* --- the thread at the site --- */

static void stay_if_forking(const struct preload_site *s)
{
	if (s->id != preload_trap->target)
		return;
	__atomic_store_n(&target_passed, true, __ATOMIC_RELAXED);
	preload_meet();
}

/* One at a time, and each thread once. */
static void stay_ahead(const struct preload_site *s)
{
	static __thread bool stayed;
	uint32_t seen = __atomic_load_n(&preload_meeting.returned, __ATOMIC_ACQUIRE);
	int nobody = 0;

	if (s->id != preload_trap->target || stayed ||
		__atomic_load_n(&stays, __ATOMIC_RELAXED) >= STAYS_MAX || !preload_has_threads())
		return;
	if (!__atomic_compare_exchange_n(
		    &staying, &nobody, preload_tid(), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	stayed = true;
	__atomic_add_fetch(&stays, 1, __ATOMIC_RELAXED);
	preload_stay_until(seen);
	__atomic_store_n(&staying, 0, __ATOMIC_RELEASE);
}

static void took(void *address, long object)
{
	struct preload_site *s = preload_site_at(address);
	int me = preload_tid(), first = 0;

	if (!s || n_held == HELD_MAX)
		return;
	if (!__atomic_compare_exchange_n(
		    &s->tid, &first, me, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
		first != me)
		s->many = true;
	__atomic_add_fetch(&s->held, 1, __ATOMIC_RELAXED);
	held[n_held].object = object;
	held[n_held].site = s;
	n_held++;
	if (preload_trap->how == HANGRATE_TRAP_AHEAD)
		stay_ahead(s);
	else
		stay_if_forking(s);
}

static void leaves(long object)
{
	for (unsigned int i = n_held; i-- > 0;) {
		struct preload_site *s = held[i].site;

		if (held[i].object != object)
			continue;
		if (preload_trap->how != HANGRATE_TRAP_AHEAD)
			stay_if_forking(s);
		held[i] = held[--n_held];
		__atomic_sub_fetch(&s->held, 1, __ATOMIC_RELAXED);
		return;
	}
}

/* --- the thread that forks --- */

/* Where the runner finds the site, from 1; 0: no room. */
static uint16_t share(const struct preload_site *s)
{
	struct hangrate_trap_site *t = preload_tell(s->id, HANGRATE_TRAP_CALL, s->address);

	return t ? (uint16_t)(t - preload_trap->sites + 1) : 0;
}

static uint32_t held_by_me(const struct preload_site *s)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < n_held; i++)
		n += held[i].site == s;
	return n;
}

/* Tells the runner which sites other threads have passed, and hold. */
static void tell_sites(void)
{
	bool any = false;

	for (size_t i = 0; i < PRELOAD_SITES; i++) {
		struct preload_site *s = &preload_sites[i];

		if (!s->address || !s->id || !s->tid || (s->tid == preload_tid() && !s->many))
			continue;
		any = true;
		if (!s->shared)
			s->shared = share(s);
		if (!s->shared)
			continue;
		__atomic_add_fetch(&preload_trap->sites[s->shared - 1].passed, 1, __ATOMIC_RELAXED);
		if (__atomic_load_n(&s->held, __ATOMIC_RELAXED) > held_by_me(s))
			__atomic_add_fetch(
				&preload_trap->sites[s->shared - 1].held, 1, __ATOMIC_RELAXED);
	}
	if (any)
		add(&preload_trap->forks, 1);
}

/* A target was passed in an earlier trial. Here its thread may have begun late, on a busy machine:
 * that is hoped for once a process, as it may also be some other process that has the target. */
static bool may_come(void)
{
	return __atomic_load_n(&target_passed, __ATOMIC_RELAXED) ||
	       (!__atomic_load_n(&hoped, __ATOMIC_RELAXED) && preload_has_threads() &&
		       !__atomic_exchange_n(&hoped, true, __ATOMIC_RELAXED));
}

/* Of two that fork at once, one is enough. */
static bool to_be_forking(void)
{
	int nobody = 0;

	return __atomic_compare_exchange_n(&preload_meeting.forking, &nobody, preload_tid(), false,
		__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* True: somebody came since `arrived` was `seen`. */
static bool wait_for_arrival(uint32_t seen)
{
	uint64_t begin = preload_now_ns();
	bool came =
		preload_wait_change(&preload_meeting.arrived, seen, begin + preload_trap->bound_ns);

	add(&preload_trap->sprung, came);
	add(&preload_trap->delay_ns, preload_now_ns() - begin);
	return came;
}

static void wait_for_target(void)
{
	uint32_t seen = __atomic_load_n(&preload_meeting.arrived, __ATOMIC_ACQUIRE);

	if (preload_trap->target && may_come() && to_be_forking())
		wait_for_arrival(seen);
}

static void wait_for_word(void)
{
	uint32_t seen = __atomic_load_n(&preload_meeting.arrived, __ATOMIC_ACQUIRE);

	if (!to_be_forking() || !preload_words_open())
		return;
	preload_words_close(wait_for_arrival(seen));
}

static void before_fork(void)
{
	tell_sites();
	switch (preload_trap->how) {
	case HANGRATE_TRAP_AHEAD:
		add(&preload_trap->sprung, __atomic_load_n(&staying, __ATOMIC_ACQUIRE) != 0);
		return;
	case HANGRATE_TRAP_WORD:
		wait_for_word();
		preload_words_fork();
		return;
	case HANGRATE_TRAP_LOOK_WORDS:
		preload_words_look();
		preload_words_fork();
		return;
	default:
		wait_for_target();
		return;
	}
}

static void forked(long pid)
{
	if ((int)pid == 0) {
		preload_sites_forget();
		for (unsigned int i = 0; i < n_held; i++)
			held[i].site->held++;
		preload_meeting.forking = 0;
		hoped = false;
		staying = 0;
		stays = 0;
		preload_words_forget();
		return;
	}
	preload_words_forked();
	if (preload_trap->how != HANGRATE_TRAP_AHEAD &&
		__atomic_load_n(&preload_meeting.forking, __ATOMIC_ACQUIRE) != preload_tid())
		return;
	__atomic_store_n(&preload_meeting.forking, 0, __ATOMIC_RELEASE);
	preload_change(&preload_meeting.returned);
}

/* --- the wrappers' side --- */

static void trap_before(const struct preload_row *row, const long args[6])
{
	switch (row->effect) {
	case LEAVES:
	case WAITS:
		leaves(args[row->argument]);
		break;
	case FORKS:
		before_fork();
		break;
	default:
		break;
	}
}

static void trap_after(const struct preload_row *row, void *site, const long args[6], long result)
{
	switch (row->effect) {
	case TAKES:
		if ((int)result)
			break;
		__attribute__((fallthrough));
	case TAKES_ALWAYS:
	case WAITS:
		took(site, args[row->argument]);
		break;
	case FORKS:
		forked(result);
		break;
	default:
		break;
	}
}

/* The call may last, and the thread be asleep in it. */
static bool may_wait(const struct preload_row *row)
{
	return !row->jumps && row->effect != LEAVES && row->effect != INITS &&
	       row->effect != CREATES && row->effect != FORKS;
}

void preload_watch_before(
	struct preload_row *row, void *site, const void *frame, const long args[6])
{
	if (preload_watching & PRELOAD_WATCH_PROFILE)
		preload_profile_pass(row);
	if (preload_watching & PRELOAD_WATCH_SCHEDULE && !row->allocates)
		preload_schedule_before(may_wait(row));
	if (preload_watching & PRELOAD_WATCH_WAKE)
		preload_wake_before(row, args);
	if (preload_watching & PRELOAD_WATCH_ORDER)
		preload_order_before(row, site, frame, args);
	if (preload_watching & PRELOAD_WATCH_LINT)
		preload_lint_before(row, site, args);
	if (preload_watching & PRELOAD_WATCH_TRAP)
		trap_before(row, args);
}

void preload_watch_after(const struct preload_row *row, void *site, const void *frame,
	const long args[6], long result)
{
	if (preload_watching & PRELOAD_WATCH_ORDER)
		preload_order_after(row, site, frame, args, result);
	if (preload_watching & PRELOAD_WATCH_LINT)
		preload_lint_after(row, site, args, result);
	if (preload_watching & PRELOAD_WATCH_TRAP)
		trap_after(row, site, args, result);
	if (preload_watching & PRELOAD_WATCH_WAKE)
		preload_wake_after(row, args, result);
	if (!(preload_watching & PRELOAD_WATCH_SCHEDULE) || row->allocates)
		return;
	if (row->effect == FORKS && (int)result == 0)
		preload_schedule_forked();
	preload_schedule_after();
}

void preload_watch_exit(void)
{
	if (preload_watching & PRELOAD_WATCH_SCHEDULE)
		preload_schedule_exit();
	if (preload_watching & PRELOAD_WATCH_WAKE)
		preload_wake_exit();
}

/* The trap hears of the rows that touch locks or fork, the order of locks and the wake-ups of those
 * that they have marked, all others of every row. */
static bool is_watched(const struct preload_row *row)
{
	if (preload_watching & (PRELOAD_WATCH_LINT | PRELOAD_WATCH_PROFILE))
		return true;
	if (preload_watching & PRELOAD_WATCH_SCHEDULE && !row->allocates)
		return true;
	if (preload_watching & PRELOAD_WATCH_THREADS && row->effect == CREATES)
		return true;
	return (preload_watching & PRELOAD_WATCH_TRAP && row->effect != NOTHING) || row->order ||
	       row->moment;
}

static void wake_rows(struct preload_row *const rows[])
{
	for (size_t i = 0; rows[i]; i++)
		if (rows[i]->real && is_watched(rows[i]))
			rows[i]->state = PRELOAD_ACTIVE;
}

void preload_watch_start(struct preload_row *const rows[])
{
	preload_trap = preload_map_page(HANGRATE_ENV_TRAP, HANGRATE_TRAP_SIZE, HANGRATE_TRAP_MAGIC);
	if (preload_trap)
		preload_watching |= PRELOAD_WATCH_TRAP;
	if (preload_lint_start())
		preload_watching |= PRELOAD_WATCH_LINT;
	if (preload_order_start(rows))
		preload_watching |= PRELOAD_WATCH_ORDER;
	if (preload_schedule_start(rows))
		preload_watching |= PRELOAD_WATCH_SCHEDULE;
	if (preload_wake_start(rows))
		preload_watching |= PRELOAD_WATCH_WAKE;
	if (preload_profile_start(rows))
		preload_watching |= PRELOAD_WATCH_PROFILE;
	if (preload_rules_want_threads())
		preload_watching |= PRELOAD_WATCH_THREADS;
	if (!preload_watching)
		return;
	preload_sites_start();
	if (preload_order) {
		preload_order_tables_start();
		preload_receipt_loaded(HANGRATE_ENGINE_ORDER);
	}
	if (preload_trap) {
		preload_words_start(preload_trap);
		preload_receipt_loaded(HANGRATE_ENGINE_TRAP);
	}
	wake_rows(rows);
}
