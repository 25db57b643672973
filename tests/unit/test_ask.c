/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking real children for their timers: the right answer, and nothing to be seen of it. */
#include "runner/trial/ask.h"
#include "runner/base/util.h"
#include "tests/targets/ring.h"
#include "tests/unit/snapshot_child.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

TestSuite(ask, .timeout = 60);

/* How the child waits until the test writes to its pipe; it ends with 0 if it saw nothing else. */
enum how { BY_READ, BY_POLL, BY_SELECT, BY_FUTEX, BY_CHILD, BY_EPOLL, BY_WRITE };

struct plan {
	enum how how;
	int fds[2];
	uint32_t *word; /* of memory that the test shares */
	unsigned int alarm_s;
	bool catches_alarm;
	bool has_ring, thread_has_ring; /* that nothing shows */
	bool makes_timer;
	time_t timer_s;
	bool has_filter; /* of its own */
};

/* A filter that lets everything pass. */
static void add_filter(void)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { 1, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(7);
}

static int wait_for_child(const struct plan *p)
{
	pid_t pid = child_fork();
	int status = -1;
	char byte;

	if (pid == 0)
		_exit(read(p->fds[0], &byte, 1) != 1);
	return waitpid(pid, &status, 0) == pid ? status : 2;
}

static int fill_pipe(const struct plan *p)
{
	static char data[1 << 20];

	return write(p->fds[1], data, sizeof(data)) != sizeof(data);
}

static int wait_once(const struct plan *p)
{
	struct pollfd fd = { p->fds[0], POLLIN, 0 };
	struct epoll_event e = { .events = EPOLLIN };
	int epoll = epoll_create1(0);
	fd_set set;
	char byte;

	FD_ZERO(&set);
	FD_SET(p->fds[0], &set);
	switch (p->how) {
	case BY_READ:
		return read(p->fds[0], &byte, 1) != 1;
	case BY_POLL:
		return poll(&fd, 1, -1) != 1;
	case BY_SELECT:
		return select(p->fds[0] + 1, &set, NULL, NULL, NULL) != 1;
	case BY_FUTEX:
		/* The word may have changed before the call began anew: EAGAIN, as ever. */
		return syscall(SYS_futex, p->word, FUTEX_WAIT, 0, NULL, NULL, 0) != 0 &&
		       errno != EAGAIN;
	case BY_CHILD:
		return wait_for_child(p);
	case BY_WRITE:
		return fill_pipe(p);
	default:
		epoll_ctl(epoll, EPOLL_CTL_ADD, p->fds[0], &e);
		return epoll_wait(epoll, &e, 1, -1) != 1;
	}
}

static void do_nothing(int signal)
{
	(void)signal;
}

static void *hide_ring(void *arg)
{
	int *fds = arg;
	char byte;

	ring_hide(ring_start(fds[1], 3600000));
	if (write(fds[1], "r", 1) != 1)
		_exit(4);
	return read(fds[0], &byte, 1) == 1 ? arg : NULL;
}

static void start_ring_thread(void)
{
	static int here[2], there[2], fds[2];
	pthread_t thread;
	char byte;

	if (pipe(here) < 0 || pipe(there) < 0)
		_exit(5);
	fds[0] = there[0];
	fds[1] = here[1];
	if (pthread_create(&thread, NULL, hide_ring, fds) || read(here[0], &byte, 1) != 1)
		_exit(6);
}

static void wait_as_planned(void *data)
{
	const struct plan *p = data;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec when = { .it_value = { p->timer_s, 0 } };
	timer_t timer;

	if (p->has_filter)
		add_filter();
	if (p->has_ring)
		ring_hide(ring_start(p->fds[1], 3600000));
	if (p->thread_has_ring)
		start_ring_thread();
	if (p->catches_alarm)
		signal(SIGALRM, do_nothing);
	if (p->alarm_s)
		alarm(p->alarm_s);
	if (p->makes_timer && (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
				      timer_settime(timer, 0, &when, NULL) < 0))
		_exit(3);
	_exit(wait_once(p));
}

static void plan_init(struct plan *p, enum how how)
{
	*p = (struct plan){ .how = how };
	cr_assert_eq(pipe(p->fds), 0);
	p->word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* Blocked as planned: the figures of a thread that is still on its way there would be of no use. */
static bool holds_asleep(const struct snapshot *s, const void *data)
{
	(void)data;
	for (size_t i = 0; i < s->processes[0].n_threads; i++)
		if (s->threads[i].rest != REST_YES || s->threads[i].wait == WAIT_NONE)
			return false;
	return true;
}

static enum ask_answer ask(pid_t pid, enum ask_mode mode)
{
	struct ask a = { .mode = mode };
	struct snapshot s;
	enum ask_answer answer;

	cr_assert(child_await(pid, NULL, holds_asleep, NULL, &s));
	answer = ask_timers(&a, &s, 0);
	ask_done(&a, mode == ASK_AT_END);
	snapshot_done(&s);
	return answer;
}

/* Lets the child go on: it must have seen nothing of having been asked. */
static void expect_unseen(pid_t pid, struct plan *p)
{
	int status;

	*p->word = 1;
	cr_assert_eq(write(p->fds[1], "x", 1), 1);
	do
		syscall(SYS_futex, p->word, FUTEX_WAKE, 1, NULL, NULL, 0);
	while (waitpid(pid, &status, p->how == BY_FUTEX ? WNOHANG : 0) == 0);
	cr_assert_eq(status, 0, "way %d ended with status %#x", p->how, (unsigned)status);
}

Test(ask, no_timer_and_nothing_seen)
{
	for (enum how how = BY_READ; how <= BY_EPOLL; how++) {
		struct plan p;
		pid_t pid;

		plan_init(&p, how);
		pid = child_start(wait_as_planned, &p);
		cr_expect_eq(ask(pid, ASK_TO_END), ASK_NONE_ARMED, "way %d", how);
		cr_expect_eq(ask(pid, ASK_TO_END), ASK_NONE_ARMED, "way %d, again", how);
		expect_unseen(pid, &p);
	}
}

Test(ask, a_ring_that_nothing_shows)
{
	for (int by_thread = 0; by_thread < 2; by_thread++) {
		struct plan p;
		pid_t pid;

		plan_init(&p, BY_READ);
		p.has_ring = !by_thread;
		p.thread_has_ring = by_thread;
		pid = child_start(wait_as_planned, &p);
		cr_expect_eq(ask(pid, ASK_TO_END), ASK_ARMED, "thread %d", by_thread);
		expect_unseen(pid, &p);
	}
}

static bool holds_ring_condition(const struct snapshot *s, const void *data)
{
	(void)data;
	return s->processes[0].ring_unless[0] && s->threads[0].rest == REST_YES;
}

static bool holds_no_ring_condition(const struct snapshot *s, const void *data)
{
	(void)data;
	return !s->processes[0].ring_unless[0] && s->threads[0].rest == REST_YES;
}

Test(ask, a_ring_that_does_not_show_is_a_condition_for_who_does_not_ask)
{
	const struct snapshot_options asks = { .rings_are_asked = true };
	struct snapshot s;
	struct plan p;
	pid_t pid;

	plan_init(&p, BY_READ);
	p.has_ring = true;
	pid = child_start(wait_as_planned, &p);
	close(p.fds[1]);
	cr_expect(child_await(pid, NULL, holds_ring_condition, NULL, &s));
	snapshot_done(&s);
	cr_expect(child_await(pid, &asks, holds_no_ring_condition, NULL, &s));
	snapshot_done(&s);
	close(p.fds[0]);
	child_end(pid);
}

Test(ask, an_alarm_is_armed)
{
	struct plan p;
	pid_t pid;

	plan_init(&p, BY_POLL);
	p.alarm_s = 1000;
	pid = child_start(wait_as_planned, &p);
	cr_expect_eq(ask(pid, ASK_TO_END), ASK_ARMED);
	expect_unseen(pid, &p);
}

Test(ask, a_posix_timer_is_armed_or_not)
{
	for (time_t seconds = 0; seconds <= 1000; seconds += 1000) {
		struct plan p;
		pid_t pid;

		plan_init(&p, BY_READ);
		p.makes_timer = true;
		p.timer_s = seconds;
		pid = child_start(wait_as_planned, &p);
		cr_expect_eq(ask(pid, ASK_TO_END), seconds ? ASK_ARMED : ASK_NONE_ARMED);
		expect_unseen(pid, &p);
	}
}

Test(ask, a_write_that_may_be_done_in_part_is_asked_at_the_end_only)
{
	struct plan p;
	pid_t pid;

	plan_init(&p, BY_WRITE);
	p.catches_alarm = true;
	pid = child_start(wait_as_planned, &p);
	cr_expect_eq(ask(pid, ASK_TO_END), ASK_FAILED);
	cr_expect_eq(ask(pid, ASK_AT_END), ASK_NONE_ARMED);
	child_end(pid);
	plan_init(&p, BY_WRITE);
	pid = child_start(wait_as_planned, &p);
	cr_expect_eq(ask(pid, ASK_LET_GO), ASK_FAILED, "it would return with a part");
	cr_expect_eq(ask(pid, ASK_TO_END), ASK_NONE_ARMED, "an alarm would end the program");
	child_end(pid);
}

Test(ask, who_has_run_is_not_asked)
{
	struct ask a = { .mode = ASK_TO_END };
	struct snapshot s;
	struct plan p;
	pid_t pid;

	plan_init(&p, BY_READ);
	pid = child_start(wait_as_planned, &p);
	cr_assert(child_await(pid, NULL, holds_asleep, NULL, &s));
	s.threads[0].voluntary--;
	cr_expect_eq(ask_timers(&a, &s, 0), ASK_FAILED);
	ask_done(&a, false);
	snapshot_done(&s);
	expect_unseen(pid, &p);
}

static void *nap_for_ever(void *arg)
{
	static uint32_t word;

	for (;;)
		syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
	return arg;
}

/* Both threads wait for ever. */
static void live_beside(void *data)
{
	if (pthread_create(&(pthread_t){ 0 }, NULL, nap_for_ever, NULL))
		_exit(8);
	_exit(wait_once(data));
}

static bool holds_nap(const struct snapshot *s, const void *data)
{
	(void)data;
	return s->processes[0].n_threads == 2 && s->threads[0].rest == REST_YES &&
	       s->threads[1].rest == REST_YES;
}

/* Only who is stuck has to have stayed where it was. */
Test(ask, who_lives_beside_a_stuck_thread_may_have_run)
{
	static const bool stuck[] = { true, false, true }, both[] = { true, true };
	const struct snapshot_options timed = { .timed = true };
	struct ask a = { .mode = ASK_AT_END };
	struct snapshot s;
	struct plan p;
	pid_t pid;

	plan_init(&p, BY_READ);
	pid = child_start(live_beside, &p);
	cr_assert(child_await(pid, &timed, holds_nap, NULL, &s));
	s.threads[1].voluntary--; /* it has run since */
	a.stuck = both;
	cr_expect_eq(ask_timers(&a, &s, 0), ASK_FAILED);
	ask_done(&a, false);
	child_end(pid);
	snapshot_done(&s);
	pid = child_start(live_beside, &p);
	cr_assert(child_await(pid, &timed, holds_nap, NULL, &s));
	s.threads[1].voluntary--;
	s.threads[1].rest = REST_RUNNING;
	a.stuck = stuck;
	cr_expect_eq(ask_timers(&a, &s, 0), ASK_NONE_ARMED);
	ask_done(&a, false);
	s.threads[0].rest = REST_RUNNING; /* the live one is listed first */
	s.threads[1].rest = REST_YES;
	s.threads[1].voluntary++;
	a.stuck = stuck + 1;
	cr_expect_eq(ask_timers(&a, &s, 0), ASK_NONE_ARMED);
	ask_done(&a, false);
	snapshot_done(&s);
	child_end(pid);
}

static enum ask_answer ask_rings_of(pid_t pid, enum ask_mode mode, unsigned int filters)
{
	struct ask a = { .mode = mode, .added_filters = filters };
	struct snapshot s;
	enum ask_answer answer;

	cr_assert(child_await(pid, NULL, holds_asleep, NULL, &s));
	answer = ask_rings(&a, &s, 0);
	ask_done(&a, false);
	snapshot_done(&s);
	return answer;
}

/* Its own filter may do anything to a question; the caller's own is known to let it pass. */
Test(ask, who_has_a_filter_of_its_own_may_have_a_ring)
{
	struct plan p;
	pid_t pid;

	plan_init(&p, BY_READ);
	p.has_filter = true;
	pid = child_start(wait_as_planned, &p);
	cr_expect_eq(ask_rings_of(pid, ASK_TO_END, 0), ASK_FAILED);
	cr_expect_eq(ask_rings_of(pid, ASK_AT_END, 0), ASK_FAILED);
	cr_expect_eq(ask_rings_of(pid, ASK_TO_END, 1), ASK_NONE_ARMED);
	expect_unseen(pid, &p);
}

/* A part of its data may be written: it is stopped when it is going to be ended only. */
Test(ask, who_cannot_be_asked_may_have_a_ring)
{
	struct plan p;
	pid_t pid;

	plan_init(&p, BY_WRITE);
	pid = child_start(wait_as_planned, &p);
	cr_expect_eq(ask_rings_of(pid, ASK_LET_GO, 0), ASK_FAILED);
	cr_expect_eq(ask_rings_of(pid, ASK_FIRST, 0), ASK_NONE_ARMED, "asked later");
	cr_expect_eq(ask_rings_of(pid, ASK_TO_END, 0), ASK_NONE_ARMED);
	child_end(pid);
}

/* The child waits in vain, and says so each time that a signal ends its wait. */
static void tell_of_interrupts(void *data)
{
	const int *fds = data;
	struct sigaction action = { .sa_handler = do_nothing };
	char byte;

	sigaction(SIGUSR1, &action, NULL);
	while (read(fds[0], &byte, 1) < 0 && errno == EINTR)
		if (write(fds[3], "i", 1) != 1)
			break;
	_exit(1);
}

static void send_after(pid_t pid, useconds_t us)
{
	if (fork() == 0) {
		usleep(us);
		_exit(kill(pid, SIGUSR1) != 0);
	}
}

/* Whenever it comes, before the question, amid it or as the thread is let go: EINTR, as ever. */
Test(ask, a_signal_ends_the_wait_of_who_is_asked)
{
	enum { SIGNALS = 200 };
	int fds[4];
	pid_t pid;

	cr_assert(pipe(fds) == 0 && pipe(fds + 2) == 0);
	pid = child_start(tell_of_interrupts, fds);
	for (unsigned int i = 0; i < SIGNALS; i++) {
		struct ask a = { .mode = ASK_LET_GO };
		struct pollfd told = { fds[2], POLLIN, 0 };
		struct snapshot s;
		char byte;

		cr_assert(child_await(pid, NULL, holds_asleep, NULL, &s));
		send_after(pid, i * 5);
		for (int j = 0; j < 20; j++)
			ask_timers(&a, &s, 0);
		ask_done(&a, false);
		snapshot_done(&s);
		cr_assert_eq(poll(&told, 1, 10000), 1, "signal %u was not seen", i);
		cr_assert_eq(read(fds[2], &byte, 1), 1);
		cr_assert_eq(poll(&told, 1, 0), 0, "signal %u was seen twice", i);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	child_end(pid);
}

/* The answers are written below its stack, where a program with small stacks has other data. */
Test(ask, memory_is_as_it_was)
{
	enum { N = 2048, RED_ZONE = 128 };
	char before[N], after[N];
	struct ask a = { .mode = ASK_LET_GO };
	struct snapshot s;
	struct plan p;
	struct iovec remote, local = { before, N };
	pid_t pid;

	plan_init(&p, BY_READ);
	p.makes_timer = true;
	pid = child_start(wait_as_planned, &p);
	cr_assert(child_await(pid, NULL, holds_asleep, NULL, &s));
	memset(before, 0x55, N); /* the answers are zeros */
	remote = (struct iovec){ (void *)(s.threads[0].sp - RED_ZONE - N), N };
	cr_assert_eq(process_vm_writev(pid, &local, 1, &remote, 1, 0), N);
	cr_expect_eq(ask_timers(&a, &s, 0), ASK_NONE_ARMED);
	local.iov_base = after;
	cr_assert_eq(process_vm_readv(pid, &local, 1, &remote, 1, 0), N);
	cr_expect_arr_eq(before, after, N);
	ask_done(&a, false);
	snapshot_done(&s);
	expect_unseen(pid, &p);
}
