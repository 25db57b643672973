/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/listen.h"

#include "runner/inject/engine.h"
#include "runner/inject/held.h"
#include "runner/base/util.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

/* Calls taken in one go: a target that makes them without end must not keep the loop. Threads that
 * wait since before are among the first. */
#define DRAIN_MAX 4096

struct listen {
	struct listen_user user;
	struct sock_fprog program;
	int child_end, our_end, listener, timer, epoll; /* -1: none */
	struct held_heap held;
	pid_t *tids;
	size_t cap_tids;
	int64_t wake_ns; /* of on_wake(); 0: none */
	bool arrived;
	uint64_t n_held, held_ns;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int watch(struct listen *l, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

/* The sending end gets a number that the target will hardly use for a socket of its own: a
 * sendmsg() on that number is never held. */
static int open_fds(struct listen *l)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	l->our_end = pair[0];
	l->child_end = inject_fd_high(pair[1]);
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->timer < 0 || l->epoll < 0)
		return -errno;
	return 0;
}

int listen_new(struct filter_cache *filters, const struct listen_user *user, struct listen **ret_l)
{
	struct listen *l = mem_alloc(sizeof(*l));
	int r;

	l->user = *user;
	l->child_end = l->our_end = l->listener = l->timer = l->epoll = -1;
	r = open_fds(l);
	if (r == 0)
		r = filter_cache_get(filters, l->child_end, &l->program);
	if (r == 0)
		r = watch(l, l->timer);
	if (r == 0)
		r = watch(l, l->our_end);
	if (r < 0) {
		listen_free(l);
		return r;
	}
	*ret_l = l;
	return 0;
}

void listen_free(struct listen *l)
{
	if (!l)
		return;
	close_fd(&l->child_end);
	close_fd(&l->our_end);
	close_fd(&l->listener);
	close_fd(&l->timer);
	close_fd(&l->epoll);
	held_done(&l->held);
	free(l->tids);
	free(l);
}

void listen_child(const struct listen *l, struct inject_child *c)
{
	c->handover = l->child_end;
	c->program = l->program;
}

int listen_attach(struct listen *l)
{
	close_fd(&l->child_end); /* so that we see it when the child leaves early */
	return l->epoll;
}

static int timer_set(struct listen *l)
{
	struct itimerspec when = { 0 };
	int64_t at = l->wake_ns;

	if (l->held.n && (!at || l->held.all[0].due_ns < at))
		at = l->held.all[0].due_ns;
	/* All zero disarms it. */
	when.it_value.tv_sec = at / NSEC_PER_SEC;
	when.it_value.tv_nsec = at % NSEC_PER_SEC;
	return timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &when, NULL) < 0 ? -errno : 0;
}

static int answer(struct listen *l, uint64_t id)
{
	struct seccomp_notif_resp resp = {
		.id = id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	/* ENOENT: it was killed meanwhile. */
	if (ioctl(l->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static void account(struct listen *l, const struct held *h, int64_t now_ns)
{
	l->n_held++;
	l->held_ns += (uint64_t)(now_ns - h->since_ns);
}

static int let_go_due(struct listen *l)
{
	int r = 0;

	while (r == 0 && l->held.n) {
		int64_t now_ns = time_now_ns();

		if (l->held.all[0].due_ns > now_ns)
			break;
		account(l, &l->held.all[0], now_ns);
		r = answer(l, l->held.all[0].id);
		held_pop(&l->held);
	}
	return r;
}

bool listen_let_go(struct listen *l, uint64_t id)
{
	struct held h;

	if (!held_remove(&l->held, id, &h))
		return false;
	account(l, &h, time_now_ns());
	/* An error is that of the next answer too, which is reported. */
	answer(l, id);
	return true;
}

bool listen_holds(const struct listen *l, uint64_t id)
{
	for (size_t i = 0; i < l->held.n; i++)
		if (l->held.all[i].id == id)
			return true;
	return false;
}

static int on_notification(struct listen *l, const struct seccomp_notif *n)
{
	struct held h = { .since_ns = time_now_ns(), .id = n->id, .tid = (pid_t)n->pid };

	h.due_ns = l->user.on_call(l->user.arg, n, h.since_ns);
	if (h.due_ns <= h.since_ns)
		return answer(l, n->id);
	held_push(&l->held, &h);
	return 0;
}

/* Takes what waits. Asks poll() before each, for the ioctl would wait where nothing is. */
static int drain(struct listen *l)
{
	union {
		struct seccomp_notif notif;
		char room[512]; /* a newer kernel may write more than our struct */
	} n;

	for (int i = 0; i < DRAIN_MAX; i++) {
		struct pollfd p = { .fd = l->listener, .events = POLLIN };
		int r;

		if (poll(&p, 1, 0) < 0)
			return errno == EINTR ? 0 : -errno;
		if (!(p.revents & POLLIN))
			return 0;
		memset(&n, 0, sizeof(n));
		if (ioctl(l->listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			return -errno;
		}
		r = on_notification(l, &n.notif);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Closing is not enough: a child that has not executed yet may have a copy. */
static void drop_our_end(struct listen *l)
{
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->our_end, NULL);
	close_fd(&l->our_end);
}

static int receive_listener(struct listen *l)
{
	int fd = inject_filter_receive(l->our_end);

	if (fd == -EAGAIN || fd == -EINTR)
		return 0;
	if (fd == -EPIPE) { /* the child left before: its own story tells why */
		drop_our_end(l);
		return 0;
	}
	if (fd < 0)
		return fd;
	drop_our_end(l);
	l->listener = fd;
	l->arrived = true;
	return watch(l, fd);
}

static int serve(struct listen *l, const struct epoll_event *e)
{
	int fd = e->data.fd;
	uint64_t expirations;

	if (fd == l->timer)
		return read(fd, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN ? -errno
											  : 0;
	if (fd == l->our_end)
		return receive_listener(l);
	if (e->events & EPOLLIN)
		return drain(l);
	/* The last process that had the filter is gone. */
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
	return 0;
}

int listen_on_event(struct listen *l)
{
	struct epoll_event events[3];
	int n = epoll_wait(l->epoll, events, ARRAY_SIZE(events), 0);
	int r = 0;

	for (int i = 0; i < n && r == 0; i++)
		r = serve(l, &events[i]);
	if (r == 0)
		r = let_go_due(l);
	if (l->user.on_wake)
		l->wake_ns = l->user.on_wake(l->user.arg, time_now_ns());
	return r == 0 ? timer_set(l) : r;
}

size_t listen_pending(struct listen *l, const pid_t **ret_tids)
{
	/* What a failure hides is reported by the next event. */
	if (l->our_end >= 0)
		receive_listener(l);
	if (l->listener >= 0)
		drain(l);
	timer_set(l);
	if (l->held.n > l->cap_tids) {
		l->cap_tids = l->held.cap;
		l->tids = mem_realloc(l->tids, l->cap_tids * sizeof(*l->tids));
	}
	for (size_t i = 0; i < l->held.n; i++)
		l->tids[i] = l->held.all[i].tid;
	*ret_tids = l->tids;
	return l->held.n;
}

bool listen_arrived(struct listen *l)
{
	if (l->our_end >= 0)
		receive_listener(l);
	return l->arrived;
}

void listen_totals(const struct listen *l, uint64_t *ret_held, uint64_t *ret_ns)
{
	int64_t now_ns = time_now_ns();

	*ret_held = l->n_held + l->held.n;
	*ret_ns = l->held_ns;
	for (size_t i = 0; i < l->held.n; i++)
		*ret_ns += (uint64_t)(now_ns - l->held.all[i].since_ns);
}
