/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch.c: the event loop: events, timers, signals. One trial is the business of
 * slot.c. */
#include "runner/trial/watch.h"

#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/trial/priority.h"
#include "runner/trial/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#define TICK_NS (NSEC_PER_SEC / 2)
/* How far up a sender of a signal is followed. */
#define ANCESTORS_MAX 64
/* How long the keepers may take to end, all together. */
#define CLOSE_LIMIT_NS NSEC_PER_SEC

struct watch {
	struct slots slots;
	int signals;
	int64_t tick_ns;
	int64_t next_ns; /* when the slots were to be attended to; 0: at no time yet */
	int interrupts;
	sigset_t before; /* the signal mask that was found */
};

/* --- timers --- */

/* Fills the free places. True when a trial was begun, even if it failed to start. */
static bool fill(struct watch *w)
{
	struct slots *s = &w->slots;
	bool begun = false;

	for (int i = 0; i < s->n && !w->interrupts; i++) {
		struct trial trial = {};

		if (s->all[i].state != SLOT_FREE)
			continue;
		if (!s->ops->next(s->arg, &trial))
			break;
		slot_start(s, &s->all[i], &trial);
		begun = true;
	}
	return begun;
}

static void put_off_deadlines(struct watch *w, int64_t late_ns)
{
	for (int i = 0; i < w->slots.n; i++)
		slot_put_off(&w->slots.all[i], late_ns);
}

static int64_t attend_all(struct watch *w)
{
	struct slots *s = &w->slots;
	int64_t now = time_now_ns(), next;

	if (w->next_ns && now - w->next_ns > KEEPER_PAUSE_NS)
		put_off_deadlines(w, now - w->next_ns);
	if (now >= w->tick_ns) {
		s->ops->tick(s->arg, now);
		w->tick_ns = now + TICK_NS;
	}
	next = w->tick_ns;
	for (int i = 0; i < s->n; i++) {
		int64_t t = slot_attend(s, &s->all[i], now);

		if (t < next)
			next = t;
	}
	return w->next_ns = next;
}

/* --- signals --- */

static void abort_all(struct watch *w)
{
	for (int i = 0; i < w->slots.n; i++)
		if (w->slots.all[i].state != SLOT_FREE && w->slots.all[i].end != TRIAL_ABORTED)
			slot_end(&w->slots.all[i], TRIAL_ABORTED);
}

static int read_parent(pid_t pid, struct procfs_stat *ret_stat)
{
	char path[32], text[1024];
	ssize_t n;

	snprintf(path, sizeof(path), "%d/stat", (int)pid);
	n = procfs_read(procfs_directory(), path, text, sizeof(text));
	return n < 0 ? (int)n : procfs_parse_stat(text, (size_t)n, ret_stat);
}

/* A trial that signals its parent's parent should not look like an impatient user. */
static void find_sender(const struct watch *w, struct watch_signal *s)
{
	struct procfs_stat stat;
	pid_t pid = s->sender;

	for (int i = 0; pid > 1 && i < ANCESTORS_MAX && !s->from_trial; i++) {
		if (read_parent(pid, &stat) < 0)
			return;
		if (!i)
			snprintf(s->sender_comm, sizeof(s->sender_comm), "%s", stat.comm);
		pid = stat.ppid;
		for (int k = 0; k < w->slots.n; k++)
			s->from_trial |= slot_is_keeper(&w->slots.all[k], pid);
	}
}

char *watch_signal_describe(const struct watch_signal *s)
{
	if (!s->sender)
		return mem_printf("SIG%s", sigabbrev_np(s->number));
	return mem_printf("SIG%s from process %d%s%s%s%s", sigabbrev_np(s->number), (int)s->sender,
		*s->sender_comm ? " '" : "", s->sender_comm, *s->sender_comm ? "'" : "",
		s->from_trial ? ", which belongs to a trial" : "");
}

static void interrupted(struct watch *w, const struct signalfd_siginfo *info)
{
	struct watch_signal s = { .number = (int)info->ssi_signo };

	s.at_once = w->interrupts++ || s.number != SIGINT;
	if (info->ssi_code == SI_USER || info->ssi_code == SI_QUEUE || info->ssi_code == SI_TKILL)
		s.sender = (pid_t)info->ssi_pid;
	find_sender(w, &s);
	w->slots.ops->interrupted(w->slots.arg, &s);
	if (s.at_once)
		abort_all(w);
}

/* A keeper that was stopped by its trial is continued. Any other child has lost its keeper. What a
 * tracer of ours has stopped is for that thread to see. */
static void reap(struct watch *w)
{
	enum { OWN = WNOHANG | __WNOTHREAD };
	siginfo_t info;

	for (;;) {
		bool keeper = false;

		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOWAIT | OWN) < 0 || !info.si_pid)
			break;
		if (info.si_code == CLD_STOPPED || info.si_code == CLD_TRAPPED) {
			waitid(P_PID, (id_t)info.si_pid, &info, WSTOPPED | OWN);
			kill(info.si_pid, SIGCONT);
			continue;
		}
		for (int i = 0; i < w->slots.n && !keeper; i++)
			if (slot_is_keeper(&w->slots.all[i], info.si_pid)) {
				keeper = true;
				slot_on_keeper(&w->slots, &w->slots.all[i]);
			}
		waitpid(info.si_pid, NULL, WNOHANG);
	}
}

static void read_signals(struct watch *w)
{
	struct signalfd_siginfo info[16]; /* more than there are signals in the mask */
	ssize_t n = read(w->signals, info, sizeof(info));

	for (ssize_t i = 0; i < n / (ssize_t)sizeof(info[0]); i++)
		if (info[i].ssi_signo != SIGCHLD)
			interrupted(w, &info[i]);
	reap(w);
}

/* --- events --- */

static void dispatch(struct watch *w, uint64_t what)
{
	struct slot *s = &w->slots.all[what & UINT32_MAX];

	switch (what & ~(uint64_t)UINT32_MAX) {
	case EVENT_SIGNAL:
		read_signals(w);
		break;
	case EVENT_OUTPUT:
		slot_on_output(&w->slots, s);
		break;
	case EVENT_INJECT:
		slot_on_inject(s);
		break;
	case EVENT_KEEPER:
		slot_on_keeper(&w->slots, s);
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
	n = epoll_pwait2(w->slots.epoll, events, ARRAY_SIZE(events), &ts, NULL);
	if (n < 0 && (errno == ENOSYS || errno == EPERM)) /* before Linux 5.11, or filtered */
		n = epoll_wait(w->slots.epoll, events, ARRAY_SIZE(events),
			left > 0 ? (int)((left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC) : 0);
	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n; i++)
		dispatch(w, events[i].data.u64);
	return 0;
}

/* --- life --- */

/* What nohup(1) has us ignore stays ignored. */
static void fill_mask(sigset_t *ret_mask)
{
	static const int always[] = { SIGCHLD, SIGINT, SIGTERM, SIGXCPU, SIGXFSZ, SIGPIPE };
	static const int unless_ignored[] = { SIGHUP, SIGQUIT };
	struct sigaction action;

	sigemptyset(ret_mask);
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		sigaddset(ret_mask, always[i]);
	for (size_t i = 0; i < ARRAY_SIZE(unless_ignored); i++)
		if (!sigaction(unless_ignored[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(ret_mask, unless_ignored[i]);
}

static int watch_open(struct watch *w)
{
	sigset_t mask;
	int r;

	fill_mask(&mask);
	sigprocmask(SIG_BLOCK, &mask, &w->before);
	procfs_keep_open();
	w->slots.epoll = epoll_create1(EPOLL_CLOEXEC);
	w->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->slots.epoll < 0 || w->signals < 0)
		return -errno;
	r = spawner_init(&w->slots.spawner);
	return r < 0 ? r : slots_watch(&w->slots, w->signals, EVENT_SIGNAL);
}

static void watch_close(struct watch *w)
{
	int64_t until = time_now_ns() + CLOSE_LIMIT_NS;

	for (int i = 0; i < w->slots.n; i++)
		slot_release(&w->slots.all[i]);
	for (int i = 0; i < w->slots.n; i++)
		slot_done(&w->slots.all[i], until);
	free(w->slots.all);
	if (w->slots.epoll >= 0)
		close(w->slots.epoll);
	if (w->signals >= 0)
		close(w->signals);
	spawner_done(&w->slots.spawner);
	sigprocmask(SIG_SETMASK, &w->before, NULL);
}

int watch_run(int jobs, const struct isolate *isolate, struct prober *prober,
	const struct watch_ops *ops, void *arg)
{
	struct watch w = {
		.slots = {
			.all = mem_alloc((size_t)jobs * sizeof(struct slot)),
			.n = jobs,
			.isolate = isolate,
			.prober = prober,
			.ops = ops,
			.arg = arg,
			.spawner.children = -1,
			.epoll = -1,
		},
		.signals = -1,
	};
	int r = watch_open(&w);

	w.slots.raised = !r && priority_raise();
	while (!r) {
		bool begun = fill(&w);

		if (!w.slots.running && !begun)
			break;
		r = wait_events(&w, attend_all(&w));
	}
	if (w.slots.raised)
		priority_lower();
	watch_close(&w);
	return r;
}
