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
 * is read with KNOB() ("0,64K,1M"). The first level is the null one; a size with no other is turned
 * only when --sweep names it. */
struct scenario_knob {
	const char *name;
	enum scenario_knob_kind kind;
	const char *levels;
	const char *help;
};

/* What is known about a variant on a libc; first match wins. "*", "glibc", "musl", "musl<1.2.2",
 * "glibc>=2.35", "glibc>=2.31,<2.36". */
enum scenario_what {
	NOTHING_EXPECTED,
	DEADLOCKS,
	COMPLETES,
	MAY,
	TIMES_OUT,
	HANGS,
	RECOVERS,
	FAILS
};
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

/* What the reader of `ps` or `strace` sees a stuck process wait in. */
enum scenario_symptom {
	IN_NOTHING, /* not said */
	IN_FUTEX,
	IN_READ,
	IN_WRITE,
	IN_WAIT, /* for a child */
	IN_POLL,
	IN_OPEN,
	IN_CONNECT,
	IN_LOCK, /* of a file, or a System V semaphore */
	IN_SIGNAL,
};

struct scenario_libc;

struct scenario {
	const char *name; /* set by SCENARIO() from the file's name */
	const char *arm; /* set by SCENARIO() from -DSCENARIO_ARM where not the libc is compared but
			    another runtime: "go 1.26.8". NULL: the libc */
	const char *summary;
	const char *hazard;
	enum scenario_symptom symptom;
	/* What `hangrate why` finds in such a hang: the cause class, and the waits of those who
	 * take part, "lock-cycle: lock + lock" (docs/writing-scenarios.md). A cause that fits names
	 * this scenario. One that looks like another scenario's is "= NAME", one that looks like
	 * nothing "none: WHY". */
	const char *cause;
	bool after_fork; /* the hazard is what a forked child calls: `hangrate lint` names it */
	struct scenario_knob knobs[SCENARIO_MAX_KNOBS];
	struct scenario_variant variants[SCENARIO_MAX_VARIANTS];
	/* What an exec'd child does (FORK_EXEC, FORK_VFORK_EXEC, FORK_POSIX_SPAWN) in its fresh
	 * process: no setup, no thread, its own memory. NULL: it leaves at once. */
	void (*child)(void);
	const char *refs[SCENARIO_MAX_REFS];
	const struct scenario_libc *libc; /* set by LIBC_SCENARIO() */
};

/* The one external symbol of a scenario executable is its whole registry: a file without it does
 * not link. SCENARIO_NAME comes from the Makefile: scenarios/NAME.c, scenarios/libc/NAME.c. */
extern const struct scenario scenario;
#ifndef SCENARIO_ARM
#define SCENARIO_ARM NULL
#endif
#define SCENARIO(...) \
	const struct scenario scenario = { .name = SCENARIO_NAME, .arm = SCENARIO_ARM, __VA_ARGS__ }

/*
 * The short form, for one libc function in a file: scenarios/libc/NAME.c declares what a thread of
 * the parent keeps doing and what the child does, and the library makes the variants
 *
 *	fork		setup(); threads call stress() in a loop; each forked child calls child()
 *	_Fork, raw	the same with the child made behind the libc's locks
 *	vfork		the child executes itself and calls child() afresh: a control
 *	posix_spawn	the same by posix_spawn(): a control
 *
 * child() returns when the call worked. It must tell wrong from stuck: CHECK() each result, so that
 * half-updated data is `fail` and only a hang is a hang. setup() also runs in the exec'd child, so
 * that child() finds there what it needs. A child is made while the stress threads run. Then they
 *go to sleep and it is waited for: a stuck child leaves nothing running. The next child has another
 * bout.
 *
 *	static void use(void) { time_t t = 0; CHECK(localtime(&t)); }
 *	LIBC_SCENARIO(
 *		.summary = "localtime() in the child",
 *		.hazard = "tzset's lock is not taken by fork()",
 *		.stress = use,
 *		.child = use,
 *		.fork = { { "musl", COMPLETES, "..." }, { "glibc", DEADLOCKS, "..." } },
 *		.behind = { { "*", DEADLOCKS, "..." } },
 *	);
 *
 * A shell command runs one by hand: build/glibc/scenarios/libc-localtime --run fork
 */
struct scenario_libc {
	const char *summary;
	const char *hazard;
	void (*setup)(void);  /* may be NULL */
	void (*stress)(void); /* what the parent's threads do; NULL: no stress thread */
	/* What one more thread of the parent does once before children are made; they are made when
	 * it is blocked in it, or has done it and sleeps for ever. What it holds stays held, so
	 * that no race is needed. NULL: no such thread. */
	void (*stays)(void);
	void (*child)(void); /* what the child does */
	struct scenario_expect fork[SCENARIO_MAX_EXPECTS];
	struct scenario_expect behind[SCENARIO_MAX_EXPECTS]; /* for _Fork and raw */
	/* For vfork and posix_spawn; when empty: COMPLETES everywhere. */
	struct scenario_expect spawned[SCENARIO_MAX_EXPECTS];
	unsigned int threads;  /* stress threads; 0: 1 */
	unsigned int idle_us;  /* between two calls of stress(): what it does is rarer; 0: none */
	unsigned int children; /* made in one trial; 0: 2 with stress threads, else 1 */
	/* For those whose hang may be one that can't be proven: each ends by this. 0: the runner's.
	 */
	unsigned int timeout_ms;
	/* "0,16M": levels of a size knob "parent-heap", touched before the fork, for hazards that
	 * a longer fork() widens; "0": only --sweep parent-heap=0,64M turns it. NULL: no such knob.
	 */
	const char *heap;
	struct scenario_knob knobs[SCENARIO_MAX_KNOBS - 1];
	const char *refs[SCENARIO_MAX_REFS];
};
#define LIBC_SCENARIO(...)                                            \
	const struct scenario scenario = {                            \
		.name = SCENARIO_NAME,                                \
		.libc = &(const struct scenario_libc){ __VA_ARGS__ }, \
	}

/* CHECK judges the subject (exit 1), MUST the set-up (exit 99: the trial is broken and not
 * counted). Both write one line with file, line and condition by write(2), and are safe after
 * fork(). */
#define CHECK(cond) ((cond) ? (void)0 : scenario_check_failed(__FILE__, __LINE__, #cond))
#define MUST(cond) ((cond) ? (void)0 : scenario_must_failed(__FILE__, __LINE__, #cond))
void scenario_check_failed(const char *file, int line, const char *cond) __attribute__((noreturn));
void scenario_must_failed(const char *file, int line, const char *cond) __attribute__((noreturn));
/* Leaves with HANGRATE_EXIT_SKIP: this variant does not exist here; why goes to stderr. */
void scenario_skip(const char *why) __attribute__((noreturn));

/* A passage where the injector may sleep. One load and a branch in the bare arm. Name it as a DELAY
 * knob of the scenario: a rule for a name that is no knob is not armed. errno is kept; not a
 * cancellation point. */
#define DELAY_POINT(name) (points_armed ? points_pass(name) : (void)0)
extern bool points_armed; /* points.c */
void points_pass(const char *name);

/* Value of a size knob in bytes (its first level when the runner gave none). */
#define KNOB(name) scenario_knob(name)
uint64_t scenario_knob(const char *name);

/* From HANGRATE_SEED; 0 when run by hand. */
uint64_t scenario_seed(void);

/* Ways to make a process. */
enum fork_how {
	FORK,            /* fork() */
	FORK_RAW,        /* clone(SIGCHLD) behind the libc's back */
	FORK__FORK,      /* _Fork(): no handlers, no locks taken */
	FORK_VFORK,      /* vfork(); child(arg) must be async-signal-safe: memory is shared */
	FORK_EXEC,       /* fork(), then exec of this program, which calls scenario.child() */
	FORK_VFORK_EXEC, /* the same by vfork() */
	FORK_POSIX_SPAWN /* the same by posix_spawn() */
};
/* Runs child(arg) in a new process made in that way, which then leaves by _exit(0). child and arg
 * are not used by the ways that exec. Skips the trial when this libc has no such way. Returns the
 * pid; MUST succeed. With stress threads the first one waits until a call and its idle time are
 * over and then for a part of that time that the seed chooses, so that it meets any moment. */
pid_t scenario_fork(enum fork_how how, void (*child)(void *), void *arg);
/* Lets the stress threads go to sleep, then waitpid() for ever, so that nothing runs beside a
 * stuck child; CHECKs that it exited with 0 (a child's 77 and 99 are passed on). */
void scenario_wait(pid_t pid);

/* Starts a thread that calls step(arg) again and again, idle_us apart, until
 * scenario_stress_stop(). MUST succeed. Returns when its first call is about to begin. */
void scenario_stress(void (*step)(void *), void *arg, unsigned int idle_us);
/* Lets each stress thread sleep for good after the call it is in. Does not wait for them. */
void scenario_stress_stop(void);

/* Touches that many bytes of fresh memory (4 KiB pages) so that fork() has page tables to copy. */
void scenario_grow_heap(uint64_t bytes);

#endif
