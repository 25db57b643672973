/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "runner/base/util.h"
#include "runner/store/writer.h"
#include "tests/unit/scratch.h"

static char dir[SCRATCH_MAX], db[SCRATCH_MAX + 8];
static struct store *store;
static struct record_campaign campaign;

static void set_up(void)
{
	struct record_cell *cell;

	scratch_folder(dir);
	snprintf(db, sizeof(db), "%s/a.db", dir);
	cr_assert(eq(int, store_open(db, STORE_APPEND, &store), 0));
	campaign = (struct record_campaign){ .started_ms = 1 };
	cell = record_campaign_add_cell(&campaign);
	cell->target = mem_strdup("t");
}

static void tear_down(void)
{
	char *cmd cleanup(cleanup_free) = mem_printf("rm -rf '%s'", dir);

	store_free(store);
	record_campaign_done(&campaign);
	cr_assert(eq(int, system(cmd), 0));
}

TestSuite(writer, .init = set_up, .fini = tear_down, .timeout = 120);

static void hang(struct writer *w, uint64_t index)
{
	struct record_cause *cause = record_cell_add_cause(&campaign.cells[0], "key");
	struct record_trial t = { .index = index,
		.verdict = VERDICT_DEADLOCK,
		.cause_key = cause->key,
		.output = (char[]){ 'x' },
		.output_len = 1 };

	cause->count++;
	campaign.cells[0].count[VERDICT_DEADLOCK]++;
	writer_add_trial(w, &t);
}

static int count(const struct record_trial *t, void *arg)
{
	(void)t;
	++*(uint64_t *)arg;
	return 0;
}

static void expect_stored(uint64_t n)
{
	struct record_campaign read;
	uint64_t trials = 0;

	cr_assert(eq(int, store_load(store, campaign.id, &read), 0));
	cr_expect(eq(i64, read.ended_ms, campaign.ended_ms));
	cr_expect(eq(u64, read.cells[0].count[VERDICT_DEADLOCK], n));
	cr_expect(eq(u64, read.cells[0].causes[0].count, n));
	cr_assert(eq(int, store_each_trial(store, campaign.id, count, &trials), 0));
	cr_expect(eq(u64, trials, n));
	record_campaign_done(&read);
}

/* Whatever the thread is doing when the end comes. */
Test(writer, nothing_is_lost_at_the_end)
{
	for (int i = 1; i <= 50; i++) {
		struct writer *w;

		record_campaign_done(&campaign);
		campaign = (struct record_campaign){ .started_ms = i };
		record_campaign_add_cell(&campaign)->target = mem_strdup("t");
		cr_assert(eq(int, writer_new(store, &campaign, false, &w), 0));
		hang(w, 0);
		cr_assert(eq(int, writer_post(w, &campaign), 0));
		for (int y = 0; y < i; y++)
			sched_yield();
		hang(w, 1);
		campaign.ended_ms = 2;
		cr_assert(eq(int, writer_finish(w, &campaign), 0));
		cr_expect(campaign.id && campaign.cells[0].id && campaign.cells[0].causes[0].id);
		expect_stored(2);
	}
}

/* Another client has the record locked: the loop goes on, and nothing is lost. */
Test(writer, does_not_wait_for_a_locked_record)
{
	struct writer *w;
	sqlite3 *other;

	cr_assert(eq(int, writer_new(store, &campaign, false, &w), 0));
	cr_assert(eq(int, sqlite3_open(db, &other), SQLITE_OK));
	cr_assert(eq(int, sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK));
	for (uint64_t i = 0; i < 10; i++) {
		hang(w, i);
		cr_assert(eq(int, writer_post(w, &campaign), 0));
	}
	cr_assert(eq(int, sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK));
	sqlite3_close(other);
	cr_assert(eq(int, writer_finish(w, &campaign), 0));
	expect_stored(10);
}

Test(writer, what_waits_is_bounded)
{
	struct writer *w;
	uint64_t n = 0;

	cr_assert(eq(int, writer_new(store, &campaign, false, &w), 0));
	while (!writer_is_full(w))
		hang(w, n++);
	writer_wait_for_room(w, &campaign);
	cr_expect(not(writer_is_full(w)));
	hang(w, n++);
	cr_assert(eq(int, writer_finish(w, &campaign), 0));
	expect_stored(n);
}

Test(writer, a_record_that_lost_its_name_is_an_error)
{
	struct writer *w;
	int r;

	cr_assert(eq(int, writer_new(store, &campaign, false, &w), 0));
	cr_assert(eq(int, unlink(db), 0));
	hang(w, 0);
	while (!(r = writer_post(w, &campaign)))
		sched_yield();
	cr_expect(eq(int, r, -STORE_EOPEN));
	cr_expect(eq(int, writer_finish(w, &campaign), -STORE_EOPEN));
	cr_expect_not_null(strstr(store_error(store), "deleted"), "%s", store_error(store));
}
