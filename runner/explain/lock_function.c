/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The functions that wait, and what they wait for. One table for libcs, runtimes and libraries: a
 * name is all that a stack tells of a lock that is no pthread lock.
 */
#include "runner/explain/lock.h"

#include "runner/base/util.h"

struct function {
	/* The beginning of the name, after underscores and the GI_ of glibc's internal aliases are
	 * gone; "*NAME": NAME anywhere in it. */
	const char *pattern;
	enum explain_primitive primitive;
	/* What its users call it. NULL: the primitive's own name, and the function is a libc's: a
	 * named one further out is built upon it and says more. */
	const char *name;
};

/* Special ones before general ones. */
static const struct function functions[] = {
	/* libcs */
	{ "pthread_mutex_cond_lock", PRIMITIVE_MUTEX, NULL },
	{ "pthread_mutex_", PRIMITIVE_MUTEX, NULL },
	{ "mtx_", PRIMITIVE_MUTEX, NULL },
	{ "pthread_rwlock_", PRIMITIVE_RWLOCK, NULL },
	{ "pthread_cond_", PRIMITIVE_CONDVAR, NULL },
	{ "cnd_", PRIMITIVE_CONDVAR, NULL },
	{ "sem_", PRIMITIVE_SEMAPHORE, NULL },
	{ "new_sem_", PRIMITIVE_SEMAPHORE, NULL },
	{ "old_sem_", PRIMITIVE_SEMAPHORE, NULL },
	{ "pthread_barrier_", PRIMITIVE_BARRIER, NULL },
	{ "pthread_once", PRIMITIVE_ONCE, NULL },
	{ "pthread_join", PRIMITIVE_JOIN, NULL },
	{ "pthread_timedjoin", PRIMITIVE_JOIN, NULL },
	{ "pthread_clockjoin", PRIMITIVE_JOIN, NULL },
	{ "pthread_tryjoin", PRIMITIVE_JOIN, NULL },
	{ "thrd_join", PRIMITIVE_JOIN, NULL },
	{ "lockfile", PRIMITIVE_FILE, NULL },
	{ "flockfile", PRIMITIVE_FILE, NULL },
	{ "IO_", PRIMITIVE_FILE, NULL },
	{ "lll_lock_wait_private", PRIMITIVE_LIBC_LOCK, NULL },
	/* C++ */
	{ "cxa_guard_acquire", PRIMITIVE_ONCE, "initialisation of static variable" },
	{ "*std::call_once", PRIMITIVE_ONCE, "std::call_once" },
	{ "call_once<", PRIMITIVE_ONCE, "std::call_once" }, /* of a local lambda */
	{ "std::future", PRIMITIVE_EVENT, "std::future" },
	{ "std::shared_future", PRIMITIVE_EVENT, "std::future" },
	{ "std::basic_future", PRIMITIVE_EVENT, "std::future" },
	{ "std::future_base", PRIMITIVE_EVENT, "std::future" },
	{ "std::__future_base", PRIMITIVE_EVENT, "std::future" },
	{ "std::__basic_future", PRIMITIVE_EVENT, "std::future" },
	{ "std::__atomic_futex_unsigned", PRIMITIVE_EVENT, "std::future" },
	{ "std::__assoc_sub_state", PRIMITIVE_EVENT, "std::future" },
	{ "*std::counting_semaphore", PRIMITIVE_SEMAPHORE, "std::counting_semaphore" },
	/* Where acquire() is inlined and the wait is called last, only its lambda names it. */
	{ "*std::__atomic_semaphore", PRIMITIVE_SEMAPHORE, "std::counting_semaphore" },
	{ "*std::latch", PRIMITIVE_BARRIER, "std::latch" },
	{ "*std::barrier", PRIMITIVE_BARRIER, "std::barrier" },
	{ "*std::__tree_barrier", PRIMITIVE_BARRIER, "std::barrier" },
	{ "std::__detail::__platform_wait", PRIMITIVE_EVENT, "std::atomic" },
	{ "std::__detail::__waiter", PRIMITIVE_EVENT, "std::atomic" },
	{ "*absl::Mutex::Lock", PRIMITIVE_LOCK, "absl::Mutex" },
	{ "*::Mutex::LockSlow", PRIMITIVE_LOCK, "absl::Mutex" },
	{ "*::Mutex::ReaderLock", PRIMITIVE_LOCK, "absl::Mutex" },
	{ "*::Mutex::Await", PRIMITIVE_CONDVAR, "absl::Condition" },
	{ "*::CondVar::Wait", PRIMITIVE_CONDVAR, "absl::CondVar" },
	{ "*::Notification::WaitFor", PRIMITIVE_EVENT, "absl::Notification" },
	/* Rust: std, parking_lot */
	{ "*::RawMutex::lock_slow", PRIMITIVE_LOCK, "parking_lot::Mutex" },
	{ "*::RawFairMutex::lock", PRIMITIVE_LOCK, "parking_lot::FairMutex" },
	{ "*::RawRwLock::lock_", PRIMITIVE_RW_LOCK, "parking_lot::RwLock" },
	{ "*::RawRwLock::wait_for_readers", PRIMITIVE_RW_LOCK, "parking_lot::RwLock" },
	{ "*parking_lot::once::Once::call_once", PRIMITIVE_ONCE, "parking_lot::Once" },
	{ "*parking_lot::condvar::Condvar", PRIMITIVE_CONDVAR, "parking_lot::Condvar" },
	{ "*utex::lock_contended", PRIMITIVE_LOCK, "Mutex" }, /* Mutex and futex */
	{ "*utex>::lock_contended", PRIMITIVE_LOCK, "Mutex" },
	{ "*::read_contended", PRIMITIVE_RW_LOCK, "RwLock" },
	{ "*::write_contended", PRIMITIVE_RW_LOCK, "RwLock" },
	{ "*Condvar::wait", PRIMITIVE_CONDVAR, "Condvar" },
	{ "*Condvar>::wait", PRIMITIVE_CONDVAR, "Condvar" },
	{ "*futex::Once::call", PRIMITIVE_ONCE, "Once" },
	{ "*futex::Once>::call", PRIMITIVE_ONCE, "Once" },
	{ "*futex::Once::wait", PRIMITIVE_ONCE, "Once" },
	{ "*Barrier>::wait", PRIMITIVE_BARRIER, "Barrier" },
	{ "*sync::barrier::Barrier::wait", PRIMITIVE_BARRIER, "Barrier" },
	{ "*thread::scoped::scope", PRIMITIVE_JOIN, "end of the threads of thread::scope()" },
	{ "*mpsc::SyncSender<", PRIMITIVE_EVENT, "free place of a channel" },
	{ "*mpsc::Sender<", PRIMITIVE_EVENT, "free place of a channel" },
	{ "*mpmc::Sender<", PRIMITIVE_EVENT, "free place of a channel" },
	{ "*mpmc::array::Channel<T>::send", PRIMITIVE_EVENT, "free place of a channel" },
	{ "*mpmc::zero::Channel<T>::send", PRIMITIVE_EVENT, "receiver of a channel" },
	{ "*std::sync::mpmc", PRIMITIVE_EVENT, "message of a channel" },
	{ "*std::sync::mpsc", PRIMITIVE_EVENT, "message of a channel" },
	{ "*thread::Thread>::park", PRIMITIVE_EVENT, "call of unpark()" },
	{ "*std::thread::park", PRIMITIVE_EVENT, "call of unpark()" },
	{ "*Parker::park", PRIMITIVE_EVENT, "call of unpark()" },
	{ "*Parker>::park", PRIMITIVE_EVENT, "call of unpark()" },
	/* GLib */
	{ "g_mutex_lock_slowpath", PRIMITIVE_LOCK, "GMutex" },
	{ "g_rec_mutex_lock", PRIMITIVE_LOCK, "GRecMutex" },
	{ "g_cond_wait", PRIMITIVE_CONDVAR, "GCond" },
	{ "g_async_queue_", PRIMITIVE_EVENT, "GAsyncQueue" },
	{ "g_once_init_enter", PRIMITIVE_ONCE, "g_once_init_enter()" },
	{ "g_bit_lock", PRIMITIVE_LOCK, "bit lock" },
	/* OpenMP: gcc's and LLVM's */
	{ "gomp_mutex_lock_slow", PRIMITIVE_LOCK, "OpenMP critical section" },
	{ "GOMP_critical_start", PRIMITIVE_LOCK, "OpenMP critical section" },
	{ "omp_set_", PRIMITIVE_LOCK, "OpenMP lock" },
	{ "kmpc_critical", PRIMITIVE_LOCK, "OpenMP critical section" },
	{ "GOMP_barrier", PRIMITIVE_OPENMP, "OpenMP barrier" },
	{ "kmpc_barrier", PRIMITIVE_OPENMP, "OpenMP barrier" },
	{ "gomp_", PRIMITIVE_OPENMP, "OpenMP team" },
	{ "GOMP_", PRIMITIVE_OPENMP, "OpenMP team" },
	{ "kmp_", PRIMITIVE_OPENMP, "OpenMP team" },
	/* Python */
	{ "take_gil", PRIMITIVE_LOCK, "interpreter lock (GIL)" },
	{ "PyEval_RestoreThread", PRIMITIVE_LOCK, "interpreter lock (GIL)" },
	{ "PyThread_acquire_lock", PRIMITIVE_LOCK, "Python lock" },
	{ "PyMutex_Lock", PRIMITIVE_LOCK, "Python lock" },
	{ "PyParkingLot_Park", PRIMITIVE_LOCK, "Python lock" },
	/* Java, Ruby, Tcl, Node */
	{ "ObjectMonitor::enter", PRIMITIVE_LOCK, "monitor of a Java object" },
	{ "ObjectMonitor::EnterI", PRIMITIVE_LOCK, "monitor of a Java object" },
	{ "ObjectMonitor::wait", PRIMITIVE_CONDVAR, "Object.wait()" },
	{ "rb_native_mutex_lock", PRIMITIVE_MUTEX, NULL },
	{ "rb_mutex_lock", PRIMITIVE_LOCK, "Mutex" },
	{ "rb_mutex_synchronize", PRIMITIVE_LOCK, "Mutex" },
	{ "Tcl_WaitForEvent", PRIMITIVE_EVENT, "event of Tcl's event loop" },
	{ "uv_mutex_lock", PRIMITIVE_MUTEX, NULL },
	{ "*FutexEmulation::Wait", PRIMITIVE_EVENT, "call of Atomics.notify()" },
	/* Go */
	{ "runtime.", PRIMITIVE_GO, NULL },
};

static const char *const plumbing[] = {
	"lll_lock_wait", "lll_mutex_lock", "futex_", "do_futex_wait", "syscall", "timedwait",
	"runtime.futex", "runtime.notesleep", "runtime.notetsleep", "runtime.mPark", "runtime.lock",
	"runtime.semasleep", "runtime.entersyscall", "internal/runtime/syscall.", "crosscall2",
	"cgo_wait_runtime_init_done", "start_thread",
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

static const struct function *find_function(const char *function)
{
	const char *name = bare_name(function);

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		const char *pattern = functions[i].pattern;

		if (*pattern == '*' ? strstr(name, pattern + 1) != NULL
				    : !strncmp(name, pattern, strlen(pattern)))
			return &functions[i];
	}
	return NULL;
}

enum explain_primitive explain_primitive_of(const char *function)
{
	const struct function *f = find_function(function);

	return f ? f->primitive : PRIMITIVE_UNKNOWN;
}

bool explain_is_plumbing(const char *function)
{
	const char *name = bare_name(function);

	for (size_t i = 0; i < ARRAY_SIZE(plumbing); i++)
		if (!strncmp(name, plumbing[i], strlen(plumbing[i])))
			return true;
	return false;
}

/* Runs the program's own code in an interpreter. */
static bool is_evaluator(const char *function)
{
	static const char *const names[] = { "rb_vm_exec", "rb_yield", "rb_ensure",
		"TclNRRunCallbacks" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

/* The words of a function that asks for a lock which many may hold together. */
static bool is_for_reading(const char *function)
{
	return strstr(function, "rdlock") || strstr(function, "read_contended") ||
	       strstr(function, "lock_shared") || strstr(function, "ReaderLock");
}

void explain_lock_function_init(struct explain_lock_function *f)
{
	*f = (struct explain_lock_function){ .primitive = PRIMITIVE_UNKNOWN };
}

void explain_lock_function_see(struct explain_lock_function *f, const char *function)
{
	const struct function *row = f->ended ? NULL : find_function(function);

	f->ended = f->ended || is_evaluator(function);
	if (!row)
		return;
	/* A lock that is built upon a condition variable or semaphore is still a lock, and a
	 * channel that parks its reader is still a channel. A future whose end joins its thread
	 * waits for that thread. */
	if (f->primitive == PRIMITIVE_UNKNOWN || (row->name && f->primitive != PRIMITIVE_JOIN)) {
		f->primitive = row->primitive;
		f->name = row->name;
	}
	f->reads = f->reads || is_for_reading(function);
	f->rust_writer = f->rust_writer || strstr(function, "::write_contended");
}
