/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots of real children: the tree, rests, futexes, pipes, children. Over 500 lines: each test
 * is a child of its own and what must be seen of it, and none needs another. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "runner/base/util.h"
#include "tests/unit/snapshot_child.h"

TestSuite(snapshot, .timeout = 60);

static const struct thread *await_kind(
	pid_t pid, enum wait_kind kind, struct snapshot *ret_snapshot)
{
	cr_assert(child_await(pid, NULL, holds_root_waits, &kind, ret_snapshot));
	for (size_t i = 0; i < ret_snapshot->n_threads; i++)
		if (ret_snapshot->threads[i].wait == kind)
			return &ret_snapshot->threads[i];
	return NULL;
}

static void await_rest(pid_t pid, enum rest rest)
{
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_some_rest, &rest, &s));
	snapshot_done(&s);
}

static void await_stuck(pid_t pid)
{
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	snapshot_done(&s);
}

static void lock_twice(void *data)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

	(void)data;
	pthread_mutex_lock(&m);
	pthread_mutex_lock(&m);
}

Test(snapshot, private_futex)
{
	pid_t pid = child_start(lock_twice, NULL);
	struct snapshot s;
	const struct thread *t = await_kind(pid, WAIT_FUTEX, &s);
	const struct object *o = thread_object(&s, t, 0);

	cr_assert_eq(t->rest, REST_YES);
	cr_assert_eq(o->kind, OBJECT_FUTEX_PRIVATE);
	cr_assert_eq(o->address, t->args[0]);
	cr_assert(o->futex_word_known);
	cr_assert_eq(o->futex_word, 2);
	cr_assert_eq(o->n_wakers, 1);
	cr_assert_not(o->external);
	cr_assert_eq(s.processes[0].pid, pid);
	cr_assert_eq(s.processes[0].parent, SIZE_MAX);
	cr_assert_gt(s.processes[0].start_time, 0);
	snapshot_done(&s);
	await_stuck(pid);
	child_end(pid);
}

static void *sleep_forever(void *data)
{
	(void)data;
	for (;;)
		sleep(1000);
	return NULL;
}

static void *wait_for_semaphore(void *data)
{
	sem_wait(data);
	return NULL;
}

static void join_stuck_thread(void *data)
{
	pthread_t t;
	sem_t s;

	(void)data;
	sem_init(&s, 0, 0);
	pthread_create(&t, NULL, wait_for_semaphore, &s);
	pthread_join(t, NULL);
}

Test(snapshot, join_is_private_whatever_its_flag)
{
	pid_t pid = child_start(join_stuck_thread, NULL);
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	cr_assert_eq(s.n_threads, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct object *o = thread_object(&s, &s.threads[i], 0);

		cr_assert_eq(o->kind, OBJECT_FUTEX_PRIVATE);
		cr_assert_eq(o->n_wakers, 2);
	}
	cr_assert_eq(s.threads[0].args[1] & FUTEX_PRIVATE_FLAG, 0, "join has no private flag");
	snapshot_done(&s);
	child_end(pid);
}

static void leader_ends(void *data)
{
	static sem_t s;
	pthread_t t;

	(void)data;
	sem_init(&s, 0, 0);
	pthread_create(&t, NULL, wait_for_semaphore, &s);
	pthread_exit(NULL);
}

Test(snapshot, ended_leader_wakes_nobody)
{
	pid_t pid = child_start(leader_ends, NULL);
	enum rest exiting = REST_EXITING;
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_some_rest, &exiting, &s));
	snapshot_done(&s);
	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	cr_assert_eq(s.threads[0].rest, REST_EXITING);
	cr_assert_eq(thread_object(&s, &s.threads[1], 0)->n_wakers, 1);
	cr_assert(thread_object(&s, &s.threads[1], 0)->futex_word_known);
	snapshot_done(&s);
	child_end(pid);
}

static void wait_with_timeout(void *data)
{
	static uint32_t word;
	struct timespec hour = { 3600, 0 };

	syscall(SYS_futex, &word, data ? FUTEX_WAIT_PRIVATE : FUTEX_LOCK_PI_PRIVATE, 0, &hour);
	sleep_forever(NULL);
}

Test(snapshot, timed_futex_is_no_rest)
{
	pid_t pid = child_start(wait_with_timeout, "");

	await_rest(pid, REST_TIMED);
	child_end(pid);
}

static void spin(void *data)
{
	volatile int *p = data;

	for (;;)
		p = (volatile int *)(uintptr_t)p;
}

Test(snapshot, running_and_stopped)
{
	pid_t pid = child_start(spin, NULL);

	await_rest(pid, REST_RUNNING);
	cr_assert_not(snapshot_worth_collecting(pid, NULL));
	kill(pid, SIGSTOP);
	await_rest(pid, REST_STOPPED);
	child_end(pid);
}

static void shared_semaphore(void *data)
{
	sem_wait(data);
}

static sem_t *shared_memory(void)
{
	sem_t *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(s, MAP_FAILED);
	sem_init(s, 1, 0);
	return s;
}

Test(snapshot, shared_futex_is_everyones_who_maps_it)
{
	sem_t *sem = shared_memory();
	pid_t pid = child_start_provable(shared_semaphore, sem);
	struct snapshot s;
	const struct object *o;

	cr_assert(child_await(pid, NULL, holds_some_external, NULL, &s));
	o = thread_object(&s, &s.threads[0], 0);
	cr_assert_eq(o->kind, OBJECT_FUTEX_SHARED);
	cr_assert_neq(o->inode, 0);
	snapshot_done(&s);
	/* Once nobody else maps it, nobody else can wake it. */
	munmap(sem, 4096);
	await_stuck(pid);
	child_end(pid);
}

static void shared_in_family(void *data)
{
	sem_t *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	sem_init(s, 1, 0);
	if (child_fork() == 0 && data)
		sleep_forever(NULL);
	sem_wait(s);
}

Test(snapshot, shared_futex_wakers_are_both_processes)
{
	pid_t pid = child_start_provable(shared_in_family, NULL);
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	cr_assert_eq(s.n_processes, 2);
	cr_assert_eq(s.threads[0].objects[0], s.threads[1].objects[0]);
	cr_assert_eq(s.objects[s.threads[0].objects[0]].n_wakers, 2);
	cr_assert_neq(s.processes[0].mm, s.processes[1].mm);
	snapshot_done(&s);
	child_end(pid);
}

static void orphaned_lock(void *data)
{
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

	(void)data;
	pthread_mutex_lock(&m);
	if (child_fork() == 0)
		pthread_mutex_lock(&m);
	else
		wait(NULL);
}

Test(snapshot, forked_child_shares_no_memory)
{
	pid_t pid = child_start(orphaned_lock, NULL);
	struct snapshot s;
	const struct object *o;

	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	cr_assert_eq(s.n_processes, 2);
	cr_assert_eq(s.processes[1].parent, 0);
	cr_assert_eq(s.threads[0].wait, WAIT_CHILD);
	o = thread_object(&s, &s.threads[0], 0);
	cr_assert_eq(o->n_wakers, 1);
	cr_assert_eq(o->wakers[0], 1);
	o = thread_object(&s, &s.threads[1], 0);
	cr_assert_eq(o->n_wakers, 1, "the parent can't wake it");
	cr_assert_eq(o->wakers[0], 1);
	snapshot_done(&s);
	cr_assert(snapshot_worth_collecting(pid, NULL));
	child_end(pid);
}

static void vfork_stuck(void *data)
{
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

	(void)data;
	pthread_mutex_lock(&m);
	if (syscall(SYS_vfork) == 0)
		syscall(SYS_futex, &m, FUTEX_WAIT_PRIVATE, 1, NULL);
}

Test(snapshot, vfork_parent_waits_for_its_child)
{
	pid_t pid = child_start(vfork_stuck, NULL);
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	cr_assert_eq(s.n_processes, 2);
	cr_assert_eq(s.processes[0].mm, s.processes[1].mm);
	cr_assert_eq(s.threads[0].wait, WAIT_VFORK);
	cr_assert_eq(thread_object(&s, &s.threads[1], 0)->n_wakers, 2, "memory is shared");
	snapshot_done(&s);
	/* Seen from the child alone, its memory belongs to a stranger too. */
	child_end(pid);
}

static void wait_for_one(void *data)
{
	pid_t children[2];

	children[0] = child_fork();
	if (children[0] == 0)
		lock_twice(NULL);
	children[1] = child_fork();
	if (children[1] == 0)
		sleep_forever(NULL);
	waitpid(children[*(int *)data], NULL, 0);
}

Test(snapshot, wait_names_the_child_asked_for)
{
	for (int which = 0; which < 2; which++) {
		pid_t pid = child_start(wait_for_one, &which);
		enum wait_kind kind = WAIT_CHILD;
		const struct object *o;
		struct snapshot s;

		cr_assert(child_await(pid, NULL, holds_root_waits, &kind, &s));
		cr_assert_eq(s.n_processes, 3);
		o = thread_object(&s, &s.threads[0], 0);
		cr_assert_eq(o->n_wakers, 1);
		cr_assert_eq(s.threads[o->wakers[0]].process, (size_t)which + 1);
		snapshot_done(&s);
		child_end(pid);
	}
}

static void catch (int signal)
{
	(void)signal;
}

static void lock_with_handler(void *data)
{
	signal(*(int *)data, catch);
	lock_twice(NULL);
}

static void await_timer_condition(pid_t pid, const char *condition)
{
	char expected[64];
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_timer_condition, NULL, &s));
	snprintf(expected, sizeof(expected), condition, (int)pid);
	cr_assert_str_eq(s.processes[0].timer_unless, expected);
	snapshot_done(&s);
}

static void lock_with_alarm(void *data)
{
	alarm(60);
	lock_with_handler(data);
}

Test(snapshot, an_alarm_is_a_condition)
{
	int alarm_signal = SIGALRM;
	pid_t pid = child_start(lock_with_alarm, &alarm_signal);
	struct snapshot s;

	await_timer_condition(pid, "an alarm of process %d runs out");
	child_end(pid);
	pid = child_start(lock_with_handler, &alarm_signal);
	child_await_no_timer(pid, NULL, &s);
	snapshot_done(&s);
	child_end(pid);
}

static void lock_with_blocked_alarm(void *data)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	lock_with_alarm(data);
}

static void lock_with_ignored_alarm(void *data)
{
	(void)data;
	signal(SIGALRM, SIG_IGN);
	alarm(60);
	lock_twice(NULL);
}

Test(snapshot, an_alarm_that_nobody_takes_is_none)
{
	int alarm_signal = SIGALRM;
	pid_t pid = child_start(lock_with_blocked_alarm, &alarm_signal);

	await_stuck(pid);
	child_end(pid);
	pid = child_start(lock_with_ignored_alarm, NULL);
	await_stuck(pid);
	child_end(pid);
}

struct planned_timer {
	clockid_t clock;
	struct itimerspec when;
};

static void lock_with_posix_timer(void *data)
{
	const struct planned_timer *planned = data;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	timer_t timer;

	signal(SIGALRM, SIG_IGN); /* somebody else's alarm is none of its own */
	timer_create(planned->clock, &event, &timer);
	timer_settime(timer, 0, &planned->when, NULL);
	lock_twice(NULL);
}

Test(snapshot, posix_timer)
{
	struct planned_timer timer = { CLOCK_MONOTONIC, { .it_value = { 60, 0 } } };
	pid_t pid = child_start(lock_with_posix_timer, &timer);
	struct snapshot s;

	await_timer_condition(pid, "a timer of process %d runs out");
	child_end(pid);
	timer.clock = CLOCK_PROCESS_CPUTIME_ID; /* whose timers are not listed */
	pid = child_start(lock_with_posix_timer, &timer);
	await_timer_condition(pid, "a timer of process %d runs out");
	child_end(pid);
	timer = (struct planned_timer){ .clock = CLOCK_MONOTONIC };
	pid = child_start(lock_with_posix_timer, &timer);
	child_await_no_timer(pid, NULL, &s);
	snapshot_done(&s);
	child_end(pid);
}

static void read_own_pipe(void *data)
{
	int p[2];
	char byte;

	(void)data;
	if (pipe(p) == 0 && read(p[0], &byte, 1) < 0)
		_exit(2);
}

Test(snapshot, pipe_read_with_its_own_writer)
{
	pid_t pid = child_start_provable(read_own_pipe, NULL);
	struct snapshot s;
	const struct object *o;

	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	o = thread_object(&s, &s.threads[0], 0);
	cr_assert_eq(o->kind, OBJECT_PIPE);
	cr_assert_eq(o->wait, WAIT_PIPE_READ);
	cr_assert_eq(o->n_wakers, 1);
	cr_assert_eq(o->fill, 0);
	cr_assert_eq(o->capacity, 65536);
	snapshot_done(&s);
	child_end(pid);
}

static void fill_pipe(void *data)
{
	const int *p = data;
	static const char block[4096];

	close(p[0]);
	while (write(p[1], block, sizeof(block)) > 0)
		;
}

Test(snapshot, pipe_whose_reader_is_outside)
{
	int p[2];
	pid_t pid;
	struct snapshot s;
	const struct object *o;

	cr_assert_eq(pipe(p), 0);
	pid = child_start(fill_pipe, p);
	close(p[1]);
	cr_assert(child_await(pid, NULL, holds_some_external, NULL, &s));
	o = thread_object(&s, &s.threads[0], 0);
	cr_assert_eq(o->wait, WAIT_PIPE_WRITE);
	cr_assert_eq(o->fill, o->capacity);
	cr_assert_not_null(strstr(o->external_why, "held by pid"));
	snapshot_done(&s);
	close(p[0]);
	child_end(pid);
}

static void crossed_pipes(void *data)
{
	int a[2], b[2];
	char byte;

	(void)data;
	if (pipe(a) < 0 || pipe(b) < 0)
		_exit(2);
	if (child_fork() == 0) {
		close(a[1]);
		close(b[0]);
		_exit(read(a[0], &byte, 1) < 0);
	}
	close(a[0]);
	close(b[1]);
	_exit(read(b[0], &byte, 1) < 0);
}

Test(snapshot, crossed_pipes)
{
	pid_t pid = child_start_provable(crossed_pipes, NULL);
	struct snapshot s;

	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	for (size_t i = 0; i < 2; i++) {
		const struct object *o = thread_object(&s, &s.threads[i], 0);

		cr_assert_eq(o->n_wakers, 1);
		cr_assert_eq(o->wakers[0], 1 - i);
	}
	snapshot_done(&s);
	child_end(pid);
}

static void end_at_once(void *data)
{
	(void)data;
}

Test(snapshot, gone_and_names)
{
	pid_t pid = child_start(end_at_once, NULL);
	struct snapshot s;

	waitpid(pid, NULL, 0);
	cr_assert_eq(snapshot_collect(pid, NULL, &s), -ESRCH);
	for (int i = 0; i < REST_COUNT; i++)
		cr_assert_neq(strcmp(rest_name((enum rest)i), "?"), 0);
	for (int i = 0; i < WAIT_KIND_COUNT; i++)
		cr_assert_neq(strcmp(wait_kind_name((enum wait_kind)i), "?"), 0);
}

static void send_descriptor(int socket, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { "", 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	if (sendmsg(socket, &m, 0) != 1)
		_exit(2);
}

/* The only writer of the pipe lies in a message; or another of its writers does. */
static void writer_in_flight(void *data)
{
	int p[2], s[2];
	char byte;

	if (pipe(p) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0)
		_exit(2);
	send_descriptor(s[0], p[1]);
	if (data)
		close(p[1]);
	_exit(read(p[0], &byte, 1) < 0);
}

Test(snapshot, descriptor_in_flight)
{
	for (int i = 0; i < 2; i++) {
		pid_t pid = child_start(writer_in_flight, i ? "close" : NULL);
		struct snapshot s;

		cr_assert(child_await(pid, NULL, holds_some_external, NULL, &s));
		snapshot_done(&s);
		child_end(pid);
	}
}

/* A grandchild shares the memory, and its parent has ended: it is no descendant any more. */
static int clone_sleeps(void *data)
{
	(void)data;
	for (;;)
		pause();
	return 0;
}

static int clone_twice(void *data)
{
	prctl(PR_SET_PDEATHSIG, 0);
	*(pid_t *)data = clone(clone_sleeps, (char *)data + 60000, CLONE_VM | SIGCHLD, NULL);
	return 0;
}

static void orphan_with_memory(void *data)
{
	pid_t middle = clone(clone_twice, (char *)data + 120000, CLONE_VM | SIGCHLD, data);

	waitpid(middle, NULL, 0);
	lock_twice(NULL);
}

Test(snapshot, orphan_that_shares_memory)
{
	char *stacks =
		mmap(NULL, 1 << 17, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = child_start(orphan_with_memory, stacks);
	struct snapshot s;
	pid_t orphan;

	cr_assert(child_await(pid, NULL, holds_some_external, NULL, &s));
	orphan = *(pid_t *)stacks;
	cr_assert_gt(orphan, 0);
	snapshot_done(&s);
	/* Named by the caller, it is a waker like any other thread. */
	cr_assert_eq(snapshot_collect(
			     pid, &(struct snapshot_options){ .extra = &orphan, .n_extra = 1 }, &s),
		0);
	cr_assert_eq(s.n_processes, 2);
	cr_assert(object_wakes(&s, thread_object(&s, &s.threads[0], 0), orphan));
	snapshot_done(&s);
	kill(orphan, SIGKILL);
	child_end(pid);
}

Test(snapshot, traced_is_no_rest)
{
	pid_t pid = child_start(lock_twice, NULL);

	await_stuck(pid);
	cr_assert_eq(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
	await_rest(pid, REST_STOPPED);
	child_end(pid);
}

static void sleep_in_steps(void *data)
{
	struct timespec pause = { 0, *(long *)data };

	for (;;)
		nanosleep(&pause, NULL);
}

static bool holds_more_switches(const struct snapshot *s, const void *data)
{
	return s->n_threads == 1 && s->threads[0].voluntary > *(const uint64_t *)data;
}

/* Two snapshots, the second `switches` times of giving way after the first. What they look like is
 * not asked before both are there. */
static enum appearance appearance_of(
	void (*run)(void *), void *data, enum rest rest, uint64_t switches)
{
	const struct snapshot_options options = { .scheduling = true };
	pid_t pid = child_start(run, data);
	struct snapshot a, b;
	enum appearance appearance;

	cr_assert(child_await(pid, &options, holds_some_rest, &rest, &a));
	if (switches) {
		uint64_t begun = a.threads[0].voluntary + switches - 1;

		cr_assert(child_await(pid, &options, holds_more_switches, &begun, &b));
	} else {
		cr_assert_eq(snapshot_collect(pid, &options, &b), 0);
	}
	appearance = snapshot_appearance(&a, &b);
	snapshot_done(&a);
	snapshot_done(&b);
	child_end(pid);
	return appearance;
}

static void read_pipe_end(void *data)
{
	char byte;

	_exit(read(*(int *)data, &byte, 1) < 0);
}

Test(snapshot, appearance)
{
	long short_ns = 5000000, long_ns = 999999999;
	int p[2];

	cr_assert_eq(pipe(p), 0);
	cr_expect_eq(appearance_of(spin, NULL, REST_RUNNING, 0), APPEARANCE_SPINNING);
	cr_expect_eq(appearance_of(sleep_in_steps, &short_ns, REST_TIMED, 3), APPEARANCE_POLLING);
	cr_expect_eq(appearance_of(sleep_in_steps, &long_ns, REST_TIMED, 0), APPEARANCE_SLEEPING);
	cr_expect_eq(appearance_of(read_pipe_end, &p[0], REST_YES, 0), APPEARANCE_WAITING_OUTSIDE);
	close(p[0]);
	close(p[1]);
}

static void read_bytes(void *data)
{
	char byte;

	while (read(*(int *)data, &byte, 1) == 1)
		;
	_exit(0);
}

/* A waiter that got something between two pictures and waits again gets on, however little it runs.
 */
Test(snapshot, moved)
{
	const struct snapshot_options options = { .scheduling = true };
	enum rest rest = REST_YES;
	struct snapshot a, b;
	uint64_t begun;
	int p[2];
	pid_t pid;

	cr_assert_eq(pipe(p), 0);
	pid = child_start(read_bytes, &p[0]);
	cr_assert(child_await(pid, &options, holds_some_rest, &rest, &a));
	cr_assert_eq(snapshot_collect(pid, &options, &b), 0);
	cr_expect_not(snapshot_moved(&a, &b));
	snapshot_done(&b);
	begun = a.threads[0].voluntary;
	cr_assert_eq(write(p[1], "x", 1), 1);
	cr_assert(child_await(pid, &options, holds_more_switches, &begun, &b));
	cr_expect_neq(snapshot_appearance(&a, &b), APPEARANCE_SPINNING);
	cr_expect(snapshot_moved(&a, &b));
	snapshot_done(&a);
	snapshot_done(&b);
	child_end(pid);
	close(p[0]);
	close(p[1]);
}

Test(snapshot, last_ran)
{
	const struct snapshot_options options = { .scheduling = true };
	int64_t begun;
	struct snapshot s;
	cpu_set_t here;
	pid_t pid;

	/* It is known for the processor that the reader runs on, so both stay on one. */
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	cr_assert_eq(sched_setaffinity(0, sizeof(here), &here), 0);
	pid = child_start(lock_twice, NULL);
	begun = time_now_ns();
	cr_assert(child_await(pid, &options, holds_all_rest, NULL, &s));
	cr_assert_gt(s.threads[0].runtime_ns, 0);
	cr_assert_leq(s.threads[0].last_ran_ns, s.ended_ns);
	/* The scheduler's clock may lag where the host takes time away. */
	cr_assert_gt(s.threads[0].last_ran_ns, begun - 10 * NSEC_PER_SEC);
	snapshot_done(&s);
	child_end(pid);
}

/* As in a container: nobody's right to trace helps with a process that has no memory left. */
static int see_ended_child_unprivileged(void)
{
	const struct snapshot_options options = { 0 };
	struct snapshot s;
	siginfo_t info;
	pid_t child;
	char state = 0;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 2;
	prctl(PR_SET_DUMPABLE, 1);
	child = fork();
	if (child == 0)
		_exit(0);
	if (child < 0 || waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) < 0)
		return 3;
	if (snapshot_collect(getpid(), &options, &s) < 0)
		return 4;
	for (size_t i = 0; i < s.n_threads; i++)
		if (s.threads[i].tid == child)
			state = s.threads[i].state;
	snapshot_done(&s);
	return state == 'Z' ? 0 : 1;
}

Test(snapshot, an_ended_child_is_seen_without_privileges)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(see_ended_child_unprivileged());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "exit status %d", WEXITSTATUS(status));
}
