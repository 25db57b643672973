/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject.h: delays where the race is. Parses --inject, chooses the engines that can reach a target,
 * and lives beside each trial: before, in the child, in the runner's loop, and after it.
 *
 *	inject_parse()			text -> spec, pure (docs/injection.md has the grammar)
 *	inject_new()			spec x target x arm -> what every trial of one cell shares
 *	inject_trial_new()		one trial: environment, page of counters
 *	inject_trial_child()		what its process needs, as plain data
 *	inject_child_enter()		between fork and exec
 *	inject_trial_attach()		in the runner, once the child exists: a descriptor to watch
 *	inject_trial_on_event()		whenever that descriptor is readable
 *	inject_trial_finish()		after the last process of the trial is gone: its counters
 *
 * Nothing here sleeps, blocks, waits for a process or writes to a stream. The loop sees one
 * descriptor and no timers: deadlines are a timerfd inside an epoll instance of the trial's own.
 */
#ifndef RUNNER_INJECT_INJECT_H
#define RUNNER_INJECT_INJECT_H

#include "runner/record/record.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* --- what was asked for --- */

enum inject_where {
	INJECT_ANY,      /* a bare name: the first of point, function, system call that knows it */
	INJECT_POINT,    /* "point:NAME", a delay point of a scenario */
	INJECT_FUNC,     /* "func:NAME", an interposed function: a row of lib/preload.def */
	INJECT_SYSCALL,  /* "syscall:NAME" */
	INJECT_CLASS,    /* "%file", "%network", "%process", "%memory", "%desc", "%signal" */
	INJECT_TRAP,     /* "trap": learn what is held at fork, then hold it open. No options */
	INJECT_ORDER,    /* "order": predict lock-order deadlocks, then make them happen */
	INJECT_AUTO,     /* "auto": find the engine and the site with the greatest lift */
	INJECT_SCHEDULE, /* "schedule": threads run by priorities drawn from the seed */
	INJECT_WAKE,     /* "wake": hold a thread before it waits until it has been woken */
	INJECT_WINDOW,   /* "window": hold where descriptors, threads, processes begin and end */
	INJECT_PROFILE,  /* no text: count the calls of a learning trial of "auto" */
};

enum inject_dist {
	INJECT_FIXED,       /* "500us": lo_ns */
	INJECT_UNIFORM,     /* "0..5ms": lo_ns..hi_ns, both included */
	INJECT_EXPONENTIAL, /* "exp(1ms)": mean lo_ns */
};

struct inject_delay {
	enum inject_dist dist;
	uint64_t lo_ns, hi_ns; /* at most INJECT_MAX_DELAY_NS each */
};

#define INJECT_MAX_DELAY_NS UINT64_C(3600000000000) /* one hour */

struct inject_rule {
	enum inject_where where;
	/* Without prefix; a class without its '%'; "" for those that need none; of order what
	 * stands behind "order:", or "". */
	char *name;
	bool has_enter, has_exit;
	struct inject_delay enter, exit;
	uint32_t p_ppm;      /* probability of a passage that counts, in parts per million */
	uint32_t from, step; /* passages from, from+step, ...; step 0: only that one. 1,1: all */
	uint32_t thread;     /* only passages of the thread of that number; 0: of all */
	bool has_p;
	bool has_seed; /* every trial draws from `seed`, whatever its own is */
	uint64_t seed;
	uint32_t changes, steps; /* of a schedule: priorities that change among that many points;
				    steps 0: as many as earlier trials had */
};

struct inject_spec {
	struct inject_rule *rules;
	size_t n_rules, cap_rules;
};

/*
 * Adds the rules of one --inject argument ("a,b:delay_enter=1ms;c:...") to *spec, which starts
 * zeroed. 0, or -EINVAL with one line for people in *ret_error that quotes the place (the caller
 * frees it); the spec is then as before.
 */
int inject_parse(const char *text, size_t len, struct inject_spec *spec, char **ret_error);
/* Adds "NAME:delay_enter=LEVEL" for a scenario's point: one level of a delay knob ("0", "10ms"). */
int inject_spec_add_point(
	struct inject_spec *spec, const char *point, const char *level, char **ret_error);
void inject_spec_copy(const struct inject_spec *from, struct inject_spec *ret_spec);
void inject_spec_done(struct inject_spec *spec);
/* The canonical text: parses to the same spec, and equal specs give equal text. "" when empty. The
 * caller frees it. */
char *inject_spec_format(const struct inject_spec *spec);
/* One level of a delay ("10ms", "0..5ms", "exp(1ms)"), and its mean in ns: the dose. */
int inject_delay_parse(const char *text, size_t len, struct inject_delay *ret_delay);
uint64_t inject_delay_mean_ns(const struct inject_delay *d);

/* --- what can reach a target --- */

struct inject_target {
	const char *exe; /* path of the executable, PATH already searched */
	/* The delay points of a scenario, NULL-terminated (it runs engine points itself); NULL: a
	 * user's program. */
	const char *const *points;
	/* What tells the user's command from others of the same program: arguments, directory,
	 * files. NULL: nothing. A script's locks are not those of its interpreter. */
	const char *command;
	unsigned int goal; /* RECORD_ON_*: what "auto" searches for; 0: hangs */
};

/* What every trial of one cell (target x arm) shares: filters, library paths, what a trap has
 * learned. */
struct inject;

/*
 * Resolves every name and asks each engine that the spec needs whether it can work here. The bare
 * arm has no engine at all; the null arm has the same engines as the injected one, all delays zero.
 *
 * 0: *ret_inject is set. An engine that can't reach this target is left out: inject_note() says so,
 * and inject_engines() is 0 when nothing is left, which makes an arm of the spec pointless.
 * -EINVAL: a name that nothing knows, or a delay that can't be had (delay_exit of a system call);
 * one line in *ret_error, for exit status 2. Other -errno: the instrument failed.
 */
int inject_new(const struct inject_spec *spec, const struct inject_target *target, enum arm arm,
	struct inject **ret_inject, char **ret_error);
void inject_free(struct inject *i); /* NULL-safe; stores what a trap has learned */
/* HANGRATE_ENGINE_* bits. */
unsigned int inject_engines(const struct inject *i);
/* Whether a rule that was asked for by name can't be applied to this target, or was not in any
 * trial so far. "auto" and "trap" choose among what there is. */
bool inject_left_out(const struct inject *i);
/* One line: engines that were left out and why, and, once trials are finished, those that were not
 * loaded or fired nothing in all of them. NULL: nothing to say. Owned by i, valid until its next
 * call. For record_cell.counters.note ask again at the end. */
const char *inject_note(struct inject *i);

/* The value of LD_PRELOAD that makes a program stop at the entry of main(), for struct
 * spawn_request.zygote; or (returned) why it cannot be made to. The caller frees both. */
char *inject_zygote_for(const char *exe, char **ret_ld_preload);

/* --- one trial --- */

struct inject_trial;

/* Everything that can fail or allocate, before the fork. 0 or -errno: the trial is broken. */
int inject_trial_new(struct inject *i, uint64_t seed, struct inject_trial **ret_trial);
/* "NAME=value" strings to be put in place of those of the same name, NULL-terminated; owned by the
 * trial. An existing LD_PRELOAD is kept behind ours. */
char *const *inject_trial_environ(const struct inject_trial *t);
/*
 * What the process of a trial needs between fork and exec. Plain data: the process that makes it
 * need not share the memory of the one that knows the trial.
 */
#define INJECT_CHILD_FDS 4
struct inject_child {
	int fds[INJECT_CHILD_FDS]; /* descriptors that it inherits, at these numbers */
	size_t n_fds;
	int handover; /* the socket that its listener is sent on; -1: no filter */
	struct sock_fprog program;
	/* The child may be held in a call of its own before exec is over (execve or exit are asked
	 * for): it must have memory of its own, and nobody may wait for its exec. */
	bool needs_fork;
};
/* The program stays owned by the trial's cell. */
void inject_trial_child(const struct inject_trial *t, struct inject_child *ret_child);
/* How many seccomp filters this trial gives to its child; UINT_MAX where one may hold one of these
 * calls. NULL: no injection. */
unsigned int inject_trial_filters(const struct inject_trial *t, const long *calls, size_t n_calls);
/* In the child, as the last thing before execve(), with every descriptor at its number: raw system
 * calls only, no memory is written but the child's stack. 0 or -errno: the child must leave. */
int inject_child_enter(const struct inject_child *c);
/* In the runner, as soon as the child exists. Returns a descriptor to watch for EPOLLIN until
 * inject_trial_finish(), owned by the trial; -1: nothing to watch. */
int inject_trial_attach(struct inject_trial *t, pid_t pid);
/* Takes what is there, answers what is due, returns at once. 0, or -errno: the instrument failed
 * and the trial is broken. */
int inject_trial_on_event(struct inject_trial *t);
/*
 * Threads that are held in a notification. To /proc they look blocked in the call that they have
 * not even begun, so they must count as not at rest: a proof is good only if none of its stuck
 * threads is listed by a call made *after* the second collect. Owned by the trial, valid until its
 * next call.
 */
size_t inject_trial_pending(struct inject_trial *t, const pid_t **ret_tids);
/*
 * After the last process of the trial is gone. Frees the trial (NULL-safe). *ret_counters is
 * filled: trials is 1 when every engine was really there, else 0 and its note names the one that
 * was not (all zero in the bare arm). outcome: RECORD_ON_* bits of the verdict, 0: it passed; from
 * it a trap and "auto" learn. For a trial that never started give a NULL ret_counters.
 */
void inject_trial_finish(
	struct inject_trial *t, unsigned int outcome, struct record_counters *ret_counters);

#endif
