/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats/time.c: Kaplan-Meier. */
#include "stats/stats.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

void stats_kaplan_meier(const struct stats_time *times, size_t n, double confidence,
	struct stats_survival *ret_points)
{
	double z = -qnorm((1 - confidence) / 2, 0, 1, 1, 0);
	double at_risk = 0, s = 1, greenwood = 0;

	for (size_t i = 0; i < n; i++)
		at_risk += (double)times[i].events + (double)times[i].censored;
	for (size_t i = 0; i < n; i++) {
		double d = (double)times[i].events;

		if (d > 0) {
			s *= (at_risk - d) / at_risk;
			greenwood += d / (at_risk * (at_risk - d));
		}
		at_risk -= d + (double)times[i].censored;
		ret_points[i].surviving = s;
		ret_points[i].ci = (struct stats_interval){ s, s };
		if (s > 0 && s < 1) {
			/* On the scale log(-log S) the ends stay within [0, 1]. */
			double half = z * sqrt(greenwood) / log(s);

			ret_points[i].ci.low = exp(log(s) * exp(-half));
			ret_points[i].ci.high = exp(log(s) * exp(half));
		}
	}
}
