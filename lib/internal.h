/* SPDX-License-Identifier: MIT */
/*
 * internal.h: what the files of lib/ share among themselves. Scenarios never see it.
 *
 * Rule for all of lib/: after a fork no malloc, stdio, locale or getenv. The environment is read
 * once, in main(), before any thread exists.
 */
#ifndef HANGRATE_INTERNAL_H
#define HANGRATE_INTERNAL_H

#include "lib/scenario.h"

/* --- self.c --- */
/* The scenario of this executable in its long form, however it was declared. */
const struct scenario *scenario_self(void);
/* Replaces the short form that LIBC_SCENARIO() declared. Only before any thread exists. */
void self_set(const struct scenario *full_form);
/* HANGRATE_SEED and HANGRATE_KNOBS (protocol.h), NULL: not set. Exit 99 with one line on bad text.
 */
void self_read_seed(const char *text);
void self_read_knobs(const char *text);

/* libc_scenario.c: fills the long form for what LIBC_SCENARIO() declared. */
void libc_scenario_expand(const struct scenario *declared, struct scenario *ret_full);

/* describe.c: writes --describe to stdout. Returns the exit status. */
int scenario_describe(const struct scenario *self);

/* points.c: enables the delay points from HANGRATE_POINTS's text (NULL: the bare arm, nothing is
 * touched). counters_fd -1: none. Exits 99 with one line if anything is wrong. */
void points_init(
	const struct scenario *self, const char *text, const char *counters_fd, uint64_t seed);

/* points_parse.c: the interpreting half of HANGRATE_POINTS (protocol.h). */
#define POINTS_MAX 16
#define POINTS_NAME_MAX 64
/* One hour. Far above it the conversion of an exponential delay to an integer is undefined. */
#define POINTS_MAX_DELAY_NS UINT64_C(3600000000000)
struct points_rule {
	char name[POINTS_NAME_MAX];
	char dist; /* 'f', 'u', 'e' */
	uint64_t lo_ns;
	uint64_t hi_ns;
	double p;
	uint64_t from;
	uint64_t step;
};
/* Returns the number of rules, or -EINVAL (bad text, a name twice) or -E2BIG. */
int points_parse(const char *text, size_t len, struct points_rule ret_rules[POINTS_MAX]);
/* Does the n-th passage (from 1) count? */
bool points_rule_counts(const struct points_rule *rule, uint64_t n);
/* Does a passage that counts get delayed, for a 64-bit random value? */
bool points_rule_hits(const struct points_rule *rule, uint64_t random);
/* The delay for a 64-bit random value. */
uint64_t points_rule_delay(const struct points_rule *rule, uint64_t random);

/* A sequence without state or lock: the n-th value for a key (splitmix64). */
uint64_t scenario_mix(uint64_t key, uint64_t n);

/* --- say.c --- */
/* Writes "NAME: a b c\n" by one write(2) to stderr; parts end with NULL. Safe after fork. */
void scenario_say(const char *const parts[]);
#define SAY(...) scenario_say((const char *const[]){ __VA_ARGS__, NULL })
/* One line "NAME: what: 'value'" and exit 99: the set-up is broken. */
__attribute__((noreturn)) void scenario_die(const char *what, const char *value);

/* stress.c: threads that scenario_stress_stop() has sent to sleep begin another bout. */
void stress_go_on(void);
/* Waits for the moment to fork that the seed chooses; once a bout, and only with stress threads.
 */
void stress_meet(void);

#endif
