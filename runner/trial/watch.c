/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch.c: over 500 lines, for the parts of one event loop share one private struct and are read in
 * one go: ends, strays, output, starts, time, events, life. */
#include "runner/trial/watch.h"

#include "runner/trial/capture.h"
#include "runner/trial/priority.h"
#include "runner/proc/open.h"
#include "runner/trial/spawn.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

enum state {
	FREE,
	RUNNING,
	DRAINING, /* the root is reaped; strays may remain */
};

struct slot {
	enum state state;
	struct trial trial;
	pid_t pid;
	uint64_t tag;
	struct spawn_place *place;
	int output;
	bool listening;    /* its output is watched */
	int64_t listen_ns; /* from then on; INT64_MAX: it is */
	int64_t start_ns, deadline_ns, end_ns;
	int64_t detect_ns; /* deadlock: from the last progress to the proof */
	enum trial_end end;
	const char *fault;
	int fault_errno;
	enum appearance appearance;
	int status;
	struct probe probe;
	struct capture capture;
};

struct watch {
	int jobs;
	const struct isolate *isolate;
	struct prober *prober;
	const struct watch_ops *ops;
	void *arg;
	struct spawner spawner;
	struct slot *slots;
	int running; /* slots that are not free */
	int epoll, signals, null;
	uint64_t next_tag;
	int64_t tick_ns;
	int interrupts;
	bool raised; /* our priority */
};

/* What an epoll event is about; the low half is the slot. */
#define EVENT_OUTPUT (UINT64_C(1) << 32)
#define EVENT_INJECT (UINT64_C(2) << 32)
#define EVENT_SIGNAL (UINT64_C(3) << 32)

/* How long killed processes may take to vanish before the instrument calls itself broken. */
#define DRAIN_LIMIT_NS (20 * NSEC_PER_SEC)
#define DRAIN_POLL_NS (2 * NSEC_PER_MSEC)
#define TICK_NS (NSEC_PER_SEC / 2)
/* Most trials that end at all end before that, and what they have written waits in the pipe; to
 * watch it sooner would wake us a second time for each of them. */
#define LISTEN_AFTER_NS (2 * NSEC_PER_MSEC)

static int watch_add(struct watch *w, int fd, uint64_t what)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = what };

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

static void hand_over(struct watch *w, struct slot *s)
{
	struct trial_over over = {
		.trial = s->trial,
		.end = s->end,
		.fault = s->fault,
		.fault_errno = s->fault_errno,
		.status = s->status,
		.root_was_proven = s->probe.root_was_proven,
		.proven = s->probe.proven,
		.part_proven = s->probe.part_proven,
		.appearance = s->appearance,
		.cause = s->probe.cause,
		.duration_ns = s->end_ns - s->start_ns,
		.detect_ns = s->detect_ns,
		.proven_at_ns = s->probe.root_proof_ns,
	};

	over.output = capture_take(&s->capture, &over.output_len);
	if (s->trial.inject)
		inject_trial_finish(s->trial.inject,
			s->end == TRIAL_PROVEN || s->end == TRIAL_DEADLINE, &over.counters);
	w->ops->over(w->arg, &over);
	free(over.output);
	free(s->trial.env);
	free(over.counters.note);
	probe_done(w->prober, &s->probe);
	capture_reset(&s->capture);
	s->state = FREE;
	w->running--;
}

/* --- strays --- */

static struct slot *slot_of_root(const struct watch *w, pid_t pid)
{
	for (int i = 0; i < w->jobs; i++)
		if (w->slots[i].state == RUNNING && w->slots[i].pid == pid)
			return &w->slots[i];
	return NULL;
}

static struct slot *slot_of_tag(const struct watch *w, uint64_t tag)
{
	for (int i = 0; i < w->jobs; i++)
		if (w->slots[i].state != FREE && w->slots[i].tag == tag)
			return &w->slots[i];
	return NULL;
}

static int count_roots(const struct watch *w)
{
	int n = 0;

	for (int i = 0; i < w->jobs; i++)
		n += w->slots[i].state == RUNNING;
	return n;
}

/*
 * Children of ours that are no roots: processes that outlived their parents. Lists those of slot s.
 * A stray that belongs to no trial at all is ended on sight.
 */
static int find_strays(const struct watch *w, const struct slot *s, pid_t *ret_pids, int max)
{
	pid_t pids[PROBE_MAX_ORPHANS];
	int n = spawn_children(&w->spawner, pids, ARRAY_SIZE(pids)), found = 0;

	if (n <= count_roots(w))
		return 0;
	for (int i = 0; i < n; i++) {
		const struct slot *owner;

		if (slot_of_root(w, pids[i]))
			continue;
		owner = slot_of_tag(w, spawn_tag_of(pids[i]));
		if (!owner)
			kill(pids[i], SIGKILL);
		else if (owner == s && found < max)
			ret_pids[found++] = pids[i];
	}
	return found;
}

static void read_output(struct watch *w, struct slot *s, bool to_the_end);
static void close_output(struct watch *w, struct slot *s);

/* Ends whatever the trial left, and hands it over once nothing is left. */
static void drain(struct watch *w, struct slot *s)
{
	pid_t pids[PROBE_MAX_ORPHANS];
	int n = find_strays(w, s, pids, PROBE_MAX_ORPHANS);

	for (int i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	if (n && time_now_ns() - s->end_ns < DRAIN_LIMIT_NS)
		return;
	if (n) {
		s->end = TRIAL_FAULT;
		s->fault = "a process of the trial cannot be killed";
	}
	read_output(w, s, true);
	close_output(w, s);
	hand_over(w, s);
}

/* --- ends --- */

static void end_trial(struct slot *s, enum trial_end why)
{
	s->end = why;
	kill(-s->pid, SIGKILL);
	kill(s->pid, SIGKILL);
}

/* The root has exited but is not reaped: its pid still names its process group. */
static void root_exited(struct watch *w, struct slot *s)
{
	kill(-s->pid, SIGKILL);
	while (waitpid(s->pid, &s->status, 0) < 0 && errno == EINTR)
		;
	if (s->place->error) {
		s->end = TRIAL_FAULT;
		s->fault = "cannot be started";
		s->fault_errno = -s->place->error;
	}
	s->end_ns = time_now_ns();
	s->state = DRAINING;
	drain(w, s);
}

static void reap(struct watch *w)
{
	siginfo_t info;
	bool orphan = false;

	for (;;) {
		struct slot *s;

		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
			break;
		s = slot_of_root(w, info.si_pid);
		if (s) {
			root_exited(w, s);
		} else {
			waitpid(info.si_pid, NULL, WNOHANG);
			orphan = true;
		}
	}
	for (int i = 0; i < w->jobs && orphan; i++)
		if (w->slots[i].state == DRAINING)
			drain(w, &w->slots[i]);
}

/* --- output --- */

/* A child that has not got round to closing its copies yet keeps a closed pipe in the epoll set,
 * and that would report its end over and over, for whoever has the slot next. */
static void close_output(struct watch *w, struct slot *s)
{
	if (s->output < 0)
		return;
	if (s->listening)
		epoll_ctl(w->epoll, EPOLL_CTL_DEL, s->output, NULL);
	close(s->output);
	s->output = -1;
}

static void read_output(struct watch *w, struct slot *s, bool to_the_end)
{
	static char buffer[64 * 1024];
	/* Bounded, so that a flood starves nobody; a dead trial has at most what the pipe holds. */
	int rounds = to_the_end ? 64 : 4;

	while (s->output >= 0 && rounds--) {
		ssize_t n = read(s->output, buffer, sizeof(buffer));

		if (n > 0) {
			capture_add(&s->capture, buffer, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		close_output(w, s);
	}
}

/* --- starts --- */

static void fail_start(struct watch *w, struct slot *s, const char *fault, int error)
{
	s->end = TRIAL_FAULT;
	s->fault = fault;
	s->fault_errno = error;
	s->end_ns = s->start_ns;
	hand_over(w, s);
}

static void fail_watch(struct slot *s, int error)
{
	end_trial(s, TRIAL_FAULT);
	s->fault = "cannot be watched";
	s->fault_errno = error;
}

static int attach_inject(struct watch *w, struct slot *s, int slot)
{
	int fd;

	if (!s->trial.inject)
		return 0;
	fd = inject_trial_attach(s->trial.inject, s->pid);
	return fd < 0 ? 0 : watch_add(w, fd, EVENT_INJECT | (uint64_t)slot);
}

static void start(struct watch *w, int slot, const struct trial *trial)
{
	struct slot *s = &w->slots[slot];
	struct spawn_request request = {
		.path = trial->target->path,
		.argv = trial->target->argv,
		.env = trial->env,
		.tag = ++w->next_tag,
		.stdin_fd = w->null,
		.inject = trial->inject,
		.isolate = trial->target->canary ? NULL : w->isolate,
		.raised = w->raised,
	};
	struct spawn_place *place = s->place;
	struct capture capture = s->capture;
	int r;

	*s = (struct slot){ .state = RUNNING,
		.trial = *trial,
		.place = place,
		.capture = capture,
		.output = -1,
		.tag = request.tag };
	w->running++;
	s->start_ns = time_now_ns();
	r = spawn_trial(&w->spawner, place, &request, &s->pid, &s->output);
	if (r < 0) {
		fail_start(w, s, "cannot be started", -r);
		return;
	}
	s->deadline_ns = s->start_ns + trial->deadline_ns;
	s->listen_ns = s->start_ns + LISTEN_AFTER_NS;
	probe_start(
		&s->probe, trial->target->path, trial->cell, s->start_ns, trial->first_probe_ns);
	s->probe.cause_is_known = trial->target->canary;
	s->probe.lives_on = trial->audit;
	r = attach_inject(w, s, slot);
	if (r < 0)
		fail_watch(s, -r);
}

/* Fills the free places. True when a trial was begun, even if it failed to start. */
static bool fill(struct watch *w)
{
	bool begun = false;

	for (int i = 0; i < w->jobs && !w->interrupts; i++) {
		struct trial trial = {};

		if (w->slots[i].state != FREE)
			continue;
		if (!w->ops->next(w->arg, &trial))
			break;
		start(w, i, &trial);
		begun = true;
	}
	return begun;
}

/* --- time --- */

struct owner {
	const struct watch *watch;
	const struct slot *slot;
};

static int list_orphans(void *arg, pid_t *pids, int max)
{
	const struct owner *o = arg;

	return find_strays(o->watch, o->slot, pids, max);
}

static void look_now(struct watch *w, struct slot *s, int64_t now)
{
	struct owner owner = { w, s };
	struct probe_tree tree = { s->pid, list_orphans, &owner };

	probe_at(w->prober, &s->probe, &tree, s->trial.inject, now);
	if (!s->probe.proven)
		return;
	if (!s->detect_ns)
		s->detect_ns = s->probe.first_proof_ns -
			       (s->probe.last_ran_ns ? s->probe.last_ran_ns : s->start_ns);
	if (s->trial.audit)
		s->probe.next_ns = INT64_MAX;
	else
		end_trial(s, TRIAL_PROVEN);
}

static void deadline_reached(struct watch *w, struct slot *s)
{
	struct owner owner = { w, s };
	struct probe_tree tree = { s->pid, list_orphans, &owner };

	s->appearance = probe_finally(w->prober, &s->probe, &tree, s->trial.inject);
	end_trial(s, TRIAL_DEADLINE);
}

static void listen_now(struct watch *w, struct slot *s)
{
	int r = watch_add(w, s->output, EVENT_OUTPUT | (uint64_t)(s - w->slots));

	s->listen_ns = INT64_MAX;
	s->listening = !r;
	if (r < 0)
		fail_watch(s, -r);
}

static int64_t next_of(const struct slot *s)
{
	int64_t next = s->deadline_ns < s->probe.next_ns ? s->deadline_ns : s->probe.next_ns;

	return next < s->listen_ns ? next : s->listen_ns;
}

/* When slot s wants attention next, and gives it when that is now. */
static int64_t attend(struct watch *w, struct slot *s, int64_t now)
{
	if (s->state == DRAINING) {
		drain(w, s);
		return s->state == FREE ? INT64_MAX : now + DRAIN_POLL_NS;
	}
	if (s->state == FREE || s->end != TRIAL_ENDED)
		return INT64_MAX; /* killed: its SIGCHLD will come */
	if (now >= s->listen_ns)
		listen_now(w, s);
	if (s->end != TRIAL_ENDED)
		return INT64_MAX;
	if (now >= s->deadline_ns)
		deadline_reached(w, s);
	else if (now >= s->probe.next_ns)
		look_now(w, s, now);
	if (s->end != TRIAL_ENDED)
		return INT64_MAX;
	return next_of(s);
}

static int64_t attend_all(struct watch *w)
{
	int64_t now = time_now_ns(), next;

	if (now >= w->tick_ns) {
		w->ops->tick(w->arg, now);
		w->tick_ns = now + TICK_NS;
	}
	next = w->tick_ns;
	for (int i = 0; i < w->jobs; i++) {
		int64_t t = attend(w, &w->slots[i], now);

		if (t < next)
			next = t;
	}
	return next;
}

/* --- events --- */

static void interrupted(struct watch *w)
{
	if (!w->interrupts++) {
		w->ops->interrupted(w->arg);
		return;
	}
	for (int i = 0; i < w->jobs; i++)
		if (w->slots[i].state == RUNNING)
			end_trial(&w->slots[i], TRIAL_ABORTED);
}

static void read_signals(struct watch *w)
{
	struct signalfd_siginfo info[8]; /* more than there are signals in the mask */
	ssize_t n = read(w->signals, info, sizeof(info));

	for (ssize_t i = 0; i < n / (ssize_t)sizeof(info[0]); i++)
		if (info[i].ssi_signo != SIGCHLD)
			interrupted(w);
	reap(w);
}

static void inject_event(struct slot *s)
{
	int r = s->trial.inject ? inject_trial_on_event(s->trial.inject) : 0;

	if (r < 0 && s->state == RUNNING && s->end == TRIAL_ENDED) {
		end_trial(s, TRIAL_FAULT);
		s->fault = "the injector failed";
		s->fault_errno = -r;
	}
}

static void dispatch(struct watch *w, uint64_t what)
{
	int slot = (int)(what & UINT32_MAX);
	struct slot *s = &w->slots[slot];

	switch (what & ~(uint64_t)UINT32_MAX) {
	case EVENT_SIGNAL:
		read_signals(w);
		break;
	case EVENT_OUTPUT:
		if (s->state != FREE)
			read_output(w, s, false);
		break;
	case EVENT_INJECT:
		if (s->state != FREE)
			inject_event(s);
		break;
	}
}

static int wait_events(struct watch *w, int64_t until_ns)
{
	struct epoll_event events[32];
	int64_t left = until_ns - time_now_ns();
	struct timespec ts = {};
	int n;

	if (left > 0)
		ts = (struct timespec){ left / NSEC_PER_SEC, left % NSEC_PER_SEC };
	n = epoll_pwait2(w->epoll, events, ARRAY_SIZE(events), &ts, NULL);
	if (n < 0 && errno == ENOSYS) /* before Linux 5.11 */
		n = epoll_wait(w->epoll, events, ARRAY_SIZE(events),
			left > 0 ? (int)((left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC) : 0);
	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n; i++)
		dispatch(w, events[i].data.u64);
	return 0;
}

/* --- life --- */

static int watch_open(struct watch *w)
{
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	procfs_keep_open();
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	w->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (w->epoll < 0 || w->signals < 0 || w->null < 0)
		return -errno;
	for (int i = 0; i < w->jobs; i++)
		if (!(w->slots[i].place = spawn_place_new()))
			return -errno;
	r = spawner_init(&w->spawner);
	return r < 0 ? r : watch_add(w, w->signals, EVENT_SIGNAL);
}

static void watch_close(struct watch *w)
{
	for (int i = 0; i < w->jobs; i++) {
		capture_done(&w->slots[i].capture);
		spawn_place_free(w->slots[i].place);
	}
	free(w->slots);
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->signals >= 0)
		close(w->signals);
	if (w->null >= 0)
		close(w->null);
	spawner_done(&w->spawner);
}

int watch_run(int jobs, const struct isolate *isolate, struct prober *prober,
	const struct watch_ops *ops, void *arg)
{
	struct watch w = {
		.jobs = jobs,
		.isolate = isolate,
		.prober = prober,
		.ops = ops,
		.arg = arg,
		.slots = mem_alloc((size_t)jobs * sizeof(struct slot)),
		.epoll = -1,
		.signals = -1,
		.null = -1,
		.spawner.children = -1,
		/* Far above any limit that a user would set on locks by hand. */
		.next_tag = UINT64_C(1) << 40 | (uint64_t)getpid() << 20,
	};
	int r = watch_open(&w);

	w.raised = !r && priority_raise();
	while (!r) {
		bool begun = fill(&w);

		if (!w.running && !begun)
			break;
		r = wait_events(&w, attend_all(&w));
	}
	if (w.raised)
		priority_lower();
	watch_close(&w);
	return r;
}
