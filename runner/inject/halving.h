/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/halving.h: which of many candidates the next trial uses, by successive halving (Karnin,
 * Koren, Somekh, ICML 2013; Jamieson, Talwalkar, AISTATS 2016). In each rung every candidate that
 * is still in gets as many tries; the better half goes on and gets twice as many. After the last
 * rung all begin again. As soon as one has succeeded, the best one gets nearly all tries and the
 * rungs go on beside it. Until then one whose try lasts much longer than those of others
 * gets another: it may have succeeded, which is known last. Pure; nothing is drawn, so the same
 * results give the same choices.
 */
#ifndef RUNNER_INJECT_HALVING_H
#define RUNNER_INJECT_HALVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct halving_arm {
	char *name;
	uint64_t tries, good; /* good: it showed what is looked for */
	uint64_t pending;     /* tries that are not over */
	uint64_t excused;     /* that were still finding out what to do */
	uint64_t in_rung;     /* tries begun in this rung */
	uint64_t since;       /* tries of all that were over when its last one began */
	double promise;       /* how often it succeeds, as far as the last tries tell */
	bool fallen;          /* out until the next bracket */
	bool left_out;        /* for ever */
	bool draws;           /* each of its tries is another one */
};

struct halving {
	struct halving_arm *arms;
	size_t n, cap;
	unsigned int rung; /* each candidate gets 2^rung tries in it */
	double doubt;      /* at 1, another than the best is tried */
	uint64_t choices, overs;
};

/* Adds one; they are numbered in this order, the most promising first. Returns its number. */
size_t halving_add(struct halving *h, const char *name);
/* The same for one of which each try is another one: what failed once may succeed the next time. It
 * gets more tries in a rung. */
size_t halving_add_drawing(struct halving *h, const char *name);
/* The same for one that repeats a try that succeeded. */
size_t halving_add_proven(struct halving *h, const char *name);
void halving_leave_out(struct halving *h, size_t arm);
/* Counts the try; SIZE_MAX: there is nothing to choose from. */
size_t halving_choose(struct halving *h);
/* To be told of each choice. */
void halving_over(struct halving *h, size_t arm, bool good);
/* Instead, of one without success that was still finding out how to; it counts after 32 times, and
 * where another has succeeded. */
void halving_over_searching(struct halving *h, size_t arm);
/* The one that succeeded most; NULL: none did. */
const struct halving_arm *halving_best(const struct halving *h);
void halving_done(struct halving *h);

#endif
