/* SPDX-License-Identifier: MIT */
/* go-shared-prefork.c: a server that forks its workers up front has a Go library among those that
 * it is linked with, as a SIP server with a Go module does. Each worker serves requests through it.
 */
#include "lib/scenario.h"
#include "scenarios/go/host/host.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORKERS 4
#define REQUESTS 20
#define START_UP_MS 20

static void serve_by_library(void *library)
{
	for (int i = 0; i < REQUESTS; i++)
		host_call(library, HOST_GOROUTINE);
}

static void serve_by_service(void *arg)
{
	int connection = host_service_connect(arg);

	for (int i = 0; i < REQUESTS; i++)
		host_service_call(connection, HOST_GOROUTINE);
}

static void fork_workers(void (*serve)(void *), void *arg)
{
	pid_t workers[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		workers[i] = scenario_fork(FORK, serve, arg);
	for (int i = 0; i < WORKERS; i++)
		scenario_wait(workers[i]);
}

/* A server reads its configuration first: the library's runtime is at rest when it forks. Not a
 * synchronisation, it is the subject. */
static void implicit(void)
{
	host_need_linked("implicit");
	host_be_up_for(START_UP_MS);
	fork_workers(serve_by_library, host_load());
}

static void implicit_at_once(void)
{
	host_need_linked("implicit-at-once");
	fork_workers(serve_by_library, host_load());
}

/* --- cures --- */

static void load_and_serve(void *arg)
{
	(void)arg;
	serve_by_library(host_load());
}

static void dlopen_in_worker(void)
{
	fork_workers(load_and_serve, NULL);
}

/* One worker has the library; the others pass their requests on to it, a byte each. */
struct owner {
	int ask[WORKERS]; /* the workers' ends */
	int answer[WORKERS];
};

static void own(void *arg)
{
	const struct owner *o = arg;
	void *library = host_load();
	int open = WORKERS;
	struct pollfd polled[WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		MUST(!close(o->ask[i]));
		polled[i] = (struct pollfd){ .fd = o->answer[i], .events = POLLIN };
	}
	while (open) {
		/* Go's runtime interrupts system calls by signals of its own. */
		if (poll(polled, WORKERS, -1) < 0) {
			MUST(errno == EINTR);
			continue;
		}
		for (int i = 0; i < WORKERS; i++) {
			char byte;
			ssize_t n = polled[i].revents ? read(polled[i].fd, &byte, 1) : -1;

			if (n == 0) {
				polled[i].fd = -1;
				open--;
			}
			if (n <= 0)
				continue;
			host_call(library, HOST_GOROUTINE);
			MUST(write(polled[i].fd, &byte, 1) == 1);
		}
	}
}

static void ask_owner(int fd)
{
	for (int i = 0; i < REQUESTS; i++) {
		char byte = 'r';

		MUST(write(fd, &byte, 1) == 1);
		CHECK(read(fd, &byte, 1) == 1);
	}
}

struct worker {
	struct owner *owner;
	int number;
};

static void serve_by_owner(void *arg)
{
	const struct worker *w = arg;

	for (int i = 0; i < WORKERS; i++) {
		MUST(!close(w->owner->answer[i]));
		if (i != w->number)
			MUST(!close(w->owner->ask[i]));
	}
	ask_owner(w->owner->ask[w->number]);
}

static void one_owner(void)
{
	struct owner o;
	pid_t pids[WORKERS + 1];

	for (int i = 0; i < WORKERS; i++) {
		int pair[2];

		MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
		o.ask[i] = pair[0];
		o.answer[i] = pair[1];
	}
	pids[WORKERS] = scenario_fork(FORK, own, &o);
	for (int i = 0; i < WORKERS; i++) {
		struct worker w = { &o, i };

		pids[i] = scenario_fork(FORK, serve_by_owner, &w);
	}
	for (int i = 0; i < WORKERS; i++) {
		MUST(!close(o.ask[i]));
		MUST(!close(o.answer[i]));
	}
	for (int i = 0; i <= WORKERS; i++)
		scenario_wait(pids[i]);
}

static void service(void)
{
	struct host_service s;

	host_service_start(&s);
	fork_workers(serve_by_service, &s);
	host_service_stop(&s);
}

#define OWN_RUNTIME "the runtime of the process that calls has all of its threads"

SCENARIO(
	.summary = "a prefork server is linked with a Go library; its workers call it",
	.hazard = "a library's runtime starts when the program is loaded, before main(): every worker is forked from a process that has Go threads already",
	.symptom = IN_FUTEX,
	.cause = "= go-shared-host",
	.variants = {
		{ "implicit", "the library is linked, 4 workers are forked", implicit,
			{ { "*", DEADLOCKS, "the runtime's threads are in the parent, and no worker has any of them" } }, 300 },
		{ "implicit-at-once", "the same, forked first in main()", implicit_at_once,
			{ { "*", DEADLOCKS, "the thread that starts the runtime is in the parent, and no worker has it" } }, 300 },
		{ "dlopen-in-worker", "each worker dlopen()s the library at first use", dlopen_in_worker,
			{ { "*", COMPLETES, OWN_RUNTIME } } },
		{ "one-owner", "one process has the library, the workers pass requests on to it", one_owner,
			{ { "*", COMPLETES, OWN_RUNTIME } } },
		{ "service", "a Go process of its own answers over a Unix socket", service,
			{ { "*", COMPLETES, OWN_RUNTIME } } },
	},
	.refs = { "https://github.com/golang/go/issues/53806", "https://github.com/golang/go/issues/15556" },
);
