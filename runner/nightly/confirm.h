/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nightly/confirm.h: runs `hangrate run` again, as a child, with its record in a file of its own.
 */
#ifndef RUNNER_NIGHTLY_CONFIRM_H
#define RUNNER_NIGHTLY_CONFIRM_H

#include "runner/nightly/check.h"

/* Runs argv (argv[0] is ignored: it is this program) and loads what it recorded. argv must say
 * "--db X"; X (on the heap) is replaced by the path of a record that is gone afterwards. 0, or
 * -errno with *ret_why one line, freed by the caller. silent: what it prints is thrown away. */
int check_run(char **argv, bool silent, struct record_campaign *ret_campaign, char **ret_why);

/*
 * Runs a suspect again on seeds that follow from `seed`, with as many trials as it had.
 * 0 with the fresh counts; -errno with *ret_why when no sound answer came.
 */
int check_rerun(const struct record_campaign *c, const struct check_cell *cell, uint64_t seed,
	struct stats_count *ret_fresh, char **ret_why);

#endif
