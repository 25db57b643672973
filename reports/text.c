/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/text.h"

#include "runner/base/util.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>

struct stats_interval text_interval_of(const struct record_campaign *c, uint64_t k, uint64_t n)
{
	return c->sequential ? stats_confidence_sequence(k, n, WORDS_CONFIDENCE)
			     : stats_clopper_pearson(k, n, WORDS_CONFIDENCE);
}

bool text_fixed_n(const struct record_campaign *c)
{
	return !c->sequential || c->stop == STOP_BUDGET || c->stop == STOP_INTERRUPTED ||
	       c->stop == STOP_KILLED;
}

const char *text_interval_name(const struct record_campaign *c)
{
	return c->sequential ? "confidence sequence, valid although it was looked at on the way"
			     : "Clopper-Pearson";
}

bool text_hidden(const struct record_campaign *c, const struct record_cell *cell)
{
	return cell->canary && record_group_met(c, cell) == MET_YES;
}

static bool same(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* Whether cells a and b belong together: 1 by target, 2 by variant too, 3 by libc too. */
static bool akin(const struct record_cell *a, const struct record_cell *b, int depth)
{
	return same(a->target, b->target) &&
	       (depth < 2 || (same(a->variant, b->variant) && record_cell_same_command(a, b))) &&
	       (depth < 3 || same(a->libc, b->libc));
}

/* Takes, in the order of the plan, all that is akin to cell `first` at this depth and not taken. */
static void take(const struct record_campaign *c, size_t first, int depth, bool *taken,
	size_t *order, size_t *n)
{
	for (size_t i = first; i < c->n_cells; i++) {
		if (taken[i] || (depth && !akin(&c->cells[first], &c->cells[i], depth)))
			continue;
		if (depth < 3) {
			take(c, i, depth + 1, taken, order, n);
			continue;
		}
		taken[i] = true;
		if (!text_hidden(c, &c->cells[i]))
			order[(*n)++] = i;
	}
}

size_t *text_order(const struct record_campaign *c, size_t *ret_n)
{
	bool *taken cleanup(cleanup_free) = mem_alloc(c->n_cells * sizeof(*taken));
	size_t *order = mem_alloc(c->n_cells * sizeof(*order));
	size_t n = 0;

	take(c, 0, 0, taken, order, &n);
	*ret_n = n;
	return order;
}

void text_group_count(const struct record_campaign *c, const struct record_cell *cell,
	uint64_t ret_count[VERDICT_COUNT])
{
	memset(ret_count, 0, VERDICT_COUNT * sizeof(*ret_count));
	for (size_t i = 0; i < c->n_cells; i++)
		for (unsigned int v = 0; v < VERDICT_COUNT; v++)
			if (record_cell_same_group(&c->cells[i], cell))
				ret_count[v] += c->cells[i].count[v];
}

void text_total(const struct record_campaign *c, struct text_total *ret_total)
{
	size_t n, *order cleanup(cleanup_free) = text_order(c, &n);
	struct text_total t = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct record_cell *cell = &c->cells[order[i]];
		uint64_t count[VERDICT_COUNT];
		enum met met;

		if (i && record_cell_same_group(cell, &c->cells[order[i - 1]]))
			continue;
		text_group_count(c, cell, count);
		met = record_group_met(c, cell);
		t.groups++;
		t.judged += met != MET_UNJUDGED;
		t.not_met += met == MET_NO;
		t.hanging += count[VERDICT_DEADLOCK] + count[VERDICT_TIMEOUT] > 0;
		t.failing += count[VERDICT_FAIL] > 0;
		t.crashing += count[VERDICT_CRASH] > 0;
	}
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];

		t.broken += cell->count[VERDICT_BROKEN];
		t.false_proofs += cell->false_proofs;
		t.audited += cell->audited;
		if (cell->canary)
			continue;
		t.trials += record_cell_trials(cell);
		t.hangs += record_cell_hangs(cell);
		t.skipped += cell->count[VERDICT_SKIP];
	}
	*ret_total = t;
}

char *text_group_name(const struct record_cell *cell)
{
	return *cell->variant ? mem_printf("%s/%s", cell->target, cell->variant)
			      : mem_strdup(cell->target);
}

char *text_counts(const uint64_t count[VERDICT_COUNT])
{
	static const enum verdict order[] = { VERDICT_DEADLOCK, VERDICT_TIMEOUT, VERDICT_RECOVERED,
		VERDICT_FAIL, VERDICT_CRASH, VERDICT_PASS, VERDICT_BROKEN, VERDICT_SKIP };
	char *text = mem_strdup("");

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		char *longer;

		if (!count[order[i]])
			continue;
		longer = mem_printf("%s%s%" PRIu64 " %s", text, *text ? ", " : "", count[order[i]],
			verdict_name(order[i]));
		free(text);
		text = longer;
	}
	return text;
}

/* Of each expectation; a new one does not compile without its row here. */
static const struct {
	const char *met, *wanted;
} expectations[] = {
	[EXPECT_NONE] = { "never hung", "must not hang" },
	[EXPECT_COMPLETES] = { "completes as expected", "expected to complete" },
	[EXPECT_DEADLOCKS] = { "deadlocks as expected", "expected to deadlock" },
	[EXPECT_MAY] = { "may hang", "may hang" },
	[EXPECT_TIMES_OUT] = { "times out as expected", "expected to time out" },
	[EXPECT_HANGS] = { "hangs as expected", "expected to hang" },
	[EXPECT_RECOVERS] = { "recovers as expected", "expected to recover" },
	[EXPECT_FAILS] = { "fails as expected", "expected to fail" },
};
_Static_assert(ARRAY_SIZE(expectations) == EXPECT_COUNT, "a row for each expectation");

bool text_is_disturbed(const struct record_cell *cell)
{
	uint64_t n = record_cell_trials(cell), bad = n - cell->count[VERDICT_PASS];
	struct stats_count together = { bad, n };
	struct stats_count alone = { cell->alone_bad, cell->alone };

	return cell->alone && together.n && together.k &&
	       stats_fisher_greater(together, alone) < 0.05;
}

char *text_ends(const struct record_campaign *c, const struct record_cell *cell, enum verdict v)
{
	char buf[WORDS_MAX];

	if (!cell->count[v])
		return NULL;
	return mem_printf("P(%s) %s", verdict_name(v),
		text_probability(c, cell->count[v], record_cell_trials(cell), buf));
}

/* What a user's program must not do, by --fail-on. */
static const char *forbidden(const struct record_campaign *c)
{
	static const char *const words[] = {
		[0] = "must not hang",
		[RECORD_ON_HANG] = "must not hang",
		[RECORD_ON_CRASH] = "must not crash",
		[RECORD_ON_HANG | RECORD_ON_CRASH] = "must not hang or crash",
		[RECORD_ON_FAIL] = "must not fail",
		[RECORD_ON_HANG | RECORD_ON_FAIL] = "must not hang or fail",
		[RECORD_ON_CRASH | RECORD_ON_FAIL] = "must not crash or fail",
		[RECORD_ON_HANG | RECORD_ON_CRASH | RECORD_ON_FAIL] = "must only pass",
	};

	return words[c->fail_on % ARRAY_SIZE(words)];
}

char *text_judgement(const struct record_campaign *c, const struct record_cell *cell)
{
	char *counts cleanup(cleanup_free) = NULL;
	uint64_t count[VERDICT_COUNT];

	text_group_count(c, cell, count);
	counts = text_counts(count);
	switch (record_group_met(c, cell)) {
	case MET_YES:
		if (cell->expect == EXPECT_NONE &&
			(count[VERDICT_DEADLOCK] + count[VERDICT_TIMEOUT] + count[VERDICT_FAIL] +
				count[VERDICT_CRASH]))
			return mem_printf("as expected (%s): %s", forbidden(c), counts);
		return mem_strdup(expectations[cell->expect].met);
	case MET_NO:
		return mem_printf("%s, but: %s",
			cell->expect == EXPECT_NONE ? forbidden(c)
						    : expectations[cell->expect].wanted,
			counts);
	default:
		if (record_group_unmeasured(c, cell))
			return mem_printf("nothing was measured, it never passed: %s", counts);
		return mem_printf("%s%s%s", *counts ? "not judged: " : "did not run", counts,
			cell->expect == EXPECT_MAY && *counts ? " (may hang)" : "");
	}
}

char *text_counters(const struct record_cell *cell)
{
	const struct record_counters *r = &cell->counters;
	char delay[WORDS_MAX];

	if (r->note)
		return text_clean(r->note);
	if (!r->trials || cell->arm != ARM_INJECTED)
		return NULL;
	if (!r->armed)
		return mem_strdup("nothing was armed: no evidence about this delay");
	if (!r->fired)
		return mem_printf(
			"armed, passed %" PRIu64 " times, never fired: no evidence", r->passed);
	return mem_printf("fired %" PRIu64 " times in %" PRIu64 " trials, %s of delay", r->fired,
		r->trials, text_duration((int64_t)r->delay_ns, delay));
}

const char *text_level(const struct record_cell *cell)
{
	return cell->inject && *cell->inject ? cell->inject : arm_name(cell->arm);
}

const char *text_cause(const struct record_cause *cause)
{
	return cause->summary ? cause->summary : cause->class ? cause->class : cause->key;
}

char *text_see(const struct record_cause *cause)
{
	json_t *detail = cause->detail ? json_loads(cause->detail, 0, NULL) : NULL;
	const char *see = json_string_value(json_object_get(detail, "see"));
	char *text = see ? text_clean(see) : NULL;

	json_decref(detail);
	return text;
}

/* Length of the well-formed UTF-8 sequence at s, 0 where there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *s)
{
	static const unsigned char low[] = { [0x0] = 0xa0, [0x10] = 0x90 };
	size_t n;

	if (*s < 0x80)
		return 1;
	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	n = *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* overlong, surrogates, beyond U+10FFFF */
	if ((*s == 0xe0 || *s == 0xf0) && s[1] < low[*s - 0xe0])
		return 0;
	if ((*s == 0xed && s[1] > 0x9f) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

size_t text_character(const char *text, bool *ret_clean)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = utf8_length(s);
	bool control = (*s < 0x20 && *s != '\n' && *s != '\t') || *s == 0x7f ||
		       (*s == 0xc2 && s[1] < 0xa0) ||
		       (n == 3 && *s == 0xef && s[1] == 0xbf && s[2] >= 0xbe);

	*ret_clean = n && !control;
	return n ? n : 1;
}

char *text_clean(const char *text)
{
	const char *s = text ? text : "";
	char *clean = mem_alloc(strlen(s) * 3 + 1), *p = clean;
	bool fits;

	for (size_t n; *s; s += n) {
		n = text_character(s, &fits);
		p = fits ? (char *)memcpy(p, s, n) + n : stpcpy(p, WORDS_REPLACEMENT);
	}
	*p = '\0';
	return clean;
}

const char *text_entity(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* Decimals so that a percentage of about that size shows two digits that count. */
static int decimals_of(double percent)
{
	if (!(percent > 0) || percent >= 10)
		return 0;
	return (int)fmin(9, 1 - floor(log10(percent)));
}

const char *text_probability(
	const struct record_campaign *c, uint64_t k, uint64_t n, char buf[static WORDS_MAX])
{
	struct stats_interval i;
	int d;

	if (!n) {
		strcpy(buf, "-");
		return buf;
	}
	i = text_interval_of(c, k, n);
	i.low *= 100;
	i.high *= 100;
	d = decimals_of((i.high - i.low) / 2);
	if (!k)
		snprintf(buf, WORDS_MAX, "< %.*f %%", decimals_of(i.high), i.high);
	else if (k == n)
		snprintf(buf, WORDS_MAX, "> %.*f %%", decimals_of(100 - i.low), i.low);
	else
		snprintf(buf, WORDS_MAX, "%.*f %% [%.*f, %.*f]", d, 100.0 * (double)k / (double)n,
			d, i.low, d, i.high);
	return buf;
}

const char *text_duration(int64_t ns, char buf[static WORDS_MAX])
{
	static const struct {
		double ns;
		const char *name;
	} units[] = { { 3600e9, "h" }, { 60e9, "min" }, { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" },
		{ 1, "ns" } };
	size_t u = 0;
	double v;

	while (u + 1 < ARRAY_SIZE(units) && (double)ns < units[u].ns)
		u++;
	v = (double)ns / units[u].ns;
	snprintf(buf, WORDS_MAX, "%.*f %s", v < 10 && u + 1 < ARRAY_SIZE(units) ? 1 : 0, v,
		units[u].name);
	return buf;
}

const char *text_date(int64_t unix_ms, char buf[static WORDS_MAX])
{
	time_t t = (time_t)(unix_ms / 1000);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, WORDS_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm))
		strcpy(buf, "?");
	return buf;
}
