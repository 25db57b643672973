/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stacks are those that were seen on stuck children of Go 1.19 and 1.26, as gdb and libdwfl
 * name them. */
#include "runner/explain/go.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>

#define MAX_FRAMES 16

static enum explain_go_wait classify(
	const char *const frames[], const char *futex, int phase, const char **ret_told)
{
	struct explain_go_facts f = { .functions = frames, .futex = futex, .gc_phase = phase };
	enum explain_go_wait wait;
	size_t at;

	while (f.n < MAX_FRAMES && frames[f.n])
		f.n++;
	wait = explain_go_classify(&f, &at);
	*ret_told = at == SIZE_MAX ? "" : frames[at];
	return wait;
}

Test(explain_go, stacks_seen)
{
	static const struct {
		const char *frames[MAX_FRAMES];
		const char *futex;
		int phase;
		enum explain_go_wait wait;
		const char *told;
	} seen[] = {
		{ { "runtime.futex", "runtime.futexsleep", "runtime.notesleep", "runtime.mPark",
			  "runtime.stoplockedm", "runtime.schedule", "runtime.park_m",
			  "runtime.mcall" },
			NULL, 0, GO_WAIT_BOUND, "runtime.stoplockedm" },
		{ { "runtime.futex.abi0", "runtime.futexsleep", "runtime.notesleep",
			  "runtime.mPark", "runtime.stopm", "runtime.findRunnable",
			  "runtime.schedule", "runtime.park_m", "runtime.mcall" },
			"runtime.m0+344", 0, GO_WAIT_PARKED, "runtime.stopm" },
		{ { "runtime.futex", "runtime.futexsleep", "runtime.notesleep", "runtime.mPark",
			  "runtime.stopm", "runtime.findRunnable", "runtime.schedule",
			  "runtime.park_m" },
			"runtime.m0+344", 1, GO_WAIT_GC_WORKER, "runtime.stopm" },
		{ { "runtime.futex", "runtime.futexsleep", "runtime.notesleep", "runtime.mPark",
			  "runtime.stopm", "runtime.gcstopm", "runtime.findRunnable",
			  "runtime.schedule" },
			"runtime.m0+344", 1, GO_WAIT_STOPPED, "runtime.gcstopm" },
		{ { "runtime.futex", "runtime.futexsleep", "runtime.notesleep", "runtime.mPark",
			  "runtime.stoplockedm", "runtime.exitsyscallNoP", "runtime.mcall" },
			NULL, 0, GO_WAIT_PROCESSOR, "runtime.exitsyscallNoP" },
		{ { "runtime.futex", "runtime.futexsleep", "runtime.semasleep", "runtime.lock2",
			  "runtime.lockWithRank", "runtime.lock", "runtime.exitsyscallNoP" },
			"runtime.sched+16", 0, GO_WAIT_SCHED_LOCK, "runtime.lock2" },
		{ { "runtime.futex", "runtime.futexsleep", "runtime.lock2", "runtime.lockWithRank",
			  "runtime.lock", "runtime.(*mheap).allocSpan",
			  "runtime.(*mheap).alloc.func1", "runtime.systemstack" },
			"runtime.mheap_", 0, GO_WAIT_LOCK, "runtime.lock2" },
		{ { "runtime.futex", "runtime.futexsleep", "runtime.notetsleep_internal",
			  "runtime.notetsleep", "runtime.forEachPInternal",
			  "runtime.gcMarkDone.forEachP.func5" },
			"runtime.sched+312", 1, GO_WAIT_WORLD, "runtime.forEachPInternal" },
		{ { "runtime.futex", "runtime.futexsleep", "runtime.notetsleep_internal",
			  "runtime.notetsleep", "runtime.stopTheWorldWithSema",
			  "runtime.systemstack" },
			"runtime.sched+272", 0, GO_WAIT_WORLD, "runtime.stopTheWorldWithSema" },
		{ { "__futex_abstimed_wait_common64", "__pthread_cond_wait_common",
			  "pthread_cond_wait@@GLIBC_2.3.2", "_cgo_wait_runtime_init_done",
			  "hangrate_go_add_one", "host_call", "main" },
			"runtime_init_cond+40", 0, GO_WAIT_INIT, "_cgo_wait_runtime_init_done" },
		{ { "internal/runtime/syscall/linux.Syscall6",
			  "internal/runtime/syscall/linux.EpollWait", "runtime.netpoll",
			  "runtime.findRunnable" },
			NULL, 0, GO_WAIT_POLLER, "runtime.netpoll" },
		{ { "runtime.futex.abi0", "runtime.futexsleep", "runtime.notetsleep_internal",
			  "runtime.notetsleep", "runtime.sysmon", "runtime.mstart1" },
			NULL, 0, GO_WAIT_MONITOR, "runtime.sysmon" },
		{ { "runtime.futex.abi0", "runtime.futexsleep", "runtime.notetsleep_internal",
			  "runtime.notetsleepg", "os/signal.signal_recv", "os/signal.loop" },
			NULL, 1, GO_WAIT_SIGNALS, "os/signal.signal_recv" },
		{ { "runtime.futex.abi0", "runtime.futexsleep", "runtime.notesleep",
			  "runtime.templateThread", "runtime.mstart1" },
			"runtime.newmHandoff+24", 0, GO_WAIT_PARKED, "runtime.templateThread" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		const char *told;
		enum explain_go_wait wait =
			classify(seen[i].frames, seen[i].futex, seen[i].phase, &told);

		cr_expect_eq(wait, seen[i].wait, "stack %zu is taken for %d", i, (int)wait);
		cr_expect_str_eq(told, seen[i].told, "stack %zu was told by %s", i, told);
	}
}

Test(explain_go, nothing_of_go)
{
	static const char *const none[][MAX_FRAMES] = {
		{ NULL },
		{ "__lll_lock_wait", "pthread_mutex_lock", "lock2", "main" },
		{ "runtime.futex", "runtime.futexsleep" },
		{ "runtime.lock2x", "runtime.stopmore", "myruntime.stopm", "stopm" },
	};
	const char *told;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		cr_expect_eq(classify(none[i], "runtime.sched", 1, &told), GO_WAIT_NONE,
			"stack %zu is taken for Go's", i);
		cr_expect_str_empty(told);
	}
	cr_expect_null(explain_go_name(GO_WAIT_NONE));
	cr_expect_null(explain_go_why(GO_WAIT_NONE, true));
}

Test(explain_go, frames_without_a_name)
{
	const char *frames[] = { NULL, "runtime.notesleep", NULL, "runtime.stopm" };
	struct explain_go_facts f = { .functions = frames, .n = 4, .gc_phase = -1 };
	size_t at;

	cr_expect_eq(explain_go_classify(&f, &at), GO_WAIT_PARKED);
	cr_expect_eq(at, 3);
}

Test(explain_go, sched_is_not_any_symbol_that_begins_so)
{
	static const char *const frames[] = { "runtime.futex", "runtime.lock2", NULL };
	const char *told;

	cr_expect_eq(classify(frames, "runtime.sched", 0, &told), GO_WAIT_SCHED_LOCK);
	cr_expect_eq(classify(frames, "runtime.scheduler", 0, &told), GO_WAIT_LOCK);
	cr_expect_eq(classify(frames, NULL, 0, &told), GO_WAIT_LOCK);
}

/* The four that have to be told apart in words, and all others, have words of their own. */
Test(explain_go, text_differ)
{
	for (int a = 0; a < GO_WAIT_NONE; a++) {
		cr_assert_not_null(explain_go_name((enum explain_go_wait)a));
		cr_assert_not_null(explain_go_why((enum explain_go_wait)a, false));
		for (int b = 0; b < a; b++) {
			cr_expect_str_neq(explain_go_name((enum explain_go_wait)a),
				explain_go_name((enum explain_go_wait)b));
			cr_expect_str_neq(explain_go_why((enum explain_go_wait)a, true),
				explain_go_why((enum explain_go_wait)b, true));
		}
	}
}
