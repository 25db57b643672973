/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/engine.h: what one injection engine is to inject.c. Known to inject*.c only.
 *
 * An engine is a row of functions. Its state of a cell and its state of a trial are its own; a NULL
 * function has nothing to do at that moment.
 */
#ifndef RUNNER_INJECT_ENGINE_H
#define RUNNER_INJECT_ENGINE_H

#include "lib/protocol.h"
#include "runner/inject/inject.h"
#include "runner/inject/program.h"

#define INJECT_MAX_NAME 64
#define INJECT_PPM 1000000u

#define INJECT_NO_EXIT \
	"delay_exit is not supported for system calls (entry notification only; func: may have one)"
#define INJECT_NO_LEAVING "delay_exit is not supported for a point: it has no exit"

#define INJECT_NO_THREAD "thread is for interposed functions only"

#define INJECT_MAX_CHANGES 16u /* of priority, in one schedule */

/* "trap", "schedule", ...: such a rule has no name and no delay. */
bool inject_needs_no_place(enum inject_where where);

/* The text for HANGRATE_POINTS (where: INJECT_POINT) or HANGRATE_FUNCS (INJECT_FUNC), every delay
 * zero if null. The caller frees it. */
char *inject_spec_encode(const struct inject_spec *spec, enum inject_where where, bool null);

/*
 * resolve.c. Replaces each INJECT_ANY by what knows the name on this target; a later rule for the
 * same place replaces the earlier one. 0, or -EINVAL with one line in *ret_error (the caller frees
 * it).
 */
int inject_spec_resolve(struct inject_spec *spec, const struct inject_target *target,
	const struct inject_program *program, char **ret_error);
bool inject_spec_is_auto(const struct inject_spec *spec);

/* Classes of system calls, in strace's words: the names of class `name`, NULL-terminated; NULL: no
 * such class. */
#define INJECT_CLASSES "%file, %desc, %network, %process, %memory"
const char *const *inject_class_calls(const char *name);
/* Number of a system call on this machine, -1: unknown. */
int inject_call_number(const char *name);

/* A draw from the seed of a trial: the n-th of stream `stream` is the same in every run. In [0,1).
 */
double inject_random(uint64_t seed, uint64_t stream, uint64_t n);
/* Whether the n-th passage (from 1) of a rule is delayed, and for how long (0: not at all). */
uint64_t inject_rule_draw_ns(
	const struct inject_rule *r, uint64_t seed, uint64_t stream, uint64_t n);

/* Moves a descriptor that the target will have out of the way of its own: most count on small
 * numbers. The old one is closed; where the limits leave no room it is returned. */
#define INJECT_HIGH_FD 900
int inject_fd_high(int fd);

struct inject_cell {
	const struct inject_spec *spec; /* resolved: no INJECT_ANY and no INJECT_CLASS but those of
					   system calls */
	const struct inject_program *program;
	enum arm arm;
};

/* A growing environment. */
struct inject_env {
	char **strings; /* NULL-terminated */
	size_t n, cap;
};
/* Takes the place of an earlier string of that name. */
void inject_env_add(struct inject_env *env, const char *name, const char *value);

/* The value of LD_PRELOAD for the program, or NULL and (returned) why none can be loaded. The
 * caller frees both. */
char *inject_preload_for(const struct inject_program *program, char **ret_ld_preload);

struct inject_engine {
	const char *name;
	unsigned int bit; /* HANGRATE_ENGINE_* */
	bool (*wanted)(const struct inject_spec *spec);
	/* 0; 1: can't work here, *ret_why says why (the caller frees it); -errno. */
	int (*cell_new)(const struct inject_cell *cell, void **ret_state, char **ret_why);
	void (*cell_free)(void *state);
	/* Adds to env. counters is the mapped page of the trial. */
	int (*trial_new)(void *state, uint64_t seed, struct hangrate_counters *counters,
		struct inject_env *env, void **ret_trial);
	/* Adds what this engine needs in the child. */
	void (*child)(const void *trial, struct inject_child *c);
	int (*attach)(void *trial, pid_t pid); /* descriptor, -1 none */
	int (*on_event)(void *trial);
	size_t (*pending)(void *trial, const pid_t **ret_tids);
	/* Frees the trial. Adds what the runner's side did to *counters (NULL: never started);
	 * false: the engine was not there. */
	bool (*finish)(void *trial, bool hung, struct record_counters *counters);
	/* Writes into the rules of this engine what the trial has that its seed does not tell. */
	void (*pin)(const void *trial, struct inject_spec *spec);
	/* It is still finding out what to do, so this trial says little about it. */
	bool (*searches)(const void *trial);
	/* What it can't do here, as the trials have shown; NULL: nothing. The caller frees it. */
	char *(*note)(const void *state);
};

extern const struct inject_engine inject_engine_points;
extern const struct inject_engine inject_engine_preload;
extern const struct inject_engine inject_engine_syscalls;
extern const struct inject_engine inject_engine_trap;
extern const struct inject_engine inject_engine_order;
extern const struct inject_engine inject_engine_schedule;
extern const struct inject_engine inject_engine_wake;
extern const struct inject_engine inject_engine_profile;

#endif
