/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats/compare.c: two or more proportions. */
#include "stats/stats.h"

#include <stdlib.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

double stats_fisher_greater(struct stats_count new, struct stats_count base)
{
	if (new.n == 0 || base.n == 0 || new.k == 0)
		return 1;
	return phyper((double)new.k - 1, (double)new.n, (double)base.n,
		(double)new.k + (double)base.k, 0, 0);
}

struct stats_interval stats_newcombe(
	struct stats_count new, struct stats_count base, double confidence)
{
	struct stats_interval r = { -1, 1 }, i1, i0;
	double p1, p0;

	if (new.n == 0 || base.n == 0)
		return r;
	p1 = (double)new.k / (double)new.n;
	p0 = (double)base.k / (double)base.n;
	i1 = stats_wilson(new.k, new.n, confidence);
	i0 = stats_wilson(base.k, base.n, confidence);
	r.low = p1 - p0 - hypot(p1 - i1.low, i0.high - p0);
	r.high = p1 - p0 + hypot(i1.high - p1, p0 - i0.low);
	return r;
}

/* Koopman's z at the ratio phi: the distance of the data from its best fit under p1 = phi p0. */
static double koopman_z(double k1, double n1, double k0, double n0, double phi)
{
	/* p0 solves (n1+n0) phi p0^2 - (n1 phi + k1 + n0 + k0 phi) p0 + k1 + k0 = 0; the root in
	 * the form that does not cancel. */
	double b = n1 * phi + k1 + n0 + k0 * phi, c = k1 + k0;
	double root = b * b - 4 * (n1 + n0) * phi * c;
	double p0 = 2 * c / (b + sqrt(root > 0 ? root : 0)), p1 = phi * p0;
	double variance = p1 * (1 - p1) / n1 + phi * phi * p0 * (1 - p0) / n0;

	return (k1 / n1 - phi * k0 / n0) / sqrt(variance);
}

static double koopman_root(
	double k1, double n1, double k0, double n0, double inside, double factor, double z)
{
	double external = inside;

	/* z falls with phi: below the estimate it is positive, above negative. */
	do
		external *= factor;
	while (fabs(koopman_z(k1, n1, k0, n0, external)) < z && external > 1e-300 &&
		external < 1e300);
	for (int i = 0; i < 200; i++) {
		double mid = inside + (external - inside) / 2;

		if (mid == inside || mid == external)
			break;
		if (fabs(koopman_z(k1, n1, k0, n0, mid)) < z)
			inside = mid;
		else
			external = mid;
	}
	return external;
}

struct stats_interval stats_ratio(
	struct stats_count new, struct stats_count base, double confidence)
{
	double k1 = (double)new.k, n1 = (double)new.n, k0 = (double)base.k, n0 = (double)base.n;
	double z = -qnorm((1 - confidence) / 2, 0, 1, 1, 0);
	struct stats_interval r = { 0, INFINITY };
	double start;

	if (new.n == 0 || base.n == 0 || (new.k == 0 && base.k == 0))
		return r;
	/* Where one side is zero the estimate is at the edge: begin at a ratio that half a hang on
	 * that side gives, and walk to where it counts as inside. */
	start = (k1 > 0 ? k1 : 0.5) / n1 / ((k0 > 0 ? k0 : 0.5) / n0);
	if (new.k == 0)
		while (fabs(koopman_z(k1, n1, k0, n0, start)) >= z)
			start /= 2;
	if (base.k == 0)
		while (fabs(koopman_z(k1, n1, k0, n0, start)) >= z)
			start *= 2;
	if (new.k > 0)
		r.low = koopman_root(k1, n1, k0, n0, start, 0.5, z);
	if (base.k > 0)
		r.high = koopman_root(k1, n1, k0, n0, start, 2, z);
	return r;
}

struct stats_interval stats_ratio_sequence(
	struct stats_count new, struct stats_count base, double confidence)
{
	double each = (1 + confidence) / 2;
	struct stats_interval i1 = stats_confidence_sequence(new.k, new.n, each);
	struct stats_interval i0 = stats_confidence_sequence(base.k, base.n, each);

	return (struct stats_interval){
		i1.low / i0.high,
		i0.low > 0 ? i1.high / i0.low : INFINITY,
	};
}

static int compare_p(const void *a, const void *b, void *arg)
{
	const double *p = arg;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;

	if (p[i] != p[j])
		return p[i] < p[j] ? -1 : 1;
	return i < j ? -1 : i > j;
}

void stats_holm(const double *p, size_t n, size_t *order, double *ret_adjusted)
{
	double floor = 0;

	for (size_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), compare_p, (void *)p);
	for (size_t i = 0; i < n; i++) {
		double adjusted = p[order[i]] * (double)(n - i);

		if (adjusted > floor)
			floor = adjusted;
		ret_adjusted[order[i]] = floor < 1 ? floor : 1;
	}
}

struct stats_dispersion stats_overdispersion(const struct stats_count *parts, size_t n)
{
	struct stats_dispersion r = { .ratio = 1, .p = 1 };
	double k_all = 0, n_all = 0, p;
	unsigned int used = 0;

	for (size_t i = 0; i < n; i++) {
		k_all += (double)parts[i].k;
		n_all += (double)parts[i].n;
		used += parts[i].n > 0;
	}
	if (used < 2 || k_all <= 0 || k_all >= n_all)
		return r;
	p = k_all / n_all;
	for (size_t i = 0; i < n; i++) {
		double expected = (double)parts[i].n * p;
		double miss = (double)parts[i].k - expected;

		if (parts[i].n == 0)
			continue;
		r.chi2 += miss * miss / (expected * (1 - p));
		r.rough = r.rough || expected < 1 || (double)parts[i].n - expected < 1;
	}
	r.df = used - 1;
	r.ratio = r.chi2 / r.df;
	r.p = pchisq(r.chi2, r.df, 0, 0);
	return r;
}
