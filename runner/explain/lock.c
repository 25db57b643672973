/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/lock.h"

#include "runner/base/util.h"

#include <linux/futex.h>

enum {
	MUSL_WAITERS = 0x40000000, /* of a FILE */
	MUSL_UNOWNED = 16,         /* EBUSY: a normal mutex stores no owner */
	MAX_TID = 1 << 22,         /* PID_MAX_LIMIT */
	MAX_KIND = 0x400,          /* more bits than glibc's mutex kinds have */
};

static const struct {
	const char *name;
	bool lock;
} primitives[PRIMITIVE_COUNT] = {
	[PRIMITIVE_UNKNOWN] = { "futex", false },
	[PRIMITIVE_MUTEX] = { "mutex", true },
	[PRIMITIVE_RWLOCK] = { "rwlock", true },
	[PRIMITIVE_FILE] = { "FILE lock", true },
	[PRIMITIVE_LIBC_LOCK] = { "libc lock", true },
	[PRIMITIVE_CONDVAR] = { "condition variable", false },
	[PRIMITIVE_SEMAPHORE] = { "semaphore", false },
	[PRIMITIVE_BARRIER] = { "barrier", false },
	[PRIMITIVE_ONCE] = { "pthread_once", false },
	[PRIMITIVE_JOIN] = { "end of thread", false },
	[PRIMITIVE_GO] = { "Go runtime wait", false },
	[PRIMITIVE_GO_LOCK] = { "Go runtime lock", true },
	[PRIMITIVE_OPENMP] = { "OpenMP wait", false },
	[PRIMITIVE_LANGUAGE_LOCK] = { "lock", true },
	[PRIMITIVE_LANGUAGE_EVENT] = { "event", false },
};

const char *explain_primitive_name(enum explain_primitive p)
{
	return primitives[p].name;
}

bool explain_primitive_is_lock(enum explain_primitive p)
{
	return primitives[p].lock;
}

/* Matched as prefixes, after underscores and the GI_ of glibc's internal aliases are gone. More
 * special ones first. */
static const struct {
	const char *prefix;
	enum explain_primitive primitive;
} functions[] = {
	{ "pthread_mutex_", PRIMITIVE_MUTEX },
	{ "mtx_", PRIMITIVE_MUTEX },
	{ "pthread_rwlock_", PRIMITIVE_RWLOCK },
	{ "pthread_cond_", PRIMITIVE_CONDVAR },
	{ "cnd_", PRIMITIVE_CONDVAR },
	{ "sem_", PRIMITIVE_SEMAPHORE },
	{ "new_sem_", PRIMITIVE_SEMAPHORE },
	{ "pthread_barrier_", PRIMITIVE_BARRIER },
	{ "pthread_once", PRIMITIVE_ONCE },
	{ "pthread_join", PRIMITIVE_JOIN },
	{ "pthread_timedjoin", PRIMITIVE_JOIN },
	{ "pthread_clockjoin", PRIMITIVE_JOIN },
	{ "pthread_tryjoin", PRIMITIVE_JOIN },
	{ "thrd_join", PRIMITIVE_JOIN },
	{ "lockfile", PRIMITIVE_FILE },
	{ "flockfile", PRIMITIVE_FILE },
	{ "IO_", PRIMITIVE_FILE },
	{ "lll_lock_wait_private", PRIMITIVE_LIBC_LOCK },
	{ "runtime.", PRIMITIVE_GO },
	{ "gomp_", PRIMITIVE_OPENMP },
	{ "GOMP_", PRIMITIVE_OPENMP },
};

static const char *const plumbing[] = {
	"lll_lock_wait", "futex_", "do_futex_wait", "syscall", "timedwait", "runtime.futex",
	"runtime.notesleep", "runtime.notetsleep", "runtime.mPark", "runtime.lock",
	"runtime.semasleep", "runtime.entersyscall", "internal/runtime/syscall.", "crosscall2",
	"cgo_wait_runtime_init_done",
	"cgo_", /* the halves of a call between C and Go that the linker makes */
};

static const char *bare_name(const char *function)
{
	for (;;) {
		if (*function == '_')
			function++;
		else if (!strncmp(function, "GI_", 3))
			function += 3;
		else
			return function;
	}
}

enum explain_primitive explain_primitive_of(const char *function)
{
	const char *name = bare_name(function);

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (!strncmp(name, functions[i].prefix, strlen(functions[i].prefix)))
			return functions[i].primitive;
	return PRIMITIVE_UNKNOWN;
}

bool explain_is_plumbing(const char *function)
{
	const char *name = bare_name(function);

	for (size_t i = 0; i < ARRAY_SIZE(plumbing); i++)
		if (!strncmp(name, plumbing[i], strlen(plumbing[i])))
			return true;
	return false;
}

/* --- words --- */

static uint32_t word_at(const char *bytes, int offset)
{
	uint32_t w;

	memcpy(&w, bytes + EXPLAIN_WINDOW_BEFORE + offset, sizeof(w));
	return w;
}

static uint32_t plausible_tid(uint32_t tid)
{
	return tid <= MAX_TID ? tid : 0;
}

/* musl: struct { int type; volatile int lock; ... }, the tid in the lock word unless the type is
 * normal. glibc's robust mutexes have the same bits in their word. */
static bool decode_owner_in_word(const char *bytes, struct explain_lock *lock)
{
	uint32_t word = word_at(bytes, 0), tid = word & FUTEX_TID_MASK;

	if (!(word & FUTEX_WAITERS) || !plausible_tid(tid))
		return false;
	if (tid == MUSL_UNOWNED && (word_at(bytes, -4) & 15) == 0)
		tid = 0;
	lock->primitive = PRIMITIVE_MUTEX;
	lock->owners[0] = tid;
	lock->base_offset = word_at(bytes, 8) == tid && tid ? 0 : -4;
	return true;
}

/* glibc: struct { int lock; unsigned count; int owner; unsigned nusers; int kind; ... } */
static bool decode_glibc_mutex(const char *bytes, struct explain_lock *lock)
{
	uint32_t word = word_at(bytes, 0), owner = word_at(bytes, 8);

	if ((word != 1 && word != 2) || !owner || !plausible_tid(owner) ||
		word_at(bytes, 16) >= MAX_KIND)
		return false;
	lock->primitive = PRIMITIVE_MUTEX;
	lock->owners[0] = owner;
	return true;
}

/* musl keeps the owner in the word; glibc has struct { int lock; int count; void *owner; }. */
static bool decode_file(const char *bytes, struct explain_lock *lock)
{
	uint32_t word = word_at(bytes, 0), tid = word & ~(uint32_t)MUSL_WAITERS;

	if (word & MUSL_WAITERS && tid && plausible_tid(tid)) {
		lock->primitive = PRIMITIVE_FILE;
		lock->owners[0] = tid;
		return true;
	}
	if (lock->primitive == PRIMITIVE_UNKNOWN)
		return false;
	memcpy(&lock->owner_tcb, bytes + EXPLAIN_WINDOW_BEFORE + 8, sizeof(lock->owner_tcb));
	return true;
}

/* glibc waits on three words of the lock; its __cur_writer is at 24 from the beginning. */
static void decode_rwlock(const char *bytes, struct explain_lock *lock)
{
	static const int words[] = { 8, 12, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		lock->owners[i] = plausible_tid(word_at(bytes, 24 - words[i]));
}

/* glibc waits on the tid of the thread; musl on detach_state, two ints behind it. */
static void decode_join(const char *bytes, struct explain_lock *lock)
{
	lock->owners[0] = plausible_tid(word_at(bytes, 0));
	lock->owners[1] = plausible_tid(word_at(bytes, -8));
}

static bool is_pi(uint32_t operation)
{
	uint32_t command = operation & FUTEX_CMD_MASK;

	return command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2;
}

bool explain_is_lowlevellock(uint32_t operation, uint32_t value, uint32_t word, const char *module)
{
	return (operation & FUTEX_CMD_MASK) == FUTEX_WAIT && value == 2 && word == 2 &&
	       (!strncmp(module, "libc-2.", 7) || !strcmp(module, "libc.so.6"));
}

void explain_lock_decode(enum explain_primitive hint, uint32_t operation, const char *bytes,
	size_t n, struct explain_lock *ret_lock)
{
	struct explain_lock lock = { .primitive = hint };

	*ret_lock = lock;
	if (n < EXPLAIN_WINDOW)
		return;
	if (is_pi(operation)) {
		lock.primitive = PRIMITIVE_MUTEX;
		lock.owners[0] = plausible_tid(word_at(bytes, 0) & FUTEX_TID_MASK);
		lock.base_offset = word_at(bytes, 8) == lock.owners[0] ? 0 : -4;
	} else if (hint == PRIMITIVE_RWLOCK) {
		decode_rwlock(bytes, &lock);
	} else if (hint == PRIMITIVE_JOIN) {
		decode_join(bytes, &lock);
	} else if (hint == PRIMITIVE_FILE || hint == PRIMITIVE_LIBC_LOCK) {
		decode_file(bytes, &lock);
	} else if (hint == PRIMITIVE_MUTEX || hint == PRIMITIVE_UNKNOWN) {
		if (!decode_owner_in_word(bytes, &lock) && !decode_glibc_mutex(bytes, &lock))
			decode_file(bytes, &lock);
	}
	*ret_lock = lock;
}
