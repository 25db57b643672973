/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/progress.h"

#include "stats/stats.h"
#include "runner/base/terminal.h"
#include "runner/base/util.h"

#include <inttypes.h>

#define LINE_EVERY_NS (30 * NSEC_PER_SEC)
#define CONFIDENCE 0.95
#define BAR 16
#define WIDTH_DEFAULT 80

static int width_of_terminal(void)
{
	int width = terminal_width(STDERR_FILENO);

	return width ? width : WIDTH_DEFAULT;
}

void progress_start(
	struct progress *p, bool quiet, uint64_t seed, uint64_t planned, int64_t budget_ns)
{
	*p = (struct progress){
		.quiet = quiet,
		.terminal = terminal_has_cursor(STDERR_FILENO),
		.start_ns = time_now_ns(),
		.seed = seed,
		.planned = planned,
		.budget_ns = budget_ns,
	};
	p->colour = terminal_has_colour(STDERR_FILENO);
	p->last_ns = p->start_ns;
}

void progress_count(struct progress *p, enum verdict v)
{
	p->count[v]++;
}

void progress_cause(struct progress *p, const char *class)
{
	for (size_t i = 0; class && i < ARRAY_SIZE(p->class); i++) {
		if (!*p->class[i].name)
			snprintf(p->class[i].name, sizeof(p->class[i].name), "%s", class);
		if (strncmp(p->class[i].name, class, sizeof(p->class[i].name) - 1) != 0)
			continue;
		p->class[i].count++;
		return;
	}
}

/* --- the pieces of a line --- */

struct line {
	FILE *out;
	int left; /* columns */
	bool colour;
};

/* False where there is no room: what follows is less important, and left out too. */
static bool put(struct line *l, const char *style, char *piece)
{
	int n = (int)strlen(piece); /* ASCII */

	if (n <= l->left)
		fprintf(l->out, l->colour && *style ? "%s%s\x1b[0m" : "%s%s",
			l->colour ? style : "", piece);
	l->left = n <= l->left ? l->left - n : 0;
	free(piece);
	return l->left > 0;
}

static uint64_t trials_of(const struct progress *p)
{
	uint64_t n = 0;

	for (unsigned int v = 0; v < VERDICT_COUNT; v++)
		n += v == VERDICT_BROKEN || v == VERDICT_SKIP ? 0 : p->count[v];
	return n;
}

/* The share that is done, by trials or by time, whichever ends first; negative: not known. */
static double share(const struct progress *p, int64_t elapsed_ns)
{
	uint64_t done = trials_of(p) + p->count[VERDICT_BROKEN];
	double by_trials = p->planned ? (double)done / (double)p->planned : -1;
	double by_time = p->budget_ns ? (double)elapsed_ns / (double)p->budget_ns : -1;
	double s = by_trials > by_time ? by_trials : by_time;

	return s > 1 ? 1 : s;
}

static char *bar_of(double s)
{
	char bar[BAR + 1] = "";

	for (int i = 0; i < BAR; i++)
		bar[i] = (double)i < s * BAR ? '#' : '.';
	return mem_printf("%s %3.0f%%", bar, 100 * s);
}

static char *how_long(double s, double seconds)
{
	double left = seconds / s - seconds;

	return left < 120    ? mem_printf(", %.0f s left", left)
	       : left < 7200 ? mem_printf(", %.0f min left", left / 60)
			     : mem_printf(", %.1f h left", left / 3600);
}

/* Two digits that count. */
static const char *percent(double p, char buf[static 16])
{
	snprintf(buf, 16, 100 * p < 10 ? "%.2g" : "%.0f", 100 * p);
	return buf;
}

static char *probability(uint64_t hangs, uint64_t n)
{
	struct stats_interval i = stats_confidence_sequence(hangs, n, CONFIDENCE);
	char p[16], low[16], high[16];

	return mem_printf("; P(hang) %s %% [%s, %s]", percent((double)hangs / (double)n, p),
		percent(i.low, low), percent(i.high, high));
}

static char *most_frequent(const struct progress *p)
{
	size_t most = 0;

	for (size_t i = 1; i < ARRAY_SIZE(p->class); i++)
		if (p->class[i].count > p->class[most].count)
			most = i;
	if (!p->class[most].count)
		return mem_strdup("");
	return mem_printf(", %s %" PRIu64, p->class[most].name, p->class[most].count);
}

void progress_print(const struct progress *p, int64_t elapsed_ns, FILE *out)
{
	struct line l = { out, p->terminal ? p->width - 1 : 1000, p->colour };
	double seconds = (double)elapsed_ns / NSEC_PER_SEC, s = share(p, elapsed_ns);
	uint64_t n = trials_of(p), dead = p->count[VERDICT_DEADLOCK],
		 late = p->count[VERDICT_TIMEOUT];
	const char *style = dead + late ? "\x1b[33m" : "";

	if (!p->terminal || s < 0)
		put(&l, "", mem_printf("%s%.0f s", p->terminal ? "" : "run: ", seconds));
	if (s >= 0)
		put(&l, "", p->terminal ? bar_of(s) : mem_printf(", %.0f %%", 100 * s));
	if (s > 0.01 && s < 1)
		put(&l, "", how_long(s, seconds));
	put(&l, "",
		mem_printf(
			"; %" PRIu64 " trials, %.0f/s", n, seconds > 0 ? (double)n / seconds : 0));
	if (p->count[VERDICT_BROKEN])
		put(&l, "\x1b[31m", mem_printf(", %" PRIu64 " broken", p->count[VERDICT_BROKEN]));
	if (n && !put(&l, style, probability(dead + late, n)))
		return;
	if (!put(&l, "", mem_printf("; %" PRIu64 " deadlock, %" PRIu64 " timeout", dead, late)))
		return;
	put(&l, "", most_frequent(p));
	if (!p->terminal)
		put(&l, "", mem_printf("; seed %" PRIu64, p->seed));
}

void progress_tick(struct progress *p, int64_t now_ns)
{
	if (p->quiet || now_ns - p->start_ns < NSEC_PER_SEC / 4)
		return;
	if (!p->terminal && now_ns - p->last_ns < LINE_EVERY_NS)
		return;
	p->last_ns = now_ns;
	if (p->terminal) {
		p->width = width_of_terminal();
		fputs("\r\033[K", stderr);
	}
	progress_print(p, now_ns - p->start_ns, stderr);
	if (!p->terminal)
		fputc('\n', stderr);
}

void progress_end(struct progress *p)
{
	if (!p->quiet && p->terminal)
		fputs("\r\033[K", stderr);
}
