/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keeper_main.c: the keeper's own process. It was forked in the middle of the runner's life, so it
 * calls nothing that allocates, locks or writes to a stream. */
#include "runner/trial/keeper_page.h"

#include "runner/base/util.h"
#include "runner/trial/freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* How often the list of what is left is read while it is being killed. */
#define CLEAR_POLL_NS (2 * NSEC_PER_MSEC)
#define STEP_NS (2 * NSEC_PER_SEC)
#define CHILDREN_MAX 256
/* What one by one has not killed by then forks too fast for that. */
#define FREEZE_AFTER_NS (200 * NSEC_PER_MSEC)

struct keeping {
	struct keeper_page *page;
	const struct spawner *spawner;
	int channel; /* -1: the runner is dead */
	int children;
	sigset_t waiting;      /* the signal mask while waiting: all but SIGCHLD */
	pid_t root;            /* the program, or the init of its pid namespace */
	int64_t kill_until_ns; /* what is not dead by then cannot be killed; INT64_MAX: no matter */
	int64_t freeze_ns;     /* from then on all are stopped before they are killed */
	struct freeze freeze;
	struct keeper_report report;
	struct spawn_stack stack;
};

static void on_child(int signal)
{
	(void)signal;
}

static void set_phase(struct keeping *k, enum keeper_phase phase)
{
	__atomic_store_n(&k->page->phase, phase, __ATOMIC_RELEASE);
}

/* --- ends --- */

static void start_killing(struct keeping *k)
{
	int64_t now = time_now_ns();

	k->kill_until_ns = now + KEEPER_KILL_LIMIT_NS;
	k->freeze_ns = now + FREEZE_AFTER_NS;
	k->freeze.passes = k->freeze.n = 0;
}

static void kill_root(struct keeping *k)
{
	start_killing(k);
	if (!k->root)
		return;
	kill(-k->root, SIGKILL);
	kill(k->root, SIGKILL);
}

static void reap_one(struct keeping *k, pid_t pid, int *ret_status)
{
	__atomic_add_fetch(&k->page->reaping, 1, __ATOMIC_SEQ_CST);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	zygotes_reaped(&k->page->zygotes, pid);
	__atomic_add_fetch(&k->page->reaping, 1, __ATOMIC_SEQ_CST);
}

/* The init has ended, and with it everything in its namespace. */
static void take_inner_end(struct keeping *k)
{
	const struct init_shared *inner = &k->page->inner;

	k->report.error = inner->error;
	if (inner->status != INIT_NO_STATUS) {
		k->report.status = inner->status;
		k->report.end_ns = inner->end_ns;
	}
}

/* Not reaped yet, so its pid still names its process group. */
static void root_ended(struct keeping *k)
{
	kill(-k->root, SIGKILL);
	k->report.end_ns = time_now_ns();
	set_phase(k, KEEPER_CLEARING);
	__atomic_store_n(&k->page->root, 0, __ATOMIC_SEQ_CST);
	reap_one(k, k->root, &k->report.status);
	k->report.error = k->page->error;
	if (k->page->init)
		take_inner_end(k);
	k->root = 0;
	start_killing(k);
}

/* Zygotes stay: they belong to no trial. */
static bool has_child(struct keeping *k)
{
	pid_t pids[CHILDREN_MAX];
	int n;

	if (k->root || !k->page->zygotes.n)
		return true;
	n = spawn_children(k->children, pids, CHILDREN_MAX);
	for (int i = 0; i < n; i++)
		if (i >= CHILDREN_MAX || !zygotes_have(&k->page->zygotes, pids[i]))
			return true;
	return false;
}

/* False: there is no child of the trial left. */
static bool reap(struct keeping *k)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
			return errno != ECHILD;
		if (!info.si_pid)
			return has_child(k);
		if (info.si_pid == k->root)
			root_ended(k);
		else
			reap_one(k, info.si_pid, NULL);
	}
}

static void kill_frozen(struct keeping *k, pid_t *ret_last)
{
	struct freeze *f = &k->freeze;

	if (!freeze_pass(f, getpid())) {
		*ret_last = f->n ? f->pids[0] : 0;
		return;
	}
	for (int i = 0; i < f->n; i++) {
		kill(f->pids[i], SIGKILL);
		*ret_last = f->pids[i];
	}
	f->passes = f->n = 0;
}

/* A signal to a process group reaches all of it at once, also those that it is just forking. */
static void kill_children(struct keeping *k, pid_t *ret_last)
{
	pid_t pids[CHILDREN_MAX];
	int n;

	if (time_now_ns() >= k->freeze_ns) {
		zygotes_end(&k->page->zygotes); /* a freeze takes all children */
		kill_frozen(k, ret_last);
		return;
	}
	n = spawn_children(k->children, pids, CHILDREN_MAX);
	for (int i = 0; i < n; i++) {
		pid_t group = getpgid(pids[i]);

		if (zygotes_have(&k->page->zygotes, pids[i]))
			continue;
		if (group > 1)
			kill(-group, SIGKILL);
		kill(pids[i], SIGKILL);
		*ret_last = pids[i];
	}
}

static void read_comm(pid_t pid, char comm[16])
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, comm, 15);
	comm[n > 0 ? n : 0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

static void send_report(struct keeping *k)
{
	set_phase(k, KEEPER_IDLE);
	while (k->channel >= 0 &&
		send(k->channel, &k->report, sizeof(k->report), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static void report_left(struct keeping *k, pid_t pid)
{
	k->report.left = pid;
	read_comm(pid, k->report.left_comm);
	send_report(k);
}

/* The program has ended: kills what is left, and reports when nothing is or cannot be. */
static void clear_away(struct keeping *k, bool any_child)
{
	pid_t last = 0;

	if (any_child)
		kill_children(k, &last);
	if (!any_child)
		send_report(k);
	else if (time_now_ns() >= k->kill_until_ns)
		report_left(k, last);
}

/* --- starts --- */

/* The child that stands for the trial, or -errno. */
static int launch(struct keeping *k, const struct spawn_request *q)
{
	struct keeper_page *page = k->page;
	pid_t root;
	int r;

	page->init = 0;
	if (q->zygote) {
		r = zygotes_spawn(&page->zygotes, k->spawner, q, &k->stack, k->channel, &k->report);
		if (r > 0)
			__atomic_store_n(&page->root, r, __ATOMIC_SEQ_CST);
		page->error = 0;
		return r;
	}
	if (!q->isolated || !q->isolate.pid) {
		r = spawn_trial(k->spawner, q, &k->stack, &page->root, &page->error);
		return r < 0 ? r : page->root;
	}
	r = init_start(k->spawner, q, &page->inner, &root);
	if (r < 0)
		return r;
	page->init = r;
	__atomic_store_n(&page->root, root, __ATOMIC_SEQ_CST);
	return r;
}

static void start(struct keeping *k, const int *fds, size_t n_fds)
{
	struct spawn_request *q = &k->page->request;
	size_t n = q->inject.n_fds;
	bool handover = q->inject.handover >= 0;
	int r;

	k->report = (struct keeper_report){ 0 };
	if (n_fds != 1 + n + handover) {
		r = -EMFILE; /* the kernel leaves out what finds no room */
	} else {
		q->output = fds[0];
		for (size_t i = 0; i < n; i++)
			q->inject_at[i] = fds[1 + i];
		if (handover)
			q->inject_at[INJECT_CHILD_FDS] = fds[1 + n];
		r = launch(k, q);
	}
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	k->root = r < 0 ? 0 : r;
	k->kill_until_ns = INT64_MAX;
	if (r < 0) {
		k->report.error = r;
		k->report.end_ns = time_now_ns();
		if (k->page->request.zygote)
			kill_children(k, &(pid_t){ 0 });
		send_report(k);
	}
}

/* --- the runner --- */

/* The number of descriptors that came with it, -1: none is there. */
static int receive(struct keeping *k, int *ret_order, int fds[KEEPER_FDS_MAX])
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int[KEEPER_FDS_MAX]))];
	} control;
	struct iovec iov = { ret_order, sizeof(*ret_order) };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(k->channel, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	size_t size = c && c->cmsg_type == SCM_RIGHTS ? c->cmsg_len - CMSG_LEN(0) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -1;
	if (n <= 0)
		*ret_order = 0;
	if (size)
		memcpy(fds, CMSG_DATA(c), size);
	return (int)(size / sizeof(int));
}

static void obey(struct keeping *k)
{
	int fds[KEEPER_FDS_MAX], order, n = receive(k, &order, fds);

	if (n < 0)
		return;
	switch (order) {
	case KEEPER_START:
		start(k, fds, (size_t)n);
		break;
	case KEEPER_END:
		kill_root(k);
		break;
	default: /* the runner is dead */
		zygotes_end(&k->page->zygotes);
		close(k->channel);
		k->channel = -1;
		kill_root(k);
	}
}

/* The runner has been silent for longer than it may: it is stopped. */
static void backstop(struct keeping *k)
{
	k->report.backstop = true;
	kill_root(k);
}

/* --- life --- */

/* The runner may have put it off meanwhile. */
static int64_t read_backstop(const struct keeping *k)
{
	return __atomic_load_n(&k->page->backstop_ns, __ATOMIC_SEQ_CST);
}

/* In steps, so that a pause is seen. */
static int64_t next_step(const struct keeping *k)
{
	int64_t step = time_now_ns() + STEP_NS, backstop_ns = read_backstop(k);

	return step < backstop_ns ? step : backstop_ns;
}

static void put_off_backstop(struct keeping *k, int64_t until_ns)
{
	int64_t late_ns = time_now_ns() - until_ns;

	if (late_ns > KEEPER_PAUSE_NS && read_backstop(k) < INT64_MAX - late_ns)
		__atomic_add_fetch(&k->page->backstop_ns, late_ns, __ATOMIC_SEQ_CST);
}

static void wait_event(struct keeping *k)
{
	struct pollfd p = { .fd = k->channel, .events = POLLIN };
	bool runs = k->root && k->kill_until_ns == INT64_MAX;
	int64_t until = INT64_MAX, left;
	struct timespec ts;

	if (k->page->phase == KEEPER_CLEARING || k->channel < 0)
		until = time_now_ns() + CLEAR_POLL_NS;
	else if (k->root)
		until = runs ? next_step(k) : k->kill_until_ns;
	left = until == INT64_MAX ? 0 : until - time_now_ns();
	ts = left > 0 ? (struct timespec){ left / NSEC_PER_SEC, left % NSEC_PER_SEC }
		      : (struct timespec){ 0 };
	ppoll(&p, 1, until == INT64_MAX ? NULL : &ts, &k->waiting);
	if (runs)
		put_off_backstop(k, until);
	if (p.revents)
		obey(k);
	if (k->root && k->kill_until_ns == INT64_MAX && time_now_ns() >= read_backstop(k))
		backstop(k);
}

/* Signals to a parent are common; none but SIGKILL and SIGSTOP can harm this one. */
static void set_up(struct keeping *k)
{
	struct sigaction child = { .sa_handler = on_child };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigaction(SIGCHLD, &child, NULL);
	k->waiting = all;
	sigdelset(&k->waiting, SIGCHLD);
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "hangrate-keeper");
	k->children = spawn_children_open(getpid());
}

_Noreturn void keeper_main(struct keeper_page *page, const struct spawner *s, int channel)
{
	static struct keeping k;

	k.page = page;
	k.spawner = s;
	k.channel = channel;
	set_up(&k);
	for (;;) {
		bool any_child;

		wait_event(&k);
		any_child = reap(&k);
		if (k.channel < 0 && (!any_child || time_now_ns() >= k.kill_until_ns))
			_exit(0);
		if (k.page->phase == KEEPER_CLEARING)
			clear_away(&k, any_child);
		else if (k.channel < 0)
			kill_children(&k, &(pid_t){ 0 });
		else if (k.root && time_now_ns() >= k.kill_until_ns)
			report_left(&k, k.root);
	}
}
