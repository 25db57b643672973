/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target.h: what is run. Finds scenario executables, asks each to describe itself, and turns them,
 * or the user's own argv, into targets. After this file nothing knows the difference.
 */
#ifndef RUNNER_PLAN_TARGET_H
#define RUNNER_PLAN_TARGET_H

#include "runner/record/record.h"

enum knob_kind { KNOB_DELAY, KNOB_SIZE };

struct knob {
	char *name;
	enum knob_kind kind;
	char *levels; /* as declared: "0,1ms,10ms" */
	char *help;
};

struct target {
	char *name;    /* scenario, or the program as typed */
	char *variant; /* "" for a program */
	char *summary;
	char *libc; /* "glibc 2.36"; see identity_libc() */
	/* Of a user's program: what was run, as record_cell has it; NULL: the name says it all. */
	char *command, *directory, *program;
	char *path;  /* absolute, what is executed */
	char **argv; /* NULL-terminated */
	enum expect expect;
	char *why;
	int64_t timeout_ns; /* declared by the variant; 0: none */
	struct knob *knobs; /* those that apply to this variant */
	size_t n_knobs;
	int skip_status;   /* exit status that means "does not exist here"; -1: none */
	int broken_status; /* exit status that means "set-up failed"; -1: none */
	bool canary;
	bool once; /* a canary of the first round alone, for its proof costs milliseconds */
};

struct scenario_file {
	char *path;
	char *name;
	char *summary;
	char *hazard;
	char *cause;   /* what its cause looks like (lib/scenario.h); "" not said */
	char *symptom; /* what a stuck process waits in: "futex"; "" not said */
	char *libc;
	char **refs;
	size_t n_refs;
};

struct target_list {
	struct target *targets;
	size_t n, cap;
	struct scenario_file *scenarios; /* one an executable, for `list` */
	size_t n_scenarios, cap_scenarios;
	/* Executables that could not be asked; each is one line "PATH: why". The others still run,
	 * and the command ends with status 3. */
	char **faults;
	size_t n_faults, cap_faults;
};
void target_list_done(struct target_list *l);

/*
 * Adds every executable DIR/LIBC/scenarios/NAME (or DIR itself, when it holds executables) whose
 * SCENARIO/VARIANT matches one of the patterns (fnmatch; "NAME" means all its variants; "!PATTERN"
 * leaves out; where none adds: all). Returns 0, or a negative errno of opening DIR. ret_unmatched
 * is the first pattern that matched nothing, or NULL.
 */
int target_find(struct target_list *l, const char *dir, char *const *patterns, size_t n_patterns,
	const char **ret_unmatched);

/* Adds the user's program, looked up in PATH, under a name of its own (NULL: one is made of argv).
 * -ENOENT, -EACCES, ... as execvp() would say. */
int target_add_program(struct target_list *l, char *const *argv, const char *name);

/* Where it is; NULL: nowhere. The caller frees. */
char *target_program_path(const char *name);
/* Whether a program of that name would be found. */
bool target_is_program(const char *name);

/* Adds the canaries: this executable itself, hanging on a futex, hanging on a pipe, and clean. */
void target_add_canaries(struct target_list *l);

/* Interprets a scenario's --describe; pure. Adds its matching variants. Returns 0 or -EINVAL with
 * *ret_why set to a static sentence. */
int target_parse_describe(struct target_list *l, const char *path, const char *json, size_t len,
	char *const *patterns, size_t n_patterns, bool *pattern_used, const char **ret_why);

/* True when "glibc 2.36" satisfies "*", "glibc", "musl<1.2.2", "glibc>=2.31,<2.36". Pure. */
bool target_libc_matches(const char *libc, const char *range);

#endif
