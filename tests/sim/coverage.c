/* SPDX-License-Identifier: GPL-3.0-or-later */
/* coverage.c: how often the stated intervals hold the truth. CAMPAIGNS [SEED]; make simulate. */
#include "tests/sim/sim.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <stdio.h>
#include <stdlib.h>

static const double truths[] = { 0, 0.001, 0.01, 0.1, 0.5 };
#define N_TRUTHS (sizeof(truths) / sizeof(truths[0]))

static double exact_coverage(double p, uint64_t n)
{
	double sum = 0;

	for (uint64_t k = 0; k <= n; k++) {
		double weight = dbinom((double)k, (double)n, p, 0);
		struct stats_interval i;

		if (weight < 1e-15)
			continue;
		i = stats_clopper_pearson(k, n, 0.95);
		if (i.low <= p && p <= i.high)
			sum += weight;
	}
	return sum;
}

static void print_exact(double p)
{
	double worst = 1;
	uint64_t at = 0;

	for (uint64_t n = 1; n <= 5000; n++) {
		double c = exact_coverage(p, n);

		if (c < worst) {
			worst = c;
			at = n;
		}
	}
	printf("| %g | %.4f at n = %llu |\n", p, worst, (unsigned long long)at);
}

int main(int argc, char **argv)
{
	uint64_t campaigns = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, state = seed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%llu campaigns a row, seed %llu, nominal 95 %%.\n\n", (unsigned long long)campaigns,
		(unsigned long long)seed);
	puts("| p | Clopper-Pearson, n = 1000 | 4400 | 10000 | sequence, stopped early | at every "
	     "look |\n| --- | --- | --- | --- | --- | --- |");
	for (size_t i = 0; i < N_TRUTHS; i++) {
		double p = truths[i], width = p < 0.05 ? 0.01 : 0.1;
		struct sim_coverage s = sim_early_stopping(&state, p, width, 10000, campaigns);

		printf("| %g |", p);
		for (const uint64_t *n = (const uint64_t[]){ 1000, 4400, 10000, 0 }; *n; n++)
			printf(" %.4f |", (double)sim_fixed(&state, p, *n, campaigns).stated /
						  (double)campaigns);
		printf(" %.4f | %.4f |\n", (double)s.stated / (double)campaigns,
			(double)s.always / (double)campaigns);
	}
	puts("\nExact coverage of Clopper-Pearson, no simulation:\n\n| p | n = 1000 | 4400 | 10000 "
	     "|\n| --- | --- | --- | --- |");
	for (size_t i = 0; i < N_TRUTHS; i++)
		printf("| %g | %.4f | %.4f | %.4f |\n", truths[i], exact_coverage(truths[i], 1000),
			exact_coverage(truths[i], 4400), exact_coverage(truths[i], 10000));
	puts("\nLeast exact coverage of Clopper-Pearson over all n up to 5000:\n\n| p | coverage "
	     "|\n"
	     "| --- | --- |");
	for (size_t i = 0; i < N_TRUTHS; i++)
		print_exact(truths[i]);
	return 0;
}
