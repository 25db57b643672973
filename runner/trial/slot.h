/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slot.h: a place for one trial at a time: its keeper, its output, its probes, its end. Known to
 * slot.c and watch.c only.
 */
#ifndef RUNNER_TRIAL_SLOT_H
#define RUNNER_TRIAL_SLOT_H

#include "runner/trial/capture.h"
#include "runner/trial/keeper.h"
#include "runner/trial/watch.h"

enum slot_state {
	SLOT_FREE,
	SLOT_RUNNING, /* its keeper has it */
	SLOT_ADOPTED, /* its keeper is dead, and its processes are our children */
};

struct slot {
	enum slot_state state;
	struct trial trial;
	struct keeper *keeper; /* NULL: none yet */
	int output;
	bool listening;    /* its output is watched */
	int64_t listen_ns; /* from then on; INT64_MAX: it is */
	int64_t start_ns, deadline_ns, end_ns;
	int64_t give_up_ns; /* when a trial that should be over counts as one that cannot be */
	enum { PATIENCE_NONE, PATIENCE_CHECKING, PATIENCE_USED } patience; /* at its deadline */
	uint64_t written;  /* of its output, when that check began */
	bool slow;         /* it got more time */
	int64_t detect_ns; /* deadlock: from the last progress to the proof */
	enum trial_end end;
	const char *fault;
	char fault_text[200];
	int fault_errno;
	bool refused; /* by the zygote */
	enum appearance appearance;
	int status;
	struct probe probe;
	struct capture capture;
};

/* What the slots share. */
struct slots {
	struct slot *all;
	int n, running; /* running: those that are not free */
	const struct isolate *isolate;
	struct prober *prober;
	const struct watch_ops *ops;
	void *arg;
	struct spawner spawner;
	int epoll;
	bool raised; /* our priority */
};

/* What an epoll event is about; the low half is the slot. */
#define EVENT_OUTPUT (UINT64_C(1) << 32)
#define EVENT_INJECT (UINT64_C(2) << 32)
#define EVENT_SIGNAL (UINT64_C(3) << 32)
#define EVENT_KEEPER (UINT64_C(4) << 32)

int slots_watch(struct slots *w, int fd, uint64_t what);

void slot_start(struct slots *w, struct slot *s, const struct trial *trial);
/* Gives the running trial back the time in which it could not run. */
void slot_put_off(struct slot *s, int64_t late_ns);
/* Asks for the end of the trial; its facts are handed over when nothing of it is left. */
void slot_end(struct slot *s, enum trial_end why);
/* Runs the timers that have expired; returns when the next one expires. */
int64_t slot_attend(struct slots *w, struct slot *s, int64_t now_ns);
void slot_on_output(struct slots *w, struct slot *s);
void slot_on_inject(struct slot *s);
void slot_on_keeper(struct slots *w, struct slot *s);
/* A child of ours has ended or was stopped. False: it is not this slot's keeper. */
bool slot_is_keeper(const struct slot *s, pid_t pid);
/* Gives up the trial that it may have. */
void slot_release(struct slot *s);
void slot_done(struct slot *s, int64_t until_ns);

#endif
