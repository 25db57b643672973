/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nightly/bisect.h: one step of `git bisect run`. Runs fresh trials until the first hang (bad) or
 * until enough were clean (good).
 */
#ifndef RUNNER_NIGHTLY_BISECT_H
#define RUNNER_NIGHTLY_BISECT_H

#include <stdint.h>

struct bisect_options {
	double rate;        /* P(hang) of a bad revision, at least */
	unsigned int steps; /* of the whole bisection */
	double error;       /* P(any of them goes wrong), at most */
	uint64_t seed;
	char **run; /* what stands behind --: arguments of `hangrate run`; ends with NULL */
};

/* git's codes. 125 would mean "skip this revision": nothing here may mean that by accident, so a
 * fault of ours is 128, which makes git stop. */
enum bisect_status {
	BISECT_GOOD = 0,
	BISECT_BAD = 1,
	BISECT_FAULT = 128,
};

/* Maps a status of ours, or of anything else, to git's. */
enum bisect_status bisect_status(int status);
enum bisect_status check_bisect(const struct bisect_options *options);

#endif
