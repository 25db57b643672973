/* SPDX-License-Identifier: MIT */
/* go-shared-host.c: a C program loads a Go c-shared library and forks; the child calls into Go. */
#include "lib/scenario.h"
#include "scenarios/go/host/host.h"

#include <fcntl.h>
#include <unistd.h>

/* What a library that was called once needs to come to rest. */
#define WARM_UP_MS 20

#define BUSY_CHILDREN 4

struct child_work {
	void *library; /* NULL: the child loads it */
	enum host_work work;
};

static void call_in_child(void *arg)
{
	const struct child_work *w = arg;

	host_call(w->library ? w->library : host_load(), w->work);
}

static void fork_and_call(void *library, enum host_work work)
{
	struct child_work w = { library, work };

	scenario_wait(scenario_fork(FORK, call_in_child, &w));
}

/* The runtime starts its threads at dlopen(), and is not done when dlopen() is. */
static void fork_at_once(enum host_work work)
{
	fork_and_call(host_load(), work);
}

static void *load_and_warm_up(void)
{
	void *library = host_load();

	host_call(library, HOST_ADD_ONE);
	host_be_up_for(WARM_UP_MS);
	return library;
}

static void trivial(void)
{
	fork_at_once(HOST_ADD_ONE);
}

static void print(void)
{
	fork_at_once(HOST_PRINT);
}

static void allocate(void)
{
	fork_at_once(HOST_ALLOCATE);
}

static void goroutine(void)
{
	fork_at_once(HOST_GOROUTINE);
}

static void linked_goroutine(void)
{
	host_need_linked("linked-goroutine");
	fork_at_once(HOST_GOROUTINE);
}

static void warm_trivial(void)
{
	fork_and_call(load_and_warm_up(), HOST_ADD_ONE);
}

static void warm_print(void)
{
	fork_and_call(load_and_warm_up(), HOST_PRINT);
}

static void warm_allocate(void)
{
	fork_and_call(load_and_warm_up(), HOST_ALLOCATE);
}

static void warm_goroutine(void)
{
	fork_and_call(load_and_warm_up(), HOST_GOROUTINE);
}

/* Several forks, one after the other: each at another instant of the runtime's work. */
static void busy_trivial(void)
{
	void *library = load_and_warm_up();

	host_be_busy(library, 4);
	for (int i = 0; i < BUSY_CHILDREN; i++)
		fork_and_call(library, HOST_ADD_ONE);
}

/* --- cures: the hardest call each --- */

static void lazy_dlopen(void)
{
	fork_and_call(NULL, HOST_GOROUTINE);
}

static void call_when_told(void *arg)
{
	const int *go = arg;
	char byte;

	MUST(read(*go, &byte, 1) == 1);
	host_call(host_load(), HOST_GOROUTINE);
}

/* The worker exists before the parent has a Go runtime, and works after. */
static void fork_before_load(void)
{
	int go[2];
	pid_t pid;

	MUST(!pipe2(go, O_CLOEXEC));
	pid = scenario_fork(FORK, call_when_told, &go[0]);
	host_call(load_and_warm_up(), HOST_GOROUTINE);
	MUST(write(go[1], "g", 1) == 1);
	scenario_wait(pid);
}

static void fresh_process(void)
{
	host_call(host_load(), HOST_GOROUTINE);
}

static void fork_exec(void)
{
	host_call(load_and_warm_up(), HOST_GOROUTINE);
	scenario_wait(scenario_fork(FORK_EXEC, NULL, NULL));
}

static void ask_in_child(void *arg)
{
	host_service_call(host_service_connect(arg), HOST_GOROUTINE);
}

static void service(void)
{
	struct host_service s;

	host_service_start(&s);
	scenario_wait(scenario_fork(FORK, ask_in_child, &s));
	host_service_stop(&s);
}

#define STUCK_MS 300
#define INIT_UNFINISHED                                                                       \
	"the runtime starts in a thread of its own, which stays behind at fork(): the child " \
	"waits for it"
#define NO_WORKERS                                                                            \
	"the call needs another thread of the runtime, and all but the caller stayed in the " \
	"parent"
#define OWN_RUNTIME "the runtime of the process that calls has all of its threads"

SCENARIO(
	.summary = "a C host forks with a Go c-shared library loaded; the child calls it",
	.hazard = "a Go library brings threads into the process that fork() does not copy, and the child's Go runtime goes on counting on them",
	.symptom = IN_FUTEX,
	.cause = "lost-wakeup: go-copy from-c; orphaned-lock: go-copy from-c",
	.variants = {
		{ "trivial", "x + 1, fork right after dlopen()", trivial, { { "*", DEADLOCKS, INIT_UNFINISHED } },
			STUCK_MS },
		{ "print", "fmt.Println, fork right after dlopen()", print, { { "*", DEADLOCKS, INIT_UNFINISHED } },
			STUCK_MS },
		{ "allocate", "allocates, fork right after dlopen()", allocate,
			{ { "*", DEADLOCKS, INIT_UNFINISHED } }, STUCK_MS },
		{ "goroutine", "starts a goroutine, fork right after dlopen()", goroutine,
			{ { "*", DEADLOCKS, INIT_UNFINISHED } }, STUCK_MS },
		{ "linked-goroutine", "the same with the library linked, fork first in main()", linked_goroutine,
			{ { "*", DEADLOCKS, INIT_UNFINISHED } }, STUCK_MS },
		{ "warm-trivial", "x + 1, called once and 20 ms old", warm_trivial,
			{ { "*", MAY, "needs no other thread, unless the runtime was at work at the instant of fork()" } },
			STUCK_MS },
		{ "warm-print", "fmt.Println, called once and 20 ms old", warm_print,
			{ { "*", MAY, "needs no other thread, unless the runtime was at work at the instant of fork()" } },
			STUCK_MS },
		{ "warm-allocate", "allocates, called once and 20 ms old", warm_allocate,
			{ { "*", DEADLOCKS, NO_WORKERS } }, STUCK_MS },
		{ "warm-goroutine", "starts a goroutine, called once and 20 ms old", warm_goroutine,
			{ { "*", DEADLOCKS, NO_WORKERS } }, STUCK_MS },
		{ "busy-trivial", "x + 1, called once, with goroutines that allocate, 4 children in turn", busy_trivial,
			{ { "*", DEADLOCKS, "another thread had the scheduler's lock or the world stopped at the instant of fork()" } }, STUCK_MS },
		{ "lazy-dlopen", "the child dlopen()s the library, the parent never", lazy_dlopen,
			{ { "*", COMPLETES, OWN_RUNTIME } } },
		{ "fork-before-load", "the parent forks its worker before it loads the library", fork_before_load,
			{ { "*", COMPLETES, OWN_RUNTIME } } },
		{ "fork-exec", "the child executes a fresh host", fork_exec, { { "*", COMPLETES, OWN_RUNTIME } } },
		{ "service", "a Go process of its own answers over a Unix socket", service,
			{ { "*", COMPLETES, OWN_RUNTIME } } },
	},
	.child = fresh_process,
	.refs = { "https://github.com/golang/go/issues/15538", "https://github.com/golang/go/issues/15556",
		"https://github.com/golang/go/issues/53806", "https://github.com/golang/go/issues/67174" },
);
