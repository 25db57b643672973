/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * budget.c: campaigns that end by time, where a hang costs more time than a clean trial: how often
 * does a test for a fixed number of trials reject although nothing has changed? PAIRS [SEED]
 *
 * The worst case: the campaign is one cell, one trial at a time, so that its own hangs alone decide
 * how many trials fit. Trials start until the budget is spent; the last one is counted.
 */
#include "tests/sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NIGHTS 14
#define BUDGET 2000.0 /* in clean trials */

/* The clean trials before a hang take no loop. */
static struct stats_count run_campaign(uint64_t *state, double p, double cost)
{
	struct stats_count c = { 0, 0 };
	double left = BUDGET;

	while (left > 0) {
		uint64_t clean = sim_next_hang(state, p) - 1;

		if ((double)clean >= left) {
			c.n += (uint64_t)ceil(left);
			break;
		}
		c.n += clean + 1;
		c.k++;
		left -= (double)clean + cost;
	}
	return c;
}

static void run_pairs(uint64_t *state, double p, double cost, uint64_t pairs)
{
	static const double alpha[] = { 0.05, 0.01, 0.003 };
	uint64_t rejected[3] = { 0, 0, 0 };
	double trials = 0;

	for (uint64_t i = 0; i < pairs; i++) {
		struct stats_count base = { 0, 0 }, now;
		double value;

		for (int night = 0; night < NIGHTS; night++) {
			struct stats_count c = run_campaign(state, p, cost);

			base.k += c.k;
			base.n += c.n;
		}
		now = run_campaign(state, p, cost);
		trials += (double)now.n;
		value = stats_fisher_greater(now, base);
		for (int a = 0; a < 3; a++)
			rejected[a] += value <= alpha[a];
	}
	printf("| %g | %g | %.0f |", p, cost, trials / (double)pairs);
	for (int a = 0; a < 3; a++) {
		struct stats_interval ci = stats_clopper_pearson(rejected[a], pairs, 0.95);

		printf(" %.2f [%.2f, %.2f] |", 100 * (double)rejected[a] / (double)pairs,
			100 * ci.low, 100 * ci.high);
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	static const double rates[] = { 0.001, 0.01, 0.1, 0.5 }, costs[] = { 1, 10, 100, 1000 };
	uint64_t pairs = 10 * (argc > 1 ? strtoull(argv[1], NULL, 10) : 2000);
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, state = seed;

	printf("One-sided Fisher between a campaign and %d older ones, all ended by time; nothing "
	       "has "
	       "changed.\n%" PRIu64 " pairs a row, seed %" PRIu64 ".\n\n"
	       "| p | a hang costs | trials | rejected at 5 %%, %% | at 1 %% | at 0.3 %% |\n"
	       "| --- | --- | --- | --- | --- | --- |\n",
		NIGHTS, pairs, seed);
	for (size_t c = 0; c < sizeof(costs) / sizeof(costs[0]); c++)
		for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++)
			run_pairs(&state, rates[r], costs[c], pairs);
	return 0;
}
