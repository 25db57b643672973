/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/internal.h: what the files of the explanation share: everything that is found out about
 * the waits of a snapshot, before it is put in words. Included by the files of explain/ only.
 */
#ifndef RUNNER_EXPLAIN_INTERNAL_H
#define RUNNER_EXPLAIN_INTERNAL_H

#include "runner/explain/explain.h"
#include "runner/explain/go.h"
#include "runner/explain/language.h"
#include "runner/explain/lock.h"
#include "runner/explain/unwind.h"
#include "runner/record/cause_class.h"

#include <jansson.h>

/* explain/remedy.c. Static text. */
const char *explain_class_name(enum cause_class c);
const char *explain_class_remedy(enum cause_class c); /* one line: what usually mends it */

enum explain_owner {
	OWNER_UNKNOWN,     /* no owner is stored, or it makes no sense */
	OWNER_SELF,        /* the waiting thread */
	OWNER_HERE,        /* another thread of the same process, or of any that shares the lock */
	OWNER_AT_FORK,     /* a thread of another process, whose copy of the lock this is */
	OWNER_BEFORE_FORK, /* the thread of its parent that the waiter is the copy of */
	OWNER_ENDED, /* a thread that is no more, of this process or of one that shared the lock */
	OWNER_LEFT,  /* a thread that is no more, from before this process was forked */
};

/* One thread of the snapshot, explained. Zeroed for a thread that is not looked at. */
struct explain_thread {
	bool wanted; /* stuck, or the owner of what a stuck one waits for */
	bool stuck;
	enum cause_class class; /* of a stuck one */
	size_t cause; /* the thread at the end of the chain of owners, itself without one */
	/* futex */
	struct explain_lock lock;
	struct explain_lock_function function; /* that waits for it */
	uint64_t lock_address;                 /* of the whole lock */
	/* "registry_lock", "lock taken in __tz_convert"; "a signal (awaited in exit)" */
	char *lock_name;
	bool lock_has_symbol;
	enum explain_owner owner_is;
	pid_t owner_tid;     /* as this machine's root namespace knows it; 0 unknown */
	pid_t owner_pid;     /* of OWNER_AT_FORK, HERE, SELF */
	size_t owner;        /* index in the snapshot, SIZE_MAX: not in it */
	bool owner_is_guess; /* no word names it: its stack does */
	char owner_comm[16]; /* "" unknown */
	struct unwind_stack stack;
	enum explain_go_wait go; /* of Go's runtime */
	char *unrest; /* what it does instead of a wait that we know; NULL: see the snapshot */
	struct language_stack language; /* no frames: the thread runs none that is known */
};

struct readers;

/* What a process has that waits and has no thread of its own: goroutines. */
struct explain_tasks {
	struct language_task *tasks;
	size_t n;
};

struct explanation {
	const struct snapshot *s;
	const struct proof *p;
	struct explain_thread *threads; /* one a thread of the snapshot */
	struct explain_tasks *tasks;    /* one a process; only where every thread was asked for */
	struct readers *readers;        /* while it is gathered */
	pid_t *local_tid;               /* of each thread, as its own pid namespace counts */
	char **commands;                /* of each process: "python3 worker.py"; NULL unknown */
	char **strangers;  /* of each object: a process beyond the tree that has it; NULL none */
	bool is_cause;     /* of many trials: names stand for all of them */
	bool *had_threads; /* of each process: some thread of it has ended */
	bool *forked;      /* of each process: a copy of its parent, which it has not replaced */
	bool *waits_for;   /* of each pair of processes: see explain/follow.c; NULL: not asked */
	enum explain_stacks stacks;
	bool with_stacks; /* false: cheap, names are offsets in modules */
	enum cause_class class;
	size_t leaf; /* the thread that shows the class, SIZE_MAX none */
};

/* explain/gather.c: reads. all: every thread, for `why` of a tree that is not stuck. -ESRCH when
 * not one process could be read. */
int explain_gather(const struct snapshot *s, const struct proof *p, enum explain_stacks stacks,
	bool with_stacks, bool all, struct explanation *ret_explanation);
void explanation_done(struct explanation *e);

/* explain/futex.c */
/* A wait for a futex, with a timeout too. Pure. */
bool explain_is_futex(const struct thread *t);
/* Fills in what the thread waits for: lock, lock_name, owner, go. s: of its process. */
void explain_read_futex(struct explanation *e, size_t thread, struct symbols *s);
/* The innermost function of the libc or runtime that has a name and a purpose of its own. NULL
 * none; the caller frees. */
char *explain_find_taker(struct symbols *s, const struct unwind_stack *stack);

/* explain/holder.c: fills in strangers of the pipes that are read and that nobody else in the tree
 * has. Searches the descriptors of all processes: for a tree in which nothing is proven. */
void explain_find_strangers(struct explanation *e);

/* explain/owner.c: fills owner, owner_* from what the lock stores. s: of the waiter's process. */
void explain_find_owner(struct explanation *e, size_t thread, const struct symbols *s);
/* A thread of the snapshot is the owner of what `waiter` waits for. */
void explain_set_owner(struct explanation *e, size_t waiter, size_t owner);
/* The thread that the waiter's process knows by that id; SIZE_MAX none. */
size_t explain_find_thread(const struct explanation *e, size_t waiter, uint32_t tid);
/* Of an owner in another process that the waiter is a copy of: it has called fork(). s: of the
 * waiter's process. */
void explain_see_forking_thread(struct explanation *e, size_t thread, const struct symbols *s);
/* 0: there is no struct pthread of glibc's. */
uint32_t explain_tid_of_tcb(const struct symbols *s, uint64_t tcb);
/* Whether the futex is shared among processes. Pure. */
bool explain_is_shared(const struct explanation *e, size_t thread);
/* A copy of its parent with this thread alone, as a raw fork leaves it. */
bool explain_is_lone_copy(const struct explanation *e, size_t thread);

/* explain/local.c: names the locks that are variables of a function. Asked when the stacks of all
 * threads of the process are known. */
void explain_name_locals(struct explanation *e, const struct process *p);

/* explain/guess.c */
/* Of a lock that stores no owner: the only other thread of the process that can well have it, going
 * by its stack. Asked when the stacks of all are known. */
void explain_guess_owner(struct explanation *e, size_t thread, const struct symbols *s);

/* explain/go_read.c: what Go wait a stack is; reads the collector's phase. symbol: of the futex, or
 * NULL. */
enum explain_go_wait explain_go_read(
	struct symbols *s, const struct unwind_stack *stack, const char *symbol);

/* explain/class.c: judges what was gathered. Pure. */
void explain_classify(struct explanation *e);

/* explain/frame.c. Pure. */
/* The first frame that is neither a libc's nor a runtime's, NULL none. */
const struct unwind_frame *explain_where(const struct explain_thread *t);
/* Of a libc or a runtime, also of one that is linked in: nothing that the reader could change. */
bool explain_is_foreign(const struct unwind_frame *f);
/* How many of the native frames are worth showing before those of the language: not those of its
 * interpreter. */
size_t explain_native_frames(const struct explain_thread *t);
/* Where the thread stands, in its own language if that is known: "f (a.py:3)". NULL none, the
 * caller frees. *ret_guessed: it may be wrong. */
char *explain_place(const struct explain_thread *t, bool *ret_guessed);
/* The same short: "take() a.c:12". */
char *explain_short_place(const struct explain_thread *t);

/* explain/name.c. The caller frees. Pure. */
/* "python3 worker.py (pid 12)", in a cause "a child of python3 worker.py (for example pid 12)". */
char *explain_process(const struct explanation *e, size_t process);
/* "python3 worker.py (pid 12, a child of 11)" of a copy of its parent. */
char *explain_process_and_parent(const struct explanation *e, size_t process);
/* "take() a.c:12 (thread 13)", "seq 1 9 (pid 14)": who does what a sentence tells. */
char *explain_subject(const struct explanation *e, size_t thread);

/* explain/object.c. The caller frees. Pure. */
char *explain_object(const struct explanation *e, size_t thread); /* "mutex registry_lock" */
/* The same of the files of a poll and their kin, whatever they are polled for. */
char *explain_list(const struct explanation *e, size_t thread);
/* "mutex registry_lock" of what a thread waits for that is a lock. */
char *explain_lock_text(const struct explanation *e, size_t thread);

/* explain/sentence.c: of one thread. The caller frees. Pure. */
char *explain_sentence(const struct explanation *e, size_t thread);
/* explain/fold.c: the sentences of these threads, one for those that do the same: at most n lines,
 * the caller frees each; how many. Pure. */
size_t explain_fold(const struct explanation *e, const size_t *threads, size_t n, char **ret_lines);
/* explain/object.c: can't add to an eventfd that has reached its highest count. */
bool explain_is_eventfd_writer(const struct thread *t);
/* It waits for the end of a thread. */
bool explain_joins(const struct explain_thread *t);
/* explain/sentence.c: in a plain sleep, which ends by itself. */
bool explain_is_asleep(const struct thread *t);
/* What stands behind the subject of a thread that waits for nothing that we know of. */
const char *explain_unrest(const struct explanation *e, size_t thread);
/* The processes that could end the wait, without the waiter's own where others can: fills at most
 * max entries, returns the total. */
size_t explain_waker_processes(
	const struct explanation *e, size_t thread, size_t *ret_processes, size_t max);

/* explain/sentence.c: it waits for a lock of a file that no other process has. */
bool explain_holds_file_itself(const struct explanation *e, size_t thread);

/* explain/tasks.c: "goroutines wait for locks: ..." for the headline of a tree in which nothing is
 * proven. NULL where that explains nothing; the caller frees. Pure. */
char *explain_waiting_tasks(const struct explanation *e);

/* explain/polled.c: a thread of Go's runtime that polls for goroutines. */
bool explain_is_poller(const struct explanation *e, size_t thread);
/* "goroutine 1: IO wait in main.load (a.go:9)": those that it polls for, in the program's own code.
 * NULL none; the caller frees. */
char *explain_polling_tasks(const struct explanation *e, size_t thread);

/* explain/follow.c: fills in waits_for. */
void explain_find_followers(struct explanation *e);
/* The process of `thread` waits in the end for that of `other`, which does not wait for it: what
 * `other` waits for tells more. */
bool explain_follows(const struct explanation *e, size_t thread, size_t other);

/* explain/unproven.c: of a tree in which nothing is proven. The caller frees; NULL where no thread
 * tells anything. The key omits per-trial values (addresses, ids). Pure. */
char *explain_unproven(const struct explanation *e);
/* The thread that it tells of first, SIZE_MAX none. */
size_t explain_find_first(const struct explanation *e);
char *explain_unproven_key(const struct explanation *e);

/* explain/told.c: which threads a summary tells of, most telling first: fills n_threads indexes at
 * most, returns how many. Pure. */
size_t explain_list_told(const struct explanation *e, size_t *ret_threads);
/* Some other thread that waits for the end of this process; SIZE_MAX none. */
size_t explain_find_parent(const struct explanation *e, size_t process);
/* A poll of a pipe that has data: edge-triggered, it is told of only when more comes. */
bool explain_is_edge_missed(const struct explanation *e, size_t thread);
/* How much a wait tells about why a tree does not get on; 0: nothing. */
unsigned int explain_weight(const struct explanation *e, size_t thread);

/* explain/headline.c: one line for a reader who knows nothing of the matter. The caller frees.
 * Pure.
 */
char *explain_headline(const struct explanation *e);

/* explain/text.c: of the whole. The caller frees. Pure. */
char *explain_key(const struct explanation *e);
char *explain_normalise(const char *text); /* without addresses and ids */

/* explain/scenario.c: the names of the scenarios of its kind, an array. The caller frees it. */
json_t *explain_scenarios_json(const struct explanation *e);

/* explain/unless.c: what could still end the waits of what is stuck: "somebody opens /run/x, or
 * process 12 "sh" signals it". NULL nothing; the caller frees. Pure. */
char *explain_unless(const struct explanation *e);
/* The same one by one: returns how many, the caller frees each. ret_more: that were left out. */
#define EXPLAIN_UNLESS_MAX 4
size_t explain_list_unless(
	const struct explanation *e, char *ret_conditions[EXPLAIN_UNLESS_MAX], size_t *ret_more);

/* explain/json.c: the object of `why --json`. The caller frees it. */
json_t *explain_to_json(const struct explanation *e);

/* explain/released.c: why one thread is not stuck. The caller frees it. */
char *explain_released(const struct explanation *e, size_t thread);

/* tasks.c: Java. A process that runs the JVM; a thread of the JVM's own, by its name. */
bool java_is_jvm(const struct explanation *e, const struct process *p);
bool java_is_own(const char *comm);

#endif
