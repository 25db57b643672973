/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/go.h"

#include "runner/base/util.h"

#include <stdint.h>

static const struct {
	const char *function; /* without "runtime." and what the linker puts behind it */
	enum explain_go_wait wait;
} functions[] = {
	{ "_cgo_wait_runtime_init_done", GO_WAIT_INIT },
	{ "x_cgo_wait_runtime_init_done", GO_WAIT_INIT },
	{ "lock2", GO_WAIT_LOCK },
	{ "stopTheWorldWithSema", GO_WAIT_WORLD },
	{ "forEachP", GO_WAIT_WORLD },
	{ "forEachPInternal", GO_WAIT_WORLD },
	{ "gcstopm", GO_WAIT_STOPPED },
	{ "gcBgMarkStartWorkers", GO_WAIT_GC_WORKER },
	{ "gcParkAssist", GO_WAIT_GC_WORKER },
	{ "exitsyscall0", GO_WAIT_PROCESSOR },
	{ "exitsyscallNoP", GO_WAIT_PROCESSOR },
	{ "stoplockedm", GO_WAIT_BOUND },
	{ "stopm", GO_WAIT_PARKED },
	{ "mPark", GO_WAIT_PARKED },
	{ "templateThread", GO_WAIT_PARKED },
	{ "netpoll", GO_WAIT_POLLER },
	{ "signal_recv", GO_WAIT_SIGNALS },
	{ "sysmon", GO_WAIT_MONITOR },
};

static const struct {
	const char *name;
	const char *needs;
	const char *forked;
} words[GO_WAIT_COUNT] = {
	[GO_WAIT_INIT] = { "the start of the Go runtime to finish (_cgo_wait_runtime_init_done)",
		"the Go library was called before its runtime had finished starting in a thread of its own",
		"fork() came while the Go runtime was starting; the thread that starts it stayed in the parent, so here it never finishes" },
	[GO_WAIT_SCHED_LOCK] = { "the lock of the Go scheduler (sched.lock)",
		"another thread of the runtime holds the scheduler's lock",
		"fork() came while a thread of the Go runtime held the scheduler's lock; that thread stayed in the parent, so here nobody unlocks it" },
	[GO_WAIT_LOCK] = { "a lock of the Go runtime (runtime.lock2)",
		"another thread of the runtime holds one of its internal locks",
		"fork() came while a thread of the Go runtime held one of its internal locks; that thread stayed in the parent, so here nobody unlocks it" },
	[GO_WAIT_WORLD] = { "a safe point of every processor (P) of the Go runtime",
		"the collector waits until every processor (P) has answered, and asks again every 100 us",
		"processors (P) belong to threads that stayed in the parent at fork() and can't answer; the collector asks again every 100 us, for ever" },
	[GO_WAIT_STOPPED] = { "the stopped world of the Go runtime to start again (runtime.gcstopm)",
		"the world is stopped for a collection; the thread that stopped it starts it again",
		"fork() came while the Go world was stopped, or being stopped; the thread that would start it again stayed in the parent" },
	[GO_WAIT_GC_WORKER] = { "a worker of the Go garbage collector, which is missing (parked M, runtime.notesleep)",
		"a collection is under way, and its workers are bound to other processors (P)",
		"a collection is under way, and its workers are bound to threads that stayed in the parent at fork(): nobody finishes it" },
	[GO_WAIT_PROCESSOR] = { "a processor (P) of the Go runtime (runtime.exitsyscall)",
		"a thread that comes from a system call or from C needs a processor (P), and others have them all",
		"a thread that comes from a system call or from C needs a processor (P), and the threads that have them stayed in the parent at fork()" },
	[GO_WAIT_BOUND] = { "a wake-up of its parked M (runtime.notesleep), which is bound to a goroutine of the Go runtime",
		"the goroutine of this thread is parked; another thread of the runtime has to run what it waits for and then hand it a processor (P)",
		"the goroutine of this thread is parked; only another thread of the Go runtime can run what it waits for, and all of them stayed in the parent at fork()" },
	[GO_WAIT_PARKED] = { "a wake-up of its parked M (runtime.notesleep) in the Go runtime",
		"this thread has nothing to run until another thread of the runtime wakes it",
		"this thread has nothing to run until another thread of the Go runtime wakes it, and all of them stayed in the parent at fork()" },
	[GO_WAIT_POLLER] = { "a descriptor, in the network poller of the Go runtime",
		"every goroutine waits, and the thread waits for a descriptor to become ready",
		"every goroutine waits, and the thread waits for a descriptor to become ready" },
	[GO_WAIT_SIGNALS] = { "a signal that the program asked for (os/signal)",
		"it wakes when the process gets such a signal",
		"it wakes when the process gets such a signal" },
	[GO_WAIT_MONITOR] = { "its next round as the monitor of the Go runtime (sysmon), which never rests",
		"it wakes by itself and may wake others, so nothing in its process can be proven stuck",
		"it wakes by itself and may wake others, so nothing in its process can be proven stuck" },
};

/* "runtime.stopm.abi0" and "runtime.forEachP.func1" are stopm and forEachP; "os/signal.signal_recv"
 * is linked into the runtime. */
static bool is_function(const char *name, const char *wanted)
{
	size_t n = strlen(wanted);

	if (!strncmp(name, "runtime.", strlen("runtime.")))
		name += strlen("runtime.");
	else if (!strncmp(name, "os/signal.", strlen("os/signal.")))
		name += strlen("os/signal.");
	else if (*wanted != '_' && *wanted != 'x')
		return false;
	return !strncmp(name, wanted, n) && (name[n] == '\0' || name[n] == '.');
}

static enum explain_go_wait wait_of(const char *function)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (is_function(function, functions[i].function))
			return functions[i].wait;
	return GO_WAIT_NONE;
}

/* "runtime.sched" or "runtime.sched+16": its first member that can be waited for is its lock, and
 * notes in it are no locks, so only a stack with lock2 comes here. */
static bool in_sched(const char *symbol)
{
	size_t n = strlen("runtime.sched");

	return symbol && !strncmp(symbol, "runtime.sched", n) &&
	       (symbol[n] == '\0' || symbol[n] == '+');
}

/* A goroutine that waits for nothing but the collection leaves its thread without work: the stack
 * is that of any parked M, and the phase tells. */
static bool is_parked(enum explain_go_wait wait)
{
	return wait == GO_WAIT_BOUND || wait == GO_WAIT_PARKED;
}

enum explain_go_wait explain_go_classify(const struct explain_go_facts *facts, size_t *ret_frame)
{
	enum explain_go_wait best = GO_WAIT_NONE;

	*ret_frame = SIZE_MAX;
	for (size_t i = 0; i < facts->n; i++) {
		enum explain_go_wait wait =
			facts->functions[i] ? wait_of(facts->functions[i]) : GO_WAIT_NONE;

		/* Of equal ones the outermost: mPark() says less than who called it. */
		if (wait <= best && wait != GO_WAIT_NONE) {
			best = wait;
			*ret_frame = i;
		}
	}
	if (best == GO_WAIT_LOCK && in_sched(facts->futex))
		return GO_WAIT_SCHED_LOCK;
	if (is_parked(best) && facts->gc_phase > 0)
		return GO_WAIT_GC_WORKER;
	return best;
}

const char *explain_go_name(enum explain_go_wait wait)
{
	return words[wait].name;
}

const char *explain_go_why(enum explain_go_wait wait, bool forked)
{
	return forked ? words[wait].forked : words[wait].needs;
}

const char *explain_go_remedy(enum explain_go_wait wait)
{
	if (!words[wait].name)
		return NULL;
	return "run no Go code between fork() and exec(): use os/exec or syscall.ForkExec; load a Go library only in the process that calls it, after the last fork(), or put it into a process of its own (docs/go-fork.md)";
}
