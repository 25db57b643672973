/* SPDX-License-Identifier: MIT */
/*
 * preload_order.c: which locks each thread holds, in which order it took them, and what it wants
 * next. A lock that is wanted while another is held makes an edge (preload_order_tables.c); from
 * the edges of all threads the runner predicts deadlocks that no thread has run into yet.
 *
 * A try, or a wait with a limit, wants nothing: it gives up. What it got is held as any other. A
 * lock that the thread holds already is recursive, or would hang by itself. A semaphore counts as a
 * lock where the thread that took it also leaves it.
 */
#include "lib/preload.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum action {
	TAKE = 1,
	BLOCK = 2, /* waits without a limit */
	READ = 4,
	LEAVE = 8,
	WAIT = 16, /* leaves it for the time of the call */
	MADE = 32, /* or destroyed */
	LINK = 64, /* thread made or joined */
	FORK = 128,
};

static const struct {
	const char *name;
	uint8_t action, kind;
} actions[] = {
	{ "pthread_mutex_lock", TAKE | BLOCK, HANGRATE_ORDER_MUTEX },
	{ "pthread_mutex_trylock", TAKE, HANGRATE_ORDER_MUTEX },
	{ "pthread_mutex_timedlock", TAKE, HANGRATE_ORDER_MUTEX },
	{ "pthread_mutex_clocklock", TAKE, HANGRATE_ORDER_MUTEX },
	{ "pthread_mutex_unlock", LEAVE, HANGRATE_ORDER_MUTEX },
	{ "pthread_mutex_init", MADE, HANGRATE_ORDER_MUTEX },
	{ "pthread_mutex_destroy", MADE, HANGRATE_ORDER_MUTEX },
	{ "pthread_cond_wait", WAIT, HANGRATE_ORDER_MUTEX },
	{ "pthread_cond_timedwait", WAIT, HANGRATE_ORDER_MUTEX },
	{ "pthread_cond_clockwait", WAIT, HANGRATE_ORDER_MUTEX },
	{ "pthread_rwlock_rdlock", TAKE | BLOCK | READ, HANGRATE_ORDER_RWLOCK },
	{ "pthread_rwlock_tryrdlock", TAKE | READ, HANGRATE_ORDER_RWLOCK },
	{ "pthread_rwlock_timedrdlock", TAKE | READ, HANGRATE_ORDER_RWLOCK },
	{ "pthread_rwlock_clockrdlock", TAKE | READ, HANGRATE_ORDER_RWLOCK },
	{ "pthread_rwlock_wrlock", TAKE | BLOCK, HANGRATE_ORDER_RWLOCK },
	{ "pthread_rwlock_trywrlock", TAKE, HANGRATE_ORDER_RWLOCK },
	{ "pthread_rwlock_timedwrlock", TAKE, HANGRATE_ORDER_RWLOCK },
	{ "pthread_rwlock_clockwrlock", TAKE, HANGRATE_ORDER_RWLOCK },
	{ "pthread_rwlock_unlock", LEAVE, HANGRATE_ORDER_RWLOCK },
	{ "pthread_rwlock_init", MADE, HANGRATE_ORDER_RWLOCK },
	{ "pthread_rwlock_destroy", MADE, HANGRATE_ORDER_RWLOCK },
	{ "pthread_spin_lock", TAKE | BLOCK, HANGRATE_ORDER_SPINLOCK },
	{ "pthread_spin_trylock", TAKE, HANGRATE_ORDER_SPINLOCK },
	{ "pthread_spin_unlock", LEAVE, HANGRATE_ORDER_SPINLOCK },
	{ "sem_wait", TAKE | BLOCK, HANGRATE_ORDER_SEMAPHORE },
	{ "sem_trywait", TAKE, HANGRATE_ORDER_SEMAPHORE },
	{ "sem_timedwait", TAKE, HANGRATE_ORDER_SEMAPHORE },
	{ "sem_clockwait", TAKE, HANGRATE_ORDER_SEMAPHORE },
	{ "sem_post", LEAVE, HANGRATE_ORDER_SEMAPHORE },
	{ "sem_init", MADE, HANGRATE_ORDER_SEMAPHORE },
	{ "sem_destroy", MADE, HANGRATE_ORDER_SEMAPHORE },
	{ "flockfile", TAKE | BLOCK, HANGRATE_ORDER_FILE },
	{ "ftrylockfile", TAKE, HANGRATE_ORDER_FILE },
	{ "funlockfile", LEAVE, HANGRATE_ORDER_FILE },
	{ "pthread_create", LINK, HANGRATE_ORDER_CREATE },
	{ "pthread_join", LINK, HANGRATE_ORDER_JOIN },
	{ "fork", FORK, 0 },
	{ "_Fork", FORK, 0 },
};

#define N_ACTIONS (sizeof(actions) / sizeof(actions[0]))

/* Of this thread. Deeper ones are not seen. */
static __thread struct preload_hold held[PRELOAD_HOLDS];
static __thread unsigned int n_held;
static __thread bool busy; /* in here already: a signal handler came */

/* --- places --- */

#define PAGE ((uintptr_t)4096)
#define STACK_MAX ((uintptr_t)1 << 20) /* no frame is farther from its caller's */

/*
 * Whether 16 bytes can be read. The page of our own frame can. Elsewhere the kernel is asked by a
 * call that reads them and then refuses what it is asked to do.
 */
static bool can_read(uintptr_t address, uintptr_t own)
{
	static __thread uintptr_t known; /* the last page asked for */
	uintptr_t page = address & ~(PAGE - 1);

	if ((address + 15) / PAGE != address / PAGE)
		return false;
	if (page == (own & ~(PAGE - 1)) || page == known)
		return true;
	if (syscall(SYS_rt_sigprocmask, -1, address, NULL, 8) >= 0 || errno == EFAULT)
		return false;
	known = page;
	return true;
}

static bool is_code(uintptr_t address)
{
	const struct preload_module *m = preload_module_of(address);

	return m && m->code;
}

/* NULL: there is none. Code without frame pointers has anything in that register. */
static const uintptr_t *callers_frame(const uintptr_t *frame, uintptr_t own)
{
	uintptr_t next = frame[0];

	if (next <= (uintptr_t)frame || next - (uintptr_t)frame > STACK_MAX ||
		next % sizeof(uintptr_t) || !can_read(next, own))
		return NULL;
	return (const uintptr_t *)next;
}

static void find_place(void *site, const void *frame, struct preload_place *ret)
{
	uintptr_t own = (uintptr_t)frame;
	const uintptr_t *f = frame ? callers_frame(frame, own) : NULL;

	*ret = (struct preload_place){ { site } };
	if (f && f[1] == (uintptr_t)site) /* the wrapper has a frame, too */
		f = callers_frame(f, own);
	for (unsigned int n = 1; f && n < HANGRATE_ORDER_FRAMES && is_code(f[1]); n++) {
		ret->at[n] = (void *)f[1];
		f = callers_frame(f, own);
	}
}

/* --- what a thread holds --- */

static bool holds(long object)
{
	for (unsigned int i = 0; i < n_held; i++)
		if (held[i].object == object)
			return true;
	return false;
}

static void push(const struct preload_hold *h)
{
	if (n_held == PRELOAD_HOLDS) {
		__atomic_fetch_add(&preload_order->dropped_held, 1, __ATOMIC_RELAXED);
		return;
	}
	held[n_held++] = *h;
}

/* False: this thread has not taken it. */
static bool pop(long object)
{
	for (unsigned int i = n_held; i-- > 0;) {
		if (held[i].object != object)
			continue;
		n_held--;
		memmove(&held[i], &held[i + 1], (n_held - i) * sizeof(held[0]));
		return true;
	}
	return false;
}

static struct preload_hold hold_of(
	const struct preload_row *row, const long args[6], void *site, const void *frame)
{
	struct preload_hold h = {
		.object = args[row->effect == WAITS ? 1 : 0],
		.kind = actions[row->order - 1].kind,
		.read = actions[row->order - 1].action & READ,
	};

	find_place(site, frame, &h.place);
	return h;
}

static void want(struct preload_hold *wanted)
{
	if (holds(wanted->object))
		return;
	if (preload_order->first)
		preload_order_hold_first(wanted);
	if (!n_held)
		return;
	preload_order_edges(held, n_held, wanted, 0);
	if (preload_order->n_roles)
		preload_order_hold(held, n_held, wanted);
}

static void leave(const struct preload_row *row, long object)
{
	if (!pop(object))
		preload_order_flag(object, actions[row->order - 1].kind, HANGRATE_ORDER_FOREIGN);
}

/* The mutex is taken again whatever comes, and without a limit. */
static void wait(struct preload_hold *h)
{
	if (pop(h->object) && n_held && !holds(h->object))
		preload_order_edges(held, n_held, h, HANGRATE_ORDER_BY_WAIT);
}

static void took(struct preload_hold *h)
{
	/* Both libcs begin a semaphore with its value. */
	if (h->kind == HANGRATE_ORDER_SEMAPHORE &&
		__atomic_load_n((const int *)h->object, __ATOMIC_RELAXED) > 0)
		preload_order_flag(h->object, h->kind, HANGRATE_ORDER_COUNTING);
	push(h);
}

/* The locks of other threads are gone; its own it holds. */
static void forked(void)
{
	preload_sites_forget();
	preload_order_tables_forked();
	preload_order_hold_forked();
	for (unsigned int i = 0; i < n_held; i++)
		held[i].lock = 0;
}

/* --- the wrappers' side --- */

void preload_order_before(
	const struct preload_row *row, void *site, const void *frame, const long args[6])
{
	int saved = errno, action;
	struct preload_hold h;

	if (!row->order || busy)
		return;
	busy = true;
	action = actions[row->order - 1].action;
	if (action & BLOCK || action & WAIT) {
		h = hold_of(row, args, site, frame);
		if (action & WAIT)
			wait(&h);
		else
			want(&h);
	} else if (action & LEAVE) {
		leave(row, args[0]);
	} else if (action & MADE) {
		preload_order_made(args[0], site);
	} else if (action & LINK && actions[row->order - 1].kind == HANGRATE_ORDER_CREATE) {
		preload_order_link(HANGRATE_ORDER_CREATE, 0);
	}
	busy = false;
	errno = saved;
}

static bool succeeded(const struct preload_row *row, long result)
{
	return row->effect == TAKES_ALWAYS || !(int)result ||
	       ((int)result == EOWNERDEAD && actions[row->order - 1].kind == HANGRATE_ORDER_MUTEX);
}

void preload_order_after(const struct preload_row *row, void *site, const void *frame,
	const long args[6], long result)
{
	int saved = errno, action;
	struct preload_hold h;

	if (!row->order || busy)
		return;
	busy = true;
	action = actions[row->order - 1].action;
	if (action & WAIT || (action & TAKE && succeeded(row, result))) {
		h = hold_of(row, args, site, frame);
		took(&h);
	} else if (action & LINK && !(int)result) {
		if (actions[row->order - 1].kind == HANGRATE_ORDER_JOIN)
			preload_order_link(HANGRATE_ORDER_JOIN, (uint64_t)args[0]);
		else
			preload_order_link(HANGRATE_ORDER_CREATE, *(const uint64_t *)args[0]);
	} else if (action & FORK && !(int)result) {
		forked();
	}
	busy = false;
	errno = saved;
}

bool preload_order_start(struct preload_row *const rows[])
{
	if (!preload_order_map())
		return false;
	for (size_t i = 0; rows[i]; i++)
		for (size_t k = 0; k < N_ACTIONS; k++)
			if (!strcmp(rows[i]->name, actions[k].name))
				rows[i]->order = (uint8_t)(k + 1);
	return true;
}
