/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/lock.h"
#include "runner/explain/internal.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <linux/futex.h>

TestSuite(explain_lock);

static char window[EXPLAIN_WINDOW];

static void put(int offset, uint32_t word)
{
	memcpy(window + EXPLAIN_WINDOW_BEFORE + offset, &word, sizeof(word));
}

static struct explain_lock decode(enum explain_primitive hint, uint32_t operation)
{
	struct explain_lock lock;

	explain_lock_decode(hint, operation, window, sizeof(window), &lock);
	return lock;
}

Test(explain_lock, functions_tell_what_is_waited_for)
{
	static const struct {
		const char *function;
		enum explain_primitive primitive;
	} cases[] = {
		{ "pthread_mutex_lock", PRIMITIVE_MUTEX },
		{ "___pthread_mutex_lock", PRIMITIVE_MUTEX },
		{ "__GI___pthread_rwlock_wrlock", PRIMITIVE_RWLOCK },
		{ "__lll_lock_wait_private", PRIMITIVE_LIBC_LOCK },
		{ "__lll_lock_wait", PRIMITIVE_UNKNOWN },
		{ "__new_sem_wait_slow64.constprop.0", PRIMITIVE_SEMAPHORE },
		{ "__lockfile", PRIMITIVE_FILE },
		{ "runtime.stopm", PRIMITIVE_GO },
		{ "main", PRIMITIVE_UNKNOWN },
		{ "", PRIMITIVE_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cr_expect_eq(explain_primitive_of(cases[i].function), cases[i].primitive, "%s",
			cases[i].function);
}

Test(explain_lock, glibc_mutex_keeps_its_owner_at_8)
{
	put(0, 2);
	put(8, 4711);
	cr_assert_eq(decode(PRIMITIVE_MUTEX, 0).owners[0], 4711u);
	cr_assert_eq(decode(PRIMITIVE_UNKNOWN, 0).primitive, PRIMITIVE_MUTEX);
	put(16, 0x5000); /* no kind of mutex */
	cr_assert_eq(decode(PRIMITIVE_UNKNOWN, 0).primitive, PRIMITIVE_UNKNOWN);
}

Test(explain_lock, glibc_waits_for_its_own_locks_with_two)
{
	cr_assert(explain_is_lowlevellock(FUTEX_WAIT_PRIVATE, 2, 2, "libc-2.31.so"));
	cr_assert(explain_is_lowlevellock(FUTEX_WAIT_PRIVATE, 2, 2, "libc.so.6"));
	cr_assert_not(explain_is_lowlevellock(FUTEX_WAIT_PRIVATE, 2, 2, "libpthread-2.31.so"));
	cr_assert_not(explain_is_lowlevellock(FUTEX_WAIT_PRIVATE, 2, 2, "libcrypto.so.3"));
	cr_assert_not(explain_is_lowlevellock(FUTEX_WAIT_PRIVATE, 2, 2, "libc.so"), "musl");
	cr_assert_not(explain_is_lowlevellock(FUTEX_WAIT_PRIVATE, 1, 2, "libc.so.6"));
	cr_assert_not(explain_is_lowlevellock(FUTEX_WAIT_PRIVATE, 2, 1, "libc.so.6"));
	cr_assert_not(explain_is_lowlevellock(FUTEX_WAIT_BITSET_PRIVATE, 2, 2, "libc.so.6"));
}

Test(explain_lock, musl_mutex_keeps_its_owner_in_the_word_unless_it_is_normal)
{
	put(-4, 1); /* recursive */
	put(0, FUTEX_WAITERS | 4711);
	cr_assert_eq(decode(PRIMITIVE_MUTEX, 0).owners[0], 4711u);
	cr_assert_eq(decode(PRIMITIVE_MUTEX, 0).base_offset, -4);
	put(-4, 0);
	put(0, FUTEX_WAITERS | 16);
	cr_assert_eq(decode(PRIMITIVE_MUTEX, 0).primitive, PRIMITIVE_MUTEX);
	cr_assert_eq(decode(PRIMITIVE_MUTEX, 0).owners[0], 0u);
}

Test(explain_lock, priority_inheritance_has_the_kernels_word)
{
	put(0, FUTEX_WAITERS | 4711);
	put(8, 4711);
	cr_assert_eq(
		decode(PRIMITIVE_UNKNOWN, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG).owners[0], 4711u);
	cr_assert_eq(decode(PRIMITIVE_UNKNOWN, FUTEX_LOCK_PI).base_offset, 0, "glibc's");
}

Test(explain_lock, rwlock_writer_is_found_from_any_of_its_words)
{
	put(16, 12); /* seen from __wrphase_futex, at 8 */
	put(12, 13); /* seen from __writers_futex, at 12 */
	put(24, 14);
	cr_assert_eq(decode(PRIMITIVE_RWLOCK, 0).owners[0], 12u);
	cr_assert_eq(decode(PRIMITIVE_RWLOCK, 0).owners[1], 13u);
	cr_assert_eq(decode(PRIMITIVE_RWLOCK, 0).owners[2], 14u);
}

Test(explain_lock, all_words_of_a_rwlock_are_one_lock)
{
	cr_assert_eq(explain_rwlock_offset(0x1000, 8 | 4), 0, "glibc's count of readers");
	cr_assert_eq(explain_rwlock_offset(0x1008, 3), 8, "the phase");
	cr_assert_eq(explain_rwlock_offset(0x100c, 3), 12, "the writers");
	cr_assert_eq(explain_rwlock_offset(0x1000, 0x80000001), 0, "musl's");
}

static struct explain_lock_function see(const char *const *functions, size_t n)
{
	struct explain_lock_function f;

	explain_lock_function_init(&f);
	for (size_t i = 0; i < n; i++)
		explain_lock_function_see(&f, functions[i]);
	return f;
}

Test(explain_lock, lock_of_a_language_is_told_from_what_it_is_built_upon)
{
	static const char *const python[] = { "__new_sem_wait_slow64.constprop.0",
		"PyThread_acquire_lock_timed", "lock_PyThread_acquire_lock" };
	static const char *const cxx[] = { "__pthread_mutex_lock", "std::mutex::lock" };
	static const char *const rust[] = { "syscall",
		"<std::sys::sync::mutex::futex::Mutex>::lock_contended" };
	static const char *const reader[] = { "__futex_abstimed_wait64",
		"__pthread_rwlock_rdlock_full64", "___pthread_rwlock_rdlock" };
	static const char *const ruby[] = { "pthread_cond_wait", "rb_native_cond_wait",
		"rb_mutex_synchronize" };
	static const char *const held[] = { "pthread_cond_wait", "rb_native_cond_wait",
		"rb_vm_exec", "rb_yield", "rb_mutex_synchronize" };
	static const char *const guard[] = { "syscall", "__cxa_guard_acquire" };

	cr_assert_eq(see(python, 3).primitive, PRIMITIVE_LOCK);
	cr_assert_str_eq(see(python, 3).name, "Python lock");
	cr_assert_eq(see(python, 1).primitive, PRIMITIVE_SEMAPHORE);
	cr_assert_eq(see(cxx, 2).primitive, PRIMITIVE_MUTEX);
	cr_assert_eq(see(rust, 2).primitive, PRIMITIVE_LOCK);
	cr_assert_eq(see(reader, 3).primitive, PRIMITIVE_RWLOCK);
	cr_assert(see(reader, 3).reads);
	cr_assert_not(see(cxx, 2).reads);
	cr_assert_eq(see(ruby, 3).primitive, PRIMITIVE_LOCK);
	cr_assert_eq(see(held, 5).primitive, PRIMITIVE_CONDVAR, "it has the Mutex");
	cr_assert(explain_primitive_is_lock(see(guard, 2).primitive));
}

Test(explain_lock, file_lock_of_musl_and_of_glibc)
{
	uint64_t tcb = 0x7f0012345678;

	put(0, 0x40000000 | 4711);
	cr_assert_eq(decode(PRIMITIVE_UNKNOWN, 0).primitive, PRIMITIVE_FILE);
	cr_assert_eq(decode(PRIMITIVE_FILE, 0).owners[0], 4711u);
	put(0, 2);
	memcpy(window + EXPLAIN_WINDOW_BEFORE + 8, &tcb, sizeof(tcb));
	cr_assert_eq(decode(PRIMITIVE_LIBC_LOCK, 0).owner_tcb, tcb);
}

Test(explain_lock, part_of_a_window_tells_nothing)
{
	struct explain_lock lock;

	put(0, 2);
	put(8, 4711);
	for (size_t n = 0; n < sizeof(window); n++) {
		explain_lock_decode(PRIMITIVE_MUTEX, 0, window, n, &lock);
		cr_assert_eq(lock.owners[0], 0u);
	}
}

Test(explain_lock, keys_have_no_addresses_and_no_ids)
{
	static const char *const cases[][2] = {
		{ "registry_lock", "registry_lock" },
		{ "heap 0x55d01234", "heap #" },
		{ "stack of thread 4711 (taken in f)", "stack of thread # (taken in f)" },
		{ "pipe:[4711]", "pipe:[#]" },
		{ "lock2+8", "lock2+8" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(cleanup_free) char *got = explain_normalise(cases[i][0]);

		cr_expect_str_eq(got, cases[i][1]);
	}
}

static bool is_foreign(const char *module)
{
	const struct unwind_frame f = { .place.module = (char *)module };

	return explain_is_foreign(&f);
}

Test(explain_lock, libraries_of_the_libc_are_told_from_a_program_s)
{
	cr_assert(is_foreign("libc.so.6"));
	cr_assert(is_foreign("librt-2.31.so"), "aio's before glibc 2.34");
	cr_assert(is_foreign("libnss_files.so.2"));
	cr_assert_not(is_foreign("librtmp.so.1"));
	cr_assert_not(is_foreign("server"));
}

/* musl waits on a state of the thread, 2 while it runs: a thread of a pid namespace is called 2,
 * too.
 */
Test(explain_lock, a_join_of_musl_waits_for_no_state)
{
	put(0, 2);
	put(-8, 4);
	cr_assert_eq(decode(PRIMITIVE_JOIN, 0).owners[0], 4u);
	cr_assert_eq(decode(PRIMITIVE_JOIN, 0).owners[1], 0u);
	put(-4, 0x7fff); /* glibc: a pointer, then the tid */
	cr_assert_eq(decode(PRIMITIVE_JOIN, 0).owners[0], 2u);
}
