/* SPDX-License-Identifier: GPL-3.0-or-later */
/* openmetrics.c: OpenMetrics 1.0 text, for a Prometheus text-file collector. One family after the
 * other, as the format wants it. */
#include "reports/text.h"

#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

static void put_label(FILE *out, const char *name, const char *value)
{
	char *clean cleanup(cleanup_free) = text_clean(value);

	fprintf(out, "%s=\"", name);
	for (const char *p = clean; *p; p++) {
		if (*p == '\n')
			fputs("\\n", out);
		else if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else
			fputc(*p, out);
	}
	fputc('"', out);
}

static void put_cell_labels(FILE *out, const char *family, const struct record_cell *cell)
{
	const char *labels[][2] = { { "target", cell->target }, { "variant", cell->variant },
		{ "libc", cell->libc }, { "inject", cell->inject },
		{ "arm", arm_name(cell->arm) } };

	fputs(family, out);
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		fputc(i ? ',' : '{', out);
		put_label(out, labels[i][0], labels[i][1]);
	}
}

static void put_family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_campaign(FILE *out, const struct record_campaign *c)
{
	char seed[32];

	snprintf(seed, sizeof(seed), "%" PRIu64, c->seed);
	put_family(out, "hangrate_campaign", "info", "What was run.");
	fputs("hangrate_campaign_info{", out);
	put_label(out, "seed", seed);
	fputc(',', out);
	put_label(out, "version", c->version);
	fputc(',', out);
	put_label(out, "interval", text_interval_name(c));
	fputs("} 1\n", out);
	put_family(
		out, "hangrate_campaign_start_seconds", "gauge", "When it was begun, Unix time.");
	fprintf(out, "hangrate_campaign_start_seconds %.3f\n", (double)c->started_ms / 1000);
	put_family(
		out, "hangrate_campaign_broken", "gauge", "1 when nothing in it may be believed.");
	fprintf(out, "hangrate_campaign_broken %d\n", !!c->broken);
}

static void put_trials(FILE *out, const struct record_campaign *c)
{
	put_family(out, "hangrate_trials", "gauge", "Trials by how they ended.");
	for (size_t i = 0; i < c->n_cells; i++) {
		for (unsigned int v = 0; v < VERDICT_COUNT; v++) {
			put_cell_labels(out, "hangrate_trials", &c->cells[i]);
			fprintf(out, ",verdict=\"%s\"} %" PRIu64 "\n",
				verdict_name((enum verdict)v), c->cells[i].count[v]);
		}
	}
}

static void put_probability(FILE *out, const struct record_campaign *c)
{
	put_family(out, "hangrate_hang_probability", "gauge",
		"P(hang): estimate, and both ends of its 95 % interval.");
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];
		uint64_t k = record_cell_hangs(cell), n = record_cell_trials(cell);
		struct stats_interval ci = text_interval_of(c, k, n);
		const char *const names[] = { "estimate", "low", "high" };
		const double values[] = { (double)k / (double)n, ci.low, ci.high };

		for (size_t j = 0; n && j < ARRAY_SIZE(names); j++) {
			put_cell_labels(out, "hangrate_hang_probability", cell);
			fprintf(out, ",value=\"%s\"} %.17g\n", names[j], values[j]);
		}
	}
}

static void put_ends(FILE *out, const struct record_campaign *c, enum verdict v)
{
	char *family cleanup(cleanup_free) = mem_printf("hangrate_%s_probability", verdict_name(v));
	static const char *const names[] = { "estimate", "low", "high" };

	put_family(out, family, "gauge", "The same for trials that ended so.");
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];
		uint64_t n = record_cell_trials(cell);
		struct stats_interval ci = text_interval_of(c, cell->count[v], n);
		const double values[] = { (double)cell->count[v] / (double)n, ci.low, ci.high };

		for (size_t j = 0; n && j < ARRAY_SIZE(names); j++) {
			put_cell_labels(out, family, cell);
			fprintf(out, ",value=\"%s\"} %.17g\n", names[j], values[j]);
		}
	}
}

static void put_met(FILE *out, const struct record_campaign *c)
{
	put_family(out, "hangrate_expectation_met", "gauge",
		"1 or 0 for the cell's group; no sample where nothing is judged.");
	for (size_t i = 0; i < c->n_cells; i++) {
		enum met met = record_group_met(c, &c->cells[i]);

		if (met == MET_UNJUDGED)
			continue;
		put_cell_labels(out, "hangrate_expectation_met", &c->cells[i]);
		fprintf(out, "} %d\n", met == MET_YES);
	}
}

static void put_decided(FILE *out, const struct record_campaign *c)
{
	if (!(c->decide_high > 0))
		return;
	put_family(out, "hangrate_decided", "gauge",
		"1 for what --decide answered: above its first rate, below its second, undecided.");
	for (size_t i = 0; i < c->n_cells; i++) {
		if (!text_is_decided(c, &c->cells[i]))
			continue;
		put_cell_labels(out, "hangrate_decided", &c->cells[i]);
		fprintf(out, ",answer=\"%s\"} 1\n", text_decision_name(c, &c->cells[i]));
	}
}

static void put_detect(FILE *out, const struct record_campaign *c)
{
	static const double quantiles[] = { 0.5, 0.99 };

	put_family(out, "hangrate_detect_seconds", "gauge",
		"From the last progress to the proof of a deadlock.");
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];

		for (size_t q = 0; cell->detect_ns.count && q < ARRAY_SIZE(quantiles); q++) {
			put_cell_labels(out, "hangrate_detect_seconds", cell);
			fprintf(out, ",quantile=\"%g\"} %.6g\n", quantiles[q],
				(double)record_hist_quantile_ns(&cell->detect_ns, quantiles[q]) /
					(double)NSEC_PER_SEC);
		}
	}
}

int report_openmetrics(const struct report_input *in, FILE *out)
{
	const struct record_campaign *c = in->campaign;

	put_campaign(out, c);
	put_trials(out, c);
	put_probability(out, c);
	put_ends(out, c, VERDICT_FAIL);
	put_ends(out, c, VERDICT_CRASH);
	put_met(out, c);
	put_decided(out, c);
	put_detect(out, c);
	fputs("# EOF\n", out);
	return ferror(out) ? -EIO : 0;
}
