/* SPDX-License-Identifier: GPL-3.0-or-later */
/* database.c: writes the record of a made-up campaign of 500 cells and 10 million trials, with 14
 * nights before it: database FILE. What is measured on it says nothing but how fast reports are. */
#include "runner/store/store.h"
#include "runner/base/util.h"
#include "tests/demo/campaign.h"

#define NIGHTS 14
#define CELLS 500
#define TRIALS 20000
#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* One row for each trial that hung, as a run would have left them. */
static int add_trials(struct store *s, struct record_campaign *c)
{
	for (size_t i = 0; i < c->n_cells; i++) {
		uint64_t hangs = c->cells[i].count[VERDICT_DEADLOCK];

		for (uint64_t k = 0; k < hangs; k++) {
			struct record_trial t = { .cell = i,
				.index = k,
				.seed = c->seed + k,
				.verdict = VERDICT_DEADLOCK,
				.exit_status = -1,
				.cause_key = c->cells[i].causes[0].key };
			int r = store_add_trial(s, c, &t);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int write_night(struct store *s, int age)
{
	struct record_campaign c = {};
	int64_t ended;
	int r;

	demo_large(&c, CELLS, TRIALS);
	c.started_ms -= age * DAY_MS;
	ended = c.ended_ms - age * DAY_MS;
	c.ended_ms = 0;
	r = store_begin(s, &c);
	if (r >= 0)
		r = add_trials(s, &c);
	c.ended_ms = ended;
	if (r >= 0)
		r = store_flush(s, &c);
	record_campaign_done(&c);
	return r;
}

int main(int argc, char **argv)
{
	struct store *s = NULL;
	int r = argc == 2 ? store_open(argv[1], STORE_APPEND, &s) : -1;

	for (int age = NIGHTS; r >= 0 && age >= 0; age--)
		r = write_night(s, age);
	if (r < 0)
		fprintf(stderr, "database: %s\n", s ? store_error(s) : "usage: database FILE");
	store_free(s);
	return r < 0;
}
