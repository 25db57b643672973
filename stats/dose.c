/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats/dose.c: does the hang rate follow the dose, and at which dose is it one half? */
#include "stats/stats.h"

#include <errno.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#define FIRTH_STEPS 200

double stats_trend(const double *dose, const struct stats_count *count, size_t n, double *ret_z)
{
	double n_all = 0, k_all = 0, mean = 0, score = 0, spread = 0, p, z = 0;

	for (size_t i = 0; i < n; i++) {
		n_all += (double)count[i].n;
		k_all += (double)count[i].k;
		mean += (double)count[i].n * dose[i];
	}
	if (ret_z)
		*ret_z = 0;
	if (n_all <= 0 || k_all <= 0 || k_all >= n_all)
		return 1;
	mean /= n_all;
	p = k_all / n_all;
	for (size_t i = 0; i < n; i++) {
		double d = dose[i] - mean;

		score += d * ((double)count[i].k - (double)count[i].n * p);
		spread += (double)count[i].n * d * d;
	}
	if (!(spread > 0))
		return 1;
	z = score / sqrt(p * (1 - p) * spread);
	if (ret_z)
		*ret_z = z;
	return pnorm(z, 0, 1, 0, 0);
}

struct firth_data {
	const double *x;
	const struct stats_count *count;
	size_t n;
	double centre,
		scale; /* x is standardised to keep the information matrix well conditioned */
};

/* What one look at the penalised likelihood gives. */
struct firth_look {
	double loglik;      /* with Jeffreys' penalty log|I|/2 */
	double ia, iab, ib; /* Fisher information */
	double ua, ub;      /* Firth's score */
};

static double firth_x(const struct firth_data *d, size_t i)
{
	return (d->x[i] - d->centre) / d->scale;
}

static struct firth_look firth_look(const struct firth_data *d, double a, double b)
{
	struct firth_look r = { 0 };
	double det;

	for (size_t i = 0; i < d->n; i++) {
		double x = firth_x(d, i), n = (double)d->count[i].n, k = (double)d->count[i].k;
		double eta = a + b * x, w = n * dlogis(eta, 0, 1, 0);

		r.ia += w;
		r.iab += w * x;
		r.ib += w * x * x;
		r.loglik += k * plogis(eta, 0, 1, 1, 1) + (n - k) * plogis(eta, 0, 1, 0, 1);
	}
	det = r.ia * r.ib - r.iab * r.iab;
	r.loglik += log(det) / 2;
	for (size_t i = 0; i < d->n; i++) {
		double x = firth_x(d, i), n = (double)d->count[i].n, k = (double)d->count[i].k;
		double eta = a + b * x, p = plogis(eta, 0, 1, 1, 0);
		double w = n * dlogis(eta, 0, 1, 0);
		/* Leverage of the whole group. */
		double h = w * (r.ib - 2 * x * r.iab + x * x * r.ia) / det;
		double u = k - n * p + h * (0.5 - p);

		r.ua += u;
		r.ub += u * x;
	}
	return r;
}

/* Newton's steps, halved while the penalised likelihood falls. */
static int firth_climb(const struct firth_data *d, double *a, double *b, struct firth_look *look)
{
	*look = firth_look(d, *a, *b);
	for (int i = 0; i < FIRTH_STEPS; i++) {
		double det = look->ia * look->ib - look->iab * look->iab;
		double da = (look->ib * look->ua - look->iab * look->ub) / det;
		double db = (look->ia * look->ub - look->iab * look->ua) / det;
		double size = fmax2(fabs(da), fabs(db));
		struct firth_look next;

		if (!R_FINITE(size))
			return -EDOM;
		if (size < 1e-12 * (1 + fabs(*a) + fabs(*b)))
			return 0;
		if (size > 5) {
			da *= 5 / size;
			db *= 5 / size;
		}
		next = firth_look(d, *a + da, *b + db);
		for (int half = 0; half < 40 && !(next.loglik >= look->loglik); half++) {
			da /= 2;
			db /= 2;
			next = firth_look(d, *a + da, *b + db);
		}
		if (!(next.loglik >= look->loglik)) /* at the top, as far as rounding lets us see */
			return size < 1e-6 ? 0 : -EDOM;
		*a += da;
		*b += db;
		*look = next;
	}
	return -EDOM;
}

int stats_firth(
	const double *x, const struct stats_count *count, size_t n, struct stats_logistic *ret_fit)
{
	struct firth_data d = { x, count, n, 0, 0 };
	double n_all = 0, k_all = 0, a, b = 0, det, va, vb, cov;
	struct firth_look look;
	int r;

	for (size_t i = 0; i < n; i++) {
		n_all += (double)count[i].n;
		k_all += (double)count[i].k;
		d.centre += (double)count[i].n * x[i];
	}
	if (n_all <= 0)
		return -EINVAL;
	d.centre /= n_all;
	for (size_t i = 0; i < n; i++)
		d.scale += (double)count[i].n * (x[i] - d.centre) * (x[i] - d.centre);
	d.scale = sqrt(d.scale / n_all);
	if (!(d.scale > 1e-12 * fabs(d.centre)) || !R_FINITE(d.scale))
		return -EINVAL;
	a = log((k_all + 0.5) / (n_all - k_all + 0.5));
	r = firth_climb(&d, &a, &b, &look);
	if (r < 0)
		return r;
	/* Back to the scale of x. */
	det = look.ia * look.ib - look.iab * look.iab;
	va = look.ib / det;
	vb = look.ia / det / (d.scale * d.scale);
	cov = -look.iab / det / d.scale;
	b /= d.scale;
	*ret_fit = (struct stats_logistic){
		.a = a - b * d.centre,
		.b = b,
		.var_a = va - 2 * d.centre * cov + d.centre * d.centre * vb,
		.var_b = vb,
		.cov = cov - d.centre * vb,
	};
	return 0;
}

double stats_logistic_at(const struct stats_logistic *fit, double x)
{
	return plogis(fit->a + fit->b * x, 0, 1, 1, 0);
}

struct stats_interval stats_logistic_band(
	const struct stats_logistic *fit, double x, double confidence)
{
	double z = -qnorm((1 - confidence) / 2, 0, 1, 1, 0), eta = fit->a + fit->b * x;
	double var = fit->var_a + 2 * x * fit->cov + x * x * fit->var_b;
	double half = z * sqrt(var > 0 ? var : 0);

	return (struct stats_interval){ plogis(eta - half, 0, 1, 1, 0),
		plogis(eta + half, 0, 1, 1, 0) };
}

/* Fieller 1954: all x with (a + b x)^2 <= z^2 Var(a + b x), an interval while b is significant. */
int stats_ed50(const struct stats_logistic *fit, double confidence, double *ret_x,
	struct stats_interval *ret_interval)
{
	double z = -qnorm((1 - confidence) / 2, 0, 1, 1, 0), z2 = z * z;
	double qa = fit->b * fit->b - z2 * fit->var_b;
	double qb = fit->a * fit->b - z2 * fit->cov;
	double qc = fit->a * fit->a - z2 * fit->var_a;
	double root = qb * qb - qa * qc;

	if (!(qa > 0))
		return -ERANGE;
	root = sqrt(root > 0 ? root : 0);
	*ret_x = -fit->a / fit->b;
	*ret_interval = (struct stats_interval){ (-qb - root) / qa, (-qb + root) / qa };
	return 0;
}
