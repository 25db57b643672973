/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/progress.h"

#include "runner/util.h"

#include <inttypes.h>

#define LINE_EVERY_NS (30 * NSEC_PER_SEC)

void progress_start(struct progress *p, bool quiet, uint64_t planned, int64_t budget_ns)
{
	*p = (struct progress){
		.quiet = quiet,
		.terminal = isatty(STDERR_FILENO),
		.start_ns = time_now_ns(),
		.planned = planned,
		.budget_ns = budget_ns,
	};
	p->last_ns = p->start_ns;
}

/* The share that is done, by trials or by time, whichever ends first. */
static double share(const struct progress *p, int64_t elapsed_ns)
{
	double by_trials = p->planned ? (double)p->done / (double)p->planned : 0;
	double by_time = p->budget_ns ? (double)elapsed_ns / (double)p->budget_ns : 0;
	double s = by_trials > by_time ? by_trials : by_time;

	return s > 1 ? 1 : s;
}

static void print(const struct progress *p, int64_t elapsed_ns)
{
	double seconds = (double)elapsed_ns / NSEC_PER_SEC, s = share(p, elapsed_ns);
	char bar[25];

	if (p->terminal) {
		for (size_t i = 0; i < sizeof(bar) - 1; i++)
			bar[i] = (double)i < s * (sizeof(bar) - 1) ? '#' : '.';
		bar[sizeof(bar) - 1] = 0;
		fprintf(stderr, "\r\033[K%s %3.0f%%  ", bar, 100 * s);
	} else {
		fprintf(stderr, "run: %.0f s, ", seconds);
	}
	fprintf(stderr, "%" PRIu64 " trials (%.0f/s), %" PRIu64 " hung", p->done,
		(double)p->done / seconds, p->hangs);
	if (p->broken)
		fprintf(stderr, ", %" PRIu64 " broken", p->broken);
	if (s > 0.01 && s < 1)
		fprintf(stderr, ", about %.0f s left", seconds / s - seconds);
	if (!p->terminal)
		fputc('\n', stderr);
}

void progress_tick(struct progress *p, int64_t now_ns)
{
	if (p->quiet || now_ns - p->start_ns < NSEC_PER_SEC / 4)
		return;
	if (!p->terminal && now_ns - p->last_ns < LINE_EVERY_NS)
		return;
	p->last_ns = now_ns;
	print(p, now_ns - p->start_ns);
}

void progress_end(struct progress *p)
{
	if (!p->quiet && p->terminal)
		fputs("\r\033[K", stderr);
}
