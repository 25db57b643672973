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
	PRELOAD_ACTIVE,  /* a rule is armed, or somebody watches */
};
enum preload_effect { NOTHING, TAKES, LEAVES, WAITS, FORKS };
enum preload_safety { SAFE, UNSAFE, OBJECT };

struct preload_rule {
	uint64_t lo_ns, hi_ns;
	uint64_t p; /* in 2^-32 */
	uint64_t from, step;
	uint64_t count;  /* passages so far, of this process and its ancestors */
	uint64_t stream; /* of draws */
	char dist;       /* 0: no rule */
};

enum preload_when { PRELOAD_ENTER, PRELOAD_EXIT };

/* One interposed function. The assembly knows the first two members. */
struct preload_row {
	preload_function real;
	uint8_t state;
	uint8_t effect, argument, safety;
	const char *name;
	struct preload_rule rule[2]; /* by enum preload_when */
};
_Static_assert(offsetof(struct preload_row, real) == 0, "see the stubs in preload.c");
_Static_assert(offsetof(struct preload_row, state) == 8, "see the stubs in preload.c");

/* NULL-terminated. */
extern struct preload_row *const preload_rows[];

/* --- preload_rules.c --- */
/* Reads HANGRATE_FUNCS, HANGRATE_SEED and the receipt; arms the rows. */
void preload_rules_start(void);
void preload_rule_pass(struct preload_row *row, enum preload_when when);
/* From the environment of the process; NULL: not there. */
const char *preload_env(const char *name);

#endif
