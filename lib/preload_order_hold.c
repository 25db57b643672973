/* SPDX-License-Identifier: MIT */
/*
 * preload_order_hold.c: makes a predicted deadlock happen. A thread that holds what it took at one
 * place of a role and wants a lock at the other is held there, until the threads that are held so
 * form a cycle: each wants what the next one holds. Then they go on together, and each waits for
 * ever. Which locks they are is known only now: a role says where, not which.
 *
 * Nobody is held longer than the runner allows, nor more often than that in vain.
 */
#include "lib/preload.h"

#define SLOTS 64

struct slot {
	int tid;     /* 0: free */
	int ready;   /* what follows is valid */
	uint32_t go; /* futex: changed by who lets it go on */
	uint32_t role;
	long wanted;
	bool wanted_read;
	unsigned int n_held;
	struct {
		long object;
		bool read;
	} held[PRELOAD_HOLDS];
};

static struct slot slots[SLOTS];
static uint32_t n_ready;   /* threads that are held */
static uint32_t vain;      /* holds that nobody came to */
static uint32_t first_met; /* futex: threads held in the role that has to be first */

static void add(uint64_t *field, uint64_t n)
{
	__atomic_fetch_add(field, n, __ATOMIC_RELAXED);
}

/* --- roles --- */

static uint64_t id_of(void *address)
{
	struct preload_site *s = preload_site_at(address);

	return s && s->id ? s->id : preload_site_id(address);
}

static bool is_at(const struct preload_place *p, uint64_t site, uint64_t caller)
{
	if (id_of(p->at[0]) != site)
		return false;
	for (int i = 1; caller && i < HANGRATE_ORDER_FRAMES && p->at[i]; i++)
		if (id_of(p->at[i]) == caller)
			return true;
	return !caller;
}

/* The role, from 1; 0: none. */
static uint32_t role_of(
	const struct preload_hold *held, unsigned int n_held, const struct preload_hold *wanted)
{
	uint32_t n = preload_order->n_roles;

	for (uint32_t i = 0; i < n && i < HANGRATE_ORDER_ROLES; i++) {
		const struct hangrate_order_role *r = &preload_order->roles[i];

		if (!is_at(&wanted->place, r->wanted, r->wanted_caller))
			continue;
		for (unsigned int k = 0; k < n_held; k++)
			if (is_at(&held[k].place, r->held, r->held_caller))
				return i + 1;
	}
	return 0;
}

/* --- cycles --- */

static bool waits_for(const struct slot *a, const struct slot *b)
{
	for (unsigned int i = 0; i < b->n_held; i++)
		if (b->held[i].object == a->wanted && !(a->wanted_read && b->held[i].read))
			return true;
	return false;
}

static bool is_ready(const struct slot *s)
{
	return __atomic_load_n(&s->ready, __ATOMIC_SEQ_CST);
}

/* Breadth first, from `me` along what each waits for; the way back tells who is in the cycle. */
static bool let_go(unsigned int me)
{
	unsigned char queue[SLOTS], from[SLOTS];
	unsigned int begin = 0, end = 0;
	uint64_t seen = 0;

	queue[end++] = (unsigned char)me;
	while (begin < end) {
		unsigned int at = queue[begin++];

		for (unsigned int i = 0; i < SLOTS; i++) {
			if (i == at || seen >> i & 1 || !is_ready(&slots[i]) ||
				!waits_for(&slots[at], &slots[i]))
				continue;
			seen |= UINT64_C(1) << i;
			from[i] = (unsigned char)at;
			queue[end++] = (unsigned char)i;
			if (i != me)
				continue;
			for (i = at; i != me; i = from[i])
				preload_change(&slots[i].go);
			add(&preload_order->closed, 1);
			return true;
		}
	}
	return false;
}

/* --- holding --- */

static unsigned int claim(void)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		int nobody = 0;

		if (__atomic_compare_exchange_n(&slots[i].tid, &nobody, preload_tid(), false,
			    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return i;
	}
	return SLOTS;
}

static void fill(struct slot *s, const struct preload_hold *held, unsigned int n_held,
	const struct preload_hold *wanted)
{
	s->wanted = wanted->object;
	s->wanted_read = wanted->read;
	s->n_held = n_held;
	for (unsigned int i = 0; i < n_held; i++) {
		s->held[i].object = held[i].object;
		s->held[i].read = held[i].read;
	}
	__atomic_store_n(&s->ready, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&n_ready, 1, __ATOMIC_SEQ_CST);
}

static void release(struct slot *s)
{
	__atomic_sub_fetch(&n_ready, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->ready, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->tid, 0, __ATOMIC_RELEASE);
}

static bool may_hold(void)
{
	return __atomic_load_n(&vain, __ATOMIC_RELAXED) < preload_order->holds &&
	       preload_has_threads();
}

static bool wait_until(uint32_t *word, uint32_t seen)
{
	uint64_t begin = preload_now_ns();
	bool came = preload_wait_change(word, seen, begin + preload_order->bound_ns);

	add(&preload_order->held, 1);
	add(&preload_order->delay_ns, preload_now_ns() - begin);
	if (!came)
		__atomic_add_fetch(&vain, 1, __ATOMIC_RELAXED);
	return came;
}

void preload_order_hold(
	const struct preload_hold *held, unsigned int n_held, const struct preload_hold *wanted)
{
	uint32_t role = role_of(held, n_held, wanted), seen;
	unsigned int me;

	/* One that has no role may still be the last that a cycle needs. */
	if (!role && !__atomic_load_n(&n_ready, __ATOMIC_SEQ_CST))
		return;
	me = claim();
	if (me == SLOTS)
		return;
	seen = __atomic_load_n(&slots[me].go, __ATOMIC_ACQUIRE);
	fill(&slots[me], held, n_held, wanted);
	if (!let_go(me) && role && may_hold()) {
		if (role == preload_order->first)
			preload_change(&first_met);
		wait_until(&slots[me].go, seen);
	}
	release(&slots[me]);
}

void preload_order_hold_first(const struct preload_hold *wanted)
{
	uint32_t first = preload_order->first, n = preload_order->n_roles;

	if (__atomic_load_n(&first_met, __ATOMIC_ACQUIRE))
		return;
	for (uint32_t i = 0; i < n && i < HANGRATE_ORDER_ROLES; i++) {
		const struct hangrate_order_role *r = &preload_order->roles[i];

		if (i + 1 == first || !is_at(&wanted->place, r->held, r->held_caller))
			continue;
		if (may_hold())
			wait_until(&first_met, 0);
		return;
	}
}

void preload_order_hold_forked(void)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		slots[i].tid = slots[i].ready = 0;
	n_ready = vain = first_met = 0;
}
