/* SPDX-License-Identifier: MIT */
/*
 * preload_order_tables.c: what the runner is told of lock orders, in memory that all processes of
 * the trial share. Entries are claimed by an atomic operation and written by their claimer alone;
 * an edge belongs to one thread.
 */
#include "lib/hash.h"
#include "lib/preload.h"

#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY HANGRATE_ORDER_NOBODY

struct hangrate_order *preload_order;

/* Where locks were made; an older one gives way. */
#define MADE 1024 /* a power of two */
static struct {
	long object;
	void *site;
} made[MADE];

static uint32_t process = NOBODY;
static __thread uint32_t thread_number; /* index + 1 */
static __thread uint32_t segment;
static __thread uint64_t create_serial; /* of the pthread_create() that is going on */
static __thread uint32_t create_segment;

static void count(uint64_t *field)
{
	__atomic_fetch_add(field, 1, __ATOMIC_RELAXED);
}

static uint64_t next_serial(void)
{
	return __atomic_add_fetch(&preload_order->serial, 1, __ATOMIC_ACQ_REL);
}

static void publish(uint32_t *ready)
{
	__atomic_store_n(ready, 1, __ATOMIC_RELEASE);
}

/* The next free entry of a table; NOBODY: it is full. */
static uint32_t claim(uint32_t *n, uint32_t max)
{
	uint32_t i;

	if (__atomic_load_n(n, __ATOMIC_RELAXED) >= max)
		return NOBODY;
	i = __atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
	return i < max ? i : NOBODY;
}

/* --- processes, modules, threads --- */

static uint32_t add_process(uint32_t parent, uint32_t parent_segment, uint32_t modules)
{
	uint32_t i = claim(&preload_order->n_processes, HANGRATE_ORDER_PROCESSES);
	struct hangrate_order_process *p;

	if (i == NOBODY)
		return NOBODY;
	p = &preload_order->processes[i];
	p->pid = (int32_t)syscall(SYS_getpid);
	p->parent = parent;
	p->segment = parent_segment;
	p->modules = modules == NOBODY ? i : modules;
	publish(&p->ready);
	return i;
}

static int add_module(struct dl_phdr_info *info, size_t size, void *arg)
{
	bool *is_program = arg;
	const struct preload_module *known;
	struct hangrate_order_module *m;
	uint32_t i;

	(void)size;
	i = claim(&preload_order->n_modules, HANGRATE_ORDER_MODULES);
	if (i == NOBODY)
		return 1;
	m = &preload_order->modules[i];
	m->process = process;
	m->base = info->dlpi_addr;
	m->begin = UINT64_MAX;
	for (int k = 0; k < info->dlpi_phnum; k++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[k];

		if (ph->p_type != PT_LOAD)
			continue;
		if (m->base + ph->p_vaddr < m->begin)
			m->begin = m->base + ph->p_vaddr;
		if (m->base + ph->p_vaddr + ph->p_memsz > m->end)
			m->end = m->base + ph->p_vaddr + ph->p_memsz;
	}
	/* The program comes first, and its own name may be none or relative. */
	if (*is_program)
		(void)!syscall(
			SYS_readlinkat, AT_FDCWD, "/proc/self/exe", m->path, sizeof(m->path) - 1);
	else
		strncpy(m->path, info->dlpi_name, sizeof(m->path) - 1);
	*is_program = false;
	for (size_t k = 0; (known = preload_module_at(k)); k++)
		if (known->begin >= m->begin && known->begin < m->end)
			strncpy(m->name, known->name, sizeof(m->name) - 1);
	publish(&m->ready);
	return 0;
}

bool preload_order_map(void)
{
	preload_order =
		preload_map_page(HANGRATE_ENV_ORDER, HANGRATE_ORDER_SIZE, HANGRATE_ORDER_MAGIC);
	return preload_order;
}

void preload_order_tables_start(void)
{
	bool is_program = true;

	process = add_process(NOBODY, 0, NOBODY);
	if (process != NOBODY)
		dl_iterate_phdr(add_module, &is_program);
}

uint32_t preload_order_thread(void)
{
	struct hangrate_order_thread *t;
	uint32_t i;

	if (thread_number)
		return thread_number - 1;
	if (process == NOBODY)
		return NOBODY;
	i = claim(&preload_order->n_threads, HANGRATE_ORDER_THREADS);
	if (i == NOBODY)
		return NOBODY;
	t = &preload_order->threads[i];
	t->process = process;
	t->tid = preload_tid();
	t->self = (uint64_t)pthread_self();
	t->serial = next_serial();
	thread_number = i + 1;
	publish(&t->ready);
	return i;
}

void preload_order_tables_forked(void)
{
	uint32_t parent = thread_number ? thread_number - 1 : NOBODY;
	uint32_t modules = process == NOBODY ? NOBODY : preload_order->processes[process].modules;

	if (process != NOBODY)
		process = add_process(parent, segment, modules);
	thread_number = 0;
	segment = 0;
}

void preload_order_link(enum hangrate_order_link_kind kind, uint64_t other)
{
	struct hangrate_order_link *l;
	uint32_t i, me;

	/* What this thread does while the other begins is not before it. */
	if (kind == HANGRATE_ORDER_CREATE && !other) {
		create_serial = next_serial();
		create_segment = segment++;
		return;
	}
	me = preload_order_thread();
	i = me == NOBODY ? NOBODY : claim(&preload_order->n_links, HANGRATE_ORDER_LINKS);
	if (i == NOBODY) {
		count(&preload_order->dropped_links);
		return;
	}
	l = &preload_order->links[i];
	l->kind = kind;
	l->thread = me;
	l->segment = kind == HANGRATE_ORDER_CREATE ? create_segment : ++segment;
	l->serial = kind == HANGRATE_ORDER_CREATE ? create_serial : next_serial();
	l->other = other;
	publish(&l->ready);
}

/* --- locks --- */

static void *made_at(long object)
{
	size_t at = ((uint64_t)object * HASH_GOLDEN) >> 54;

	return made[at].object == object ? made[at].site : NULL;
}

/* What each libc's objects say of themselves. */
static uint32_t flags_of(long object, uint8_t kind)
{
	const int *word = (const int *)object;

#ifdef __GLIBC__
	if (kind == HANGRATE_ORDER_MUTEX)
		return word[4] & 128 ? HANGRATE_ORDER_SHARED : 0;
	if (kind == HANGRATE_ORDER_RWLOCK)
		return (word[7] ? HANGRATE_ORDER_SHARED : 0) |
		       (word[12] == 2 ? HANGRATE_ORDER_WRITER_FIRST : 0);
#else
	if (kind == HANGRATE_ORDER_MUTEX)
		return word[0] & 128 ? HANGRATE_ORDER_SHARED : 0;
	if (kind == HANGRATE_ORDER_RWLOCK)
		return word[2] ? HANGRATE_ORDER_SHARED : 0;
#endif
	return 0;
}

static bool is_it(const struct hangrate_order_lock *l, long object)
{
	return l->address == (uint64_t)object &&
	       (l->process == process || l->flags & HANGRATE_ORDER_SHARED) &&
	       !(l->flags & HANGRATE_ORDER_GONE);
}

/* Its entry; NOBODY: there is none, or no room. */
static uint32_t find_lock(long object)
{
	size_t at = ((uint64_t)object * HASH_GOLDEN) >> 52;

	for (size_t i = 0; i < HANGRATE_ORDER_LOCKS; i++) {
		uint32_t k = (uint32_t)((at + i) % HANGRATE_ORDER_LOCKS);
		struct hangrate_order_lock *l = &preload_order->locks[k];

		if (!__atomic_load_n(&l->address, __ATOMIC_ACQUIRE))
			return NOBODY;
		if (__atomic_load_n(&l->ready, __ATOMIC_ACQUIRE) && is_it(l, object))
			return k;
	}
	return NOBODY;
}

/* Another thread may be about to do it; one that was killed never will. */
static bool is_published(const struct hangrate_order_lock *l)
{
	for (int i = 0; i < 100; i++) {
		if (__atomic_load_n(&l->ready, __ATOMIC_ACQUIRE))
			return true;
		syscall(SYS_sched_yield);
	}
	return false;
}

static uint32_t add_lock(long object, uint8_t kind, const struct preload_place *place)
{
	size_t at = ((uint64_t)object * HASH_GOLDEN) >> 52;

	for (size_t i = 0; i < HANGRATE_ORDER_LOCKS / 2; i++) {
		uint32_t k = (uint32_t)((at + i) % HANGRATE_ORDER_LOCKS);
		struct hangrate_order_lock *l = &preload_order->locks[k];
		uint64_t there = 0;

		if (__atomic_compare_exchange_n(&l->address, &there, (uint64_t)object, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			l->process = process;
			l->kind = kind;
			l->flags = flags_of(object, kind);
			l->made = (uint64_t)made_at(object);
			for (int n = 0; place && n < HANGRATE_ORDER_FRAMES; n++)
				l->first[n] = (uint64_t)place->at[n];
			publish(&l->ready);
			return k;
		}
		if (there == (uint64_t)object && is_published(l) && is_it(l, object))
			return k;
	}
	count(&preload_order->dropped_locks);
	return NOBODY;
}

static uint32_t lock_of(long object, uint8_t kind, const struct preload_place *place)
{
	uint32_t lock = find_lock(object);

	return lock == NOBODY ? add_lock(object, kind, place) : lock;
}

void preload_order_made(long object, void *site)
{
	size_t at = ((uint64_t)object * HASH_GOLDEN) >> 54;
	uint32_t lock = find_lock(object);

	made[at].object = object;
	made[at].site = site;
	/* One that is made again and again at the same address stays one entry in the end. */
	if (lock != NOBODY && preload_order->dropped_locks == 0 &&
		preload_order->locks[lock].made != (uint64_t)site)
		__atomic_fetch_or(
			&preload_order->locks[lock].flags, HANGRATE_ORDER_GONE, __ATOMIC_RELAXED);
}

void preload_order_flag(long object, uint8_t kind, uint32_t flag)
{
	uint32_t lock = lock_of(object, kind, NULL);

	if (lock != NOBODY && !(preload_order->locks[lock].flags & flag))
		__atomic_fetch_or(&preload_order->locks[lock].flags, flag, __ATOMIC_RELAXED);
}

/* --- edges --- */

/* Those that are held this time, too. */
static void keep_gates(struct hangrate_order_edge *e, const uint32_t gates[], unsigned int n)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < e->n_gates; i++)
		for (unsigned int k = 0; k < n; k++)
			if (e->gates[i] == gates[k]) {
				e->gates[kept++] = e->gates[i];
				break;
			}
	e->n_gates = kept;
}

static void fill(struct hangrate_order_edge *e, uint32_t me, const struct preload_hold *h,
	const struct preload_hold *wanted, uint32_t how, const uint32_t gates[], unsigned int n)
{
	e->thread = me;
	e->held = h->lock - 1;
	e->wanted = wanted->lock - 1;
	e->how = how | (h->read ? HANGRATE_ORDER_HELD_READ : 0) |
		 (wanted->read ? HANGRATE_ORDER_WANTED_READ : 0);
	e->first_segment = segment;
	e->first_ns = preload_now_ns();
	for (int i = 0; i < HANGRATE_ORDER_FRAMES; i++) {
		e->held_at[i] = (uint64_t)h->place.at[i];
		e->wanted_at[i] = (uint64_t)wanted->place.at[i];
	}
	for (unsigned int i = 0; i < n; i++)
		e->gates[i] = gates[i];
	e->n_gates = n;
}

static uint64_t key_of(
	uint32_t me, const struct preload_hold *h, const struct preload_hold *wanted, uint32_t how)
{
	uint64_t key =
		hash_mix((uint64_t)me << 32 | how << 2 | (uint64_t)h->read << 1 | wanted->read);

	key = hash_mix(key ^ ((uint64_t)h->lock << 32 | wanted->lock));
	for (int i = 0; i < HANGRATE_ORDER_FRAMES; i++)
		key = (key * HASH_GOLDEN ^ (uint64_t)h->place.at[i]) * HASH_GOLDEN ^
		      (uint64_t)wanted->place.at[i];
	key = hash_mix(key);
	return key ? key : 1;
}

static void add_edge(uint32_t me, const struct preload_hold *h, const struct preload_hold *wanted,
	uint32_t how, const uint32_t gates[], unsigned int n)
{
	uint64_t key = key_of(me, h, wanted, how);

	for (size_t i = 0; i < HANGRATE_ORDER_EDGES / 2; i++) {
		struct hangrate_order_edge *e =
			&preload_order->edges[(key + i) % HANGRATE_ORDER_EDGES];
		uint64_t there = __atomic_load_n(&e->key, __ATOMIC_RELAXED);

		if (!there && __atomic_compare_exchange_n(&e->key, &there, key, false,
				      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			fill(e, me, h, wanted, how, gates, n);
			e->last_segment = segment;
			e->count = 1;
			publish(&e->ready);
			return;
		}
		if (there != key)
			continue;
		e->last_segment = segment;
		e->count++;
		keep_gates(e, gates, n);
		return;
	}
	count(&preload_order->dropped_edges);
}

/* The locks held but that one; recursive ones are there twice. */
static unsigned int gates_of(const struct preload_hold *held, unsigned int n_held,
	const struct preload_hold *but, uint32_t ret_gates[HANGRATE_ORDER_GATES])
{
	unsigned int n = 0;

	for (unsigned int i = n_held; i-- > 0 && n < HANGRATE_ORDER_GATES;)
		if (held[i].lock && held[i].lock != but->lock)
			ret_gates[n++] = (held[i].lock - 1) * 2 + held[i].read;
	return n;
}

static bool is_again(const struct preload_hold *held, unsigned int i)
{
	for (unsigned int k = 0; k < i; k++)
		if (held[k].object == held[i].object)
			return true;
	return false;
}

void preload_order_edges(struct preload_hold *held, unsigned int n_held,
	const struct preload_hold *wanted, uint32_t how)
{
	uint32_t me = preload_order_thread(), gates[HANGRATE_ORDER_GATES];
	struct preload_hold w = *wanted;

	count(&preload_order->acquisitions);
	if (me == NOBODY) {
		count(&preload_order->dropped_edges);
		return;
	}
	w.lock = lock_of(w.object, w.kind, &w.place) + 1; /* NOBODY + 1: 0 */
	if (w.kind == HANGRATE_ORDER_RWLOCK && !w.read && w.lock)
		preload_order_flag(w.object, w.kind, HANGRATE_ORDER_WRITTEN);
	for (unsigned int i = 0; i < n_held; i++)
		if (!held[i].lock)
			held[i].lock = lock_of(held[i].object, held[i].kind, &held[i].place) + 1;
	for (unsigned int i = 0; i < n_held; i++) {
		if (!w.lock || !held[i].lock || is_again(held, i))
			continue;
		add_edge(me, &held[i], &w, how, gates, gates_of(held, n_held, &held[i], gates));
	}
}
