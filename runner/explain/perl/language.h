/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/perl/language.h: where Perl's interpreter is in a process.
 */
#ifndef RUNNER_EXPLAIN_PERL_LANGUAGE_H
#define RUNNER_EXPLAIN_PERL_LANGUAGE_H

#include "runner/explain/perl/perl.h"

struct symbols;

/* The interpreter of the first thread. ret_key: address of PL_thr_key, 0 none. False: no Perl that
 * is known. */
bool perl_locate(const struct symbols *s, struct perl_world *ret_world, uint64_t *ret_key);

#endif
