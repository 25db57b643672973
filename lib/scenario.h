/* SPDX-License-Identifier: MIT */
/*
 * scenario.h: all that a scenario needs. A scenario is one file scenarios/NAME.c that declares
 * itself with SCENARIO(...); the library owns main(). See README "How to write a scenario".
 *
 * A variant's function returns when the trial passed. It runs once in a fresh process.
 */
#ifndef HANGRATE_SCENARIO_H
#define HANGRATE_SCENARIO_H

#include "lib/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum scenario_knob_kind { DELAY, SIZE };

/* What a sweep turns. A DELAY knob is the delay point of the same name ("0,1ms,10ms"); a SIZE knob
 * is read with KNOB() ("0,64K,1M"). The first level is the null one. */
struct scenario_knob {
	const char *name;
	enum scenario_knob_kind kind;
	const char *levels;
	const char *help;
};

/* What is known about a variant on a libc; first match wins. "*", "glibc", "musl", "musl<1.2.2",
 * "glibc>=2.35", "glibc>=2.31,<2.36". */
enum scenario_what { NOTHING_EXPECTED, DEADLOCKS, COMPLETES, MAY, TIMES_OUT, RECOVERS, FAILS };
struct scenario_expect {
	const char *libc;
	enum scenario_what what;
	const char *why;
};

#define SCENARIO_MAX_KNOBS 6
#define SCENARIO_MAX_VARIANTS 16
#define SCENARIO_MAX_EXPECTS 6
#define SCENARIO_MAX_REFS 8

struct scenario_variant {
	const char *name;
	const char *summary;
	void (*run)(void);
	struct scenario_expect expect[SCENARIO_MAX_EXPECTS];
	unsigned int
		timeout_ms; /* 0: the runner's default; a short one for stuck parts of live trees */
	const char *knobs;  /* "a,b": only these apply; NULL: all; "": none */
};

struct scenario {
	const char *summary;
	const char *hazard;
	struct scenario_knob knobs[SCENARIO_MAX_KNOBS];
	struct scenario_variant variants[SCENARIO_MAX_VARIANTS];
	const char *refs[SCENARIO_MAX_REFS];
};

/* The one external symbol of a scenario executable is its whole registry: a file without it does
 * not link. */
extern const struct scenario scenario;
#define SCENARIO(...) const struct scenario scenario = { __VA_ARGS__ }

/* CHECK judges the subject (exit 1), MUST the set-up (exit 99: the trial is broken and not
 * counted). Both write one line with file, line and condition by write(2), and are safe after
 * fork(). */
#define CHECK(cond) ((cond) ? (void)0 : scenario_check_failed(__FILE__, __LINE__, #cond))
#define MUST(cond) ((cond) ? (void)0 : scenario_must_failed(__FILE__, __LINE__, #cond))
void scenario_check_failed(const char *file, int line, const char *cond) __attribute__((noreturn));
void scenario_must_failed(const char *file, int line, const char *cond) __attribute__((noreturn));
/* Leaves with HANGRATE_EXIT_SKIP: this variant does not exist here; why goes to stderr. */
void scenario_skip(const char *why) __attribute__((noreturn));

/* A passage where the injector may sleep. Costs one load and a branch in the bare arm. */
#define DELAY_POINT(name) points_pass(name)
void points_pass(const char *name);

/* Value of a size knob in bytes (its first level when the runner gave none). */
#define KNOB(name) scenario_knob(name)
uint64_t scenario_knob(const char *name);

/* From HANGRATE_SEED; 0 when run by hand. */
uint64_t scenario_seed(void);

/* Ways to make a process. */
enum fork_how {
	FORK,
	FORK_RAW /* clone(SIGCHLD) behind the libc's back */,
	FORK__FORK,
	FORK_VFORK,
	FORK_POSIX_SPAWN /* child is /proc/self/exe --exit, since no code of ours can run in it */
};
/* Runs child(arg) in a new process made in that way, which then leaves by _exit(0). Skips the trial
 * when this libc has no such way. Returns the pid. vfork: child must be async-signal-safe. */
pid_t scenario_fork(enum fork_how how, void (*child)(void *), void *arg);
/* waitpid() for ever; CHECKs that it exited with 0 (a child's 77 and 99 are passed on). */
void scenario_wait(pid_t pid);

/* Starts a thread that calls step(arg) again and again until the process ends. MUST succeed.
 * Returns when its first call has begun. */
void scenario_hammer(void (*step)(void *), void *arg);

/* Touches that many bytes of heap so that fork() has page tables to copy. */
void scenario_grow_heap(uint64_t bytes);

#endif
