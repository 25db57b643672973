/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject_syscalls.c: the engine that holds system calls from outside. A seccomp filter notifies us
 * of the calls that were asked for, and of no other; the answer is always "go on", at once or when
 * a timer says so. Whatever the target is made of, it makes system calls: static, musl and Go
 * programs are reached as well, and so is all that they fork or execute.
 *
 * One epoll instance a trial holds the socket on which the listener arrives, the listener and a
 * timerfd; the runner's loop sees that one descriptor. The trial's processes are dead when it is
 * finished, so nobody is left in a notification when the listener is closed.
 */
#include "runner/inject_engine.h"
#include "runner/inject_filter.h"
#include "runner/inject_held.h"
#include "runner/util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#define MAX_CALL 1024 /* numbers of system calls are below */

struct filter {
	int handover_fd;
	struct sock_fprog program;
};

struct syscalls {
	struct inject_rule *rules; /* names are not ours */
	size_t n_rules, cap_rules;
	uint16_t rule_of[MAX_CALL]; /* index + 1; 0: not asked for */
	int calls[MAX_CALL];
	size_t n_calls;
	bool null;
	bool needs_fork;
	/* Filters by the descriptor that they let through, which is the same again and again. */
	struct filter *filters;
	size_t n_filters, cap_filters;
};

struct syscalls_trial {
	const struct syscalls *cell;
	uint64_t seed;
	struct sock_fprog program;
	int child_end, our_end, listener, timer, epoll; /* -1: none */
	struct held_heap held;
	uint64_t *count; /* passages, one a rule */
	pid_t *tids;
	size_t cap_tids;
	bool there;
	uint64_t passed, fired, delay_ns;
};

/* --- cells --- */

static bool syscalls_wanted(const struct inject_spec *spec)
{
	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].where == INJECT_SYSCALL || spec->rules[i].where == INJECT_CLASS)
			return true;
	return false;
}

static void ask_for(struct syscalls *s, const char *call, size_t rule)
{
	static const int early[] = { SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group };
	int nr = inject_call_number(call);

	if (nr < 0 || nr >= MAX_CALL)
		return;
	if (!s->rule_of[nr])
		s->calls[s->n_calls++] = nr;
	s->rule_of[nr] = (uint16_t)(rule + 1);
	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		if (nr == early[i])
			s->needs_fork = true;
}

/* A class first, so that a call named by itself keeps its own delay. */
static void ask_for_rules(struct syscalls *s, const struct inject_spec *spec, enum inject_where w)
{
	for (size_t i = 0; i < spec->n_rules; i++) {
		const struct inject_rule *r = &spec->rules[i];
		const char *const *call;

		if (r->where != w)
			continue;
		s->rules = mem_grow(s->rules, s->n_rules, &s->cap_rules, sizeof(*s->rules));
		s->rules[s->n_rules] = *r;
		if (w == INJECT_SYSCALL)
			ask_for(s, r->name, s->n_rules);
		else
			for (call = inject_class_calls(r->name); *call; call++)
				ask_for(s, *call, s->n_rules);
		s->n_rules++;
	}
}

static int syscalls_cell_new(const struct inject_cell *cell, void **ret_state, char **ret_why)
{
	struct syscalls *s;
	int r = inject_filter_probe();

	if (r < 0) {
		*ret_why = mem_printf("seccomp notification is refused here: %s%s", strerror(-r),
			r == -EBUSY ? " (another supervisor listens already)" : "");
		return 1;
	}
	s = mem_alloc(sizeof(*s));
	s->null = cell->arm == ARM_NULL;
	ask_for_rules(s, cell->spec, INJECT_CLASS);
	ask_for_rules(s, cell->spec, INJECT_SYSCALL);
	*ret_state = s;
	return 0;
}

static void syscalls_cell_free(void *state)
{
	struct syscalls *s = state;

	for (size_t i = 0; i < s->n_filters; i++)
		free(s->filters[i].program.filter);
	free(s->filters);
	free(s->rules);
	free(s);
}

/* --- one trial --- */

static int filter_for(struct syscalls *s, int handover_fd, struct sock_fprog *ret_program)
{
	struct filter *f;
	int r;

	for (size_t i = 0; i < s->n_filters; i++) {
		if (s->filters[i].handover_fd != handover_fd)
			continue;
		*ret_program = s->filters[i].program;
		return 0;
	}
	s->filters = mem_grow(s->filters, s->n_filters, &s->cap_filters, sizeof(*s->filters));
	f = &s->filters[s->n_filters];
	r = inject_filter_build(s->calls, s->n_calls, handover_fd, &f->program);
	if (r < 0)
		return r;
	f->handover_fd = handover_fd;
	s->n_filters++;
	*ret_program = f->program;
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void trial_free(struct syscalls_trial *t)
{
	close_fd(&t->child_end);
	close_fd(&t->our_end);
	close_fd(&t->listener);
	close_fd(&t->timer);
	close_fd(&t->epoll);
	held_done(&t->held);
	free(t->count);
	free(t->tids);
	free(t);
}

static int watch(struct syscalls_trial *t, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(t->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

/* The sending end gets a number that the target will hardly use for a socket of its own: a
 * sendmsg() on that number is never held. */
static int open_fds(struct syscalls_trial *t)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	t->our_end = pair[0];
	t->child_end = inject_fd_high(pair[1]);
	t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (t->timer < 0 || t->epoll < 0)
		return -errno;
	return 0;
}

static int syscalls_trial_new(void *state, uint64_t seed, struct hangrate_receipt *receipt,
	struct inject_env *env, void **ret_trial)
{
	struct syscalls *s = state;
	struct syscalls_trial *t = mem_alloc(sizeof(*t));
	int r;

	(void)receipt;
	(void)env;
	t->cell = s;
	t->seed = seed;
	t->child_end = t->our_end = t->listener = t->timer = t->epoll = -1;
	t->count = mem_alloc(s->n_rules * sizeof(*t->count));
	r = open_fds(t);
	if (r == 0)
		r = filter_for(s, t->child_end, &t->program);
	if (r == 0)
		r = watch(t, t->timer);
	if (r == 0)
		r = watch(t, t->our_end);
	if (r < 0) {
		trial_free(t);
		return r;
	}
	*ret_trial = t;
	return 0;
}

static bool syscalls_needs_fork(const void *trial)
{
	const struct syscalls_trial *t = trial;

	return t->cell->needs_fork;
}

static int syscalls_in_child(const void *trial)
{
	const struct syscalls_trial *t = trial;

	return inject_filter_install(&t->program, t->child_end);
}

static int timer_set(struct syscalls_trial *t)
{
	struct itimerspec when = { 0 };

	/* All zero disarms it. */
	if (t->held.n) {
		when.it_value.tv_sec = t->held.all[0].due_ns / NSEC_PER_SEC;
		when.it_value.tv_nsec = t->held.all[0].due_ns % NSEC_PER_SEC;
	}
	return timerfd_settime(t->timer, TFD_TIMER_ABSTIME, &when, NULL) < 0 ? -errno : 0;
}

/* --- notifications --- */

static int let_go(struct syscalls_trial *t, uint64_t id)
{
	struct seccomp_notif_resp resp = {
		.id = id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	/* ENOENT: it was killed meanwhile. */
	if (ioctl(t->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static void account(struct syscalls_trial *t, const struct held *h, int64_t now_ns)
{
	t->fired++;
	t->delay_ns += (uint64_t)(now_ns - h->since_ns);
}

static int let_go_due(struct syscalls_trial *t)
{
	int r = 0;

	while (r == 0 && t->held.n) {
		int64_t now_ns = time_now_ns();

		if (t->held.all[0].due_ns > now_ns)
			break;
		account(t, &t->held.all[0], now_ns);
		r = let_go(t, t->held.all[0].id);
		held_pop(&t->held);
	}
	return r;
}

static int on_notification(struct syscalls_trial *t, const struct seccomp_notif *n)
{
	struct held h = { .since_ns = time_now_ns(), .id = n->id, .tid = (pid_t)n->pid };
	unsigned int nr = (unsigned int)n->data.nr;
	size_t rule;
	uint64_t ns = 0;

	if (n->data.arch == AUDIT_ARCH_X86_64 && nr < MAX_CALL && t->cell->rule_of[nr]) {
		rule = t->cell->rule_of[nr] - 1u;
		t->passed++;
		t->count[rule]++;
		if (!t->cell->null)
			ns = inject_rule_draw_ns(
				&t->cell->rules[rule], t->seed, rule, t->count[rule]);
	}
	if (!ns)
		return let_go(t, n->id);
	h.due_ns = h.since_ns + (int64_t)ns;
	held_push(&t->held, &h);
	return 0;
}

/* Takes all that wait. Asks poll() before each, for the ioctl would wait where nothing is. */
static int drain(struct syscalls_trial *t)
{
	union {
		struct seccomp_notif notif;
		char room[512]; /* a newer kernel may write more than our struct */
	} n;

	for (;;) {
		struct pollfd p = { .fd = t->listener, .events = POLLIN };
		int r;

		if (poll(&p, 1, 0) < 0)
			return errno == EINTR ? 0 : -errno;
		if (!(p.revents & POLLIN))
			return 0;
		memset(&n, 0, sizeof(n));
		if (ioctl(t->listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			return -errno;
		}
		r = on_notification(t, &n.notif);
		if (r < 0)
			return r;
	}
}

/* Closing is not enough: a child that has not executed yet may have a copy. */
static void drop_our_end(struct syscalls_trial *t)
{
	epoll_ctl(t->epoll, EPOLL_CTL_DEL, t->our_end, NULL);
	close_fd(&t->our_end);
}

static int receive_listener(struct syscalls_trial *t)
{
	int fd = inject_filter_receive(t->our_end);

	if (fd == -EAGAIN || fd == -EINTR)
		return 0;
	if (fd == -EPIPE) { /* the child left before: its own story tells why */
		drop_our_end(t);
		return 0;
	}
	if (fd < 0)
		return fd;
	drop_our_end(t);
	t->listener = fd;
	t->there = true;
	return watch(t, fd);
}

static int syscalls_attach(void *trial, pid_t pid)
{
	struct syscalls_trial *t = trial;

	(void)pid;
	close_fd(&t->child_end); /* so that we see it when the child leaves early */
	return t->epoll;
}

static int syscalls_on_event(void *trial)
{
	struct syscalls_trial *t = trial;
	struct epoll_event events[3];
	uint64_t expirations;
	int n = epoll_wait(t->epoll, events, ARRAY_SIZE(events), 0);
	int r = 0;

	for (int i = 0; i < n && r == 0; i++) {
		int fd = events[i].data.fd;

		if (fd == t->timer) {
			if (read(fd, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
				r = -errno;
		} else if (fd == t->our_end) {
			r = receive_listener(t);
		} else if (events[i].events & EPOLLIN) {
			r = drain(t);
		} else { /* the last process that had the filter is gone */
			epoll_ctl(t->epoll, EPOLL_CTL_DEL, fd, NULL);
		}
	}
	if (r == 0)
		r = let_go_due(t);
	return r == 0 ? timer_set(t) : r;
}

static size_t syscalls_pending(void *trial, const pid_t **ret_tids)
{
	struct syscalls_trial *t = trial;

	/* What a failure hides is reported by the next event. */
	if (t->our_end >= 0)
		receive_listener(t);
	if (t->listener >= 0)
		drain(t);
	timer_set(t);
	if (t->held.n > t->cap_tids) {
		t->cap_tids = t->held.cap;
		t->tids = mem_realloc(t->tids, t->cap_tids * sizeof(*t->tids));
	}
	for (size_t i = 0; i < t->held.n; i++)
		t->tids[i] = t->held.all[i].tid;
	*ret_tids = t->tids;
	return t->held.n;
}

static bool syscalls_finish(void *trial, bool hung, struct record_receipt *receipt)
{
	struct syscalls_trial *t = trial;
	int64_t now_ns = time_now_ns();
	bool there;

	(void)hung;
	/* A trial may be over before the loop has seen its first event. */
	if (t->our_end >= 0)
		receive_listener(t);
	there = t->there;
	for (size_t i = 0; i < t->held.n; i++)
		account(t, &t->held.all[i], now_ns);
	if (receipt) {
		receipt->armed += there ? t->cell->n_rules : 0;
		receipt->passed += t->passed;
		receipt->fired += t->fired;
		receipt->delay_ns += t->delay_ns;
	}
	trial_free(t);
	return there;
}

const struct inject_engine inject_engine_syscalls = {
	.name = "syscalls",
	.bit = HANGRATE_ENGINE_SYSCALLS,
	.wanted = syscalls_wanted,
	.cell_new = syscalls_cell_new,
	.cell_free = syscalls_cell_free,
	.trial_new = syscalls_trial_new,
	.needs_fork = syscalls_needs_fork,
	.in_child = syscalls_in_child,
	.attach = syscalls_attach,
	.on_event = syscalls_on_event,
	.pending = syscalls_pending,
	.finish = syscalls_finish,
};
