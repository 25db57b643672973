/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nightly.c: a year and more of nightly checks: false alarms, and what is caught. NIGHTS [SEED] */
#include "runner/nightly/check.h"
#include "runner/base/util.h"
#include "tests/sim/sim.h"

#define CELLS 60
#define BASE_NIGHTS CHECK_NIGHTS

/* P(hang) of the cells of a real sweep: many never hang, some rarely, some nearly always. */
static double rate_of(size_t cell)
{
	static const double rates[] = { 0, 0, 0, 0.0005, 0.002, 0.01, 0.05, 0.3, 0.9, 1 };

	return rates[cell % ARRAY_SIZE(rates)];
}

struct world {
	uint64_t *state;
	double rate[CELLS];
	double restless; /* standard deviation of a night's log rate; 0: only chance */
	uint64_t trials;
};

static double normal(uint64_t *state)
{
	return sqrt(-2 * log(sim_uniform(state))) * cos(2 * M_PI * sim_uniform(state));
}

static void new_campaign(struct record_campaign *c)
{
	*c = (struct record_campaign){ .ended_ms = 1, .stop = STOP_DONE };
	for (size_t i = 0; i < CELLS; i++) {
		struct record_cell *cell = record_campaign_add_cell(c);

		cell->target = mem_printf("cell-%zu", i);
		cell->variant = mem_strdup("v");
		cell->libc = mem_strdup("?");
		cell->inject = mem_strdup("");
	}
}

static struct stats_count run_one(const struct world *w, size_t cell, double p)
{
	double night = w->restless > 0 ? p * exp(w->restless * normal(w->state)) : p;

	(void)cell;
	return (struct stats_count){ sim_hangs(w->state, night < 1 ? night : 1, w->trials),
		w->trials };
}

static void run_night(const struct world *w, struct record_campaign *c)
{
	for (size_t i = 0; i < CELLS; i++) {
		struct stats_count n = run_one(w, i, w->rate[i]);

		c->cells[i].count[VERDICT_DEADLOCK] = n.k;
		c->cells[i].count[VERDICT_PASS] = n.n - n.k;
	}
}

/* True when the check ends in an alarm, for this cell when cell < CELLS. */
static bool raises_alarm(const struct world *w, const struct record_campaign *now,
	const struct record_campaign *nights, bool confirm, size_t cell)
{
	static const struct check_options options = { CHECK_ALPHA, CHECK_MIN_EFFECT };
	struct check k;
	bool any = false;

	check_campaign(now, nights, BASE_NIGHTS, &options, &k);
	for (size_t i = 0; i < k.n_cells; i++) {
		bool bad = k.cells[i].result == CHECK_SUSPECT && (cell >= CELLS || cell == i);

		if (bad && confirm)
			bad = check_confirms(&k.cells[i], run_one(w, i, w->rate[i]), k.n_suspects);
		any = any || bad;
	}
	check_done(&k);
	return any;
}

static void false_alarms(
	uint64_t *state, uint64_t nights, double restless, struct record_campaign *c)
{
	struct world w = { .state = state, .restless = restless, .trials = 2000 };
	uint64_t suspicions = 0, alarms = 0;
	struct stats_interval ci;

	for (size_t i = 0; i < CELLS; i++)
		w.rate[i] = rate_of(i);
	for (size_t i = 0; i <= BASE_NIGHTS; i++)
		run_night(&w, &c[i]);
	for (uint64_t n = 0; n < nights; n++) {
		struct record_campaign oldest = c[BASE_NIGHTS];

		/* A sliding window: newest first. */
		memmove(&c[1], &c[0], BASE_NIGHTS * sizeof(*c));
		c[0] = oldest;
		run_night(&w, &c[0]);
		if (!raises_alarm(&w, &c[0], &c[1], false, CELLS))
			continue;
		suspicions++;
		alarms += raises_alarm(&w, &c[0], &c[1], true, CELLS);
	}
	ci = stats_clopper_pearson(alarms, nights, 0.95);
	printf("| %g | %llu | %llu | %llu | %.2f [%.2f, %.2f] |\n", restless,
		(unsigned long long)nights, (unsigned long long)suspicions,
		(unsigned long long)alarms, 100.0 * (double)alarms / (double)nights, 100 * ci.low,
		100 * ci.high);
}

static void caught(uint64_t *state, uint64_t nights, double from, double to, uint64_t trials,
	struct record_campaign *c)
{
	struct world w = { .state = state, .trials = trials };
	uint64_t hits = 0;
	struct stats_interval ci;

	for (uint64_t n = 0; n < nights; n++) {
		for (size_t i = 0; i < CELLS; i++)
			w.rate[i] = i ? rate_of(i) : from;
		for (size_t i = 1; i <= BASE_NIGHTS; i++)
			run_night(&w, &c[i]);
		w.rate[0] = to;
		run_night(&w, &c[0]);
		hits += raises_alarm(&w, &c[0], &c[1], true, 0);
	}
	ci = stats_clopper_pearson(hits, nights, 0.95);
	printf("| %g | %g | %llu | %llu of %llu | %.1f [%.1f, %.1f] |\n", from, to,
		(unsigned long long)trials, (unsigned long long)hits, (unsigned long long)nights,
		100.0 * (double)hits / (double)nights, 100 * ci.low, 100 * ci.high);
}

int main(int argc, char **argv)
{
	uint64_t nights = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, state = seed;
	struct record_campaign c[BASE_NIGHTS + 1];

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i <= BASE_NIGHTS; i++)
		new_campaign(&c[i]);
	printf("%d cells, %d nights as baseline, alpha %g, least effect %g, seed %llu.\n\n", CELLS,
		BASE_NIGHTS, CHECK_ALPHA, CHECK_MIN_EFFECT, (unsigned long long)seed);
	puts("| restlessness | nights | suspicions | alarms | alarms per 100 nights |\n"
	     "| --- | --- | --- | --- | --- |");
	false_alarms(&state, nights, 0, c);
	false_alarms(&state, nights, 0.1, c);
	false_alarms(&state, nights, 0.3, c);
	puts("\n| from | to | trials | caught | % |\n| --- | --- | --- | --- | --- |");
	caught(&state, nights / 2, 0.01, 0.02, 4400, c);
	caught(&state, nights / 2, 0, 0.01, 1060, c);
	caught(&state, nights / 2, 0, 0.002, 4400, c);
	for (size_t i = 0; i <= BASE_NIGHTS; i++)
		record_campaign_done(&c[i]);
	return 0;
}
