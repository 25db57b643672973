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
	[PRIMITIVE_ONCE] = { "pthread_once", true },
	[PRIMITIVE_JOIN] = { "end of thread", false },
	[PRIMITIVE_GO] = { "Go runtime wait", false },
	[PRIMITIVE_GO_LOCK] = { "Go runtime lock", true },
	[PRIMITIVE_OPENMP] = { "OpenMP wait", false },
	[PRIMITIVE_LANGUAGE_LOCK] = { "lock", true },
	[PRIMITIVE_LANGUAGE_EVENT] = { "event", false },
	[PRIMITIVE_LOCK] = { "lock", true },
	[PRIMITIVE_RW_LOCK] = { "read-write lock", true },
	[PRIMITIVE_EVENT] = { "event", false },
};

const char *explain_primitive_name(enum explain_primitive p)
{
	return primitives[p].name;
}

bool explain_primitive_is_lock(enum explain_primitive p)
{
	return primitives[p].lock;
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
	/* glibc has the id a second time, and a thread of a small pid namespace may have this one.
	 */
	if (tid == MUSL_UNOWNED && word_at(bytes, 8) != tid && (word_at(bytes, -4) & 15) == 0)
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

int32_t explain_rwlock_offset(uint64_t address, uint32_t word)
{
	const uint32_t readers_wait = 4, musl_waits = 0x80000000;

	if (address % sizeof(uint64_t))
		return 12;
	return word & (musl_waits | readers_wait) ? 0 : 8;
}

/* A thread of a small pid namespace may have the number of a state. What glibc has before the tid
 * is a pointer, musl its errno. */
static bool is_detach_state(const char *bytes)
{
	enum { MAX_STATE = 3, MAX_ERRNO = 4096 };

	return word_at(bytes, 0) <= MAX_STATE && word_at(bytes, -4) < MAX_ERRNO &&
	       word_at(bytes, -8) && plausible_tid(word_at(bytes, -8));
}

/* glibc waits on the tid of the thread; musl on detach_state, two ints behind it. */
static void decode_join(const char *bytes, struct explain_lock *lock)
{
	if (is_detach_state(bytes)) {
		lock->owners[0] = word_at(bytes, -8);
		return;
	}
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

bool explain_is_contended_lock(uint32_t operation, uint32_t value, uint32_t word)
{
	return (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET && value == 2 && word == 2;
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
