/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compares reports/stats*.c with the committed values of R, scipy and statsmodels. */
#include "stats/stats.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <math.h>

#define TABLE "tests/oracle/reference.tsv"
#define MAX_VALUES 256

struct oracle_row {
	double in[MAX_VALUES], want[MAX_VALUES], got[MAX_VALUES];
	size_t n_in, n_want, n_got;
	struct stats_count count[MAX_VALUES];
	double x[MAX_VALUES];
};

static void answer_interval(struct oracle_row *r, struct stats_interval i)
{
	r->got[0] = i.low;
	r->got[1] = i.high;
	r->n_got = 2;
}

static void answer_number(struct oracle_row *r, double v)
{
	r->got[0] = v;
	r->n_got = 1;
}

static uint64_t whole(const struct oracle_row *r, size_t i)
{
	return (uint64_t)r->in[i];
}

static struct stats_count pair(const struct oracle_row *r, size_t i)
{
	return (struct stats_count){ whole(r, i), whole(r, i + 1) };
}

static void clopper_pearson(struct oracle_row *r)
{
	answer_interval(r, stats_clopper_pearson(whole(r, 0), whole(r, 1), r->in[2]));
}

static void binom_test(struct oracle_row *r)
{
	answer_interval(r, stats_clopper_pearson(whole(r, 0), whole(r, 1), 0.95));
}

static void confidence_sequence(struct oracle_row *r)
{
	answer_interval(r, stats_confidence_sequence(whole(r, 0), whole(r, 1), r->in[2]));
}

static void wilson(struct oracle_row *r)
{
	answer_interval(r, stats_wilson(whole(r, 0), whole(r, 1), r->in[2]));
}

static void fisher_greater(struct oracle_row *r)
{
	answer_number(r, stats_fisher_greater(pair(r, 0), pair(r, 2)));
}

static void newcombe(struct oracle_row *r)
{
	answer_interval(r, stats_newcombe(pair(r, 0), pair(r, 2), r->in[4]));
}

static void ratio(struct oracle_row *r)
{
	answer_interval(r, stats_ratio(pair(r, 0), pair(r, 2), r->in[4]));
}

static void holm(struct oracle_row *r)
{
	size_t order[MAX_VALUES];

	stats_holm(r->in, r->n_in, order, r->got);
	r->n_got = r->n_in;
}

static void overdispersion(struct oracle_row *r)
{
	size_t n = r->n_in / 2;
	struct stats_dispersion d;

	for (size_t i = 0; i < n; i++)
		r->count[i] = pair(r, 2 * i);
	d = stats_overdispersion(r->count, n);
	r->got[0] = d.chi2;
	r->got[1] = d.df;
	r->got[2] = d.ratio;
	r->got[3] = d.p;
	r->n_got = 4;
}

static size_t read_doses(struct oracle_row *r)
{
	for (size_t i = 0; i < r->n_in / 3; i++) {
		r->x[i] = r->in[3 * i];
		r->count[i] = pair(r, 3 * i + 1);
	}
	return r->n_in / 3;
}

static void trend(struct oracle_row *r)
{
	size_t n = read_doses(r);

	r->got[0] = stats_trend(r->x, r->count, n, &r->got[1]);
	r->n_got = 2;
}

static void firth(struct oracle_row *r)
{
	struct stats_logistic fit;
	size_t n = read_doses(r);

	cr_assert_eq(stats_firth(r->x, r->count, n, &fit), 0);
	r->got[0] = fit.a;
	r->got[1] = fit.b;
	r->got[2] = fit.var_a;
	r->got[3] = fit.var_b;
	r->got[4] = fit.cov;
	r->n_got = 5;
}

static void ed50(struct oracle_row *r)
{
	struct stats_logistic fit;
	struct stats_interval ci;
	size_t n = read_doses(r);

	cr_assert_eq(stats_firth(r->x, r->count, n, &fit), 0);
	cr_assert_eq(stats_ed50(&fit, 0.95, &r->got[0], &ci), 0);
	r->got[1] = ci.low;
	r->got[2] = ci.high;
	r->n_got = 3;
}

static void kaplan_meier(struct oracle_row *r)
{
	struct stats_time times[MAX_VALUES] = { 0 };
	struct stats_survival points[MAX_VALUES];
	size_t n = (r->n_in - 1) / 3;

	for (size_t i = 0; i < n; i++)
		times[i] = (struct stats_time){ r->in[1 + 3 * i], whole(r, 2 + 3 * i),
			whole(r, 3 + 3 * i) };
	stats_kaplan_meier(times, n, r->in[0], points);
	for (size_t i = 0; i < n; i++) {
		r->got[3 * i] = points[i].surviving;
		r->got[3 * i + 1] = points[i].ci.low;
		r->got[3 * i + 2] = points[i].ci.high;
	}
	r->n_got = 3 * n;
}

static void fisher_power(struct oracle_row *r)
{
	answer_number(
		r, stats_fisher_power(r->in[0], whole(r, 1), r->in[2], whole(r, 3), r->in[4]));
}

static void runs_for_bisect(struct oracle_row *r)
{
	answer_number(r, (double)stats_runs_for_bisect(r->in[0], (unsigned int)r->in[1], r->in[2]));
}

static void clean_runs(struct oracle_row *r)
{
	answer_number(r, (double)stats_clean_runs(r->in[0], r->in[1], r->in[2]));
}

static const struct {
	const char *name;
	void (*run)(struct oracle_row *r);
} functions[] = {
	{ "clopper_pearson", clopper_pearson },
	{ "binom_test", binom_test },
	{ "confidence_sequence", confidence_sequence },
	{ "wilson", wilson },
	{ "fisher_greater", fisher_greater },
	{ "newcombe", newcombe },
	{ "ratio", ratio },
	{ "holm", holm },
	{ "overdispersion", overdispersion },
	{ "trend", trend },
	{ "firth", firth },
	{ "ed50", ed50 },
	{ "kaplan_meier", kaplan_meier },
	{ "fisher_power", fisher_power },
	{ "runs_for_bisect", runs_for_bisect },
	{ "clean_runs", clean_runs },
};

static size_t parse_values(char *text, double *ret_values)
{
	size_t n = 0;

	for (char *end; *text; text = end) {
		double v = strtod(text, &end);

		if (end == text)
			break;
		cr_assert(n < MAX_VALUES);
		ret_values[n++] = v;
	}
	return n;
}

static void check_row(char *line, unsigned int *used)
{
	char *save, *name = strtok_r(line, "\t", &save), *in = strtok_r(NULL, "\t", &save);
	char *want = strtok_r(NULL, "\t", &save), *tolerance = strtok_r(NULL, "\t", &save);
	struct oracle_row r = { 0 };
	size_t f = 0;

	cr_assert(tolerance, "row '%s' has too few fields", name);
	while (f < ARRAY_SIZE(functions) && strcmp(functions[f].name, name) != 0)
		f++;
	cr_assert(f < ARRAY_SIZE(functions), "no function '%s'", name);
	used[f]++;
	r.n_in = parse_values(in, r.in);
	r.n_want = parse_values(want, r.want);
	functions[f].run(&r);
	cr_assert_eq(r.n_got, r.n_want, "%s(%s)", name, in);
	for (size_t i = 0; i < r.n_want; i++) {
		double tol = strtod(tolerance, NULL) * fabs(r.want[i]);

		/* Relative, so that tiny p-values count; only a true zero may be met by rounding.
		 */
		if (r.want[i] == 0)
			tol = 1e-15;
		cr_expect(r.got[i] == r.want[i] || fabs(r.got[i] - r.want[i]) <= tol,
			"%s(%s)[%zu] = %.17g, want %.17g", name, in, i, r.got[i], r.want[i]);
	}
}

Test(stats_oracle, agrees_with_r_scipy_statsmodels)
{
	unsigned int used[ARRAY_SIZE(functions)] = { 0 };
	cleanup(cleanup_fclose) FILE *f = fopen(TABLE, "re");
	cleanup(cleanup_free) char *line = NULL;
	size_t cap = 0;

	cr_assert(f, "run the tests from the top of the source: " TABLE);
	while (getline(&line, &cap, f) > 0)
		if (line[0] != '#')
			check_row(line, used);
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		cr_expect(used[i] > 0, "%s: no reference value", functions[i].name);
}
