/* SPDX-License-Identifier: MIT */
/*
 * protocol.h: the wire between the runner and what it runs.
 *
 * Constants and one memory layout only: no function, no dependency. It is the single header of lib/
 * that the runner includes, and it is enough to write a scenario in another language (the Go
 * package beside the Go scenarios repeats these names).
 *
 * A scenario executable answers
 *	PROG --describe		one JSON object on stdout (keys below), exit 0
 *	PROG --run VARIANT	one trial of that variant, exit status as below
 */
#ifndef HANGRATE_PROTOCOL_H
#define HANGRATE_PROTOCOL_H

#include <stdint.h>

/* Exit status of a trial that speaks the protocol. A user's program does not: there 77 and 99 are
 * ordinary failures. 77 is automake's "skip", 99 its "hard error". */
#define HANGRATE_EXIT_PASS 0
#define HANGRATE_EXIT_FAIL 1    /* a CHECK failed: the subject is wrong */
#define HANGRATE_EXIT_SKIP 77   /* this variant does not exist on this libc; counted nowhere */
#define HANGRATE_EXIT_BROKEN 99 /* a MUST failed: set-up, in no denominator */

/*
 * --describe, one JSON object:
 *
 *	"schema": 1, "name": S, "summary": S, "hazard": S, "refs": [ S... ]
 *	"libc": S		"glibc 2.36", "glibc 2.36+libjemalloc", "musl 1.2.3", "go 1.26.8"
 *	"symptom": S		one of the HANGRATE_SYMPTOM words; may be absent
 *	"after_fork": bool	the hazard is what a forked child calls; absent: no
 *	"knobs": [ { "name": S, "kind": "delay"|"size", "levels": "0,1ms,10ms", "help": S } ]
 *	"variants": [ { "name": S, "summary": S,
 *		"timeout_ms": N		0: the runner's default
 *		"knobs": [ S... ]	only these apply; absent: all of them
 *		"expect": [ { "libc": "*" | "musl<1.2.2" | ..., "what": S, "why": S } ] } ]
 *
 * "what" is one of the HANGRATE_EXPECT words; the first "libc" that matches wins.
 */
#define HANGRATE_DESCRIBE_SCHEMA 1
#define HANGRATE_EXPECT_DEADLOCKS "deadlocks" /* proven at least once over the sweep */
#define HANGRATE_EXPECT_COMPLETES "completes" /* every trial ends by itself */
#define HANGRATE_EXPECT_MAY "may"             /* recorded, not judged */
#define HANGRATE_EXPECT_TIMEOUT "times-out"   /* hangs, but in a way that no proof can cover */
#define HANGRATE_EXPECT_HANGS "hangs"         /* either: only some machines can prove it */
#define HANGRATE_EXPECT_RECOVERS "recovers"   /* a proven stuck part, ended by its own watchdog */
#define HANGRATE_EXPECT_FAILS "fails"         /* ends, but a CHECK shows wrong behaviour */
/* What a stuck process is seen to wait in, by ps, gdb or strace. */
#define HANGRATE_SYMPTOM_FUTEX "futex"
#define HANGRATE_SYMPTOM_READ "read"
#define HANGRATE_SYMPTOM_WRITE "write"
#define HANGRATE_SYMPTOM_WAIT "wait"
#define HANGRATE_SYMPTOM_POLL "poll"
#define HANGRATE_SYMPTOM_OPEN "open"
#define HANGRATE_SYMPTOM_CONNECT "connect"
#define HANGRATE_SYMPTOM_LOCK "lock" /* flock, fcntl, semop */
#define HANGRATE_SYMPTOM_SIGNAL "signal"

/* Environment of a trial. Values are plain numbers, parsed once before main() does anything. */
#define HANGRATE_ENV_SEED "HANGRATE_SEED"   /* decimal uint64: every random choice comes from it */
#define HANGRATE_ENV_KNOBS "HANGRATE_KNOBS" /* "name=bytes;name=bytes": the size knobs */
#define HANGRATE_ENV_POINTS "HANGRATE_POINTS" /* delay points, see below; unset: the bare arm */
#define HANGRATE_ENV_FUNCS "HANGRATE_FUNCS"   /* the same for interposed functions, see below */
#define HANGRATE_ENV_TRAP "HANGRATE_TRAP"     /* fd of the page that a trap is set on */
#define HANGRATE_ENV_LINT "HANGRATE_LINT"     /* abstract name of the socket of `hangrate lint` */
/* fd of the page of counters, to be mapped and closed. An executed grandchild inherits the variable
 * but not the descriptor: map it only if fstat() says a regular file of HANGRATE_COUNTERS_SIZE
 * bytes and the page begins with the magic; else go on without counters. */
#define HANGRATE_ENV_COUNTERS "HANGRATE_RECEIPT"

/*
 * HANGRATE_POINTS: "name,dist,lo_ns,hi_ns,p,from,step;..." with dist one of f(ixed: lo),
 * u(niform lo..hi), e(xponential, mean lo); p in [0,1] the probability of a passage that counts;
 * passages from, from+step, ... count (1,1: every one; step 0: only that one). All-zero delays are
 * the null arm: everything is loaded and asked, nothing is slept.
 *
 * HANGRATE_FUNCS reads the same; its names are rows of preload.def, "NAME" for the delay before the
 * call and "NAME/exit" for the one after it. Set (to anything) it tells the preload to start.
 */
#define HANGRATE_FUNCS_EXIT "/exit"

/* The page of counters: MAP_SHARED, one per running trial, written by every process of the trial
 * with relaxed atomics, read by the runner after the trial is over. It survives whatever kills the
 * trial. */
#define HANGRATE_COUNTERS_MAGIC 0x48525231u /* "HRR1" */
#define HANGRATE_COUNTERS_SIZE 4096

#define HANGRATE_ENGINE_POINTS 1u
#define HANGRATE_ENGINE_PRELOAD 2u
#define HANGRATE_ENGINE_SYSCALLS 4u
#define HANGRATE_ENGINE_TRAP 8u

/* The page begins with the counters of the points; at this offset stand those of the
 * preload. */
#define HANGRATE_COUNTERS_PRELOAD 2048

struct hangrate_counters {
	uint32_t magic;    /* set by the runner */
	uint32_t loaded;   /* HANGRATE_ENGINE_* bits that really started inside the target */
	uint64_t armed;    /* rules that matched a point or function that exists here */
	uint64_t passed;   /* passages through an armed point */
	uint64_t fired;    /* passages that were delayed */
	uint64_t delay_ns; /* total delay slept */
};

/*
 * The page of a trap: the runner says which lock site is to be kept open until a fork has returned,
 * and the preload tells which sites it saw. The fork waits for a thread to come there; or, where it
 * comes only once, that thread waits for the fork. A site is where a lock was taken: the address
 * behind the call, as module and offset, so that it is the same in every run. Or it is the lock
 * itself, a word that the processor watches: for those that nothing of ours is called under.
 */
#define HANGRATE_TRAP_MAGIC 0x48525431u /* "HRT1" */
#define HANGRATE_TRAP_SIZE 8192
#define HANGRATE_TRAP_SITES 128

enum hangrate_trap_how {
	HANGRATE_TRAP_MEET,       /* the fork waits for a thread at the target, if there is one */
	HANGRATE_TRAP_AHEAD,      /* the thread waits for the fork */
	HANGRATE_TRAP_WORD,       /* the fork waits for a thread that takes the word */
	HANGRATE_TRAP_LOOK_WORDS, /* which words do other threads take? */
};

enum hangrate_trap_kind { HANGRATE_TRAP_CALL, HANGRATE_TRAP_LOCK_WORD };

struct hangrate_trap_site {
	uint64_t id;     /* 0: free */
	uint32_t kind;   /* enum hangrate_trap_kind */
	uint32_t passed; /* forks before which a thread that did not fork had been here; of a word:
			    how often such a thread left it taken while it was watched */
	uint32_t held;   /* forks during which such a thread held what it took here */
	char where[32];  /* "libfoo.so.1+0x1234", for people */
};

struct hangrate_trap {
	uint32_t magic;
	uint32_t how;      /* by the runner: enum hangrate_trap_how */
	uint64_t target;   /* by the runner: the id to keep open; 0: only look */
	uint64_t bound_ns; /* by the runner: nobody waits longer */
	uint64_t forks;    /* of processes in which another thread had taken a lock */
	uint64_t sprung;   /* forks that happened while the target was held */
	uint64_t delay_ns; /* of both sides */
	int32_t refused;   /* errno of the first word that could not be watched; 0: none */
	struct hangrate_trap_site sites[HANGRATE_TRAP_SITES];
};
_Static_assert(sizeof(struct hangrate_trap) <= HANGRATE_TRAP_SIZE, "it is one mapping");

/*
 * HANGRATE_LINT: each forked child of a process with threads connects (SOCK_SEQPACKET, the name
 * behind a zero byte), sends one of these a message and goes on when a byte comes back, so that it
 * can be looked at meanwhile.
 */
enum hangrate_lint_kind {
	HANGRATE_LINT_FORKED, /* first; count: threads of the parent; tid: the one that forked */
	HANGRATE_LINT_HELD,   /* a lock that thread tid held at the fork, taken at address */
	HANGRATE_LINT_CALLED, /* a function that is not async-signal-safe, called from address */
	HANGRATE_LINT_LOCKED, /* it takes a lock that other threads take; tid held it, 0: nobody */
};

struct hangrate_lint {
	uint32_t kind;
	int32_t tid;
	uint32_t count;
	uint32_t unused;
	uint64_t address; /* behind the call */
	uint64_t object;  /* the lock */
	uint64_t taken;   /* LOCKED: where the other thread took it last, address behind the call */
	char function[40];
};

#endif
