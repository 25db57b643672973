/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clang-format off */
// Waits of C programs for what is no mutex, and parts of structures by name. A line is a case.
// case member: waits for mutex pool\.lock, whose holder, thread [0-9]+, has ended without unlocking
// case counter: ^stuck: .* cannot write: the eventfd is full, and nobody reads it
// case counter: ^typical fix: read the eventfd
// case stream: wants FILE lock stderr.*, held by hold\(\)
// case edge: EPOLLET reports data once: read until EAGAIN
// case fold: step\(\) waits\.c:[0-9]+ \(thread [0-9]+ and 2 more\) waits for barrier steps, and nobody
// case once: ^typical fix: do not ask, in an initialiser
// case pair: ^stuck: two threads of .* wait for each other's locks, in pair\(\) waits\.c
// case pair: holds rwlock users and wants rwlock groups, held by pair\(\)
// case reap: opens the FIFO .*gate for reading, and no process has it open for writing; .* waits for the end of its child
// case forking: ^stuck: .* waits for a lock that it locked itself before fork\(\)
// case forking: in use\(\) waits\.c:[0-9]+ waits for mutex settings, which was locked by this thread before fork\(\)
// case forking: ^orphaned-lock
// case forking: ^typical fix: unlock it before fork\(\)
/* clang-format on */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	int size;
	pthread_mutex_t lock;
} pool = { 0, PTHREAD_MUTEX_INITIALIZER };
static pthread_mutex_t settings = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t users = PTHREAD_RWLOCK_INITIALIZER, groups = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t steps, both;
static pthread_once_t ready = PTHREAD_ONCE_INIT;

static void *leave(void *arg)
{
	pthread_mutex_lock(&pool.lock);
	return arg;
}

static void *hold(void *arg)
{
	flockfile(stderr);
	pthread_barrier_wait(&both);
	pthread_mutex_lock(&settings);
	return arg;
}

static void *step(void *arg)
{
	pthread_barrier_wait(&steps);
	return arg;
}

static void *pair(void *first)
{
	pthread_rwlock_wrlock(first ? &users : &groups);
	pthread_barrier_wait(&both);
	pthread_rwlock_wrlock(first ? &groups : &users);
	return NULL;
}

static void get(void);

static void prepare(void)
{
	get();
}

static void get(void)
{
	pthread_once(&ready, prepare);
}

static void member(void)
{
	pthread_t t;

	pthread_create(&t, NULL, leave, NULL);
	pthread_join(t, NULL);
	pthread_mutex_lock(&pool.lock);
}

static void counter(void)
{
	uint64_t most = UINT64_MAX - 1, one = 1;
	int fd = eventfd(0, 0);

	if (write(fd, &most, sizeof(most)) > 0)
		most = (uint64_t)write(fd, &one, sizeof(one));
}

static void stream(void)
{
	pthread_t t;

	pthread_mutex_lock(&settings);
	pthread_create(&t, NULL, hold, NULL);
	pthread_barrier_wait(&both);
	fputs("never\n", stderr);
}

static void edge(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int ends[2], poll = epoll_create1(0);

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		exit(1);
	epoll_ctl(poll, EPOLL_CTL_ADD, ends[0], &event);
	if (write(ends[1], "two", 3) != 3)
		exit(1);
	for (int i = 0; i < 2; i++)
		epoll_wait(poll, &event, 1, -1);
}

static void fold(void)
{
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, step, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}

static void cycle(void)
{
	pthread_t t;

	pthread_create(&t, NULL, pair, &t);
	pair(NULL);
}

/* Somewhere in the tree somebody lives, so that nothing is proven. */
static void reap(void)
{
	if (fork() == 0)
		execl("/bin/sh", "sh", "-c",
			"d=$(mktemp -d); cd $d; mkfifo gate; (sleep 2; rm -rf $d; sleep 60) & exec cat gate",
			(char *)NULL);
	wait(NULL);
}

static void use(void)
{
	pthread_mutex_lock(&settings);
}

static void *forking(void *arg)
{
	pthread_mutex_lock(&settings);
	if (fork() == 0)
		use();
	wait(NULL);
	return arg;
}

static void forking_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, forking, NULL);
	pthread_join(t, NULL);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = { { "member", member }, { "counter", counter }, { "stream", stream },
		{ "edge", edge }, { "fold", fold }, { "once", get }, { "pair", cycle },
		{ "reap", reap }, { "forking", forking_thread } };

	pthread_barrier_init(&steps, NULL, 4);
	pthread_barrier_init(&both, NULL, 2);
	for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(*cases); i++)
		if (!strcmp(cases[i].name, argv[1]))
			cases[i].run();
}
