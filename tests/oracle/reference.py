#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the reference values that tests/unit/test_stats_oracle.c compares reports/stats*.c with.

Needs Debian's python3-scipy, python3-statsmodels and, for some rows, R (r-base-core, r-cran-survival,
r-cran-brglm2). `make oracle` runs it; the table is committed, so the tests need none of them.

A row: function, tab, inputs, tab, expected outputs, tab, tolerance (relative), tab, who says so.
"""
import math
import subprocess

import numpy as np
import scipy
import scipy.optimize
import statsmodels
from scipy import special, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

EXACT = 1e-9


def row(name, inputs, outputs, tolerance, source):
    print(name, " ".join(repr(float(x)) if isinstance(x, float) else str(x) for x in inputs),
          " ".join(repr(float(x)) for x in outputs), repr(tolerance), source, sep="\t")


COUNTS = [(0, 1), (1, 1), (0, 10), (3, 10), (1, 100), (7, 100), (50, 100), (99, 100), (0, 300), (1, 1000),
          (12, 1000), (44, 4400), (88, 4400), (1, 10000), (5000, 10000), (9999, 10000), (3, 1000000),
          (123456, 1000000), (2, 10000000), (4999999, 10000000), (10000000, 10000000)]
LEVELS = [0.9, 0.95, 0.999]


def one_proportion():
    for k, n in COUNTS:
        for c in LEVELS:
            a = 1 - c
            lo = stats.beta.ppf(a / 2, k, n - k + 1) if 0 < k < n else 0.0
            hi = stats.beta.isf(a / 2, k + 1, n - k) if 0 < k < n else 1.0
            if k == 0:
                hi = -math.expm1(math.log1p(-c) / n)
            elif k == n:
                lo = math.exp(math.log1p(-c) / n)
            row("clopper_pearson", (k, n, c), (lo, hi), EXACT, "scipy.stats.beta")
            lo, hi = proportion_confint(k, n, a, "wilson")
            row("wilson", (k, n, c), (max(lo, 0.0) if k else 0.0, min(hi, 1.0) if k < n else 1.0), EXACT,
                "statsmodels.proportion_confint")
            row("confidence_sequence", (k, n, c), sequence(k, n, a), EXACT, "scipy.stats.beta, brentq")


def sequence(k, n, a):
    """Ends of {p : density of Beta(k+1, n-k+1) at p >= a}, found in log(p) and log(1-p)."""
    if k == 0:
        return 0.0, -math.expm1((math.log(a) - math.log1p(n)) / n)
    if k == n:
        return math.exp((math.log(a) - math.log1p(n)) / n), 1.0
    norm = special.betaln(k + 1, n - k + 1)

    def excess(p, q):
        return special.xlogy(k, p) + special.xlogy(n - k, q) - norm - math.log(a)
    top = math.log(k / n)
    lo = math.exp(scipy.optimize.brentq(lambda t: excess(math.exp(t), -math.expm1(t)), top - 80, top,
                                        xtol=1e-14, rtol=1e-14))
    top = math.log((n - k) / n)
    hi = -math.expm1(scipy.optimize.brentq(lambda t: excess(-math.expm1(t), math.exp(t)), top - 80, top,
                                           xtol=1e-14, rtol=1e-14))
    return lo, hi


PAIRS = [(0, 10, 0, 10), (3, 10, 0, 10), (10, 10, 0, 10), (7, 100, 3, 100), (3, 100, 7, 100), (1, 200, 0, 2800),
         (5, 1060, 0, 14840), (11, 1060, 0, 14840), (88, 4400, 616, 61600), (60, 4400, 616, 61600),
         (44, 4400, 616, 61600), (100, 100, 100, 100), (5000, 10000, 50, 10000), (0, 1000, 30, 1000),
         (20000, 1000000, 19000, 1000000), (40, 10000000, 10, 10000000)]


def fisher(k1, n1, k0, n0):
    """Sum of exact rational terms: integers, so no library's rounding."""
    total = math.comb(n1 + n0, k1 + k0)
    good = sum(math.comb(n1, k) * math.comb(n0, k1 + k0 - k) for k in range(k1, min(n1, k1 + k0) + 1))
    return float(np.longdouble(0) + good / total)


def koopman(k1, n1, k0, n0, c):
    z = stats.norm.isf((1 - c) / 2)

    def excess(t):
        phi = math.exp(t)
        b = n1 * phi + k1 + n0 + k0 * phi
        p0 = 2 * (k1 + k0) / (b + math.sqrt(max(b * b - 4 * (n1 + n0) * phi * (k1 + k0), 0)))
        p1 = phi * p0
        return (k1 / n1 - phi * k0 / n0) / math.sqrt(p1 * (1 - p1) / n1 + phi ** 2 * p0 * (1 - p0) / n0)
    lo, hi = 0.0, math.inf
    ends = dict(xtol=1e-14, rtol=1e-14)
    if k1:
        lo = math.exp(scipy.optimize.brentq(lambda t: excess(t) - z, -60, 40, **ends))
    if k0:
        hi = math.exp(scipy.optimize.brentq(lambda t: excess(t) + z, -60, 40, **ends))
    return lo, hi


def two_proportions():
    for k1, n1, k0, n0 in PAIRS:
        if n1 + n0 < 100000:
            row("fisher_greater", (k1, n1, k0, n0), (fisher(k1, n1, k0, n0),), EXACT, "exact integers")
        else:
            row("fisher_greater", (k1, n1, k0, n0), (stats.hypergeom.sf(k1 - 1, n1 + n0, n1, k1 + k0),), 1e-7,
                "scipy.stats.hypergeom (itself good to about 1e-8 here)")
        for c in LEVELS:
            lo, hi = confint_proportions_2indep(k1, n1, k0, n0, "newcomb", "diff", 1 - c)
            row("newcombe", (k1, n1, k0, n0, c), (lo, hi), EXACT, "statsmodels.confint_proportions_2indep")
            if k1 + k0 and not (k1 == n1 and k0 == n0):
                row("ratio", (k1, n1, k0, n0, c), koopman(k1, n1, k0, n0, c), EXACT, "Koopman's equation, brentq")
            if 0 < k1 < n1 and 0 < k0 < n0:
                lo, hi = confint_proportions_2indep(k1, n1, k0, n0, "score", "ratio", 1 - c, correction=False)
                row("ratio", (k1, n1, k0, n0, c), (lo, hi), 1e-5, "statsmodels score (its own root finder is coarse)")
    rng = np.random.default_rng(1)
    for n in (1, 2, 10, 60):
        p = np.round(rng.uniform(size=n) ** 4, 6)
        row("holm", [float(x) for x in p], multipletests(p, 0.05, "holm")[1], EXACT, "statsmodels.multipletests")
    for parts in [(3, 100, 5, 100, 4, 100), (0, 50, 20, 50), (10, 1000, 12, 900, 40, 1100, 9, 1000)]:
        k, n = np.array(parts[0::2]), np.array(parts[1::2])
        chi2, p, df, _ = stats.chi2_contingency(np.array([k, n - k]), correction=False)
        row("overdispersion", parts, (chi2, df, chi2 / df, p), EXACT, "scipy.stats.chi2_contingency")


R = r"""
suppressMessages({library(survival); library(brglm2)})
out <- function(name, inputs, outputs, tol, who)
	cat(name, paste(sprintf("%.17g", inputs), collapse=" "), paste(sprintf("%.17g", outputs), collapse=" "),
	    tol, who, sep="\t", fill=FALSE, "\n")
binom <- function(k, n) {
	out("binom_test", c(k, n), binom.test(k, n)$conf.int, "1e-9", "R binom.test")
}
for (kn in list(c(7,100), c(1,1000), c(44,4400), c(5000,10000))) binom(kn[1], kn[2])
f <- function(k1, n1, k0, n0)
	out("fisher_greater", c(k1,n1,k0,n0), fisher.test(matrix(c(k1,n1-k1,k0,n0-k0),2), alternative="greater")$p.value,
	    "1e-9", "R fisher.test")
f(7,100,3,100); f(11,1060,0,14840); f(88,4400,616,61600)
doses <- list(
	list(x=c(0,1,2,3), k=c(0,2,9,20), n=c(50,50,50,50)),
	list(x=c(0,1,2), k=c(0,0,40), n=c(40,40,40)),
	list(x=c(0,1,10,100), k=c(1,3,2,4), n=c(100,100,100,100)),
	list(x=c(0,0.69,2.4,4.6), k=c(0,1,300,990), n=c(1000,1000,1000,1000)),
	list(x=c(1,2,3,4), k=c(40,30,12,3), n=c(50,50,50,50)),
	list(x=c(12,13,14), k=c(1,100,9999), n=c(10000,10000,10000)))
for (d in doses) {
	inputs <- as.vector(rbind(d$x, d$k, d$n))
	t <- prop.trend.test(d$k, d$n, d$x)
	# one-sided: the sign of the trend is that of the regression on the dose
	s <- sign(sum((d$x-weighted.mean(d$x,d$n))*d$k))
	z <- s*sqrt(unname(t$statistic))
	out("trend", inputs, c(pnorm(z, lower.tail=FALSE), z), "1e-9", "R prop.trend.test")
	m <- glm(cbind(k, n-k) ~ x, family=binomial, data=d, method="brglmFit", type="AS_mean",
	    epsilon=1e-13, maxit=10000)
	v <- vcov(m)
	out("firth", inputs, c(coef(m), v[1,1], v[2,2], v[1,2]), "1e-7", "R brglm2 (AS_mean: Firth)")
	b <- coef(m); z2 <- qchisq(0.95, 1)
	qa <- b[2]^2 - z2*v[2,2]; qb <- b[1]*b[2] - z2*v[1,2]; qc <- b[1]^2 - z2*v[1,1]
	if (qa > 0) out("ed50", inputs, c(-b[1]/b[2], (-qb-sqrt(qb^2-qa*qc))/qa, (-qb+sqrt(qb^2-qa*qc))/qa), "1e-7",
	    "R brglm2, Fieller")
}
km <- function(t, e, c, conf) {
	time <- rep(t, e + c); status <- unlist(Map(function(e, c) c(rep(1, e), rep(0, c)), e, c))
	s <- summary(survfit(Surv(time, status) ~ 1, conf.type="log-log", conf.int=conf), times=t)
	low <- s$lower; high <- s$upper
	edge <- s$surv <= 0 | s$surv >= 1
	low[edge] <- s$surv[edge]; high[edge] <- s$surv[edge]
	out("kaplan_meier", c(conf, as.vector(rbind(t, e, c))), as.vector(rbind(s$surv, low, high)), "1e-9", "R survival::survfit")
}
km(c(1,2,5,9), c(3,0,4,1), c(0,2,1,5), 0.95)
km(c(1,2,3), c(5,5,5), c(0,0,0), 0.9)
km(c(0.5,1.5,20), c(100,800,3), c(0,0,97), 0.99)
"""


def from_r():
    text = subprocess.run(["Rscript", "-"], input=R, check=True, capture_output=True, text=True).stdout
    print("\n".join(line.strip() for line in text.splitlines()))


def power(p1, n1, p0, n0, alpha):
    k1, total = np.arange(n1 + 1), 0.0
    for k0 in range(n0 + 1):
        weight = stats.binom.pmf(k0, n0, p0)
        if weight < 1e-16:
            continue
        p = stats.hypergeom.sf(k1 - 1, n1 + n0, n1, k1 + k0)
        significant = np.nonzero(p <= alpha)[0]
        if len(significant):
            total += weight * stats.binom.sf(significant[0] - 1, n1, p1)
    return total


def planning():
    for p1, n1, p0, n0, a in [(0.5, 20, 0.1, 20, 0.05), (0.01, 675, 0.0, 675, 0.05), (0.02, 800, 0.01, 1600, 0.001),
                              (0.05, 300, 0.01, 900, 0.01)]:
        row("fisher_power", (p1, n1, p0, n0, a), (power(p1, n1, p0, n0, a),), 1e-8, "scipy.stats, full sum")
    for p, steps, error in [(0.1, 10, 0.05), (0.01, 10, 0.05), (0.5, 1, 0.05), (0.001, 14, 0.01)]:
        each = 1 - (1 - error) ** (1 / steps)
        n = next(n for n in range(1, 10 ** 6) if (1 - p) ** n <= each)
        row("runs_for_bisect", (p, steps, error), (n,), EXACT, "counted")
    for p, factor, c in [(0.1, 10.0, 0.95), (0.01, 1.0, 0.95), (0.02, 10.0, 0.99)]:
        n = next(n for n in range(1, 10 ** 6) if 1 - (1 - c) ** (1 / n) <= p / factor)
        row("clean_runs", (p, factor, c), (n,), EXACT, "counted")


if __name__ == "__main__":
    print("# Made by tests/oracle/reference.py: scipy", scipy.__version__, "statsmodels", statsmodels.__version__.split("+")[0],
          subprocess.run(["Rscript", "-e", "cat(R.version.string)"], capture_output=True, text=True).stdout)
    one_proportion()
    two_proportions()
    from_r()
    planning()
