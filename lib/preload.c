/* SPDX-License-Identifier: MIT */
/*
 * preload.c: the interposer. One row a function (preload.def); all rows pass through the same few
 * lines. One wrapper fits them all because of the calling convention: see lib/arch/.
 */
#include "lib/arch/arch.h"
#include "lib/preload.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

/* --- the rows --- */

#define ROW(function, effect_, argument_, safety_, jumps_)                                  \
	__attribute__((visibility("hidden"))) struct preload_row preload_row_##function = { \
		.effect = effect_,                                                          \
		.argument = argument_,                                                      \
		.safety = safety_,                                                          \
		.jumps = jumps_,                                                            \
		.name = #function,                                                          \
	};
#define CALL(function, effect, argument, safety) ROW(function, effect, argument, safety, false)
#define JUMP(function, safety) ROW(function, NOTHING, 0, safety, true)
#include "lib/preload.def"
#undef CALL
#undef JUMP

#define CALL(function, effect_, argument_, safety_) &preload_row_##function,
#define JUMP(function, safety_) &preload_row_##function,
static struct preload_row *const preload_rows[] = {
#include "lib/preload.def"
	NULL,
};
#undef CALL
#undef JUMP

static void die(const char *name)
{
	static const char what[] = "hangrate: this libc has no function ";

	(void)!write(2, what, sizeof(what) - 1);
	(void)!write(2, name, strlen(name));
	(void)!write(2, "\n", 1);
	_exit(HANGRATE_EXIT_BROKEN);
}

/*
 * Searches them all at once, for a search takes the loader's lock and must not happen in a forked
 * child. The first call of any wrapper may come long before our constructor.
 */
static void find_all(void)
{
	static bool searching;

	if (__atomic_exchange_n(&searching, true, __ATOMIC_ACQ_REL))
		return;
	for (size_t i = 0; preload_rows[i]; i++) {
		struct preload_row *row = preload_rows[i];
		void *real = dlsym(RTLD_NEXT, row->name);

		__atomic_store_n(&row->real, (preload_function)real, __ATOMIC_RELEASE);
		if (real)
			__atomic_store_n(&row->state, PRELOAD_DORMANT, __ATOMIC_RELEASE);
	}
}

/* A function of a library that was loaded later, out of sight of all but its users (OpenMP below
 * a Python module): whoever calls it has it among its own libraries. */
static void *find_beside(const char *name, void *site)
{
	Dl_info caller;
	void *module;

	if (!preload_row_dlopen.real || !dladdr(site, &caller))
		return NULL;
	module = (void *)preload_row_dlopen.real(
		(long)caller.dli_fname, RTLD_LAZY | RTLD_NOLOAD, 0, 0, 0, 0);
	return module ? dlsym(module, name) : NULL;
}

/* false: asked for by the search itself. An old dlsym() allocates, and does without when it gets
 * NULL. */
static bool find(struct preload_row *row, void *site)
{
	bool may_be_null = row->name[0] == 'c' || row->name[0] == 'm' || row->name[0] == 'f';
	void *real;

	find_all();
	if (__atomic_load_n(&row->real, __ATOMIC_ACQUIRE))
		return true;
	/* In the midst of the search, too: beside the caller stands the caller's own, where that is
	 * a sanitizer, and it would call us again. */
	real = may_be_null ? NULL : dlsym(RTLD_NEXT, row->name);
	if (!real)
		real = find_beside(row->name, site);
	__atomic_store_n(&row->real, (preload_function)real, __ATOMIC_RELEASE);
	if (real)
		return true;
	if (!may_be_null)
		die(row->name);
	return false;
}

__attribute__((noinline)) static long call_slowly(
	struct preload_row *row, void *site, long a, long b, long c, long d, long e, long f)
{
	const long args[6] = { a, b, c, d, e, f };
	const void *frame = __builtin_frame_address(0);
	bool creates = row->effect == CREATES &&
		       preload_watching & (PRELOAD_WATCH_SCHEDULE | PRELOAD_WATCH_WAKE |
						  PRELOAD_WATCH_THREADS);
	long r;

	if (row->state == PRELOAD_UNKNOWN && !find(row, site))
		return 0;
	preload_rule_pass(row, PRELOAD_ENTER);
	if (preload_watching)
		preload_watch_before(row, site, frame, args);
	if (creates)
		preload_thread_create(&c, &d);
	r = row->real(a, b, c, d, e, f);
	if (creates)
		preload_thread_created((int)r == 0);
	if (preload_watching)
		preload_watch_after(row, site, frame, args, r);
	preload_rule_pass(row, PRELOAD_EXIT);
	return r;
}

/*
 * The System V calling convention passes up to six integers and pointers in registers and returns
 * one in another, whatever their types: one shape fits all these functions. Their names are given
 * to the assembler only, so that no header can disagree.
 */
#define CALL(function, effect, argument, safety)                                        \
	long preload_##function(long, long, long, long, long, long) __asm__(#function)  \
		__attribute__((visibility("default")));                                 \
	long preload_##function(long a, long b, long c, long d, long e, long f)         \
	{                                                                               \
		struct preload_row *row = &preload_row_##function;                      \
                                                                                        \
		if (__builtin_expect(row->state == PRELOAD_DORMANT, 1))                 \
			return row->real(a, b, c, d, e, f);                             \
		return call_slowly(row, __builtin_return_address(0), a, b, c, d, e, f); \
	}
#define JUMP(function, safety)
#include "lib/preload.def"
#undef CALL
#undef JUMP

/* What a stub below calls before it jumps on. */
__attribute__((visibility("hidden"), used)) void preload_before_jump(
	struct preload_row *row, void *site, const long args[6]);
void preload_before_jump(struct preload_row *row, void *site, const long args[6])
{
	if (row->state == PRELOAD_UNKNOWN && !find(row, site))
		die(row->name);
	preload_rule_pass(row, PRELOAD_ENTER);
	if (preload_watching)
		preload_watch_before(row, site, NULL, args);
}

/*
 * Stubs leave every register and the stack as they found them, so variadic functions can follow,
 * and vfork(), which returns twice and must not find a frame of ours gone. NOTYPE tells the runner
 * that there is no way out: such a function has no delay_exit.
 */
PRELOAD_STUB();

#define CALL(function, effect, argument, safety)
#define JUMP(function, safety) PRELOAD_JUMP(function);
#include "lib/preload.def"

__attribute__((constructor)) static void start(void)
{
	find_all();
	preload_rules_start(preload_rows);
	preload_watch_start(preload_rows);
}

/* After the program's own functions of that kind. */
__attribute__((destructor)) static void stop(void)
{
	if (preload_watching)
		preload_watch_exit();
}
