/* SPDX-License-Identifier: MIT */
/*
 * preload.h: between the files of libhangrate-preload.so, which LD_PRELOAD puts in front of a libc.
 *
 * It must be fit for any program at any moment: before constructors have run, in signal handlers,
 * in children of fork, vfork and raw clone. So it has no lock, allocates nothing, keeps errno, and
 * what it decides comes from counters and the seed.
 */
#ifndef HANGRATE_PRELOAD_H
#define HANGRATE_PRELOAD_H

#include "lib/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef long (*preload_function)(long, long, long, long, long, long);

enum preload_state {
	PRELOAD_UNKNOWN, /* the real function has not been searched yet */
	PRELOAD_DORMANT, /* straight through */
	PRELOAD_ACTIVE,  /* a rule is enabled, or the trap or lint watches */
};
enum preload_effect { NOTHING, TAKES, TAKES_ALWAYS, LEAVES, WAITS, INITS, FORKS, CREATES };
enum preload_safety { SAFE, UNSAFE, OBJECT };

struct preload_rule {
	uint64_t lo_ns, hi_ns;
	uint64_t p; /* in 2^-32 */
	uint64_t from, step;
	uint64_t count;  /* passages so far, of this process and its ancestors */
	uint64_t stream; /* of draws */
	uint64_t thread; /* only in the one of that number; 0: in all */
	char dist;       /* 0: no rule */
};

/* What a call is to preload_wake.c. */
enum preload_moment {
	PRELOAD_NO_MOMENT,
	PRELOAD_WAITS_OBJECT, /* for the object that is its first argument */
	PRELOAD_WAKES_OBJECT,
	PRELOAD_WAITS_SIGNAL,
	PRELOAD_WAITS_POLL,
	PRELOAD_WAITS_EPOLL,
	PRELOAD_WAITS_SELECT,
	PRELOAD_MAKES_ENDS, /* descriptors that are not closed on exec */
	PRELOAD_FORKS,
	PRELOAD_CREATES,
	PRELOAD_ENDS,
};

enum preload_when { PRELOAD_ENTER, PRELOAD_EXIT };

/* One interposed function. The assembly knows the first two members. */
struct preload_row {
	preload_function real;
	uint8_t state;
	uint8_t effect, argument, safety;
	uint8_t order; /* by preload_order_start(): what it does to the order of locks; 0 nothing */
	uint8_t moment;  /* enum preload_moment */
	uint16_t number; /* in the page of the profile */
	bool jumps;      /* a JUMP: what comes after it is not seen */
	bool allocates;  /* too frequent to be a point of the scheduler */
	const char *name;
	struct preload_rule rule[2]; /* by enum preload_when */
	/* For lint: the lock that every caller so far held, 0 none; and that some did not. */
	long guard;
	bool unguarded;
};
_Static_assert(offsetof(struct preload_row, real) == 0, "see the stubs in lib/arch");
_Static_assert(offsetof(struct preload_row, state) == 8, "see the stubs in lib/arch");

/* --- preload_rules.c --- */
/* Reads HANGRATE_FUNCS, HANGRATE_SEED and the page of counters; enables the rows. */
void preload_rules_start(struct preload_row *const rows[]); /* NULL-terminated */
void preload_rule_pass(struct preload_row *row, enum preload_when when);
/* A rule is for one thread, so somebody must count them. */
bool preload_rules_want_threads(void);
/* In a new thread: its number. The first is 1, and so is one that nobody counted. */
void preload_rules_thread(uint64_t number);
/* From the environment of the process; NULL: not there. */
const char *preload_env(const char *name);
/* n numbers with commas between them; false: it is something else. */
bool preload_parse_numbers(const char *s, uint64_t ret[], unsigned int n);
/* Those of an engine at its offset of the page, marked as loaded. */
struct hangrate_counters *preload_counters(unsigned int offset, uint32_t bit);

/* --- preload_watch.c --- */
/* Bits: who watches locks and forks; 0 is the common case. */
#define PRELOAD_WATCH_TRAP 1u
#define PRELOAD_WATCH_LINT 2u
#define PRELOAD_WATCH_ORDER 4u
#define PRELOAD_WATCH_SCHEDULE 8u
#define PRELOAD_WATCH_WAKE 16u
#define PRELOAD_WATCH_PROFILE 32u
#define PRELOAD_WATCH_THREADS 64u /* a rule asks for the number of a thread */
extern unsigned int preload_watching;
void preload_watch_start(struct preload_row *const rows[]);
/* frame: of a function that the wrapper called, or of the wrapper; NULL: the wrapper has none. */
void preload_watch_before(
	struct preload_row *row, void *site, const void *frame, const long args[6]);
void preload_watch_after(const struct preload_row *row, void *site, const void *frame,
	const long args[6], long result);
/* In the counters, which preload_rules.c owns. */
void preload_receipt_loaded(uint32_t bit);

/* The process is about to end: exit() was called, or main() has returned. */
void preload_watch_exit(void);

/* --- preload_schedule.c --- */
struct preload_schedule {
	uint64_t seed;
	uint32_t changes; /* losses of priority among `steps` points, on average */
	uint64_t steps;
	uint64_t p; /* in 2^-32: of another priority at a point */
	bool null;  /* nobody is held */
};
bool preload_schedule_start(struct preload_row *const rows[]);
/* calls: preload_schedule_after() will follow, and until then the thread may be asleep. */
void preload_schedule_before(bool calls);
void preload_schedule_after(void);
/* The process is about to end. */
void preload_schedule_exit(void);
/* A slot for a thread that is about to be made; -1: none. */
int preload_schedule_create(void);
void preload_schedule_not_created(int slot);
/* In the new thread, first. */
void preload_schedule_begin(int slot);
/* In a forked child. */
void preload_schedule_forked(void);

/* --- preload_thread.c --- */
/* Puts our beginning before that of the thread. To be followed by preload_thread_created(). */
void preload_thread_create(long *function, long *arg);
void preload_thread_created(bool good);

/* --- preload_wake.c --- */
bool preload_wake_start(struct preload_row *const rows[]);
void preload_wake_before(const struct preload_row *row, const long args[6]);
void preload_wake_after(const struct preload_row *row, const long args[6], long result);
/* In a new thread, first. */
void preload_wake_begin(void);
/* The process is about to end. */
void preload_wake_exit(void);

/* --- preload_profile.c --- */
bool preload_profile_start(struct preload_row *const rows[]);
void preload_profile_pass(const struct preload_row *row);

/* --- preload_meet.c --- */
/* The meeting of a thread that forks and one at the target, in memory of the process: a child
 * begins with its own. */
struct preload_meeting {
	int forking;       /* tid; 0: nobody */
	uint32_t arrived;  /* futex: threads that came to the target while somebody forks */
	uint32_t returned; /* futex: forks that have returned */
};
extern struct preload_meeting preload_meeting;
/* The runner's page; NULL: no trap is set. */
extern struct hangrate_trap *preload_trap;
/* Finds or adds the site in the runner's page; NULL: no room. */
struct hangrate_trap_site *preload_tell(uint64_t id, uint32_t kind, void *address);
/* This thread is at the target: where somebody forks, it stays until that is over. */
void preload_meet(void);
/* Until a fork has returned since `seen`, but not for longer than the page says. */
void preload_stay_until(uint32_t seen);
uint64_t preload_now_ns(void);
/* Until *word is not `seen` any more, or the time has come. True: it has changed. Keeps errno. */
bool preload_wait_change(uint32_t *word, uint32_t seen, uint64_t until_ns);
/* Adds one and wakes all who wait for that. Keeps errno. */
void preload_change(uint32_t *word);
/* Maps the page whose descriptor stands in the environment, if it is one; NULL. */
void *preload_map_page(const char *env, size_t size, uint32_t magic);

/* --- preload_words.c --- */
/* Nothing of it happens but in a trial whose page asks for words. */
void preload_words_start(struct hangrate_trap *page);
/* The thread that forks: tells the runner which words other threads take. */
void preload_words_look(void);
/* Watches the target. False: it is not in this process, nobody else could take it, or nobody did
 * when it was watched last. To be closed ahead of the fork, for a child must not have the
 * descriptors. */
bool preload_words_open(void);
void preload_words_close(bool came);
/* Around the fork itself: waits, with an end, until no other thread watches. */
void preload_words_fork(void);
void preload_words_forked(void);
/* In a forked child: nothing is watched. */
void preload_words_forget(void);

/* --- preload_search.c --- */
/* Finds up to max words in what was loaded at the start, each once; returns how many. */
unsigned int preload_search_words(uint32_t *words[], unsigned int max);

/* --- preload_sites.c --- */
/* Segments of what was loaded at the start: code, and what can be written. */
struct preload_module {
	uintptr_t begin, end, base;
	bool code, writable; /* code: and it can be read */
	char name[20];
};
/* NULL: there are no more. */
const struct preload_module *preload_module_at(size_t i);
const struct preload_module *preload_module_of(uintptr_t address);
/* Who is and was where; one entry for each address that a lock was taken at. */
struct preload_site {
	void *address; /* NULL: free */
	uint64_t id;
	int tid;         /* the first that passed */
	bool many;       /* and another */
	uint32_t held;   /* locks taken here and not left yet */
	uint16_t shared; /* index + 1 in the trap page */
};
#define PRELOAD_SITES 512 /* a power of two */
extern struct preload_site preload_sites[PRELOAD_SITES];
/* NULL: the table is full. */
struct preload_site *preload_site_at(void *address);
void preload_sites_start(void);
/* In a forked child: the others are gone, and so is what they held. */
void preload_sites_forget(void);
/* The same for the same place of the same module in every run. Never 0. */
uint64_t preload_site_id(void *address);
/* "MODULE+0xOFFSET"; always terminated. */
void preload_site_name(void *address, char *buf, size_t size);
/* The libc and its loader, whose own calls are their own business. */
bool preload_site_is_libc(void *address);
/* Of this thread; a forked child's is new after preload_sites_forget(). */
int preload_tid(void);
/* This process has more than one thread. Keeps errno. */
bool preload_has_threads(void);

/* --- preload_order.c --- */
/* A place: behind the call, and the callers of its function as far as frame pointers tell. */
struct preload_place {
	void *at[HANGRATE_ORDER_FRAMES];
};
/* The mode of a lock that is held or wanted. */
struct preload_hold {
	long object;
	struct preload_place place;
	uint32_t lock; /* index + 1 in the runner's memory; 0: not asked for yet */
	uint8_t kind;  /* enum hangrate_order_lock_kind */
	bool read;
};
#define PRELOAD_HOLDS 16 /* of a thread; deeper ones are counted */
/* Maps the memory and says of each row what it does. False: nobody asked for it. */
bool preload_order_start(struct preload_row *const rows[]);
void preload_order_before(
	const struct preload_row *row, void *site, const void *frame, const long args[6]);
void preload_order_after(const struct preload_row *row, void *site, const void *frame,
	const long args[6], long result);

/* --- preload_order_tables.c: what the runner is told --- */
/* The runner's memory; NULL: not asked for. */
extern struct hangrate_order *preload_order;
bool preload_order_map(void); /* false: not asked for */
void preload_order_tables_start(void);
/* Of this thread; HANGRATE_ORDER_NOBODY: no room. */
uint32_t preload_order_thread(void);
/* In a forked child. */
void preload_order_tables_forked(void);
/* Adds or counts the edges from each lock held to the one wanted. */
void preload_order_edges(struct preload_hold *held, unsigned int n_held,
	const struct preload_hold *wanted, uint32_t how);
void preload_order_link(enum hangrate_order_link_kind kind, uint64_t other);
/* A lock was made or destroyed. */
void preload_order_made(long object, void *site);
void preload_order_flag(long object, uint8_t kind, uint32_t flag);

/* --- preload_order_hold.c: holds a thread until others have what they want --- */
/* About to take the lock, whatever it holds: where another role is to be there first, waits for
 * it. */
void preload_order_hold_first(const struct preload_hold *wanted);
/* About to take it with others held. */
void preload_order_hold(
	const struct preload_hold *held, unsigned int n_held, const struct preload_hold *wanted);
void preload_order_hold_forked(void);

/* --- preload_lint.c --- */
bool preload_lint_start(void);
void preload_lint_before(struct preload_row *row, void *site, const long args[6]);
void preload_lint_after(const struct preload_row *row, void *site, const long args[6], long result);

#endif
