/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/lock.h: what a futex is part of, and who owns it. Pure: decodes bytes and names that
 * others have read.
 *
 * Sources: glibc sysdeps/nptl/bits/struct_mutex.h, struct_rwlock.h, nptl/descr.h (unchanged in
 * layout from 2.31 to 2.43 on x86-64); musl src/internal/pthread_impl.h, stdio_impl.h; futex(2) for
 * words of priority-inheritance locks.
 */
#ifndef RUNNER_EXPLAIN_LOCK_H
#define RUNNER_EXPLAIN_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum explain_primitive {
	PRIMITIVE_UNKNOWN,
	PRIMITIVE_MUTEX,
	PRIMITIVE_RWLOCK,
	PRIMITIVE_FILE,      /* the lock of a FILE */
	PRIMITIVE_LIBC_LOCK, /* internal to the libc: no owner is stored */
	PRIMITIVE_CONDVAR,
	PRIMITIVE_SEMAPHORE,
	PRIMITIVE_BARRIER,
	PRIMITIVE_ONCE, /* held by the thread that initialises */
	PRIMITIVE_JOIN,
	PRIMITIVE_GO, /* a wait of Go's runtime */
	PRIMITIVE_GO_LOCK,
	PRIMITIVE_OPENMP,
	PRIMITIVE_LANGUAGE_LOCK, /* of the program's own language: see struct language_stack */
	PRIMITIVE_LANGUAGE_EVENT,
	PRIMITIVE_LOCK,    /* of a language or library: no owner is stored where we could read it */
	PRIMITIVE_RW_LOCK, /* the same, for readers and writers */
	PRIMITIVE_EVENT,   /* anything that another thread has to bring about */
	PRIMITIVE_COUNT,
};
const char *explain_primitive_name(enum explain_primitive p); /* "mutex", "semaphore", ... */
/* A lock has an owner; the others are waits for an event. */
bool explain_primitive_is_lock(enum explain_primitive p);

/* What a function of a libc or runtime waits for: by its name, whatever its underscores.
 * PRIMITIVE_UNKNOWN for any other. */
enum explain_primitive explain_primitive_of(const char *function);
/* A function that only waits on behalf of its caller: never the one that "takes" a lock. */
bool explain_is_plumbing(const char *function);

/* What a stack waits for, going by its functions: shown one after the other, innermost first, as
 * far as they are a libc's or runtime's. A lock of a language that is built upon a condition
 * variable is a lock. */
struct explain_lock_function {
	enum explain_primitive primitive;
	const char *name; /* what its users call it, "Python lock"; NULL: the primitive's name */
	bool reads;       /* of a lock for readers and writers: asked for reading */
	bool rust_writer; /* of std's RwLock: waits on its second word */
	bool ended;       /* an interpreter runs the program: its callers hold what they took */
};
void explain_lock_function_init(struct explain_lock_function *f);
void explain_lock_function_see(struct explain_lock_function *f, const char *function);

/* The bytes around a futex word that decode() looks at. */
#define EXPLAIN_WINDOW_BEFORE 16
#define EXPLAIN_WINDOW 64

struct explain_lock {
	enum explain_primitive primitive; /* refined: a word that looks like a mutex is one */
	uint32_t
		owners[3]; /* thread ids that may be the owner's, likeliest first; 0: none stored */
	uint64_t owner_tcb;  /* the word may be a glibc FILE's lock: where the owner's
				struct pthread then is */
	int32_t base_offset; /* of the whole lock, seen from the futex word */
};

/* Whether a wait without a name is for one of glibc's own locks: they hold 2 while a thread waits,
 * and are waited on for as long (sysdeps/nptl/lowlevellock.h). Only from 2.34 on a stripped libc
 * has a name for the function that does. module: of the code that waits. */
bool explain_is_lowlevellock(uint32_t operation, uint32_t value, uint32_t word, const char *module);

/* Whether a wait without any name is for a lock of Rust's library: 2 while a thread waits, as in
 * glibc, but waited for by another operation (library/std/src/sys/sync/mutex/futex.rs). */
bool explain_is_contended_lock(uint32_t operation, uint32_t value, uint32_t word);

/* bytes: n from EXPLAIN_WINDOW_BEFORE before the word on; fewer than EXPLAIN_WINDOW decode to
 * nothing. operation: second argument of futex(2). */
void explain_lock_decode(enum explain_primitive hint, uint32_t operation, const char *bytes,
	size_t n, struct explain_lock *ret_lock);

/* How far into a pthread_rwlock_t the word at this address is: glibc waits on three of its words
 * (__readers, __wrphase_futex, __writers_futex), musl on the first. The lock is 8-byte aligned. */
int32_t explain_rwlock_offset(uint64_t address, uint32_t word);

#endif
