/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/perl/perl.h: the frames of a Perl program, from the memory of the interpreter. Pure
 * functions of the memory.
 *
 * Nothing exported tells the version. A statement counts if the function that would run it is the
 * exported one that runs statements; what does not fit is no frame.
 */
#ifndef RUNNER_EXPLAIN_PERL_PERL_H
#define RUNNER_EXPLAIN_PERL_PERL_H

#include "runner/explain/language.h"
#include "runner/explain/peek.h"

struct perl_world {
	uint64_t nextstate, dbstate; /* functions of the interpreter, Perl_pp_nextstate(): 0 none */
	uint64_t interpreter;        /* my_perl; 0: built without threads, see these */
	uint64_t curcop, curstackinfo; /* addresses of the variables */
};

/* Adds no frame where nothing fits. */
void perl_read_frames(
	const struct peek *m, const struct perl_world *w, struct language_stack *stack);

/* What pthread_getspecific(key) is in the thread with this id whose stack ends there (glibc): the
 * interpreter of a thread other than the first. 0 unknown. */
uint64_t perl_find_specific(const struct peek *m, uint64_t stack_end, pid_t tid, uint32_t key);

#endif
