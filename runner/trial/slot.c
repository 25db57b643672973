/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slot.c: one trial from its start to its end; over 500 lines, since all its steps share one
 * struct. */
#include "runner/trial/slot.h"

#include "runner/base/util.h"
#include "runner/trial/verdict.h"
#include "runner/trial/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

/* A keeper that has reported nothing by then is not able to. */
#define KEEPER_LIMIT_NS (KEEPER_KILL_LIMIT_NS + 2 * NSEC_PER_SEC)
/* Who aborts a campaign does not wait for what cannot be killed; the keepers go on trying. */
#define ABORT_LIMIT_NS NSEC_PER_SEC
#define ADOPTED_POLL_NS (2 * NSEC_PER_MSEC)
/* When to ask again for a program that its keeper has not started yet. */
#define NOT_STARTED_POLL_NS NSEC_PER_MSEC
#define BEGIN_LIMIT_NS (60 * NSEC_PER_SEC)
/* Most trials that end at all end before that, and what they have written waits in the pipe; to
 * watch it sooner would wake us a second time for each of them. */
#define LISTEN_AFTER_NS (2 * NSEC_PER_MSEC)
#define PROGRESS_WINDOW_NS (NSEC_PER_SEC / 2) /* between two pictures that tell of progress */

int slots_watch(struct slots *w, int fd, uint64_t what)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = what };

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

static uint64_t number_of(const struct slots *w, const struct slot *s)
{
	return (uint64_t)(s - w->all);
}

/* --- output --- */

/* A child that has not got round to closing its copies yet keeps a closed pipe in the epoll set,
 * and that would report its end over and over to the next trial of the slot. */
static void close_output(struct slots *w, struct slot *s)
{
	if (s->output < 0)
		return;
	if (s->listening)
		epoll_ctl(w->epoll, EPOLL_CTL_DEL, s->output, NULL);
	close(s->output);
	s->output = -1;
}

static void read_output(struct slots *w, struct slot *s, bool to_the_end)
{
	static char buffer[64 * 1024];
	/* Bounded, so that one trial's flood does not delay the others; a dead trial has at most
	 * what the pipe holds. */
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

void slot_on_output(struct slots *w, struct slot *s)
{
	if (s->state != SLOT_FREE)
		read_output(w, s, false);
}

/* --- ends --- */

/* What an injection learns from it. */
static unsigned int outcome_of(const struct trial_over *o)
{
	if (o->end == TRIAL_ABORTED)
		return 0;
	switch (verdict_of(o)) {
	case VERDICT_DEADLOCK:
	case VERDICT_TIMEOUT:
		return RECORD_ON_HANG;
	case VERDICT_CRASH:
		return RECORD_ON_CRASH;
	case VERDICT_FAIL:
		return RECORD_ON_FAIL;
	default:
		return 0;
	}
}

static void hand_over(struct slots *w, struct slot *s)
{
	struct trial_over over = {
		.trial = s->trial,
		.end = s->end,
		.fault = s->fault,
		.fault_errno = s->fault_errno,
		.refused = s->refused,
		.status = s->status,
		.root_was_proven = s->probe.root_was_proven,
		.undecided = s->probe.undecided,
		.proven = s->probe.proven,
		.part_proven = s->probe.part_proven,
		.slow = s->slow,
		.appearance = s->appearance,
		.cause = s->probe.cause,
		.duration_ns = s->end_ns - s->start_ns,
		.detect_ns = s->detect_ns,
		.proven_at_ns = s->probe.root_proof_ns,
	};

	read_output(w, s, true);
	close_output(w, s);
	over.output = capture_take(&s->capture, &over.output_len);
	if (s->trial.inject)
		inject_trial_finish(s->trial.inject, outcome_of(&over), &over.counters);
	w->ops->over(w->arg, &over);
	free(over.output);
	free(s->trial.env);
	free(over.counters.note);
	free(over.counters.replay);
	probe_done(w->prober, &s->probe);
	capture_reset(&s->capture);
	s->state = SLOT_FREE;
	w->running--;
}

static void set_fault(struct slot *s, const char *fault, int error)
{
	s->end = TRIAL_FAULT;
	s->fault = fault;
	s->fault_errno = error;
}

/* An aborted trial has no verdict. */
static void set_cannot_be_killed(struct slot *s, pid_t pid, const char *comm)
{
	if (s->end == TRIAL_ABORTED)
		return;
	snprintf(s->fault_text, sizeof(s->fault_text), "cannot be killed: process %d '%s'",
		(int)pid, comm);
	set_fault(s, s->fault_text, 0);
}

static void stop_waiting(struct slot *s, int64_t limit_ns)
{
	s->give_up_ns = time_now_ns() + limit_ns;
}

void slot_end(struct slot *s, enum trial_end why)
{
	s->end = why;
	if (s->state == SLOT_RUNNING)
		keeper_end(s->keeper);
	stop_waiting(s, why == TRIAL_ABORTED ? ABORT_LIMIT_NS : KEEPER_LIMIT_NS);
}

/* --- keepers --- */

static void forget_keeper(struct slots *w, struct slot *s)
{
	epoll_ctl(w->epoll, EPOLL_CTL_DEL, keeper_fd(s->keeper), NULL);
	keeper_kill(s->keeper);
	s->keeper = NULL;
}

/* The keeper of a running trial is dead, or does not answer: from now on its children are ours. */
static void adopt(struct slots *w, struct slot *s)
{
	pid_t root = keeper_root(s->keeper);

	forget_keeper(w, s);
	if (root > 0) {
		kill(-root, SIGKILL);
		kill(root, SIGKILL);
	}
	s->end_ns = time_now_ns();
	s->status = SIGKILL;
	s->state = SLOT_ADOPTED;
	stop_waiting(s, KEEPER_KILL_LIMIT_NS);
	if (s->end == TRIAL_ENDED)
		set_fault(s, "the trial has killed hangrate's keeper process, its parent", 0);
}

static bool is_any_keeper(const struct slots *w, pid_t pid)
{
	for (int i = 0; i < w->n; i++)
		if (slot_is_keeper(&w->all[i], pid))
			return true;
	return false;
}

/* Which trial they belonged to is not known any more; they have no keeper, so they all have to go.
 * Returns one of those that are left. */
static pid_t kill_adopted(const struct slots *w)
{
	pid_t pids[PROBE_MAX_ORPHANS], left = 0;
	int n = spawn_children(w->spawner.children, pids, PROBE_MAX_ORPHANS);

	for (int i = 0; i < n; i++) {
		if (is_any_keeper(w, pids[i]))
			continue;
		kill(pids[i], SIGKILL);
		left = pids[i];
	}
	return left;
}

static void clear_adopted(struct slots *w, struct slot *s, int64_t now_ns)
{
	pid_t left = kill_adopted(w);

	if (left && now_ns < s->give_up_ns)
		return;
	if (left)
		set_cannot_be_killed(s, left, "of a trial without keeper");
	hand_over(w, s);
}

static void set_refused(struct slot *s, const struct keeper_report *r)
{
	char *why cleanup(cleanup_free) = zygote_describe(r->refusal, r->refusal_detail);

	snprintf(s->fault_text, sizeof(s->fault_text),
		"--spawn zygote: the program %s; use --spawn exec", why);
	set_fault(s, s->fault_text, 0);
	s->refused = true;
}

static void trial_is_over(struct slots *w, struct slot *s, const struct keeper_report *r)
{
	s->status = r->status;
	s->end_ns = r->end_ns;
	if (r->refusal && s->end != TRIAL_ABORTED)
		set_refused(s, r);
	else if (r->error && s->end != TRIAL_ABORTED)
		set_fault(s, "cannot be started", -r->error);
	if (r->backstop && s->end == TRIAL_ENDED)
		s->end = TRIAL_DEADLINE;
	if (r->left) {
		set_cannot_be_killed(s, r->left, r->left_comm);
		forget_keeper(w, s);
	}
	hand_over(w, s);
}

void slot_on_keeper(struct slots *w, struct slot *s)
{
	struct keeper_report report;
	int r = s->keeper ? keeper_read(s->keeper, &report) : 0;

	if (r > 0 && s->state == SLOT_RUNNING)
		trial_is_over(w, s, &report);
	else if (r < 0 && s->state == SLOT_RUNNING)
		adopt(w, s);
	else if (r < 0)
		forget_keeper(w, s);
}

bool slot_is_keeper(const struct slot *s, pid_t pid)
{
	return s->keeper && keeper_pid(s->keeper) == pid;
}

/* --- starts --- */

static int have_keeper(struct slots *w, struct slot *s, const struct spawn_request *q)
{
	int r;

	if (s->keeper && keeper_fits(s->keeper, q))
		return 0;
	if (s->keeper)
		forget_keeper(w, s);
	r = keeper_new(&w->spawner, q, &s->keeper);
	if (r < 0)
		return r;
	r = slots_watch(w, keeper_fd(s->keeper), EVENT_KEEPER | number_of(w, s));
	if (r < 0) {
		keeper_kill(s->keeper);
		s->keeper = NULL;
	}
	return r;
}

static int64_t longest_extension(const struct trial *t)
{
	return PROGRESS_WINDOW_NS +
	       (t->extend_ns > t->extend_asleep_ns ? t->extend_ns : t->extend_asleep_ns);
}

static int start_program(struct slots *w, struct slot *s, struct spawn_request *q)
{
	int fds[2], r = have_keeper(w, s, q);

	if (r < 0)
		return r;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	q->output = fds[1];
	s->output = fds[0];
	s->start_ns = time_now_ns();
	s->deadline_ns = s->start_ns + s->trial.deadline_ns;
	r = keeper_start(s->keeper, q, s->deadline_ns + longest_extension(&s->trial));
	close(fds[1]);
	return r;
}

static int attach_inject(struct slots *w, struct slot *s)
{
	int fd;

	if (!s->trial.inject)
		return 0;
	fd = inject_trial_attach(s->trial.inject, keeper_root(s->keeper));
	return fd < 0 ? 0 : slots_watch(w, fd, EVENT_INJECT | number_of(w, s));
}

static void fail_watch(struct slot *s, int error)
{
	slot_end(s, TRIAL_FAULT);
	set_fault(s, "cannot be watched", error);
}

void slot_start(struct slots *w, struct slot *s, const struct trial *trial)
{
	bool isolated = w->isolate && !trial->target->canary;
	struct spawn_request request = {
		.path = trial->target->path,
		.argv = trial->target->argv,
		.env = trial->env,
		.inject.handover = -1,
		.isolated = isolated,
		.raised = w->raised,
		.zygote = trial->zygote,
	};
	struct slot fresh = { .state = SLOT_RUNNING,
		.trial = *trial,
		.keeper = s->keeper,
		.capture = s->capture,
		.output = -1 };
	int r;

	if (isolated)
		request.isolate = *w->isolate;
	if (trial->inject)
		inject_trial_child(trial->inject, &request.inject);
	if (request.zygote)
		request.zygote_key = zygote_key(&request);
	*s = fresh;
	w->running++;
	s->start_ns = time_now_ns();
	r = start_program(w, s, &request);
	if (r < 0) {
		set_fault(s, "cannot be started", -r);
		s->end_ns = s->start_ns;
		hand_over(w, s);
		return;
	}
	s->listen_ns = s->start_ns + LISTEN_AFTER_NS;
	s->give_up_ns = INT64_MAX;
	probe_start(
		&s->probe, trial->target->path, trial->cell, s->start_ns, trial->first_probe_ns);
	s->probe.cause_is_known = trial->target->canary;
	s->probe.lives_on = trial->audit;
	r = attach_inject(w, s);
	if (r < 0)
		fail_watch(s, -r);
}

/* --- time --- */

static int list_orphans(void *arg, pid_t *pids, int max)
{
	const struct slot *s = arg;

	return keeper_orphans(s->keeper, pids, max);
}

static struct probe_tree tree_of(struct slot *s)
{
	return (struct probe_tree){
		.root = keeper_root(s->keeper),
		.keeper = keeper_parent(s->keeper),
		.orphans = list_orphans,
		.arg = s,
	};
}

static void probe_now(struct slots *w, struct slot *s, int64_t now_ns)
{
	struct probe_tree tree = tree_of(s);

	if (!tree.root) {
		s->probe.next_ns = now_ns + NOT_STARTED_POLL_NS;
		return;
	}
	probe_at(w->prober, &s->probe, &tree, s->trial.inject, now_ns);
	if (!s->probe.proven)
		return;
	if (!s->detect_ns)
		s->detect_ns = s->probe.first_proof_ns -
			       (s->probe.last_ran_ns ? s->probe.last_ran_ns : s->start_ns);
	if (s->trial.audit)
		s->probe.next_ns = INT64_MAX;
	else
		slot_end(s, TRIAL_PROVEN);
}

/* How much more time the trial gets after the check; 0: none. */
static int64_t extension_of(struct slots *w, struct slot *s, const struct probe_tree *tree)
{
	bool moved;
	enum appearance appearance = probe_progress(w->prober, &s->probe, tree, &moved);

	read_output(w, s, false);
	if (appearance == APPEARANCE_SLEEPING)
		return s->trial.extend_asleep_ns;
	return appearance == APPEARANCE_SPINNING || moved || s->capture.total != s->written
		       ? s->trial.extend_ns
		       : 0;
}

/* Two pictures a moment apart tell whether the trial still makes progress: then it is slow, and
 * gets more time once. True: it goes on. */
static bool is_patient(
	struct slots *w, struct slot *s, const struct probe_tree *tree, int64_t now_ns)
{
	if (!s->trial.extend_ns || s->patience == PATIENCE_USED || s->probe.part_proven)
		return false;
	if (s->patience == PATIENCE_NONE) {
		probe_remember(w->prober, &s->probe, tree);
		s->written = s->capture.total;
		s->patience = PATIENCE_CHECKING;
		s->deadline_ns = now_ns + PROGRESS_WINDOW_NS;
		return true;
	}
	s->patience = PATIENCE_USED;
	s->deadline_ns += extension_of(w, s, tree);
	s->slow = s->deadline_ns > now_ns;
	keeper_set_deadline(s->keeper, s->deadline_ns);
	return s->slow;
}

/* Its keeper has not got to it: the machine is too full. It has used none of its time yet. */
static void wait_for_begin(struct slot *s, int64_t now_ns)
{
	if (now_ns - s->start_ns < BEGIN_LIMIT_NS) {
		s->deadline_ns = now_ns + s->trial.deadline_ns;
		keeper_set_deadline(s->keeper, s->deadline_ns + longest_extension(&s->trial));
		return;
	}
	slot_end(s, TRIAL_FAULT);
	set_fault(s, "was not begun: the machine is too full", 0);
}

static void deadline_reached(struct slots *w, struct slot *s, int64_t now_ns)
{
	struct probe_tree tree = tree_of(s);

	if (!tree.root) {
		wait_for_begin(s, now_ns);
		return;
	}
	if (is_patient(w, s, &tree, now_ns))
		return;
	s->appearance = probe_finally(w->prober, &s->probe, &tree, s->trial.inject);
	slot_end(s, TRIAL_DEADLINE);
}

void slot_put_off(struct slot *s, int64_t late_ns)
{
	if (s->state != SLOT_RUNNING || s->end != TRIAL_ENDED)
		return;
	s->deadline_ns += late_ns;
	keeper_set_deadline(s->keeper, s->deadline_ns + longest_extension(&s->trial));
}

/* The time of the whole command is over: what is proven counts, the rest has no verdict. */
static void time_is_over(struct slots *w, struct slot *s)
{
	struct probe_tree tree = tree_of(s);

	if (tree.root)
		probe_finally(w->prober, &s->probe, &tree, s->trial.inject);
	slot_end(s, s->probe.part_proven ? TRIAL_DEADLINE : TRIAL_ABORTED);
}

static void listen_now(struct slots *w, struct slot *s)
{
	int r = slots_watch(w, s->output, EVENT_OUTPUT | number_of(w, s));

	s->listen_ns = INT64_MAX;
	s->listening = !r;
	if (r < 0)
		fail_watch(s, -r);
}

static int64_t next_of(const struct slot *s)
{
	int64_t next = s->deadline_ns < s->probe.next_ns ? s->deadline_ns : s->probe.next_ns;

	if (s->trial.give_up_ns && s->trial.give_up_ns < next)
		next = s->trial.give_up_ns;
	return next < s->listen_ns ? next : s->listen_ns;
}

/* A trial that should be over: waits for its keeper's report, but not for ever. */
static int64_t attend_ending(struct slots *w, struct slot *s, int64_t now_ns)
{
	if (s->give_up_ns == INT64_MAX)
		stop_waiting(s, KEEPER_LIMIT_NS);
	if (now_ns < s->give_up_ns)
		return s->give_up_ns;
	if (s->end != TRIAL_ABORTED) {
		adopt(w, s);
		return now_ns;
	}
	s->end_ns = now_ns;
	hand_over(w, s);
	return INT64_MAX;
}

int64_t slot_attend(struct slots *w, struct slot *s, int64_t now_ns)
{
	if (s->state == SLOT_ADOPTED)
		clear_adopted(w, s, now_ns);
	if (s->state == SLOT_FREE)
		return INT64_MAX;
	if (s->state == SLOT_ADOPTED)
		return now_ns + ADOPTED_POLL_NS;
	if (s->end != TRIAL_ENDED || keeper_is_clearing(s->keeper))
		return attend_ending(w, s, now_ns);
	if (now_ns >= s->listen_ns)
		listen_now(w, s);
	if (s->end == TRIAL_ENDED && now_ns >= s->deadline_ns)
		deadline_reached(w, s, now_ns);
	else if (s->end == TRIAL_ENDED && s->trial.give_up_ns && now_ns >= s->trial.give_up_ns)
		time_is_over(w, s);
	else if (s->end == TRIAL_ENDED && now_ns >= s->probe.next_ns)
		probe_now(w, s, now_ns);
	return s->end == TRIAL_ENDED ? next_of(s) : s->give_up_ns;
}

/* --- the rest --- */

void slot_on_inject(struct slot *s)
{
	int r = s->state != SLOT_FREE && s->trial.inject ? inject_trial_on_event(s->trial.inject)
							 : 0;

	if (r < 0 && s->state == SLOT_RUNNING && s->end == TRIAL_ENDED) {
		slot_end(s, TRIAL_FAULT);
		set_fault(s, "the injector failed", -r);
	}
}

void slot_release(struct slot *s)
{
	keeper_release(s->keeper);
}

void slot_done(struct slot *s, int64_t until_ns)
{
	capture_done(&s->capture);
	keeper_free(s->keeper, until_ns);
}
