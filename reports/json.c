/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json.c: the summary for programs; docs/summary.schema.json describes it. Seeds are strings: they
 * have 64 bits, and most readers of JSON only 53. */
#include "reports/lift.h"
#include "reports/text.h"

#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>

/* The new reference is stolen; memory that ran out ends the program like everywhere else. */
static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		mem_alloc(SIZE_MAX / 2);
}

static json_t *text(const char *s)
{
	char *clean cleanup(cleanup_free) = s ? text_clean(s) : NULL;

	return clean ? json_string(clean) : json_null();
}

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *seed(uint64_t n)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%" PRIu64, n);
	return json_string(buf);
}

static json_t *milliseconds(int64_t ns)
{
	return json_real((double)ns / (double)NSEC_PER_MSEC);
}

static json_t *hist_of(const struct record_hist *h)
{
	json_t *o;

	if (!h->count)
		return json_null();
	o = json_object();
	put(o, "p50", milliseconds(record_hist_quantile_ns(h, 0.5)));
	put(o, "p99", milliseconds(record_hist_quantile_ns(h, 0.99)));
	put(o, "min", milliseconds(h->min_ns));
	put(o, "max", milliseconds(h->max_ns));
	return o;
}

static json_t *causes_of(const struct record_cell *cell)
{
	json_t *a = json_array();

	for (size_t i = 0; i < cell->n_causes; i++) {
		const struct record_cause *cause = &cell->causes[i];
		json_t *o = json_object();
		json_t *detail = cause->detail ? json_loads(cause->detail, 0, NULL) : NULL;
		json_t *unless;

		put(o, "class", text(cause->class ? cause->class : "unknown"));
		put(o, "summary", text(text_cause(cause)));
		put(o, "count", count(cause->count));
		put(o, "key", text(cause->key));
		put(o, "first_seed", seed(cause->first_seed));
		put(o, "first_index", count(cause->first_index));
		if (cause->replay)
			put(o, "replay", text(cause->replay));
		unless = json_object_get(detail, "unless");
		put(o, "unless", unless ? json_incref(unless) : json_array());
		put(o, "detail", detail ? detail : json_null());
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *counters_of(const struct record_counters *r)
{
	json_t *o = json_object();

	put(o, "trials", count(r->trials));
	put(o, "armed", count(r->armed));
	put(o, "passed", count(r->passed));
	put(o, "fired", count(r->fired));
	put(o, "delay_ms", milliseconds((int64_t)r->delay_ns));
	put(o, "note", text(r->note));
	return o;
}

static json_t *appearance_of(const struct record_cell *cell)
{
	json_t *o = json_object();

	for (unsigned int l = 0; l < APPEARANCE_COUNT; l++)
		put(o, appearance_name((enum appearance)l), count(cell->appearance[l]));
	return o;
}

static json_t *met_of(enum met met)
{
	return met == MET_UNJUDGED ? json_null() : json_boolean(met == MET_YES);
}

/* p_fail, p_fail_low, p_fail_high; the same for crash. */
static void put_ends(
	json_t *o, const struct record_campaign *c, const struct record_cell *cell, enum verdict v)
{
	static const char *const suffixes[] = { "", "_low", "_high" };
	uint64_t n = record_cell_trials(cell);
	struct stats_interval i = text_interval_of(c, cell->count[v], n);
	double values[] = { n ? (double)cell->count[v] / (double)n : 0, i.low, i.high };

	for (size_t k = 0; k < ARRAY_SIZE(suffixes); k++) {
		char *key cleanup(cleanup_free) =
			mem_printf("p_%s%s", verdict_name(v), suffixes[k]);

		put(o, key, k || n ? json_real(values[k]) : json_null());
	}
}

static void put_probability(
	json_t *o, const struct record_campaign *c, const struct record_cell *cell)
{
	uint64_t k = record_cell_hangs(cell), n = record_cell_trials(cell);
	struct stats_interval i = text_interval_of(c, k, n);

	put(o, "p_hang", n ? json_real((double)k / (double)n) : json_null());
	put(o, "ci_low", json_real(i.low));
	put(o, "ci_high", json_real(i.high));
	put_ends(o, c, cell, VERDICT_FAIL);
	put_ends(o, c, cell, VERDICT_CRASH);
	put(o, "confidence", json_real(WORDS_CONFIDENCE));
	put(o, "decided", text(text_decision_name(c, cell)));
}

/* JSON has no infinity: null. */
static json_t *or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *lift_json(const struct record_campaign *c, const struct record_cell *cell)
{
	json_t *o;
	struct lift l;

	if (!lift_of(c, cell, &l))
		return json_null();
	o = json_object();
	put(o, "value", or_null(l.value));
	put(o, "low", json_real(l.ci.low));
	put(o, "high", or_null(l.ci.high));
	put(o, "over", json_string(arm_name(l.against_null ? ARM_NULL : ARM_BARE)));
	return o;
}

static json_t *fix_of(const struct report_input *in, const struct record_cell *cell)
{
	struct text_fix f;
	json_t *o;

	if (!text_fix(in, cell, &f))
		return json_null();
	o = json_object();
	put(o, "hangs_before", count(f.hangs));
	put(o, "trials_before", count(f.trials));
	put(o, "clean_trials", count(f.clean));
	put(o, "clean_trials_needed", count(f.needed));
	return o;
}

static json_t *cell_of(const struct report_input *in, const struct record_cell *cell)
{
	const struct record_campaign *c = in->campaign;
	json_t *o = json_object();

	put(o, "target", text(cell->target));
	put(o, "variant", text(cell->variant));
	put(o, "libc", text(cell->libc));
	put(o, "command", text(cell->command));
	put(o, "directory", text(cell->directory));
	put(o, "program", text(cell->program));
	put(o, "inject", text(cell->inject));
	put(o, "arm", text(arm_name(cell->arm)));
	put(o, "dose", cell->dose < 0 ? json_null() : json_real(cell->dose));
	put(o, "canary", json_boolean(cell->canary));
	put(o, "trials", count(record_cell_trials(cell)));
	for (unsigned int v = 0; v < VERDICT_COUNT; v++)
		put(o, verdict_name((enum verdict)v), count(cell->count[v]));
	put(o, "looks", appearance_of(cell));
	put_probability(o, c, cell);
	put(o, "expect", text(expect_name(cell->expect)));
	put(o, "why", text(cell->why));
	put(o, "met", met_of(record_group_met(c, cell)));
	put(o, "after_fix", fix_of(in, cell));
	put(o, "detect_ms", hist_of(&cell->detect_ns));
	put(o, "pass_ms", hist_of(&cell->pass_ns));
	put(o, "deadline_ms", milliseconds(cell->deadline_ns));
	put(o, "audited", count(cell->audited));
	put(o, "false_proofs", count(cell->false_proofs));
	put(o, "lift", lift_json(c, cell));
	put(o, "not_applied", json_boolean(cell->not_applied));
	put(o, "slow", count(cell->slow));
	put(o, "alone", count(cell->alone));
	put(o, "alone_bad", count(cell->alone_bad));
	put(o, "switched_off", json_boolean(cell->switched_off));
	put(o, "receipt", counters_of(&cell->counters));
	put(o, "causes", causes_of(cell));
	return o;
}

static json_t *decide_of(const struct record_campaign *c)
{
	json_t *o;

	if (!(c->decide_high > 0))
		return json_null();
	o = json_object();
	put(o, "low", json_real(c->decide_low));
	put(o, "high", json_real(c->decide_high));
	put(o, "error", json_real(RECORD_DECIDE_ERROR));
	return o;
}

static const char *fail_on_name(unsigned int on)
{
	static const char *const names[] = {
		[0] = "hang",
		[RECORD_ON_HANG] = "hang",
		[RECORD_ON_CRASH] = "crash",
		[RECORD_ON_HANG | RECORD_ON_CRASH] = "hang,crash",
		[RECORD_ON_FAIL] = "fail",
		[RECORD_ON_HANG | RECORD_ON_FAIL] = "hang,fail",
		[RECORD_ON_CRASH | RECORD_ON_FAIL] = "crash,fail",
		[RECORD_ON_HANG | RECORD_ON_CRASH | RECORD_ON_FAIL] = "any",
	};

	return names[on % ARRAY_SIZE(names)];
}

static json_t *campaign_of(const struct record_campaign *c)
{
	json_t *o = json_object();

	put(o, "seed", seed(c->seed));
	put(o, "key", text(c->key));
	put(o, "command", text(c->command));
	put(o, "version", text(c->version));
	put(o, "host", text(c->host));
	put(o, "kernel", text(c->kernel));
	put(o, "cpu", text(c->cpu));
	put(o, "cpus", json_integer(c->cpus));
	put(o, "jobs", json_integer(c->jobs));
	put(o, "shard", count(c->shard));
	put(o, "shards", count(c->shards));
	put(o, "started_ms", json_integer(c->started_ms));
	put(o, "ended_ms", c->ended_ms ? json_integer(c->ended_ms) : json_null());
	put(o, "stop", text(stop_reason_name(c->stop)));
	put(o, "sequential", json_boolean(c->sequential));
	put(o, "interval",
		json_string(
			c->sequential ? "beta-binomial confidence sequence" : "clopper-pearson"));
	put(o, "decide", decide_of(c));
	put(o, "fail_on", json_string(fail_on_name(c->fail_on)));
	put(o, "broken", text(c->broken));
	return o;
}

static json_t *notes_of(const struct record_campaign *c)
{
	cleanup(text_notes_done) struct text_notes notes;
	json_t *a = json_array();

	text_notes(c, &notes);
	for (size_t i = 0; i < notes.n; i++)
		json_array_append_new(a, text(notes.lines[i]));
	return a;
}

static int write_chunk(const char *buf, size_t n, void *out)
{
	return fwrite(buf, 1, n, out) == n ? 0 : -1;
}

int report_json(const struct report_input *in, FILE *out)
{
	const struct record_campaign *c = in->campaign;
	json_t *root = json_object(), *cells = json_array();
	char *headline cleanup(cleanup_free) = text_headline(c);
	struct text_total total;
	int r;

	text_total(c, &total);
	put(root, "schema", json_integer(1));
	put(root, "headline", text(headline));
	put(root, "notes", notes_of(c));
	put(root, "campaign", campaign_of(c));
	put(root, "groups", json_integer((json_int_t)total.groups));
	put(root, "groups_not_met", json_integer((json_int_t)total.not_met));
	for (size_t i = 0; i < c->n_cells; i++)
		json_array_append_new(cells, cell_of(in, &c->cells[i]));
	put(root, "cells", cells);
	errno = 0;
	r = json_dump_callback(root, write_chunk, out, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
	json_decref(root);
	if (r < 0)
		return errno ? -errno : -EIO;
	return fputc('\n', out) == EOF ? -EIO : 0;
}
