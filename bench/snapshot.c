/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a look from outside costs, a thread: snapshots of children that are stuck in the common
 * ways. Prints one line each; ends with 1 when a child does not get stuck. */
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "runner/snapshot/snapshot.h"
#include "runner/base/util.h"

#define ROUNDS 400
#define AWAIT_NS (10 * NSEC_PER_SEC)

static pthread_mutex_t locked = PTHREAD_MUTEX_INITIALIZER;

static void *lock(void *data)
{
	(void)data;
	pthread_mutex_lock(&locked);
	return NULL;
}

static void futexes(int n_threads)
{
	pthread_t t;

	pthread_mutex_lock(&locked);
	for (int i = 1; i < n_threads; i++)
		pthread_create(&t, NULL, lock, NULL);
	lock(NULL);
}

static void reads_itself(const int fds[2])
{
	char byte;

	if (read(fds[0], &byte, 1) < 0)
		_exit(2);
}

static void pipes(int n)
{
	int p[2];

	if (pipe(p) == 0)
		reads_itself(p);
	(void)n;
}

static void sockets(int n)
{
	int s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0)
		reads_itself(s);
	(void)n;
}

/* n processes, each waiting for the next, the last for a lock. */
static void chain(int n)
{
	if (n > 1 && fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		chain(n - 1);
	} else if (n > 1) {
		wait(NULL);
	} else {
		futexes(1);
	}
}

static const struct {
	const char *name;
	void (*run)(int n);
	int n;
} cases[] = {
	{ "futex, 1 thread", futexes, 1 },
	{ "futex, 8 threads", futexes, 8 },
	{ "futex, 64 threads", futexes, 64 },
	{ "wait4 chain, 8 processes", chain, 8 },
	{ "pipe, 1 thread", pipes, 1 },
	{ "socketpair, 1 thread", sockets, 1 },
};

static bool all_rest(const struct snapshot *s, int n)
{
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].rest != REST_YES)
			return false;
	return s->n_threads == (size_t)n;
}

/* Time on a processor: what others do on the machine is not our cost. */
static int64_t cpu_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int measure(size_t which)
{
	const struct snapshot_options options = { .complete = true };
	static double collect[ROUNDS], look[ROUNDS];
	int64_t until = time_now_ns() + AWAIT_NS;
	pid_t pid = fork();
	struct snapshot s = { 0 };
	bool ready = false;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		cases[which].run(cases[which].n);
		_exit(0);
	}
	while (!ready && time_now_ns() < until) {
		snapshot_done(&s);
		ready = snapshot_collect(pid, &options, &s) == 0 && all_rest(&s, cases[which].n);
	}
	snapshot_done(&s);
	for (int i = 0; ready && i < ROUNDS; i++) {
		int64_t begin = cpu_now_ns();

		snapshot_worth_collecting(pid, &options);
		look[i] = (double)(cpu_now_ns() - begin) / 1e3 / cases[which].n;
		begin = cpu_now_ns();
		ready = snapshot_collect(pid, &options, &s) == 0;
		collect[i] = (double)(cpu_now_ns() - begin) / 1e3 / cases[which].n;
		snapshot_done(&s);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (!ready)
		return -1;
	qsort(look, ROUNDS, sizeof(*look), compare);
	qsort(collect, ROUNDS, sizeof(*collect), compare);
	printf("%-26s look %6.1f us, collect %7.1f us of CPU a thread (median of %d)\n",
		cases[which].name, look[ROUNDS / 2], collect[ROUNDS / 2], ROUNDS);
	return 0;
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (measure(i) < 0) {
			fprintf(stderr, "snapshot: '%s' did not get stuck\n", cases[i].name);
			return 1;
		}
	return 0;
}
