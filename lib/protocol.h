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
 *	"cause": S		what its cause looks like (lib/scenario.h); may be absent
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
#define HANGRATE_ENV_POINTS "HANGRATE_POINTS"     /* delay points, see below; unset: the bare arm */
#define HANGRATE_ENV_FUNCS "HANGRATE_FUNCS"       /* the same for interposed functions, see below */
#define HANGRATE_ENV_TRAP "HANGRATE_TRAP"         /* fd of the page that a trap is set on */
#define HANGRATE_ENV_SCHEDULE "HANGRATE_SCHEDULE" /* "SEED,CHANGES,STEPS,P,NULL", see below */
#define HANGRATE_ENV_WAKE "HANGRATE_WAKE" /* "SEED,KINDS,P,BOUND_NS,BUDGET_NS,NULL", see below */
#define HANGRATE_ENV_PROFILE "HANGRATE_PROFILE" /* fd of the page that calls are counted in */
#define HANGRATE_ENV_LINT "HANGRATE_LINT"       /* abstract name of the socket of `hangrate lint` */
#define HANGRATE_ENV_ORDER "HANGRATE_ORDER" /* fd of the memory that lock orders are written to */
/* fd of the page of counters, to be mapped and closed. An executed grandchild inherits the variable
 * but not the descriptor: map it only if fstat() says a regular file of HANGRATE_COUNTERS_SIZE
 * bytes and the page begins with the magic; else go on without counters. */
#define HANGRATE_ENV_COUNTERS "HANGRATE_RECEIPT"

/* fd of the socket to the keeper: stop at the entry of main() and be forked, see below. */
#define HANGRATE_ENV_ZYGOTE "HANGRATE_ZYGOTE"

/*
 * HANGRATE_POINTS: "name,dist,lo_ns,hi_ns,p,from,step;..." with dist one of f(ixed: lo),
 * u(niform lo..hi), e(xponential, mean lo); p in [0,1] the probability of a passage that counts;
 * passages from, from+step, ... count (1,1: every one; step 0: only that one). All-zero delays are
 * the null arm: everything is loaded and asked, nothing is slept.
 *
 * HANGRATE_FUNCS reads the same with a number behind it, that of the thread whose passages count
 * (0: all; 1: the first, then in the order of pthread_create()); its names are rows of preload.def,
 * "NAME" for the delay before the call and "NAME/exit" for the one after it. Set (to anything) it
 * tells the preload to start.
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
#define HANGRATE_ENGINE_ORDER 16u
#define HANGRATE_ENGINE_SCHEDULE 32u
#define HANGRATE_ENGINE_WAKE 64u
#define HANGRATE_ENGINE_PROFILE 128u

/* The page begins with the counters of the points; at this offset stand those of the
 * preload. */
#define HANGRATE_COUNTERS_PRELOAD 2048
/* And those of the engines beside it, each as one struct hangrate_counters. Their bit of `loaded`
 * stands in that of the preload. */
#define HANGRATE_COUNTERS_SCHEDULE 2304
#define HANGRATE_COUNTERS_WAKE 2560

struct hangrate_counters {
	uint32_t magic;    /* set by the runner */
	uint32_t loaded;   /* HANGRATE_ENGINE_* bits that really started inside the target */
	uint64_t armed;    /* rules that matched a point or function that exists here */
	uint64_t passed;   /* passages through an armed point */
	uint64_t fired;    /* passages that were delayed */
	uint64_t delay_ns; /* total delay slept */
};

/*
 * HANGRATE_SCHEDULE: CHANGES priorities change among the first STEPS points; at each, with
 * probability P (in 2^-32), a thread gets another. HANGRATE_WAKE: what is held (KINDS), each with
 * probability P, for BOUND_NS at most, and all in one process for BUDGET_NS. NULL 1: everything is
 * asked and nothing held.
 */
#define HANGRATE_WAKE_WAITS 1u   /* before a wait, until the wake-up is given */
#define HANGRATE_WAKE_WINDOWS 2u /* new descriptors, new threads, the end of main() */

/* HANGRATE_PROFILE: how often each interposed function was called in a trial. */
#define HANGRATE_PROFILE_MAGIC 0x48525031u /* "HRP1" */
#define HANGRATE_PROFILE_SIZE 8192
#define HANGRATE_PROFILE_ROWS 220

struct hangrate_profile {
	uint32_t magic;   /* by the runner */
	uint32_t threads; /* that called any */
	struct {
		char name[32]; /* "": none */
		uint32_t calls;
	} row[HANGRATE_PROFILE_ROWS];
};
_Static_assert(sizeof(struct hangrate_profile) <= HANGRATE_PROFILE_SIZE, "it is one mapping");

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
 * The memory of lock orders: which lock a thread wanted while it held another, with the places of
 * both. MAP_SHARED, one per running trial, zeroed but for the head. Every table is filled from its
 * start, or by hash; an entry counts once `ready` is set. Full tables drop entries and count them.
 * Addresses are those of the process; its modules make names of them. The runner says between which
 * places a thread is to be held until others have what they want (roles).
 */
#define HANGRATE_ORDER_MAGIC 0x48524f31u /* "HRO1" */
#define HANGRATE_ORDER_EDGES 4096        /* a power of two, as the next */
#define HANGRATE_ORDER_LOCKS 4096
#define HANGRATE_ORDER_THREADS 4096
#define HANGRATE_ORDER_LINKS 8192
#define HANGRATE_ORDER_PROCESSES 256
#define HANGRATE_ORDER_MODULES 512
#define HANGRATE_ORDER_ROLES 16
#define HANGRATE_ORDER_FRAMES                                              \
	6 /* of a place: behind the call, and its callers by frame pointer \
	   */
#define HANGRATE_ORDER_GATES 8
#define HANGRATE_ORDER_NOBODY UINT32_MAX

struct hangrate_order_process {
	uint32_t ready;
	int32_t pid;
	uint32_t parent;  /* the thread that forked it, HANGRATE_ORDER_NOBODY: executed */
	uint32_t segment; /* of that thread at the fork */
	uint32_t modules; /* the process whose modules these are, too */
};

/* One loaded file. */
struct hangrate_order_module {
	uint32_t ready;
	uint32_t process;
	uint64_t base, begin, end; /* what is added to the addresses in the file; where it lies */
	char path[208];
	char name[24]; /* as in the names of places */
};

/* Threads that did anything which is told here. */
struct hangrate_order_thread {
	uint32_t ready;
	uint32_t process;
	int32_t tid;
	uint32_t unused;
	uint64_t self;   /* pthread_self(): known again in a link */
	uint64_t serial; /* of its first entry */
};

enum hangrate_order_link_kind { HANGRATE_ORDER_CREATE, HANGRATE_ORDER_JOIN };

/* What orders the segments of two threads: one was created or joined by the other. */
struct hangrate_order_link {
	uint32_t ready;
	uint32_t kind;
	uint32_t thread;  /* that created or joined */
	uint32_t segment; /* its last before creating, its first after joining */
	uint64_t other;   /* pthread_self() of the other */
	uint64_t serial;  /* of the moment: for threads whose pthread_self() was used before */
};

enum hangrate_order_lock_flag {
	HANGRATE_ORDER_SHARED = 1,       /* between processes */
	HANGRATE_ORDER_FOREIGN = 2,      /* a thread left it that had not taken it */
	HANGRATE_ORDER_COUNTING = 4,     /* a semaphore that let in more than one */
	HANGRATE_ORDER_WRITER_FIRST = 8, /* a waiting writer stops readers */
	HANGRATE_ORDER_WRITTEN = 16,     /* a read-write lock that some thread wants to write */
	HANGRATE_ORDER_GONE = 32,        /* destroyed or made anew */
};

enum hangrate_order_lock_kind {
	HANGRATE_ORDER_MUTEX,
	HANGRATE_ORDER_RWLOCK,
	HANGRATE_ORDER_SPINLOCK,
	HANGRATE_ORDER_SEMAPHORE,
	HANGRATE_ORDER_FILE,
	HANGRATE_ORDER_KINDS,
};

struct hangrate_order_lock {
	uint64_t address; /* 0: free */
	uint32_t ready;
	uint32_t process;
	uint32_t kind, flags;
	uint64_t
		made; /* where: behind the call of pthread_mutex_init() and the like; 0: not seen */
	/* Where it was first held or wanted together with another; an edge's held_at or wanted_at.
	 */
	uint64_t first[HANGRATE_ORDER_FRAMES];
};

enum hangrate_order_how {
	HANGRATE_ORDER_HELD_READ = 1,   /* the held lock is held for reading */
	HANGRATE_ORDER_WANTED_READ = 2, /* the wanted one is wanted for reading */
	HANGRATE_ORDER_BY_WAIT = 4,     /* taken again by a condition wait */
};

/* A thread wanted one lock, and would wait for it without a limit, while it held another. */
struct hangrate_order_edge {
	uint64_t key; /* 0: free */
	uint32_t ready;
	uint32_t thread;
	uint32_t held, wanted; /* indices of locks */
	uint32_t how;          /* enum hangrate_order_how */
	uint32_t count;
	uint32_t first_segment, last_segment; /* of the thread */
	uint64_t first_ns;                    /* CLOCK_MONOTONIC */
	uint64_t held_at[HANGRATE_ORDER_FRAMES], wanted_at[HANGRATE_ORDER_FRAMES];
	uint32_t n_gates;                     /* other locks that were held each time */
	uint32_t gates[HANGRATE_ORDER_GATES]; /* index * 2, plus 1 where held for reading */
};

/* A thread that holds what it took at one place, and wants a lock at the other. Ids as those of a
 * trap's sites; the caller is any of the place's, 0: whatever they are. */
struct hangrate_order_role {
	uint64_t held, held_caller, wanted, wanted_caller;
};

struct hangrate_order {
	uint32_t magic;
	uint32_t n_roles; /* by the runner; 0: only record */
	uint32_t first;   /* by the runner: this role has to be there before others begin; from 1 */
	uint32_t holds;   /* by the runner: at most that often is a process held in vain */
	uint64_t bound_ns; /* by the runner: nobody is held longer */
	struct hangrate_order_role roles[HANGRATE_ORDER_ROLES];
	uint64_t acquisitions; /* seen while another lock was held */
	uint64_t held;         /* threads that were held */
	uint64_t closed;       /* cycles of held threads that were let go together */
	uint64_t delay_ns;
	uint64_t serial;
	uint32_t n_processes, n_modules, n_threads,
		n_links; /* asked for; may be more than there are */
	uint64_t dropped_edges, dropped_locks, dropped_links, dropped_held;
	struct hangrate_order_process processes[HANGRATE_ORDER_PROCESSES];
	struct hangrate_order_module modules[HANGRATE_ORDER_MODULES];
	struct hangrate_order_thread threads[HANGRATE_ORDER_THREADS];
	struct hangrate_order_link links[HANGRATE_ORDER_LINKS];
	struct hangrate_order_lock locks[HANGRATE_ORDER_LOCKS];
	struct hangrate_order_edge edges[HANGRATE_ORDER_EDGES];
};
#define HANGRATE_ORDER_SIZE sizeof(struct hangrate_order)

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

/*
 * HANGRATE_ZYGOTE: at the entry of main() the process sends a hello on that socket
 * (SOCK_SEQPACKET). Each order makes it clone a child of its own parent, which goes on into main().
 * An order carries the trial's standard output and error, then the descriptors that `numbers` name,
 * and the trial's HANGRATE_* variables. The answer is the child's pid or -errno.
 */
#define HANGRATE_ZYGOTE_MAGIC 0x48525a31u /* "HRZ1" */
#define HANGRATE_ZYGOTE_FD 899            /* above what programs count on */
#define HANGRATE_ZYGOTE_FDS 8
#define HANGRATE_ZYGOTE_ENV 16384

/* What a fork would not copy, or would share between trials. */
enum hangrate_zygote_refusal {
	HANGRATE_ZYGOTE_READY,
	HANGRATE_ZYGOTE_THREADS,     /* detail: how many */
	HANGRATE_ZYGOTE_CHILDREN,    /* it has child processes */
	HANGRATE_ZYGOTE_DESCRIPTORS, /* detail: one that is open */
	HANGRATE_ZYGOTE_SHARED,      /* it has writable shared memory */
	HANGRATE_ZYGOTE_TIMERS,      /* armed */
	HANGRATE_ZYGOTE_LOCKED,      /* memory is locked */
	HANGRATE_ZYGOTE_UNKNOWN,     /* /proc, the kernel or the libc does not tell */
	HANGRATE_ZYGOTE_SILENT,      /* by the keeper: main() was not reached in time, or at all */
	HANGRATE_ZYGOTE_REFUSALS,
};

struct hangrate_zygote_hello {
	uint32_t magic;
	int32_t pid;
	int32_t refusal; /* enum hangrate_zygote_refusal */
	int32_t detail;
};

struct hangrate_zygote_order {
	uint32_t magic;
	uint32_t n_fds; /* of numbers */
	int32_t numbers[HANGRATE_ZYGOTE_FDS];
	char env[HANGRATE_ZYGOTE_ENV]; /* "NAME=value" strings; an empty one ends them */
};

#endif
